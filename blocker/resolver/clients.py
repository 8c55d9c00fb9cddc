"""Who may ask. Addresses are compared, remembered for speed while the process lives, and never written anywhere."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

MAX_REMEMBERED = 65536


class Clients:
    """The networks that may ask."""

    def __init__(self, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        self._networks = tuple(networks)
        self._remembered: dict[str | bytes, bool] = {}

    def allowed(self, host: str | bytes) -> bool:
        """Say whether the client at `host` (an address as text, or as its packed octets) may ask."""
        known = self._remembered.get(host)
        if known is None:
            address = ip_address(host)
            known = any(address in network for network in self._networks)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[host] = known
        return known
