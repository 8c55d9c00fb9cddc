"""Who may hold a connection: however many one address opens, another one does not wait.

A page that is listed by mistake for a great name gets the visits of that name, and whoever wants it gone gets a flood
(17 October 2016: the page's server fell over, so people saw an outage and no reason). Where there is no room the oldest
connection yields, of the same address first: a visit is answered in milliseconds, so whatever is oldest is idle or
slow. Nobody new is ever turned away, which matters where many households share one address.

Addresses are held in memory while their connections are open, and nowhere else.
"""

from ipaddress import ip_address
from typing import Protocol

# A browser opens six connections to a host, and carriers put some dozens of households behind one IPv4 address.
PER_ADDRESS = 256
# Each costs about 20 kB; more than one process can answer in a connection's life are of no use.
TOTAL = 8192
IPV6_NETWORK = 64  # bits: what one household gets, whose devices choose the rest as they like


class Connection(Protocol):
    """What yields."""

    def end(self) -> None:
        """Close at once."""


class Connections:
    """The open connections, by whose they are; `limit` bounds all of them, `share` those of one address."""

    def __init__(self, limit: int = TOTAL, share: int = PER_ADDRESS) -> None:
        self._limit = limit
        self._share = share
        self._all: dict[Connection, str] = {}  # in the order in which they came
        self._of: dict[str, dict[Connection, None]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: Connection, address: str) -> None:
        """Take a connection in, and end an older one if there is no room."""
        owner = network(address)
        if len(self._of.get(owner, ())) >= self._share:
            self._yield(next(iter(self._of[owner])))
        if len(self._all) >= self._limit:
            self._yield(next(iter(self._all)))
        self._all[connection] = owner
        self._of.setdefault(owner, {})[connection] = None

    def leave(self, connection: Connection) -> None:
        """Forget a connection; one that has yielded is forgotten already."""
        owner = self._all.pop(connection, None)
        if owner is None:
            return
        del self._of[owner][connection]
        if not self._of[owner]:
            del self._of[owner]

    def _yield(self, connection: Connection) -> None:
        self.leave(connection)
        connection.end()


def network(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the network of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:  # noqa: PLR2004 - the version of IP
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(int(parsed) >> (parsed.max_prefixlen - IPV6_NETWORK))
