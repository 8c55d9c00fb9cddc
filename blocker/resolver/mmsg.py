"""Many datagrams in one call: recvmmsg and sendmmsg through ctypes, on memory that is laid out once.

A ring has SLOTS places, each with a buffer and an address. What is received into a place is answered from a place at
or before it, and all answers of a batch are laid out at once. Where the system has no such calls, Singles does the same
work with recvfrom and sendto; `open_ring` chooses. Sockets are the caller's, and do not block.
"""

import ctypes
import socket
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Protocol

SLOTS = 64
SLOT = 2048  # octets; a longer datagram is cut, and no longer a message
DONT_WAIT = socket.MSG_DONTWAIT

_ADDRESS = 32  # octets for a sockaddr of either family
# by family: the octets of a sockaddr, and where in them the host's address stands
_SOCKADDR: dict[int | None, tuple[int, slice]] = {
    socket.AF_INET: (16, slice(4, 8)),
    socket.AF_INET6: (28, slice(8, 24)),
    None: (0, slice(0, 0)),
}


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint),
        ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Mmsghdr(ctypes.Structure):
    _fields_ = (("hdr", _Msghdr), ("len", ctypes.c_uint))


_LIBC = ctypes.CDLL(None, use_errno=True)
_HEADER = ctypes.sizeof(_Mmsghdr)


class Ring(Protocol):
    """Datagrams of one socket, received and answered in batches; `client` and `host` tell of the last batch."""

    def receive(self, sock: socket.socket) -> list[bytes]:
        """Return what has arrived, at most SLOTS datagrams; nothing if nothing has."""

    def hosts(self) -> Sequence[bytes]:
        """Return the packed IP address of the sender of each datagram of the last batch."""

    def client(self, place: int) -> Any:
        """Return where the datagram at `place` of the last batch came from, to be given to `send`."""

    def answer(self, sock: socket.socket, replies: Sequence[bytes | None]) -> None:
        """Send to the sender of each datagram of the last batch its reply, in order; None: nothing.

        A reply that cannot be sent (a client with source port 0, a full buffer) is skipped: DNS clients ask again.
        """

    def send(self, sock: socket.socket, replies: Sequence[tuple[Any, bytes]]) -> None:
        """Send replies to clients that `client` told of."""


def open_ring(family: int | None) -> Ring:
    """Return the fastest ring that this system has; without a family for connected sockets, whose client is b""."""
    return Batches(family) if hasattr(_LIBC, "recvmmsg") and hasattr(_LIBC, "sendmmsg") else Singles()


class Batches:
    """Receive and send headers over the same buffers and addresses.

    `msg_len` is read and iovecs are written through memoryviews cast to their type: ctypes' own attributes would cost
    more than the kernel does.
    """

    def __init__(self, family: int | None) -> None:
        self._in = memoryview(bytearray(SLOTS * SLOT))
        self._out = memoryview(bytearray(SLOTS * SLOT))
        self._addresses = memoryview(bytearray(SLOTS * _ADDRESS))
        self._size, host = _SOCKADDR[family]
        places = range(0, SLOTS * _ADDRESS, _ADDRESS)
        self._clients = [self._addresses[at : at + self._size] for at in places]
        self._hosts = [self._addresses[at + host.start : at + host.stop] for at in places]
        self._slots = [self._in[at : at + SLOT] for at in range(0, SLOTS * SLOT, SLOT)]
        received, self._received, _ = self._headers(self._in)
        sent, self._sent, words = self._headers(self._out)
        self._places, self._sizes = words[::2], words[1::2]
        self._out_at = self._places[0]
        self._lengths = memoryview(received).cast("B").cast("I")[_Mmsghdr.len.offset // 4 :: _HEADER // 4]
        self._receive_from, self._send_from = ctypes.addressof(received), ctypes.addressof(sent)
        self._count = 0
        self._recvmmsg, self._sendmmsg = _LIBC.recvmmsg, _LIBC.sendmmsg
        self._recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        self._sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

    def _headers(self, slots: memoryview) -> tuple[Any, Any, memoryview]:
        """Return an array of mmsghdr over slots, what must outlive it, and its iovecs as words."""
        iovecs, headers = (_Iovec * SLOTS)(), (_Mmsghdr * SLOTS)()
        buffers = ctypes.addressof((ctypes.c_char * slots.nbytes).from_buffer(slots))
        addresses = ctypes.addressof((ctypes.c_char * self._addresses.nbytes).from_buffer(self._addresses))
        for place, (iovec, header) in enumerate(zip(iovecs, headers, strict=True)):
            iovec.base, iovec.len = buffers + place * SLOT, SLOT
            header.hdr.name, header.hdr.namelen = addresses + place * _ADDRESS if self._size else None, self._size
            header.hdr.iov, header.hdr.iovlen = ctypes.addressof(iovec), 1
        return headers, (headers, iovecs), memoryview(iovecs).cast("B").cast("L")

    def receive(self, sock: socket.socket) -> list[bytes]:
        """See Ring."""
        self._count = count = max(0, self._recvmmsg(sock.fileno(), self._receive_from, SLOTS, DONT_WAIT, None))
        lengths = self._lengths[:count].tolist()
        return [slot[:length].tobytes() for slot, length in zip(self._slots, lengths, strict=False)]

    def hosts(self) -> Sequence[bytes]:
        """See Ring."""
        return [host.tobytes() for host in self._hosts[: self._count]]

    def client(self, place: int) -> bytes:
        """See Ring."""
        return self._clients[place].tobytes()

    def answer(self, sock: socket.socket, replies: Sequence[bytes | None]) -> None:
        """See Ring."""
        packets = [reply for reply in replies if reply is not None]
        if len(packets) < len(replies):
            clients, answered = self._clients, (place for place, reply in enumerate(replies) if reply is not None)
            for used, place in enumerate(answered):
                clients[used][:] = clients[place]
        self._flush(sock, packets)

    def send(self, sock: socket.socket, replies: Sequence[tuple[Any, bytes]]) -> None:
        """See Ring."""
        for first in range(0, len(replies), SLOTS):
            batch = replies[first : first + SLOTS]
            for place, (client, _) in enumerate(batch):
                self._clients[place][:] = client
            self._flush(sock, [reply for _, reply in batch])

    def _flush(self, sock: socket.socket, packets: list[bytes]) -> None:
        """Send packets to the clients of the first places; they are laid one behind the other."""
        descriptor, done, count = sock.fileno(), 0, len(packets)
        if not count:
            return
        joined, sizes = b"".join(packets), array("L", map(len, packets))
        self._out[: len(joined)] = joined
        self._sizes[:count] = sizes
        self._places[:count] = array("L", accumulate(sizes[:-1], initial=self._out_at))
        while done < count:
            sent = self._sendmmsg(descriptor, self._send_from + done * _HEADER, count - done, DONT_WAIT)
            done += max(1, sent)  # -1: the first of them cannot be sent


class Singles:
    """The same with one call a datagram."""

    def __init__(self) -> None:
        self._senders: list[Any] = []

    def receive(self, sock: socket.socket) -> list[bytes]:
        """See Ring."""
        packets: list[bytes] = []
        self._senders = []
        while len(packets) < SLOTS:
            try:
                packet, sender = sock.recvfrom(SLOT)
            except OSError:  # nothing left
                break
            packets.append(packet)
            self._senders.append(sender)
        return packets

    def hosts(self) -> Sequence[bytes]:
        """See Ring."""
        return [packed(sender[0]) for sender in self._senders]

    def client(self, place: int) -> Any:
        """See Ring."""
        return self._senders[place]

    def answer(self, sock: socket.socket, replies: Sequence[bytes | None]) -> None:
        """See Ring."""
        self.send(sock, [(to, reply) for to, reply in zip(self._senders, replies, strict=True) if reply is not None])

    def send(self, sock: socket.socket, replies: Sequence[tuple[Any, bytes]]) -> None:
        """See Ring."""
        for client, reply in replies:
            try:
                sock.sendto(reply, client) if client else sock.send(reply)
            except OSError:
                continue


def packed(host: str) -> bytes:
    """Return the octets of an IP address, without its zone."""
    host = host.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
