"""One process that answers: `python -m blocker.resolver.worker`, started by the parent with its orders on stdin.

The sockets are the parent's and outlive this process. It ends when the parent asks it to (SIGTERM), and when stdin
ends, which is when the parent is gone. It writes nothing but its log, and leaves no core dump: its memory holds what
clients asked.
"""

import asyncio
import contextlib
import ctypes
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Any

from blocker import __version__
from blocker.addresses import Address
from blocker.clock import open_clock
from blocker.distribution.current import CurrentIndex
from blocker.journal import open_journal, unforeseen
from blocker.resolver.cache import Cache
from blocker.resolver.clients import Clients
from blocker.resolver.control import Control
from blocker.resolver.engine import Engine
from blocker.resolver.lane import Lane
from blocker.resolver.lifetime import Ttls
from blocker.resolver.policy import Policy
from blocker.resolver.road import Road
from blocker.resolver.streams import Streams
from blocker.resolver.upstream import Forwarder

log = logging.getLogger("redhand.worker")

READY = b"ready\n"
FINISH_SECONDS = 2.0  # less than the parent waits before it kills

_PR_SET_DUMPABLE = 4  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class Orders:
    """All that a worker needs to know; addresses, networks and paths as text, sockets by the numbers it inherits."""

    data: str
    index: str
    allow: tuple[str, ...]
    upstreams: tuple[str, ...]
    trusted: tuple[str, ...]
    by_latency: bool
    without_list: bool
    min_ttl: int
    max_ttl: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    control: str
    udp: tuple[int, ...]
    tcp: tuple[int, ...]

    def to_line(self) -> bytes:
        """Return the orders as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> "Orders":
        """Read what to_line wrote."""
        values: dict[str, Any] = json.loads(line)
        for key in ("allow", "upstreams", "trusted", "ipv4", "ipv6", "udp", "tcp"):
            values[key] = tuple(values[key])
        return cls(**values)


async def work(orders: Orders) -> None:
    """Answer until asked to end."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_what_but_not_whom)
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    loop.add_reader(sys.stdin.fileno(), end.set)  # nothing is written there after the orders: readable means ended
    cache = Cache()
    policy = Policy(tuple(map(IPv4Address, orders.ipv4)), tuple(map(IPv6Address, orders.ipv6)))
    ttls = Ttls(orders.min_ttl, orders.max_ttl)
    engine = Engine(cache, policy, f"redhand {__version__}", ttls=ttls, without_list=orders.without_list)
    clients = Clients(map(ip_network, orders.allow))
    upstreams, trusted = (tuple(map(Address.parse, given)) for given in (orders.upstreams, orders.trusted))
    forwarder = Forwarder(upstreams, trusted=trusted, by_latency=orders.by_latency)
    road = Road(cache, engine, clients, forwarder, open_clock(Path(orders.data)))
    current = CurrentIndex(Path(orders.index))
    if current.refresh() and current.index:
        engine.use(current.index, road.now())
    lanes = [Lane(socket.socket(fileno=fd), road) for fd in orders.udp]
    streams = Streams([socket.socket(fileno=fd) for fd in orders.tcp], road)
    for lane in lanes:
        lane.open()
    await streams.open()
    control = Control(Path(orders.control), road)
    await control.open()
    watch = asyncio.create_task(current.watch(lambda index: engine.use(index, road.now())))
    leave_the_cache_alone()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    await end.wait()
    watch.cancel()
    for lane in lanes:
        lane.close()
    control.close()
    await finish(road.forwarder)
    streams.close()
    road.forwarder.close()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def finish(forwarder: Forwarder) -> None:
    """Wait until the questions under way are answered, but not for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FINISH_SECONDS):
            while forwarder.under_way:  # noqa: ASYNC110 - the hot path should not pay for an event that is set once
                await asyncio.sleep(FINISH_SECONDS / 40)


def leave_the_cache_alone() -> None:
    """Let the cyclic garbage collector look at young objects only.

    Cached answers hold no cycles and are hundreds of thousands: to go through them all would silence us for a part of
    a second, again and again. What is loaded now stays anyway.
    """
    gc.freeze()
    gc.set_threshold(50_000, 10, 1_000_000)


def tell_what_but_not_whom(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that nobody foresaw by its kind and place; its text could hold a name or a client's address."""
    log.error("unforeseen error %s", unforeseen(context.get("exception")))


def leave_no_traces() -> None:
    """Forbid core dumps and reading of this process's memory by others of the same user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        log.warning("still dumpable reason=%r", os.strerror(ctypes.get_errno()))


def allow_many_sockets() -> None:
    """Raise the limit of open files as far as we may: each question under way has a socket of its own."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Read the orders and carry them out."""
    open_journal()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal: the parent says when to end
    leave_no_traces()
    allow_many_sockets()
    line = sys.stdin.buffer.readline()
    if line:
        asyncio.run(work(Orders.from_line(line)))


if __name__ == "__main__":
    main()
