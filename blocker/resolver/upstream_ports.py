"""The sockets towards upstreams, and what a forger would have to guess: port, id, and the question's very bytes.

An upstream on this host is asked through a few connected sockets, in batches: nobody can forge its answers who does
not already own the host. Elsewhere every question has a socket, and so a random port, of its own, for as long as it
waits. Datagrams that fit no question that waits are dropped, and the wait goes on. When to ask whom is decided in
upstream.py.
"""

import asyncio
import contextlib
import os
import select
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any, Protocol

from blocker.addresses import Address
from blocker.dns.wire import HEADER, QR
from blocker.listening import family
from blocker.resolver.mmsg import SLOT, open_ring

SHARED = 8  # sockets towards an upstream on this host
RECEIVE_BUFFER = 1 << 20
_ONE_QUESTION = b"\0\1"
_AN_ANSWER = QR >> 8  # in the third octet


class Waiter(Protocol):
    """Whoever waits for the answer to a question."""

    question: bytes


class Port:
    """One connected socket, and the questions that wait on it by their ids."""

    __slots__ = ("address", "shared", "sock", "waiting")

    def __init__(self, address: Address, *, shared: bool) -> None:
        self.sock = socket.socket(family(address), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            if shared:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            # Connected, so that only that address is heard; the kernel takes a random port.
            self.sock.connect((address.host, address.port))
        except OSError:
            self.sock.close()
            raise
        self.address = address
        self.shared = shared
        self.waiting: dict[bytes, Waiter] = {}


Place = tuple[Port, bytes]
"""Where an answer is waited for: a socket, and an id on it."""


class Door:
    """The way to one upstream: through a few sockets that stay open, or through a new one for each question."""

    __slots__ = ("address", "shared", "stay")

    def __init__(self, address: Address) -> None:
        self.address = address
        self.shared = on_this_host(address)
        self.stay: list[Port] = []


class Ports:
    """All sockets of one worker towards its upstreams.

    `heard` is called with each answer that fits, None if the address refused the question; its place is then free.
    """

    def __init__(self, heard: Callable[[Any, Place, bytes | None], None]) -> None:
        self._heard = heard
        self._ring = open_ring(None)
        self._epoll = select.epoll()
        self._open: dict[int, Port] = {}
        self._queued: dict[Port, list[tuple[bytes, bytes]]] = {}
        self._ids = random_ids()
        self._turn = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    def close(self) -> None:
        """Close every socket."""
        if self._loop:
            self._loop.remove_reader(self._epoll.fileno())
        for port in list(self._open.values()):
            self._close(port)
        self._epoll.close()

    def ask(self, door: Door, packet: bytes, waiter: Waiter) -> Place:
        """Send `packet` with a random id in place of its own; through shared sockets with all others of this turn.

        Raises:
            OSError: if the upstream cannot be reached.
        """
        if self._loop is None:
            # One descriptor for the loop to watch, whatever the number of sockets: registering each of them there
            # costs more than asking on it.
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._epoll.fileno(), self._receive)
        if not door.shared:
            port, ident = self._opened(door), next(self._ids)
            with contextlib.suppress(OSError):  # a full buffer: it counts as lost
                port.sock.send(ident + packet[2:])
        else:
            port, ident = self._shared(door), next(self._ids)
            while ident in port.waiting:
                ident = next(self._ids)
            if not self._queued:
                self._loop.call_soon(self._flush)
            self._queued.setdefault(port, []).append((b"", ident + packet[2:]))
        port.waiting[ident] = waiter
        return port, ident

    def forget(self, place: Place) -> None:
        """Wait no longer for an answer."""
        port, ident = place
        port.waiting.pop(ident, None)
        if not port.shared and not port.waiting:
            self._close(port)

    def _shared(self, door: Door) -> Port:
        if not door.stay:
            door.stay = [self._opened(door) for _ in range(SHARED)]
        return door.stay[self._turn % SHARED]

    def _opened(self, door: Door) -> Port:
        port = Port(door.address, shared=door.shared)
        self._epoll.register(port.sock, select.EPOLLIN)
        self._open[port.sock.fileno()] = port
        return port

    def _close(self, port: Port) -> None:
        if self._open.pop(port.sock.fileno(), None):
            port.sock.close()

    def _flush(self) -> None:
        queued, self._queued = self._queued, {}
        self._turn += 1
        for port, packets in queued.items():
            if port.sock.fileno() >= 0:
                self._ring.send(port.sock, packets)

    def _receive(self) -> None:
        for descriptor, _ in self._epoll.poll(0):
            port = self._open.get(descriptor)
            if port is None:  # closed by what came before it in this turn
                continue
            packets = self._ring.receive(port.sock) if port.shared else _received(port.sock)
            if not packets:  # readable, but nothing to read: the address refuses (ICMP)
                for ident, waiter in list(port.waiting.items()):
                    self._tell((port, ident), waiter, None)
            for packet in packets:
                ident = packet[:2]
                waiting = port.waiting.get(ident)
                if waiting is not None and fits(packet, waiting.question):
                    self._tell((port, ident), waiting, packet)

    def _tell(self, place: Place, waiter: Waiter, packet: bytes | None) -> None:
        self.forget(place)
        self._heard(waiter, place, packet)


def _received(sock: socket.socket) -> tuple[bytes, ...]:
    """Return the datagram that has arrived, on a socket where hardly ever more than one does."""
    try:
        return (sock.recv(SLOT),)
    except OSError:
        return ()


def on_this_host(address: Address) -> bool:
    """True if nobody between us and the upstream could forge its answers."""
    return ip_address(address.host).is_loopback


def fits(packet: bytes, question: bytes) -> bool:
    """True if a packet, whose id is right, answers `question`: one question, and that to the case of its letters."""
    return (
        packet.startswith(question, HEADER.size)
        and packet.startswith(_ONE_QUESTION, 4)
        and bool(packet[2] & _AN_ANSWER)
    )


def random_ids() -> Iterator[bytes]:
    """Yield unpredictable ids for ever."""
    while True:
        block = os.urandom(512)
        for at in range(0, len(block), 2):
            yield block[at : at + 2]
