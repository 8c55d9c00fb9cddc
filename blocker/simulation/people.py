"""Who works at the desk: officers and approvers come and go, and a number keeps its role for good."""

from dataclasses import dataclass, field
from random import Random

from blocker.cases.case import Actor, Case, Role

OVERSEERS = (Actor("overseer-1", Role.OVERSEER), Actor("overseer-2", Role.OVERSEER))


@dataclass(slots=True)
class People:
    """Everybody who is employed now."""

    dice: Random
    hired: int = 0
    left: int = 0
    staff: dict[Role, list[Actor]] = field(default_factory=lambda: {Role.OFFICER: [], Role.APPROVER: []})

    def hire(self, role: Role) -> None:
        """Somebody new begins."""
        self.hired += 1
        self.staff[role].append(Actor(f"agent-{self.hired:03d}", role))

    def replace_one(self) -> None:
        """Somebody leaves, with all that they had in hand, and somebody new begins."""
        role = self.dice.choice(sorted(self.staff))
        self.staff[role].pop(self.dice.randrange(len(self.staff[role])))
        self.left += 1
        self.hire(role)

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
