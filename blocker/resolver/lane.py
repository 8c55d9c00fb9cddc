"""UDP: takes what has arrived, answers what the cache knows, hands the rest to the engine.

Nothing that arrives ends the loop, nor does an answer that cannot be sent (a client with source port 0, a full
buffer): DNS clients ask again. Questions for upstreams go on as tasks of their own.
"""

import asyncio
import contextlib
import socket
from typing import Any

from blocker.resolver.cache import Instant
from blocker.resolver.engine import AskUpstream, Reply
from blocker.resolver.road import Road

BATCH = 64  # packets in a row before timers and upstreams get their turn
MAX_DATAGRAM = 4096


class Lane:
    """One UDP socket of one worker."""

    def __init__(self, sock: socket.socket, road: Road) -> None:
        self._socket = sock
        self._road = road
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to answer, on the running loop."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._drain)

    def close(self) -> None:
        """Take no more packets; questions under way are abandoned."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        for task in self._tasks:
            task.cancel()

    def _drain(self) -> None:
        lookup, allowed_to_ask, now = self._road.cache.lookup, self._road.clients.allowed, self._road.now()
        for _ in range(BATCH):
            try:
                packet, client = self._socket.recvfrom(MAX_DATAGRAM)
            except OSError:  # nothing left
                return
            allowed = allowed_to_ask(client[0])
            reply = lookup(packet, now) if allowed else None
            if reply is not None:
                self._send(reply, client)
            else:
                self._decide(packet, client, now, allowed=allowed)

    def _decide(self, packet: bytes, client: Any, now: Instant, *, allowed: bool) -> None:
        decision = self._road.engine.receive(packet, now, allowed=allowed)
        if isinstance(decision, Reply):
            self._send(decision.packet, client)
        elif isinstance(decision, AskUpstream):
            task = asyncio.create_task(self._answer_later(decision, client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer_later(self, question: AskUpstream, client: Any) -> None:
        self._send(await self._road.carry(question), client)

    def _send(self, reply: bytes, client: Any) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(reply, client)
