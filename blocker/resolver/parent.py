"""The resolver as one command: binds the sockets, runs sync, and keeps N workers alive.

The parent answers nothing. It holds every socket for as long as it lives, so a worker that dies loses its own questions
under way and nothing else; another takes its place at once. When the parent dies, however it dies, its workers end.

At start a fault stops us (a port that is taken, a list that is refused with none in force is said loudly). Later
nothing does: the last good list stays, and a worker that keeps dying is started again, more slowly.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from blocker.addresses import Address
from blocker.clock import open_clock
from blocker.config import Settings
from blocker.distribution.acknowledge import Acknowledger
from blocker.distribution.current import CurrentIndex, require_admissible
from blocker.distribution.runner import SignedRunner, open_sync
from blocker.distribution.sync import Sync
from blocker.errors import ConfigError, OperationError
from blocker.listening import bind
from blocker.resolver.control import FOLDER
from blocker.resolver.place import PAUSE, Place
from blocker.resolver.service import ServiceManager
from blocker.resolver.upstream import system_upstreams
from blocker.resolver.worker import Orders

log = logging.getLogger("redhand.resolver")

RESOLV_CONF = Path("/etc/resolv.conf")
BACKLOG = 511


async def serve(settings: Settings, reload: Callable[[], Settings] | None = None) -> None:
    """Answer queries until SIGTERM or SIGINT; at SIGHUP, go on with the settings that `reload` returns.

    The list's source is looked at then, too.

    Raises:
        OperationError: if an address cannot be listened on or no worker starts.
        ConfigError: if the list's source is none, or the index may not serve here.
    """
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    refuse_wildcards(settings.resolver.listen)
    require_admissible(settings)
    count = settings.resolver.workers or os.cpu_count() or 1
    tcp = bind(settings.resolver.listen, socket.SOCK_STREAM)
    udp = [bind(settings.resolver.listen, socket.SOCK_DGRAM, reuse_port=True) for _ in range(count)]
    for one in tcp:
        one.listen(BACKLOG)
    sync = open_sync(settings, open_clock(settings.data))
    loop.add_signal_handler(signal.SIGHUP, _hang_up, again, sync.asked)
    await sync.first()
    places = [Place(_orders(settings, number, sockets, tcp)) for number, sockets in enumerate(udp)]
    forget_old_controls(settings.data / FOLDER)
    service = ServiceManager()
    tasks = [asyncio.create_task(_watch(places, service))]
    if reload:
        tasks.append(asyncio.create_task(_reload_at(again, places, settings, reload, service)))
    try:
        await _run(places, sync, stop, settings, service)
    finally:
        for task in tasks:
            task.cancel()
        for one in [*tcp, *(one for sockets in udp for one in sockets)]:
            one.close()


def forget_old_controls(folder: Path) -> None:
    """Remove the control sockets of a run that is over: it may have had more workers."""
    for old in folder.glob("*.sock*"):
        old.unlink(missing_ok=True)


def refuse_wildcards(addresses: tuple[Address, ...]) -> None:
    """Refuse 0.0.0.0 and ::.

    A UDP answer must come from the very address that was asked; a socket bound to all of them does not say which that
    was (RFC 2181 §4).

    Raises:
        OperationError: naming the address.
    """
    for address in addresses:
        if address.wildcard:
            raise OperationError(f"resolver.listen: {address} is every address of the host; name each one")


def _system_upstreams(settings: Settings) -> tuple[Address, ...]:
    try:
        text = RESOLV_CONF.read_text(errors="replace")
    except OSError as error:
        log.warning("system resolvers unknown file=%s reason=%s", RESOLV_CONF, error.strerror)
        return ()
    found = system_upstreams(text, settings.resolver.listen)
    if not found:
        log.warning("no upstreams: blocked names are answered, clean ones get SERVFAIL; set resolver.upstreams")
    return found


def _orders(settings: Settings, number: int, udp: list[socket.socket], tcp: list[socket.socket]) -> Orders:
    given = settings.resolver.upstreams
    upstreams = tuple(one.address for one in given) or _system_upstreams(settings)
    return Orders(
        data=str(settings.data),
        index=str(settings.blocklist.index),
        allow=tuple(map(str, settings.resolver.allow)),
        upstreams=tuple(map(str, upstreams)),
        trusted=tuple(str(one.address) for one in given if one.trusted),
        by_latency=settings.resolver.prefer == "latency",
        without_list=settings.resolver.without_list == "upstream",
        min_ttl=settings.resolver.min_ttl,
        max_ttl=settings.resolver.max_ttl,
        ipv4=tuple(map(str, settings.page.ipv4)),
        ipv6=tuple(map(str, settings.page.ipv6)),
        control=str(settings.data / FOLDER / f"{number}.sock"),
        udp=tuple(one.fileno() for one in udp),
        tcp=tuple(one.fileno() for one in tcp),
    )


async def _run(
    places: list[Place], sync: Sync | SignedRunner, stop: asyncio.Event, settings: Settings, service: ServiceManager
) -> None:
    tasks = [asyncio.create_task(_keep_in_sync(sync))]
    if settings.sync.acknowledge is not None:
        tasks.append(asyncio.create_task(Acknowledger(settings, settings.sync.acknowledge).run()))
    try:
        await asyncio.gather(*(place.start() for place in places))
        tasks += [asyncio.create_task(place.keep_alive()) for place in places]
        current = CurrentIndex(settings.blocklist.index)
        current.refresh()
        serial = current.index.header.serial if current.index else "none"
        addresses = ",".join(map(str, settings.resolver.listen))
        if current.index is None:
            log.warning("no list in force yet; until then questions get: %s", settings.resolver.without_list)
        log.info("ready serial=%s workers=%d listen=%s", serial, len(places), addresses)
        service.tell("READY=1")
        await stop.wait()
        service.tell("STOPPING=1")
        log.info("ending drain_seconds=%g", settings.resolver.drain_seconds)
        await asyncio.sleep(settings.resolver.drain_seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(place.end() for place in places))


def _hang_up(*awaited: asyncio.Event) -> None:
    for event in awaited:
        event.set()


async def _keep_in_sync(sync: Sync | SignedRunner) -> None:
    while True:
        try:
            return await sync.run()
        except Exception:
            # Whatever it is, it must not take the resolver down: the list in force goes on.
            log.exception("sync failed; trying again")
            await asyncio.sleep(PAUSE)


async def _watch(places: list[Place], service: ServiceManager) -> None:
    """Give signs of life while every place is held."""
    while service.every:
        await asyncio.sleep(service.every)
        if all(place.alive for place in places):
            service.tell("WATCHDOG=1")


async def _reload_at(
    again: asyncio.Event,
    places: list[Place],
    settings: Settings,
    reload: Callable[[], Settings],
    service: ServiceManager,
) -> None:
    while True:
        await again.wait()
        again.clear()
        service.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            await _relieve(places, settings, reload())
            log.info("reloaded")
        except (ConfigError, OperationError) as error:
            log.error("not reloaded, going on as before reason=%r", str(error))  # noqa: TRY400 - a fault, not ours
        service.tell("READY=1")


async def _relieve(places: list[Place], old: Settings, new: Settings) -> None:
    """Give every place a worker with new settings, one after the other, on the sockets that it has."""
    if (old.resolver.listen, old.resolver.workers) != (new.resolver.listen, new.resolver.workers):
        log.warning("resolver.listen and resolver.workers take effect at the next start")
    if (old.blocklist, old.sync, old.data) != (new.blocklist, new.sync, new.data):
        log.warning("data, blocklist and sync take effect at the next start")
        new = new.model_copy(update={"data": old.data, "blocklist": old.blocklist})
    for number, place in enumerate(places):
        orders = _orders(new, number, [], [])
        await place.relieve(replace(orders, udp=place.orders.udp, tcp=place.orders.tcp))
