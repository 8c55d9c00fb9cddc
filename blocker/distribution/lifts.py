"""The lifts: what one official took off the list at once, as a small file that the role `lifts` signs.

Keeps true: a lift only ever subtracts; it counts, over every version, until the officials who sign versions have
settled it (the list no longer holds the name, or two of them put it back on purpose). Names stand in this file, which
is served as the list is, and never in the metadata about it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from blocker.blocklist.entry import Entry
from blocker.blocklist.snapshot import canonical
from blocker.errors import Fault, ListRefusedError

FORMAT = "redhand-lifts-1"
CONFIRM_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Lift:
    """One lift: of a directive (`name` empty) or of one listed name; `by` and `confirmed_by` are key ids."""

    id: str
    at: datetime
    by: str
    reason: str
    directive: str = ""
    name: str = ""
    confirmed_by: str = ""

    def takes(self, entry: Entry) -> bool:
        """Return True if this lift takes the entry off the list."""
        return entry.name == self.name if self.name else entry.directive.id == self.directive

    @property
    def confirm_by(self) -> datetime:
        """Until when a second official is asked to confirm it; it stands all the same."""
        return self.at + CONFIRM_WITHIN


def encode(lifts: Sequence[Lift]) -> bytes:
    """Return the file of these lifts."""
    values = [{**asdict(lift), "at": lift.at.isoformat()} for lift in lifts]
    return canonical({"format": FORMAT, "lifts": values}).encode()


def decode(data: bytes) -> tuple[Lift, ...]:
    """Read what encode wrote.

    Raises:
        ListRefusedError: if it is not that.
    """
    try:
        value = json.loads(data)
        known = {FORMAT: value["lifts"]}[value["format"]]
        return tuple(Lift(**{**each, "at": datetime.fromisoformat(each["at"])}) for each in known)
    except (ValueError, KeyError, TypeError) as error:
        raise ListRefusedError([Fault("lifts", 1, 1, "form", "the file of lifts cannot be read")]) from error


def open_lifts(lifts: Iterable[Lift], settled: Collection[str]) -> tuple[Lift, ...]:
    """Return the lifts that the version in force has not settled."""
    return tuple(lift for lift in lifts if lift.id not in settled)


def subtract(entries: Iterable[Entry], lifts: Sequence[Lift]) -> tuple[Entry, ...]:
    """Return the entries that no lift takes off the list."""
    names = {lift.name for lift in lifts if lift.name}
    directives = {lift.directive for lift in lifts if not lift.name}
    return tuple(entry for entry in entries if entry.name not in names and entry.directive.id not in directives)
