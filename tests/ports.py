"""Ports for servers of tests, below those that the kernel gives to clients: nobody takes one by accident."""

import itertools
import os
import socket

_CANDIDATES = itertools.count(10_000 + os.getpid() % 2000 * 10)
_LAST = 32_000


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free on `host` for both UDP and TCP, another one at each call."""
    for candidate in _CANDIDATES:
        port = 10_000 + candidate % (_LAST - 10_000)
        if _is_free(host, port):
            return port
    raise AssertionError("unreachable: the count has no end")


def free_twin() -> int:
    """Return a port that is free on 127.0.0.1 and on ::1: `redhand up` opens both."""
    return next(port for port in iter(free_port, None) if _is_free("::1", port))


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
