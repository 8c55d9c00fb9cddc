"""The page's HTTP server: any path, any method, one answer.

Keeps true that nothing of a request is written anywhere, not even of one that is no HTTP: aiohttp's own error handler
logs the client's address and repeats its bytes, so it is replaced. A connection ends after CONNECTION_LIFE whatever the
other side does, and earlier if there is no room (connections.py). The page maps the index that sync made; it never
compiles and never reads the list's source.
"""

import asyncio
import logging
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import hdrs, web

from blocker.clock import Clock, open_clock
from blocker.config import Settings
from blocker.distribution.current import CurrentIndex, accepted_environment, require_admissible
from blocker.listening import bind
from blocker.methods import known
from warning_page.connections import TOTAL, Connections
from warning_page.page import Visit, page, takes_gzip
from warning_page.render import Answer, Renderer

log = logging.getLogger("redhand.page")

CONNECTION_LIFE = 10.0  # seconds, from the first byte's connection to its end: slow headers and bodies are cut
LINGER = 1.0  # seconds for which a body is read and thrown away, so that its sender gets to see the answer
MAX_HEADER = 32 * 1024  # octets: the cookies of a blocked site are the visitor's burden, no reason for a 400
BACKLOG = 1024  # connections that the kernel holds until we take them
BATCH = 32  # connections taken in one turn of the loop: they are descriptors before they can yield
SPARE_FILES = 256  # descriptors that are not counted: a few batches on their way in and out, the index, logs

# aiohttp's tracebacks and debug lines may hold a request; nobody listens to them.
_UNHEARD = logging.getLogger("redhand.page.unheard")
_UNHEARD.disabled = True


class WarningPage:
    """Answers visits from the index that is current, by the clock's time."""

    def __init__(self, current: CurrentIndex, clock: Clock, renderer: Renderer) -> None:
        self._current = current
        self._clock = clock
        self._renderer = renderer

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; its body is never looked at."""
        try:
            told = page(_visit(request), self._current.index, self._clock.now(), self._renderer.languages)
            answer = self._renderer.answer(told)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the visitor gets a calm page and no detail
            log.error("a page could not be made kind=%s", type(error).__name__)  # noqa: TRY400 - no traceback
            answer = self._renderer.fault()
        return _response(answer, gzip=takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")))

    def protocol_factory(
        self, life: float = CONNECTION_LIFE, connections: Connections | None = None
    ) -> Callable[[], asyncio.Protocol]:
        """Return what the event loop makes a connection with; `life` is in seconds."""
        server = web.Server(self.handle)
        refusal = self._renderer.refusal()
        held = Connections() if connections is None else connections
        return lambda: _Connection(server, refusal, life, held)


class _Connection(web.RequestHandler):
    __slots__ = ("_begun", "_end", "_held", "_life", "_refusal")

    def __init__(self, server: web.Server, refusal: Answer, life: float, held: Connections) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=life,
            access_log=_UNHEARD,
            logger=_UNHEARD,
            lingering_time=LINGER,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
        )
        self._refusal = refusal
        self._life = life
        self._held = held
        self._end: asyncio.TimerHandle | None = None
        self._begun = False

    def data_received(self, data: bytes) -> None:
        begun, self._begun = self._begun, True
        super().data_received(data if begun else known(data))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._end = asyncio.get_running_loop().call_later(self._life, self.end)
        # The peer may be gone already, and then has no name.
        self._held.admit(self, (transport.get_extra_info("peername") or ("",))[0])

    def end(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._held.leave(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def handle_error(self, *_args: Any, **_kwargs: Any) -> web.StreamResponse:
        response = _response(self._refusal, gzip=False)
        response.force_close()
        return response


def _visit(request: web.BaseRequest) -> Visit:
    hosts = request.headers.getall(hdrs.HOST, [])
    return Visit(
        host=hosts[0] if len(hosts) == 1 else "",
        languages=request.headers.get(hdrs.ACCEPT_LANGUAGE, ""),
        accept=request.headers.get(hdrs.ACCEPT, ""),
        chosen=request.query.get("lang", ""),
        preview=request.query.get("preview", ""),
        destination=request.headers.get("Sec-Fetch-Dest", ""),
        browser=request.headers.get(hdrs.USER_AGENT, "").startswith("Mozilla/"),
    )


def _response(answer: Answer, *, gzip: bool) -> web.Response:
    if gzip and answer.gzipped is not None:
        headers = {**answer.headers, hdrs.CONTENT_ENCODING: "gzip"}
        return web.Response(status=answer.status, headers=headers, body=answer.gzipped)
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


def _room() -> int:
    """Return how many connections this process may hold, having asked the system for as many as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = TOTAL + SPARE_FILES
    given = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < given:
        resource.setrlimit(resource.RLIMIT_NOFILE, (given, hard))
        soft = given
    return TOTAL if soft == resource.RLIM_INFINITY else max(1, min(TOTAL, soft - SPARE_FILES))


async def serve(settings: Settings) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Raises:
        OperationError: if no address can be bound, or the trial clock cannot be read.
        ConfigError: if the symbol is not one that the page takes.
    """
    loop = asyncio.get_running_loop()
    # The loop's own complaints name transports, and those name their peers.
    loop.set_exception_handler(lambda _loop, context: log.error("event loop: %s", type(context.get("exception"))))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = open_clock(settings.data)
    require_admissible(settings)
    current = CurrentIndex(settings.blocklist.index, accepted_environment(settings))
    current.refresh()
    renderer = Renderer(settings.page.implementer, clock.scale if clock.scaled else None, settings.page.symbol)
    factory = WarningPage(current, clock, renderer).protocol_factory(connections=Connections(_room()))
    sockets = bind(settings.page.listen)
    servers = [await loop.create_server(factory, sock=sock, backlog=BATCH) for sock in sockets]
    for sock in sockets:
        sock.listen(BACKLOG)  # the loop took its own number for both
    watching = asyncio.create_task(current.watch())
    log.info("ready sockets=%d", len(servers))
    await stop.wait()
    for server in servers:
        server.close()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
