"""IP addresses with ports, as the configuration writes them. Opening sockets is left to listening.py."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self

MAX_PORT = 65535


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
    def wildcard(self) -> bool:
        """True for 0.0.0.0 and ::, which stand for every address of the host."""
        return ip_address(self.host).is_unspecified

    def __str__(self) -> str:
        """Return the address as it is written in the configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
