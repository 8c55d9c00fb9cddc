"""A worker's place: the process that holds it now, the one that takes over when it dies, and the one that relieves it.

The sockets belong to the place, not to the process: they stay with the parent, and what arrives meanwhile waits there.
"""

import asyncio
import contextlib
import logging
import sys
from asyncio.subprocess import PIPE, Process

from blocker.errors import OperationError
from blocker.resolver.worker import READY, Orders

log = logging.getLogger("redhand.resolver")

START_SECONDS = 20.0
END_SECONDS = 3.0
LIFE_OF_A_HEALTHY_WORKER = 2.0  # seconds; if a second one in a row dies sooner, the next is started after PAUSE
PAUSE = 0.5


class Place:
    """One place for a worker process, and whoever holds it now."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self._process: Process | None = None

    @property
    def alive(self) -> bool:
        """True if a process holds the place."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start a process and wait until it answers queries.

        Raises:
            OperationError: if it ends, or takes too long, before it does.
        """
        self._process = await _started(self.orders)

    async def relieve(self, orders: Orders) -> None:
        """Let a process with new orders take over; the old one goes once the new one answers, so no query waits.

        Raises:
            OperationError: if the new one does not start; the old one stays.
        """
        fresh, old = await _started(orders), self._process
        self.orders, self._process = orders, fresh
        if old:
            await _ended(old)

    async def keep_alive(self) -> None:
        """Wait for the process to die, start another, for ever: at once, unless they die as fast as they start."""
        loop = asyncio.get_running_loop()
        died_young = False
        while True:
            process, began = self._process, loop.time()
            assert process
            code = await process.wait()
            if process is not self._process:  # relieved
                continue
            log.error("worker died code=%d; starting another", code)
            young = loop.time() - began < LIFE_OF_A_HEALTHY_WORKER
            if young and died_young:
                await asyncio.sleep(PAUSE)
            died_young = young
            with contextlib.suppress(OperationError):
                await self.start()

    async def end(self) -> None:
        """End the process, politely first."""
        if self._process:
            await _ended(self._process)


async def _started(orders: Orders) -> Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "blocker.resolver.worker"),
        stdin=PIPE,
        stdout=PIPE,
        pass_fds=(*orders.udp, *orders.tcp),
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(orders.to_line())
    try:
        async with asyncio.timeout(START_SECONDS):
            ready = await process.stdout.readline()
    except TimeoutError:
        ready = b""
    if ready != READY:
        await _ended(process)
        raise OperationError("a worker of the resolver did not start; its own words stand above")
    return process


async def _ended(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
