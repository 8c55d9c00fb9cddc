"""Internet providers of a simulation: quick ones, slow ones, ones that ask first, and ones that never answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from blocker.cases.case import Actor, Role
from blocker.cases.isp import Order
from blocker.desk_settings import Isp
from blocker.simulation.fate import minutes
from blocker.simulation.staff import Wanted

LOST = 0.04
"""Of a hundred orders so many are never answered at all."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them, and how long it takes for a receipt and for the work, in minutes at most."""

    isp: Isp
    receipt: int
    work: int
    asks: float

    @property
    def contact(self) -> Actor:
        """Who speaks for it."""
        return Actor(f"contact-{self.isp.id}", Role.ISP, self.isp.id)

    def answers(self, order: Order, at: datetime, dice: Random) -> Iterator[Wanted]:
        """Yield what it does about an order that was issued at this instant."""
        if dice.random() < LOST:
            return
        received = at + minutes(dice, 1, self.receipt)
        yield self._wanted("isp-received", received, received_at=received.isoformat())
        if order is Order.BLOCK and dice.random() < self.asks:
            yield self._wanted("isp-query", received + minutes(dice, 5, 300), about="too_broad")
        if dice.random() < self.asks / 2:
            yield self._wanted("isp-cannot", received + minutes(dice, 5, 300), why="outage")
        done = received + minutes(dice, 10, self.work)
        yield self._wanted("isp-applied", done + timedelta(minutes=2), applied_at=done.isoformat())

    def _wanted(self, act: str, at: datetime, **data: str) -> Wanted:
        return Wanted(act, Role.ISP, at, {"isp": self.isp.id, **data})


PROVIDERS = tuple(
    Provider(Isp(id=f"isp-{number}", name=f"Provider {number}", mail=f"noc@isp-{number}.example"), *pace)
    for number, pace in enumerate(((20, 300, 0.02), (90, 20 * 60, 0.08), (45 * 60, 40 * 60, 0.05)), start=1)
)
"""A quick one, a usual one, and one whose receipts alone may take two days."""
