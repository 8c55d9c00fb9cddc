"""What comes to the desk of a simulation from those whom it wrote to: mail into its folder, answers by its links."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from blocker.cases.answer_links import fingerprint
from blocker.simulation.agenda import Agenda
from blocker.simulation.fate import HOUR, Fate
from blocker.simulation.office import Office
from blocker.simulation.post import Coming, Link

SAYS = {
    "objects": "says_objects",
    "asks": "says_unclear",
    "removes_at_hour_23": "says_removed",
    "removes_too_late": "says_removed",
}
"""What owners say by the link in the request."""


@dataclass(slots=True)
class Mailroom:
    """Everything that is under way to the desk."""

    office: Office
    agenda: Agenda
    dice: Random
    underway: list[Coming] = field(default_factory=list)

    def collect(self, fate: Callable[[str], Fate]) -> None:
        """See what those who got letters send back; `fate` tells a case's."""
        post = self.office.post
        for mail in post.coming:
            self.underway.append(mail)
            self.agenda.at(mail.at, partial(self.deliver, mail))
        for link in post.links:
            known = fate(link.case)
            if known.owner in SAYS:
                at = self.office.time.now + known.receipt_after + HOUR
                self.agenda.at(at, partial(self._answer, link, SAYS[known.owner]))
        post.coming, post.links = [], []

    async def deliver(self, mail: Coming) -> bool:
        """Put a mail into the desk's folder."""
        self.underway.remove(mail)
        self.office.post.deliver(mail)
        return True

    async def _answer(self, link: Link, says: str) -> bool:
        """An owner answers by the link in the request, and some send the page twice."""
        road = self.office.road
        if await road.links.asked(link.token) is None:  # too late: the case is past the owner's step
            return False
        said = {"says": says, "said_at": road.now().isoformat(), "statement": "Simulated, by the owner."}
        for _ in range(self.dice.choice((1, 2))):
            await road.arrived(link.case, "log-statement", said, fingerprint(link.token))
        self.office.post.told["Th", link.case] += 1
        return True
