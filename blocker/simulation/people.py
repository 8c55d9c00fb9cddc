"""Who works at the desk: officers and approvers come and go, and a number keeps its role for good."""

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from blocker.cases.case import Actor, Case, Role

OVERSEERS = (Actor("overseer-1", Role.OVERSEER), Actor("overseer-2", Role.OVERSEER))


@dataclass(slots=True)
class People:
    """Everybody who is employed now, and everybody who was."""

    dice: Random
    hired: int = 0
    left: set[str] = field(default_factory=set)
    staff: dict[Role, list[Actor]] = field(default_factory=lambda: {Role.OFFICER: [], Role.APPROVER: []})

    def hire(self, role: Role) -> Actor:
        """Somebody new begins."""
        self.hired += 1
        who = Actor(f"agent-{self.hired:03d}", role)
        self.staff[role].append(who)
        return who

    def part_with_one(self, busy: Collection[str]) -> Actor:
        """Somebody leaves, and mostly somebody busy, so that their proposals are nobody's."""
        role = self.dice.choice(sorted(self.staff))
        pressed = [each for each in self.staff[role] if each.number in busy]
        who = self.dice.choice(pressed if pressed and self.dice.random() < 0.7 else self.staff[role])
        self.staff[role].remove(who)
        self.left.add(who.number)
        return who

    def whoever(self, role: Role, case: Case | None = None) -> Actor:
        """Return who does it: in a case, whoever had it before, if they still work here and may."""
        if role is Role.OVERSEER:
            return OVERSEERS[0]
        here = self.staff[role]
        if role is Role.OFFICER and case is not None:
            before = [each for each in here if each.number in case.officers]
            here = before or here
        if role is Role.APPROVER and case is not None and case.skip is not None:
            here = [each for each in here if each.number != case.skip.endorsed_by]
        return self.dice.choice(here)

    def somebody_wrong(self, case: Case) -> Actor:
        """Return somebody who acted in this case, in the other role: what a stolen or second account would try."""
        if case.approvers and self.dice.random() < 0.5:
            return Actor(self.dice.choice(case.approvers), Role.OFFICER)
        return Actor(self.dice.choice(case.officers), Role.APPROVER)
