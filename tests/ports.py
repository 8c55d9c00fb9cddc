"""Ports for servers of tests, below those that the kernel gives to clients: nobody takes one by accident.

A port belongs to the process that picked it until that ends, also when several run the suite at once: each claim is a
socket in Linux's abstract namespace, which no kill leaves behind.
"""

import itertools
import os
import socket

_FIRST, _LAST = 10_000, 32_000
_CANDIDATES = itertools.count(os.getpid() * 10)
_CLAIMS: list[socket.socket] = []


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that is free on `host` for both UDP and TCP, another one at each call."""
    for candidate in _CANDIDATES:
        port = _FIRST + candidate % (_LAST - _FIRST)
        if _is_free(host, port) and _claim(port):
            return port
    raise AssertionError("unreachable: the count has no end")


def free_twin() -> int:
    """Return a port that is free on 127.0.0.1 and on ::1: `redhand up` opens both."""
    return next(port for port in iter(free_port, None) if _is_free("::1", port))


def _claim(port: int) -> bool:
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0redhand-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
