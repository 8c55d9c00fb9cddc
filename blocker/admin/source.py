"""What the list's keepers should know of its source: whether HEAD would be refused, and whether the desk may commit.

Keeps true that the source is judged as sync judges it, and that one found good is judged again only when it differs: a
list of many thousand names takes seconds. The list in force is never touched here.
"""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker.blocklist.check import check
from blocker.distribution.git import is_work_tree
from blocker.distribution.source import fingerprint, read_source, shipped, suffixes
from blocker.errors import Fault, ListRefusedError, OperationError


@dataclass(frozen=True, slots=True)
class Verdict:
    """The source as it stands: its commit, whether the desk may commit to it, and why it is refused, if it is.

    `failure` says why it could not even be read.
    """

    committable: bool
    commit: str | None = None
    faults: tuple[Fault, ...] = ()
    failure: str = ""


class ListSource:
    """Judges one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._good: tuple[Hashable, Verdict] | None = None

    async def look(self, now: datetime) -> Verdict:
        """Return the verdict on the source as it stands; `now` is aware UTC."""
        return await asyncio.to_thread(self._look, now)

    def _look(self, now: datetime) -> Verdict:
        committable = is_work_tree(self.directory)
        try:
            state = fingerprint(self.directory)
            if self._good is None or self._good[0] != state:
                self._good = None
                tree = read_source(self.directory)
                check(tree.files, shipped(), suffixes(), now)
                self._good = (state, Verdict(committable, tree.commit))
            return self._good[1]
        except ListRefusedError as error:
            return Verdict(committable, faults=tuple(fault for fault in error.faults if not fault.warning))
        except OperationError as error:
            return Verdict(committable, failure=str(error))
