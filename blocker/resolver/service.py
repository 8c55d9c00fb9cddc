"""Tells the service manager how we are, in the words of sd_notify(3): one datagram to the socket that it names.

Without a service manager nothing is said and nothing fails.
"""

import contextlib
import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """Whoever started us and wants to know."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        microseconds = environment.get("WATCHDOG_USEC", "")
        self.every: float | None = int(microseconds) / 2e6 if microseconds.isdecimal() and self._address else None
        """How often (seconds) it wants a sign of life, with a margin of half; None: never."""

    def tell(self, *words: str) -> None:
        """Say something; whether anyone listens is not our affair."""
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, contextlib.suppress(OSError):
            sender.sendto("\n".join(words).encode(), self._address)
