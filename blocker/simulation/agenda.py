"""The appointments of a simulation, in order: time is moved from one to the next and never waits."""

import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

Errand = Callable[[], Awaitable[bool]]
"""Somebody does something; True if anything happened that the desk's own worker must look at."""


@dataclass(slots=True)
class Agenda:
    """What is still to come; of two appointments at one instant the one that was made first comes first."""

    _kept: list[tuple[datetime, int, Errand]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def at(self, when: datetime, errand: Errand) -> None:
        """Make an appointment."""
        heapq.heappush(self._kept, (when, next(self._numbers), errand))

    def next(self, end: datetime) -> tuple[datetime, Errand] | None:
        """Take the next appointment off, or return None if there is none until `end`."""
        if not self._kept or self._kept[0][0] > end:
            return None
        when, _, errand = heapq.heappop(self._kept)
        return when, errand
