"""What UDP and TCP share in one worker: the engine and cache, who may ask, the upstreams, and the two clocks."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from blocker.clock import Clock
from blocker.dns.walk import Message
from blocker.errors import UpstreamError
from blocker.resolver.cache import Cache, Instant
from blocker.resolver.clients import Clients
from blocker.resolver.engine import AskUpstream, Engine
from blocker.resolver.upstream import Forwarder


@dataclass(frozen=True, slots=True)
class Road:
    """The parts of one worker that a query may pass."""

    cache: Cache
    engine: Engine
    clients: Clients
    forwarder: Forwarder
    clock: Clock

    def now(self) -> Instant:
        """Return this moment on both clocks."""
        return Instant(time.monotonic(), self.clock.timestamp())

    async def carry(self, question: AskUpstream) -> bytes:
        """Take a question to the upstreams and return the reply for its client, whatever becomes of it."""
        try:
            message = await self.forwarder.ask(question.packet)
        except UpstreamError:
            return self.engine.failed(question, self.now()).packet
        return self.engine.answered(question, message, self.now()).packet

    def carry_later(self, question: AskUpstream, done: Callable[[bytes], None]) -> None:
        """Take a question to the upstreams, and call `done` with the reply for its client, whatever becomes of it."""

        def decided(message: Message | None) -> None:
            engine, now = self.engine, self.now()
            reply = engine.answered(question, message, now) if message else engine.failed(question, now)
            done(reply.packet)

        self.forwarder.submit(question.packet, decided)
