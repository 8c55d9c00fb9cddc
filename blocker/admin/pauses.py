"""Pauses for whoever guesses passwords and codes: growing, for each source, in memory alone.

Keeps true: no address is kept, only a hash with a key that lives as long as the process (LEGAL §6d), and no number of
sources fills the memory. Pauses for each account, which outlive a restart, are kept by blocker/people/door.py.
Time is the caller's monotonic clock in seconds.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

FREE_FAILURES = 20
"""Failures of one source before pauses begin: several people may sit behind one address."""

LONGEST = 15 * 60.0
"""Seconds."""

FORGOTTEN = 3600.0
"""Seconds after its last failure a source is forgotten."""

SOURCES = 10_000
"""At most so many are remembered; the one that failed longest ago goes first."""

_NEIGHBOURS = 64
"""Bits of an IPv6 address that one customer shares."""


class Pauses:
    """The sources that failed lately."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._failures: dict[bytes, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._failures)

    def left(self, source: str | None, now: float) -> float:
        """Return for how many seconds this source must still wait; None is a source that nobody can tell."""
        count, last = (0, 0.0) if source is None else self._failures.get(self._hash(source), (0, 0.0))
        if count <= FREE_FAILURES:
            return 0.0
        return max(0.0, last + min(2.0 ** min(count - FREE_FAILURES, 20), LONGEST) - now)

    def failed(self, source: str | None, now: float) -> None:
        """Count a failure."""
        if source is None:
            return
        key = self._hash(source)
        count, last = self._failures.pop(key, (0, now))  # to the end: the order is that of the last failure
        self._failures[key] = (count + 1 if now - last < FORGOTTEN else 1, now)
        if len(self._failures) > SOURCES:
            self._failures.pop(next(iter(self._failures)))

    def _hash(self, source: str) -> bytes:
        return hmac.digest(self._key, source.encode(), hashlib.sha256)[:16]


def source(peer: str | None, forwarded: str, proxies: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """Return who asks: the peer, or behind our own proxies the address nearest to them that is none of them.

    None where it cannot be told: a loopback peer that is no proxy of ours is whatever ends TLS here, and everybody
    comes through it.
    """
    for text in (peer or "", *reversed(forwarded.split(","))):
        try:
            address = ip_address(text.strip())
        except ValueError:
            return None
        if any(address in network for network in proxies):
            continue
        if address.is_loopback:
            return None
        if isinstance(address, IPv6Address):
            return str(IPv6Network((address, _NEIGHBOURS), strict=False))
        return str(address)
    return None
