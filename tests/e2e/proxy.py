"""A forward proxy that sees names with the eyes of the resolver under test, and connects only to what it answers.

A browser on the test machine would ask the machine's resolver; through this proxy it asks ours. Port 80 leads to the
port that the page listens on in the test; port 443 leads nowhere, as on a warning page's address in service.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

from dns.exception import DNSException

Resolve = Callable[[str], list[str]]


class Proxy:
    """Runs in a thread of its own; `port` is where it listens."""

    def __init__(self, resolve: Resolve, ports: dict[int, int]) -> None:
        self.resolve = resolve
        self.ports = ports
        self.asked: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, rest = head.split(b" ", 2)
            url = urlsplit(target.decode() if method != b"CONNECT" else f"//{target.decode()}")
            port = url.port or 80
            self.asked.append(url.hostname or "")
            addresses = await asyncio.to_thread(self.resolve, url.hostname or "")
            if not addresses or (port := self.ports.get(port, 0)) == 0:
                writer.write(b"HTTP/1.1 502 No Such Way\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            far_reader, far_writer = await asyncio.open_connection(addresses[0], port)
            headers = b"".join(
                line + b"\r\n"
                for line in rest.split(b"\r\n")
                if line and not line.lower().startswith((b"connection:", b"proxy-connection:"))
            )
            far_writer.write(method + b" " + path.encode() + b" " + headers + b"Connection: close\r\n\r\n")
            while data := await far_reader.read(65536):
                writer.write(data)
            far_writer.close()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.CancelledError, DNSException):
            pass
        finally:
            writer.close()
