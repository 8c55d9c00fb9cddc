"""The page's HTTP server: any path, any method, one answer.

Keeps true that nothing of a request is written anywhere, not even of one that is no HTTP: aiohttp's own error handler
logs the client's address and repeats its bytes, so it is replaced. A connection ends after CONNECTION_LIFE whatever the
other side does. The page maps the index that sync made; it never compiles and never reads the list's source.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import hdrs, web

from blocker.clock import Clock, open_clock
from blocker.config import Settings
from blocker.distribution.current import CurrentIndex
from blocker.listening import bind
from warning_page.page import Visit, page
from warning_page.render import Answer, Renderer

log = logging.getLogger("redhand.page")

CONNECTION_LIFE = 10.0  # seconds, from the first byte's connection to its end: slow headers and bodies are cut
LINGER = 1.0  # seconds for which a body is read and thrown away, so that its sender gets to see the answer
MAX_HEADER = 32 * 1024  # octets: the cookies of a blocked site are the visitor's burden, no reason for a 400
BACKLOG = 1024

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
            told = page(_visit(request), self._current.index, self._clock.now())
            answer = self._renderer.answer(told)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the visitor gets a calm page and no detail
            log.error("a page could not be made kind=%s", type(error).__name__)  # noqa: TRY400 - no traceback
            answer = self._renderer.fault()
        return _response(answer)

    def protocol_factory(self, life: float = CONNECTION_LIFE) -> Callable[[], asyncio.Protocol]:
        """Return what the event loop makes a connection with; `life` is in seconds."""
        server = web.Server(self.handle)
        refusal = self._renderer.refusal()
        return lambda: _Connection(server, refusal, life)


class _Connection(web.RequestHandler):
    __slots__ = ("_end", "_life", "_refusal")

    def __init__(self, server: web.Server, refusal: Answer, life: float) -> None:
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
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if isinstance(transport, asyncio.WriteTransport):
            self._end = asyncio.get_running_loop().call_later(self._life, transport.abort)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    def handle_error(self, *_args: Any, **_kwargs: Any) -> web.StreamResponse:
        response = _response(self._refusal)
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
    )


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


async def serve(settings: Settings) -> None:
    """Serve the page until SIGTERM or SIGINT.

    Raises:
        OperationError: if no address can be bound, or the trial clock cannot be read.
    """
    loop = asyncio.get_running_loop()
    # The loop's own complaints name transports, and those name their peers.
    loop.set_exception_handler(lambda _loop, context: log.error("event loop: %s", type(context.get("exception"))))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clock = open_clock(settings.data)
    current = CurrentIndex(settings.blocklist.index)
    current.refresh()
    factory = WarningPage(current, clock, Renderer(settings.page.implementer, clock.scale)).protocol_factory()
    servers = [await loop.create_server(factory, sock=sock, backlog=BACKLOG) for sock in bind(settings.page.listen)]
    watching = asyncio.create_task(current.watch())
    log.info("ready sockets=%d", len(servers))
    await stop.wait()
    for server in servers:
        server.close()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
