"""The page on a real socket of 127.0.0.1, and a client that sends exactly the bytes it is given."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from blocker.blocklist.index import Index
from blocker.clock import Clock
from blocker.distribution.current import CurrentIndex
from tests.warning_page.trial import NOW, TERRORISM, trial_index
from warning_page.app import CONNECTION_LIFE, WarningPage
from warning_page.connections import Connections
from warning_page.render import Renderer

PATIENCE = 5.0
EPOCH = datetime.fromisoformat("1970-01-01T00:00Z")


def standing_clock(now: datetime = NOW) -> Clock:
    return Clock(0.0, 0.0, (now - EPOCH).total_seconds())


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    held: Connections

    async def send(self, data: bytes, source: str = "127.0.0.1") -> bytes:
        """Return everything that comes back until the server ends the connection, or falls silent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        received = bytearray()
        try:
            writer.write(data)
            async with asyncio.timeout(PATIENCE):
                while chunk := await reader.read(65536):
                    received += chunk
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return bytes(received)

    async def ask(self, host: str = TERRORISM, target: str = "/", method: str = "GET", **headers: str) -> Reply:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return parse(await self.send("\r\n".join([*lines, "", ""]).encode()))


def parse(data: bytes) -> Reply:
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("ascii").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines)
    return Reply(int(status.split()[1]), headers, body)


@asynccontextmanager
async def serving(
    index: Index | None = None, life: float = CONNECTION_LIFE, held: Connections | None = None
) -> AsyncIterator[Server]:
    current = CurrentIndex(Path("unused.index"))
    current.index = index or trial_index()
    held = Connections() if held is None else held
    factory = WarningPage(current, standing_clock(), Renderer("https://isp.example/")).protocol_factory(life, held)
    sock = socket.create_server(("127.0.0.1", 0))
    server = await asyncio.get_running_loop().create_server(factory, sock=sock)
    try:
        yield Server(sock.getsockname()[1], held)
    finally:
        server.close()
