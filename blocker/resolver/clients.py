"""Who may ask. Addresses are compared, remembered for speed while the process lives, and never written anywhere."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

MAX_REMEMBERED = 65536


class Clients:
    """The networks that may ask."""

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        self._remembered = _Remembered(tuple(networks))
        self.allowed: Callable[[str | bytes], bool] = self._remembered.__getitem__
        """Say whether the client at an address (as text, or as its packed octets) may ask."""


class _Remembered(dict[str | bytes, bool]):
    """What was found of each address; a dictionary, so that asking again runs no Python."""

    def __init__(self, networks: tuple[IPv4Network | IPv6Network, ...]) -> None:
        super().__init__()
        self._networks = networks

    def __missing__(self, host: str | bytes) -> bool:
        address = ip_address(host)
        known = any(address in network for network in self._networks)
        if len(self) >= MAX_REMEMBERED:
            self.clear()
        self[host] = known
        return known
