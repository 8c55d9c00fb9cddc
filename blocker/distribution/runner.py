"""Sync as the resolver's parent runs it: look by look, for as long as the resolver lives.

Keeps true: looks of many receivers spread out (a fifth of jitter either way); a server that fails is asked ever more
seldom, yet often enough that a fault shows within a minute; no failure of a look ends the loop. With an index in force
the resolver answers at once and does not wait for any server; without one it waits a few seconds for the first look.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable

from blocker.clock import Clock
from blocker.config import Settings
from blocker.distribution.outcome import Outcome, Result
from blocker.distribution.signed import NETWORK_SECONDS, SignedSync
from blocker.distribution.sync import Sync, asked_or_after
from blocker.errors import OperationError

log = logging.getLogger("redhand.sync")

FIRST_SECONDS = 10.0
LONGEST_PAUSE = 45.0
JITTER = 0.2
_FINE = 10_000


def pause(interval: float, failures: int, chance: float) -> float:
    """Return the seconds until the next look, after so many failures in a row; `chance` lies between 0 and 1."""
    longest = max(interval, LONGEST_PAUSE)
    backed_off = min(interval * 2.0 ** min(failures, 10), longest)
    return backed_off * (1 - JITTER + 2 * JITTER * chance)


class SignedRunner:
    """The loop around SignedSync; `after` is called after each look that found everything in force."""

    def __init__(self, settings: Settings, clock: Clock, after: Callable[[], None] | None = None) -> None:
        self.sync = SignedSync(settings, clock)
        self.asked = asyncio.Event()
        self._interval = settings.sync.interval
        self._after = after
        self._failures = 0
        self._last = ""

    async def first(self) -> None:
        """Look once before anybody answers, if there is nothing to answer from.

        Raises:
            ConfigError: if this network's own rules cannot be read.
        """
        if await asyncio.to_thread(self.sync.in_force) is None:
            await self._look(FIRST_SECONDS)

    async def run(self) -> None:
        """Look again and again, and whenever `asked` is set, until cancelled."""
        while True:
            await self._look(NETWORK_SECONDS)
            seconds = pause(self._interval, self._failures, secrets.randbelow(_FINE) / _FINE)
            await asked_or_after(seconds, self.asked)

    async def _look(self, seconds: float) -> None:
        try:
            outcomes = await asyncio.to_thread(self.sync.look, seconds)
        except OperationError as error:
            self._failed(str(error))
            return
        if any(each.result is Result.FAILED for each in outcomes):
            self._failures += 1
        else:
            self._failures, self._last = 0, ""
        if self._after is not None and _all_in_force(outcomes):
            self._after()

    def _failed(self, reason: str) -> None:
        self._failures += 1
        if reason != self._last:
            log.error("sync failed reason=%r; what was in force stays", reason)
        self._last = reason


def _all_in_force(outcomes: tuple[Outcome, ...]) -> bool:
    return all(each.result is Result.IN_FORCE for each in outcomes)


def open_sync(settings: Settings, clock: Clock) -> Sync | SignedRunner:
    """Return what keeps the index of these settings: from signed repositories, or from a trial list's source."""
    return SignedRunner(settings, clock) if settings.blocklist.repositories else Sync(settings, clock)
