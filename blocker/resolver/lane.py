"""UDP: takes what has arrived in batches, answers what the cache knows, hands the rest to the engine.

Nothing that arrives ends the loop, nor does an answer that cannot be sent: DNS clients ask again. Answers never exceed
1232 octets (dns/wire.py), so they are never fragmented; what the network says about its path is not believed either,
for a forged message could make us fragment (path-MTU discovery is off). Questions for upstreams go on by themselves.
"""

import asyncio
import socket
from functools import partial
from typing import Any

from blocker.resolver.cache import Instant
from blocker.resolver.engine import AskUpstream, Reply
from blocker.resolver.mmsg import SLOTS, Ring, open_ring
from blocker.resolver.road import Road

ROUNDS = 4  # full batches in a row before timers and upstreams get their turn
RECEIVE_BUFFER = 4 << 20  # octets that wait while a batch is worked on; the system may grant less

_DISCOVERY = {socket.AF_INET: (socket.IPPROTO_IP, 10), socket.AF_INET6: (socket.IPPROTO_IPV6, 23)}  # …_MTU_DISCOVER
_OMIT = 5  # IP_PMTUDISC_OMIT, IPV6_PMTUDISC_OMIT (linux/in.h, linux/in6.h)


class Lane:
    """One UDP socket of one worker."""

    def __init__(self, sock: socket.socket, road: Road, ring: Ring | None = None) -> None:
        self._socket = sock
        self._road = road
        self._ring = ring or open_ring(sock.family)
        self._later: list[tuple[Any, bytes]] = []

    def open(self) -> None:
        """Begin to answer, on the running loop."""
        self._socket.setsockopt(*_DISCOVERY[self._socket.family], _OMIT)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._drain)

    def close(self) -> None:
        """Take no more packets; questions under way are still answered."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def _drain(self) -> None:
        ring, sock = self._ring, self._socket
        lookup, allowed = self._road.cache.lookup, self._road.clients.allowed
        for _ in range(ROUNDS):
            packets = ring.receive(sock)
            if not packets:
                return
            now = self._road.now()
            replies: list[bytes | None] = []
            for packet, friend in zip(packets, map(allowed, ring.hosts()), strict=True):
                reply = lookup(packet, now) if friend else None
                replies.append(reply or self._decide(packet, len(replies), now, allowed=friend))
            ring.answer(sock, replies)
            if len(packets) < SLOTS:
                return

    def _decide(self, packet: bytes, place: int, now: Instant, *, allowed: bool) -> bytes | None:
        """Return the engine's reply; None if there is none, or an upstream is asked first."""
        decision = self._road.engine.receive(packet, now, allowed=allowed)
        if isinstance(decision, Reply):
            return decision.packet
        if isinstance(decision, AskUpstream):
            client = self._ring.client(place)
            self._road.carry_later(decision, partial(self._answer_later, client))
        return None

    def _answer_later(self, client: Any, reply: bytes) -> None:
        """Send a reply with all others that are ready in this turn of the loop."""
        if not self._later:
            asyncio.get_running_loop().call_soon(self._send_later)
        self._later.append((client, reply))

    def _send_later(self) -> None:
        replies, self._later = self._later, []
        self._ring.send(self._socket, replies)
