"""The desk's HTTP server: opens the case road, serves the route table, ends both cleanly.

Keeps true that no request leaves a trace in a log: there is no access log, and aiohttp's own error lines, which name
the client's address, go nowhere. What goes wrong in a handler is logged by the gate's `failures`, without either. What
is no HTTP, and so reaches no handler, is answered without its own bytes and without the versions of what runs here.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from blocker.admin.auth import HEADERS, failures, gate, headers
from blocker.admin.desk import DESK, Desk
from blocker.admin.forms import MAX_BODY
from blocker.admin.routes import install
from blocker.cases.road import open_road
from blocker.cases.terms import changes
from blocker.clock import open_clock
from blocker.config import Settings
from blocker.errors import OperationError
from blocker.listening import bind
from blocker.methods import known

log = logging.getLogger("redhand.admin")

FORGET_EVERY = 60.0
"""Seconds between looks for reporters whose time is over."""

SHUTDOWN = 5.0
"""Seconds that requests under way get to finish."""

UNREADABLE = "Cette demande ne peut pas être lue. / This request cannot be read.\n"

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
        async with serving(make_app(desk), sockets):
            log.info("ready address=%s", settings.admin.listen)
            if differing := changes(road.terms, road.offered):
                log.warning("settings not in force, two people approve them under /settings count=%d", len(differing))
            await _until(stop, road.run(), desk.current.watch(), _forget(desk))


@asynccontextmanager
async def serving(app: web.Application, sockets: Iterable[socket.socket]) -> AsyncIterator[None]:
    """Serve an application on bound sockets until the block ends, and let requests under way finish."""
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    loop, handlers = asyncio.get_running_loop(), runner.server
    if handlers is None:
        raise RuntimeError("a runner that was set up has a server")
    servers = [await loop.create_server(lambda: _Connection(handlers), sock=each) for each in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        await runner.cleanup()


class _Connection(web.RequestHandler):
    """One connection; what is no HTTP gets an answer of ours, without its own bytes and without our versions."""

    __slots__ = ("_begun",)

    def __init__(self, handlers: web.Server) -> None:
        loop = asyncio.get_running_loop()
        # A body that says it is compressed stays as it is and is refused: a few bytes could become very many.
        super().__init__(handlers, loop=loop, access_log=_UNHEARD, logger=_UNHEARD, auto_decompress=False)
        self._begun = False

    def data_received(self, data: bytes) -> None:
        begun, self._begun = self._begun, True
        super().data_received(data if begun else known(data))

    def handle_error(self, _request: web.BaseRequest, status: int = 500, *_error: object) -> web.StreamResponse:
        response = web.Response(status=status, text=UNREADABLE, headers=HEADERS)
        response.force_close()
        return response


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
