"""Registers of the tests' own, on loopback: RDAP over HTTP, WHOIS over TCP, as kind or as hostile as they are told."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def entity(mail: object, *roles: str, **more: object) -> dict[str, object]:
    return {"roles": list(roles), "vcardArray": ["vcard", [["email", {}, "text", mail]]], **more}


REGISTRAR = entity("sales@registrar.example", "registrar", entities=[entity("Abuse@Registrar.example", "abuse")])
DOMAIN = {"objectClassName": "domain", "entities": [REGISTRAR, entity("who@owner.example", "registrant")]}
NETWORK = {
    "objectClassName": "ip network",
    "entities": [entity("abuse@host.example", "abuse"), entity("x", "technical")],
}


@asynccontextmanager
async def http_server(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def whois_server(*answers: bytes, hold: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    asked: list[bytes] = []
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError):
            asked.append(await reader.readline())
            if hold:
                await reader.read()
            writer.write(answers[min(len(asked), len(answers)) - 1])
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        await asyncio.gather(*filter(None, serving))


def bootstrap(folder: Path, url: str) -> Path:
    for kind, known in (("dns", ["uk"]), ("ipv4", ["127.0.0.0/8"]), ("ipv6", ["2001:db8::/32"])):
        (folder / f"{kind}.json").write_text(json.dumps({"version": "1.0", "services": [[known, [url]]]}))
    return folder


def answering(body: object, status: int = 200) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return handle
