"""The desk's HTTP server: opens the case road, serves the route table, ends both cleanly.

Keeps true that no request leaves a trace in a log: there is no access log, and aiohttp's own error lines, which name
the client's address, go nowhere. What goes wrong in a handler is logged by the gate's `failures`, without either.
"""

import asyncio
import logging
import signal
from collections.abc import Coroutine
from typing import Any

from aiohttp import web

from blocker.admin.auth import failures, gate, headers
from blocker.admin.desk import DESK, Desk
from blocker.admin.forms import MAX_BODY
from blocker.admin.routes import install
from blocker.cases.road import open_road
from blocker.clock import open_clock
from blocker.config import Settings
from blocker.errors import OperationError
from blocker.listening import bind

log = logging.getLogger("redhand.admin")

FORGET_EVERY = 60.0
"""Seconds between looks for reporters whose time is over."""

SHUTDOWN = 5.0
"""Seconds that requests under way get to finish."""

_UNHEARD = logging.getLogger("redhand.admin.unheard")
_UNHEARD.disabled = True


def make_app(desk: Desk) -> web.Application:
    """Return the desk as an application; the order of the middlewares is from the outside in."""
    app = web.Application(
        middlewares=[
            headers,  # on every answer, so outermost
            failures,  # answers for whatever goes wrong within, the gate included
            gate,
        ],
        client_max_size=MAX_BODY,
        handler_args={"access_log": None, "logger": _UNHEARD},
    )
    app[DESK] = desk
    install(app)
    return app


async def serve(settings: Settings) -> None:
    """Run the desk until SIGTERM or SIGINT.

    Raises:
        OperationError: if the address is taken, or the store or the trial clock cannot be opened.
        ListRefusedError: if there is neither a list to work on nor one in force.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    clock = open_clock(settings.data)
    sockets = bind([settings.admin.listen])
    async with open_road(settings, clock) as road:
        desk = Desk.of(settings, clock, road)
        runner = web.AppRunner(make_app(desk), shutdown_timeout=SHUTDOWN)
        await runner.setup()
        for socket in sockets:
            await web.SockSite(runner, socket).start()
        log.info("ready address=%s", settings.admin.listen)
        try:
            await _until(stop, road.run(), desk.current.watch(), _forget(desk))
        finally:
            await runner.cleanup()


async def _forget(desk: Desk) -> None:
    """Erase reporters on time, until cancelled."""
    while True:
        try:
            await desk.intake.forget_reporters(desk.road.now())
        except OperationError as error:
            log.error("reporters were not erased, will try again reason=%s", error)  # noqa: TRY400 - no traceback needed
        await asyncio.sleep(FORGET_EVERY)


async def _until(stop: asyncio.Event, *works: Coroutine[Any, Any, object]) -> None:
    """Do all of it until told to stop; if one of them fails, so does this."""
    tasks = [asyncio.create_task(work) for work in (stop.wait(), *works)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
