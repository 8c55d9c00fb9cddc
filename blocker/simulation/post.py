"""The mail of a simulation: a server that is down at times and refuses some for good, and a desk that dies in between.

Keeps true: what the server took is written down in the order in which it took it, so that a copy or a loss is seen.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from blocker.cases.channels import Channel, Due, UndeliverableError
from blocker.errors import OperationError
from blocker.simulation.repository import Ticking

BOUNCING = "@nobody.example"
"""Addresses that the server refuses for good."""


@dataclass(slots=True)
class Post:
    """The mail server."""

    clock: Ticking
    down_until: datetime | None = None
    taken: Counter[str] = field(default_factory=Counter)
    """How often it took each letter, by number."""

    async def send(self, number: str, sender: str, to: str, content: bytes) -> str:  # noqa: ARG002 - what a server gets
        """Take a letter.

        Raises:
            UndeliverableError: the recipient is refused for good.
            OperationError: the server is down.
        """
        if self.down_until is not None and self.clock.now < self.down_until:
            raise OperationError("the mail server is down")
        if to.endswith(BOUNCING):
            raise UndeliverableError("550 5.1.1 no such user")
        self.taken[number] += 1
        return f"250 2.0.0 taken as {number}"


@dataclass(slots=True)
class Interrupted:
    """A channel whose work is done and whose record is lost now and then, as after a kill between the two."""

    channel: Channel
    dice: Random
    often: float
    lost: int = 0

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Carry the effect out, and sometimes fail afterwards.

        Raises:
            OperationError: although the work is done.
        """
        done = await self.channel.carry_out(due)
        if self.dice.random() < self.often:
            self.lost += 1
            raise OperationError("the desk was stopped before it could record this")
        return done
