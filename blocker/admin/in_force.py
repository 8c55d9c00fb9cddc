"""What there is to know of the version in force beside its entries: what it changed, and who has it since when.

Keeps true: an index is put in order and compared once, when it comes in force, and not in the event loop; a list of
many thousand names takes seconds. What a provider reports is shown as that, a report.
"""

import asyncio
import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker.blocklist.difference import Difference, difference
from blocker.blocklist.index import Header, Index, Source
from blocker.cases.isps.acknowledgements import Reported
from blocker.desk_settings import Isp
from blocker.distribution.current import previous
from blocker.errors import CorruptIndexError


@dataclass(frozen=True, slots=True)
class Change:
    """What changed when the version in force came, and the version before it."""

    before: Header
    what: Difference


@dataclass(frozen=True, slots=True)
class Version:
    """What there is to know of one version: the keys of its names in order, and what changed when it came, if known."""

    keys: Sequence[str]
    change: Change | None


class Versions:
    """Reads the index in force once, and compares it with the one that was in force before it."""

    def __init__(self, index: Path) -> None:
        self._path = previous(index)
        self._known: tuple[Header, Version] | None = None

    async def look(self, index: Index, now: datetime) -> Version:
        """Return what there is to know of `index`, as of `now` (aware UTC)."""
        if self._known is None or self._known[0] != index.header:
            self._known = (index.header, await asyncio.to_thread(self._read, index, now))
        return self._known[1]

    def _read(self, index: Index, now: datetime) -> Version:
        return Version(index.keys(), self._compare(index, now))

    def _compare(self, index: Index, now: datetime) -> Change | None:
        try:
            with self._path.open("rb") as file:
                older = Index.load(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError, CorruptIndexError):  # there was none, or one of another version of Redhand
            return None
        if older.header == index.header:  # a kill between the two files
            return None
        return Change(older.header, difference(older.entries(), index.entries(), now))


@dataclass(frozen=True, slots=True)
class Holder:
    """What a provider has reported of one of its resolvers; `reported` is None if nothing yet."""

    isp: str
    reported: Reported | None = None
    current: bool = False
    """True if it is the version in force here."""


def holders(isps: Iterable[Isp], reported: Sequence[Reported], sources: Iterable[Source]) -> tuple[Holder, ...]:
    """Return who has which version, those who have reported nothing among them, by what they are called."""
    names = {isp.id: isp.name for isp in isps}
    digests = {source.metadata for source in sources}
    found = [Holder(names.get(each.isp, each.isp), each, each.digest in digests) for each in reported]
    silent = names.keys() - {each.isp for each in reported}
    return tuple(sorted([*found, *(Holder(names[isp]) for isp in silent)], key=_by_name))


def _by_name(holder: Holder) -> tuple[str, str]:
    return holder.isp, holder.reported.resolver if holder.reported else ""
