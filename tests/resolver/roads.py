"""A road whose upstreams are scripted, with a list of one name in force."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from blocker.addresses import Address
from blocker.blocklist.entry import Scope
from blocker.clock import Clock
from blocker.resolver.cache import Cache
from blocker.resolver.clients import Clients
from blocker.resolver.engine import Engine
from blocker.resolver.policy import Policy
from blocker.resolver.road import Road
from blocker.resolver.upstream import Forwarder
from tests.resolver.listed import TODAY, directive, index

PAGE = "192.0.2.66"


def road(*upstreams: Address, allow: str = "127.0.0.0/8") -> Road:
    cache = Cache()
    engine = Engine(cache, Policy((IPv4Address(PAGE),), (IPv6Address("2001:db8::66"),)), "redhand 9.9")
    # A clock that stands at TODAY: the directives of listed.py are dated from there.
    clock = Clock(scale=0.0, trial_epoch=TODAY.timestamp())
    made = Road(cache, engine, Clients([ip_network(allow)]), Forwarder(upstreams), clock)
    engine.use(index(("propaganda.example", Scope.DOMAIN, directive())), made.now())
    return made
