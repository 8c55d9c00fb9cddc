"""Sockets bound to the addresses of the configuration.

A host without IPv6 (or IPv4) is no reason not to start: an address whose family is absent is left out with a warning,
as long as another one binds.
"""

import errno
import logging
import socket
from collections.abc import Iterable

from blocker.addresses import Address
from blocker.errors import OperationError

log = logging.getLogger("redhand.listening")

_NO_SUCH_FAMILY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


def family(address: Address) -> socket.AddressFamily:
    """Return the socket family of an address."""
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET


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
    new = socket.socket(family(address), kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if kind == socket.SOCK_STREAM:
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family(address) == socket.AF_INET6:
            new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        new.bind((address.host, address.port))
    except OSError:
        new.close()
        raise
    return new
