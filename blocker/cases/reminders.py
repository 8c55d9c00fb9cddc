"""Finds the cases in which a reminder is due, and has it recorded and sent; what is due says steps/reminder.py."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from blocker.cases.agenda import Agenda
from blocker.cases.own_steps import Step, take
from blocker.cases.steps.reminder import reminder_due
from blocker.cases.store import Store

log = logging.getLogger("redhand.cases")

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
        for case_id in await Agenda(self.store).reminders(self.roles, now):
            case = await self.store.case(case_id)
            wanted = None if case is None else reminder_due(case, now)
            if case is not None and wanted is not None and wanted["to"] in self.roles:
                await take(self.step, case.id, "remind", wanted)
        self._looked = now
