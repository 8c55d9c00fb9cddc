"""What begins by itself in a simulation: reports, faults, people and providers who come and go."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from blocker.cases.case import Role, State
from blocker.cases.transition import DECIDING
from blocker.simulation.agenda import Errand
from blocker.simulation.fate import DAY, HOUR, minutes
from blocker.simulation.office import ADMINISTRATORS
from blocker.simulation.providers import JOINS, LEAVES
from blocker.simulation.world import World

STAFF = 5
"""How many there are of each role."""
JOINING, LEAVING = 0.3, 0.5
"""When a provider joins, and when one leaves, as parts of the whole time."""


@dataclass(slots=True)
class Days:
    """One day after the other."""

    world: World
    daily: float
    """Cases that are opened in a day, on average."""

    async def begin(self, span: timedelta) -> None:
        """Fill the desk with people, and the agenda with what comes in so much time."""
        for role in (Role.OFFICER, Role.APPROVER):
            for _ in range(STAFF):
                await self.world.office.employ(self.world.people.hire(role))
        for administrator in ADMINISTRATORS:
            await self.world.office.employ(administrator)
        agenda, now = self.world.agenda, self.world.now
        agenda.at(now, self._morning)
        agenda.at(now + span * JOINING, self._provider_joins)
        agenda.at(now + span * LEAVING, self._provider_leaves)

    @property
    def _dice(self) -> Random:
        return self.world.dice

    async def _morning(self) -> bool:
        self.world.agenda.at(self.world.now + DAY, self._morning)
        for _ in range(int(self.daily + self._dice.random())):
            self._some_time_today(self.world.report)
        for often, what in ((0.06, self._mail_fails), (0.08, self._somebody_leaves), (0.15, self._desk_stops)):
            if self._dice.random() < often:
                self._some_time_today(what)
        return False

    def _some_time_today(self, errand: Errand) -> None:
        self.world.agenda.at(self.world.now + minutes(self._dice, 0, 24 * 60 - 1), errand)

    async def _mail_fails(self) -> bool:
        self.world.office.post.down_until = self.world.now + minutes(self._dice, 20, 6 * 60)
        return False

    async def _somebody_leaves(self) -> bool:
        waiting = await self.world.office.road.store.cases(State.NOTICE_PENDING, *DECIDING)
        who = self.world.people.part_with_one({each.proposed_by for each in waiting if each.proposed_by})
        await self.world.office.dismiss(who)
        await self.world.office.employ(self.world.people.hire(who.role))
        return True

    async def _desk_stops(self) -> bool:
        await self.world.office.reopen()
        return True

    async def _provider_joins(self) -> bool:
        self.world.office.providers.append(JOINS)
        return await self._settings_change()

    async def _provider_leaves(self) -> bool:
        self.world.office.providers.remove(LEAVES)
        return await self._settings_change()

    async def _settings_change(self) -> bool:
        await self.world.office.reopen()
        await self.world.office.propose_settings()
        self.world.agenda.at(self.world.now + 2 * HOUR, self._settings_approved)
        return True

    async def _settings_approved(self) -> bool:
        await self.world.office.approve_settings()
        return True
