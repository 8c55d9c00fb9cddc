"""The resolver as one command: binds the sockets, runs sync, and keeps N workers alive.

The parent answers nothing. It holds every socket for as long as it lives, so a worker that dies loses its own questions
under way and nothing else; another takes its place at once. When the parent dies, however it dies, its workers end.

At start a fault stops us (a port that is taken, a list that is refused with none in force is said loudly). Later
nothing does: the last good list stays, and a worker that keeps dying is started again, more slowly.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from blocker.addresses import Address
from blocker.clock import open_clock
from blocker.config import Settings
from blocker.distribution.acknowledge import Acknowledger
from blocker.distribution.current import CurrentIndex, require_admissible
from blocker.distribution.runner import SignedRunner, open_sync
from blocker.distribution.sync import Sync
from blocker.errors import OperationError
from blocker.listening import bind
from blocker.resolver.upstream import system_upstreams
from blocker.resolver.worker import READY, Orders

log = logging.getLogger("redhand.resolver")

RESOLV_CONF = Path("/etc/resolv.conf")
BACKLOG = 511
START_SECONDS = 20.0
END_SECONDS = 3.0
LIFE_OF_A_HEALTHY_WORKER = 2.0  # seconds; one that dies sooner is started again after PAUSE
PAUSE = 0.5


async def serve(settings: Settings) -> None:
    """Answer queries until SIGTERM or SIGINT.

    Raises:
        OperationError: if an address cannot be listened on or no worker starts.
        ConfigError: if the list's source is none, or the index may not serve here.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    refuse_wildcards(settings.resolver.listen)
    require_admissible(settings)
    upstreams = settings.resolver.upstreams or _system_upstreams(settings)
    count = settings.resolver.workers or os.cpu_count() or 1
    tcp = bind(settings.resolver.listen, socket.SOCK_STREAM)
    udp = [bind(settings.resolver.listen, socket.SOCK_DGRAM, reuse_port=True) for _ in range(count)]
    for one in tcp:
        one.listen(BACKLOG)
    sync = open_sync(settings, open_clock(settings.data))
    await sync.first()
    workers = [Worker(_orders(settings, upstreams, sockets, tcp)) for sockets in udp]
    try:
        await _run(workers, sync, stop, settings)
    finally:
        for one in [*tcp, *(one for sockets in udp for one in sockets)]:
            one.close()


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


def _orders(
    settings: Settings, upstreams: tuple[Address, ...], udp: list[socket.socket], tcp: list[socket.socket]
) -> Orders:
    return Orders(
        data=str(settings.data),
        index=str(settings.blocklist.index),
        allow=tuple(map(str, settings.resolver.allow)),
        upstreams=tuple(map(str, upstreams)),
        ipv4=tuple(map(str, settings.page.ipv4)),
        ipv6=tuple(map(str, settings.page.ipv6)),
        udp=tuple(one.fileno() for one in udp),
        tcp=tuple(one.fileno() for one in tcp),
    )


async def _run(workers: list["Worker"], sync: Sync | SignedRunner, stop: asyncio.Event, settings: Settings) -> None:
    tasks = [asyncio.create_task(_keep_in_sync(sync))]
    if settings.sync.acknowledge is not None:
        tasks.append(asyncio.create_task(Acknowledger(settings, settings.sync.acknowledge).run()))
    try:
        await asyncio.gather(*(worker.start() for worker in workers))
        tasks += [asyncio.create_task(worker.keep_alive()) for worker in workers]
        current = CurrentIndex(settings.blocklist.index)
        current.refresh()
        serial = current.index.header.serial if current.index else "none"
        addresses = ",".join(map(str, settings.resolver.listen))
        log.info("ready serial=%s workers=%d listen=%s", serial, len(workers), addresses)
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in workers))


async def _keep_in_sync(sync: Sync | SignedRunner) -> None:
    while True:
        try:
            return await sync.run()
        except Exception:
            # Whatever it is, it must not take the resolver down: the list in force goes on.
            log.exception("sync failed; trying again")
            await asyncio.sleep(PAUSE)


class Worker:
    """One place for a worker process, and whoever holds it now."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process: Process | None = None

    async def start(self) -> None:
        """Start a process and wait until it answers queries.

        Raises:
            OperationError: if it ends, or takes too long, before it does.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "blocker.resolver.worker"),
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=(*self._orders.udp, *self._orders.tcp),
        )
        self._process = process
        assert process.stdin
        assert process.stdout
        process.stdin.write(self._orders.to_line())
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await process.stdout.readline()
        except TimeoutError:
            ready = b""
        if ready != READY:
            await self.end()
            raise OperationError("a worker of the resolver did not start; its own words stand above")

    async def keep_alive(self) -> None:
        """Wait for the process to die, start another, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            assert self._process
            began = loop.time()
            code = await self._process.wait()
            log.error("worker died code=%d; starting another", code)
            if loop.time() - began < LIFE_OF_A_HEALTHY_WORKER:
                await asyncio.sleep(PAUSE)
            with contextlib.suppress(OperationError):
                await self.start()

    async def end(self) -> None:
        """End the process, politely first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
