"""Finds the cases in which a reminder is due, and has it recorded and sent; what is due says steps_reminder.py."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from blocker.cases.case import Case, Role
from blocker.cases.providers import Step
from blocker.cases.steps_reminder import BEFORE, reminder_due
from blocker.cases.store import Store
from blocker.errors import IllegalStepError

log = logging.getLogger("redhand.cases")

MOST = 1000
"""Cases looked at in one round, the most urgent first."""

EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Reminders:
    """Looks once a minute, if anybody on duty has an address."""

    store: Store
    step: Step
    now: Callable[[], datetime]
    roles: Collection[str]
    """Roles whose duty address is known."""
    _looked: datetime | None = field(default=None, init=False)

    async def tick(self) -> None:
        """Send what is due."""
        now = self.now()
        if not self.roles or (self._looked is not None and now - self._looked < EVERY):
            return
        for case in await self._cases(now):
            wanted = reminder_due(case, now)
            if wanted is not None and wanted["to"] in self.roles:
                await self._remind(case, wanted)
        self._looked = now

    async def _cases(self, now: datetime) -> Collection[Case]:
        ending = await self.store.due(now, now + max(BEFORE.values()), MOST)
        waiting = await self.store.awaiting(Role.APPROVER, now, MOST)
        return {case.id: case for case in (*ending, *waiting)}.values()

    async def _remind(self, case: Case, wanted: Mapping[str, str]) -> None:
        try:
            await self.step(case.id, "remind", wanted, None)
        except IllegalStepError:
            log.info("reminder passed over case=%s reason=somebody acted meanwhile", case.id)
