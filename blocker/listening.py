"""Addresses from the configuration, and sockets bound to them.

A host without IPv6 (or IPv4) is no reason not to start: an address whose family is absent is left out with a warning,
as long as another one binds.
"""

import errno
import logging
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

from blocker.errors import OperationError

log = logging.getLogger("redhand.listening")

MAX_PORT = 65535
_NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


@dataclass(frozen=True, slots=True)
class Address:
    """An IP address and a port, written `127.0.0.1:53` or `[::1]:53`."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `HOST:PORT`.

        Raises:
            ValueError: with what is wrong, for a person.
        """
        host, colon, port = text.rpartition(":")
        bracketed = host.startswith("[") and host.endswith("]")
        try:
            ip = ip_address(host[1:-1] if bracketed else host)
        except ValueError:
            raise ValueError("write an IP address and a port: 127.0.0.1:53 or [::1]:53") from None
        if not colon or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
            raise ValueError(f"the port must be a number from 0 to {MAX_PORT}")
        if bracketed != (ip.version == 6):  # noqa: PLR2004 - six is the version, not a magic number
            raise ValueError("an IPv6 address stands in brackets, an IPv4 address does not")
        return cls(str(ip), int(port))

    @property
    def family(self) -> socket.AddressFamily:
        """The socket family of this address."""
        return socket.AF_INET6 if ":" in self.host else socket.AF_INET

    @property
    def wildcard(self) -> bool:
        """True for 0.0.0.0 and ::, which stand for every address of the host."""
        return ip_address(self.host).is_unspecified

    def __str__(self) -> str:
        """Return the address as it is written in the configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def bind(
    addresses: Iterable[Address], kind: socket.SocketKind = socket.SOCK_STREAM, *, reuse_port: bool = False
) -> list[socket.socket]:
    """Bind a non-blocking socket to each address (not yet listening).

    Raises:
        OperationError: if an address is taken or forbidden, or if none could be bound.
    """
    bound: list[socket.socket] = []
    absent: list[Address] = []
    for address in addresses:
        try:
            bound.append(_bound(address, kind, reuse_port=reuse_port))
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:
                absent.append(address)
                continue
            for open_socket in bound:
                open_socket.close()
            raise OperationError(f"cannot listen on {address}: {error.strerror}") from error
    if not bound:
        raise OperationError(f"cannot listen: this host has none of {', '.join(map(str, absent))}")
    for address in absent:
        log.warning("address skipped address=%s reason=%s", address, "this host has no such address")
    return bound


def _bound(address: Address, kind: socket.SocketKind, *, reuse_port: bool) -> socket.socket:
    new = socket.socket(address.family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if kind == socket.SOCK_STREAM:
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if address.family == socket.AF_INET6:
            new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        new.bind((address.host, address.port))
    except OSError:
        new.close()
        raise
    return new
