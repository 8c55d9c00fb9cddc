"""Internet providers of a simulation: quick ones, slow ones, ones that ask first, and ones that never answer.

Keeps true: of those that are there at the beginning one leaves, and one joins later; both take a new start of the desk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from blocker.cases.case import Actor, Role
from blocker.cases.isps.order import Order
from blocker.desk_settings import Isp
from blocker.simulation.fate import HOUR, minutes
from blocker.simulation.staff import Wanted

LOST = 0.04
"""Of a hundred orders so many are never answered at all."""
MISTAKEN = 0.05
"""Of a hundred receipts so many turn out to be from a later hour."""
SLOW = 24 * 60
"""Whose receipts may take longer says what it did about a block only after that was lifted."""
RESTS = 0.5
"""How often the clock rests while a provider's question is answered."""


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
        """Yield what it does about an order that was issued at this instant, and what the desk does about that."""
        if dice.random() < LOST:
            return
        received = at + minutes(dice, 1, self.receipt)
        yield self._does("isp-received", received, received_at=received.isoformat())
        if order is Order.RESTORE and self.receipt > SLOW:
            yield self._does("isp-reported-late", received + HOUR, order="block")
        if dice.random() < MISTAKEN:
            later = (received + timedelta(minutes=30)).isoformat()
            yield self._told(Role.OFFICER, "isp-correct-receipt", received + HOUR, received_at=later)
        if order is Order.BLOCK and dice.random() < self.asks:
            asked = received + minutes(dice, 5, 300)
            yield self._does("isp-query", asked, about="too_broad")
            if dice.random() < RESTS:
                yield self._told(Role.APPROVER, "isp-grant-rest", asked + HOUR)
            yield self._told(Role.OFFICER, "isp-answer", asked + 5 * HOUR)
        if dice.random() < self.asks / 2:
            yield self._does("isp-cannot", received + minutes(dice, 5, 300), why="outage")
        done = received + minutes(dice, 10, self.work)
        yield self._does("isp-applied", done + timedelta(minutes=2), applied_at=done.isoformat())

    def _does(self, act: str, at: datetime, **data: str) -> Wanted:
        return Wanted(act, Role.ISP, at, {"isp": self.isp.id, **data})

    def _told(self, role: Role, act: str, at: datetime, **data: str) -> Wanted:
        return Wanted(act, role, at, {"isp": self.isp.id, **data})


def _provider(number: int, receipt: int, work: int, asks: float) -> Provider:
    isp = Isp(id=f"isp-{number}", name=f"Provider {number}", mail=f"noc@isp-{number}.example")
    return Provider(isp, receipt, work, asks)


AT_FIRST = (_provider(1, 20, 300, 0.02), _provider(2, 90, 20 * 60, 0.08), _provider(3, 45 * 60, 40 * 60, 0.05))
"""A quick one, a usual one, and one whose receipts alone may take two days."""
LEAVES = _provider(4, 60, 600, 0.05)
JOINS = _provider(5, 60, 600, 0.05)
