"""What UDP and TCP share in one worker: the engine and cache, who may ask, the upstreams, and the two clocks."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from blocker.clock import Clock
from blocker.dns.codes import Ede
from blocker.dns.walk import Message
from blocker.resolver.cache import Cache, Instant
from blocker.resolver.clients import Clients
from blocker.resolver.engine import AskUpstream, Engine
from blocker.resolver.upstream import Forwarder

PATIENCE = 1.8  # seconds before an older answer stands in for a silent upstream's (RFC 8767 §5)


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
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def done(packet: bytes) -> None:
            if not reply.done():  # or its client has hung up
                reply.set_result(packet)

        self.carry_later(question, done)
        return await reply

    def carry_later(self, question: AskUpstream, done: Callable[[bytes], None]) -> None:
        """Take a question to the upstreams, and call `done` once with the reply for its client, whatever becomes of it.

        If an older answer is at hand, the client does not wait for a silent upstream, nor at all for one that is dead.
        """
        if not question.stale:
            self.forwarder.submit(question.packet, lambda said: done(self._decided(question, said)))
            return
        waiting = [done]

        def overdue() -> None:
            reply = self.engine.overdue(question, self.now())
            if reply and waiting:
                waiting.pop()(reply.packet)

        def decided(said: Message | Ede) -> None:
            packet = self._decided(question, said)
            timer.cancel()
            if waiting:
                waiting.pop()(packet)

        patience = 0 if self.forwarder.dead else PATIENCE
        timer = asyncio.get_running_loop().call_later(patience, overdue)
        self.forwarder.submit(question.packet, decided)

    def _decided(self, question: AskUpstream, said: Message | Ede) -> bytes:
        if isinstance(said, Ede):
            return self.engine.failed(question, said, self.now()).packet
        return self.engine.answered(question, said, self.now()).packet
