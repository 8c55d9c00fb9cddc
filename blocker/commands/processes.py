"""The three roles as processes of `redhand up`: started, waited for, ended together."""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocker.addresses import Address
from blocker.errors import OperationError
from blocker.listening import bind

ROLES = ("resolver", "page", "admin")
READY_WITHIN = 60.0  # seconds; the first compile of a large list is the slow part
LEAVE_WITHIN = 15.0  # seconds from SIGTERM to SIGKILL

_LIBC = ctypes.CDLL(None, use_errno=True)  # looked up here: a child between fork and exec should do next to nothing
_PR_SET_PDEATHSIG = 1

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Role:
    """A running role and how to see whether it answers."""

    name: str
    process: asyncio.subprocess.Process
    ready: Probe


async def start(name: str, config: Path, ready: Probe) -> Role:
    """Start `redhand NAME --config FILE` as a process of its own, which is asked to end when we end, however we do."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "blocker", name, "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        preexec_fn=_end_with_the_parent,
    )
    return Role(name, process, ready)


def _end_with_the_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def refuse_taken(addresses: Iterable[Address]) -> None:
    """Find out before anything starts that somebody else listens there: their answers would pass for ours.

    Raises:
        OperationError: naming the address.
    """
    for address in addresses:
        for each in bind([address]):
            each.close()


def stopped_by_signal() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets, from now on: also while the roles still start."""
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    return stop


async def wait_until_ready(roles: Sequence[Role], stop: asyncio.Event) -> None:
    """Return once every role answers a real question, or a signal asks to stop.

    Raises:
        OperationError: if one ends before that, or does not answer in a minute.
    """
    deadline = asyncio.get_running_loop().time() + READY_WITHIN
    for role in roles:
        while not stop.is_set():
            ready = await role.ready()
            ended = [other.name for other in roles if other.process.returncode is not None]
            if ended:
                raise OperationError(f"{ended[0]} ended before it was ready; its last lines say why")
            if ready:
                break
            if asyncio.get_running_loop().time() > deadline:
                raise OperationError(f"{role.name} does not answer after {READY_WITHIN:.0f} s")
            await asyncio.sleep(0.1)


async def wait_until_stopped(roles: Sequence[Role], stop: asyncio.Event) -> str | None:
    """Return when a signal asks to stop (None), or with the name of a role that ended by itself."""
    asked = asyncio.create_task(stop.wait())
    watched = {asyncio.create_task(role.process.wait()): role.name for role in roles}
    done, pending = await asyncio.wait({asked, *watched}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    ended = [watched[task] for task in done if task in watched]
    return None if asked in done else ended[0]


async def end(roles: Sequence[Role]) -> None:
    """End every role: asked first, then killed."""
    for role in roles:
        if role.process.returncode is None:
            role.process.terminate()
    for role in roles:
        try:
            await asyncio.wait_for(role.process.wait(), LEAVE_WITHIN)
        except TimeoutError:
            role.process.kill()
            await role.process.wait()
