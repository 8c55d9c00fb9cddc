"""A thousand receivers polling one static server: `python -m bench.receivers [RECEIVERS] [SECONDS]`.

Each asks what ngclient asks, in its order and at `sync`'s own interval and jitter: the next root (which is not there)
and the timestamp; on a new one snapshot, targets and the list. The server is a process of its own (aiohttp's static
files); versions of 10,000 names are released while the thousand poll. Verification is left out: it is the receivers'
own time, on their own machines, and bench.million measures it.
"""

import asyncio
import json
import multiprocessing
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from aiohttp import web

from blocker.distribution.runner import pause
from tests.distribution.publishing import Ministry

INTERVAL = 10.0
LISTED = 10_000


def serve(folder: str, port: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    """Serve a folder until killed, and say on which port."""

    async def run() -> None:
        app = web.Application()
        app.router.add_static("/", folder)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


class Crowd:
    """The receivers, what they asked for, and when each had a version."""

    def __init__(self, url: str, http: aiohttp.ClientSession, count: int) -> None:
        self.count = count
        self.everybody = asyncio.Event()
        self.url = url
        self.http = http
        self.requests = 0
        self.bytes = 0
        self.had: dict[int, list[float]] = {}

    async def get(self, path: str) -> bytes:
        """Fetch one file; headers are counted by their usual size."""
        async with self.http.get(self.url + path) as response:
            body = await response.read()
            head = sum(len(key) + len(value) + 4 for key, value in response.raw_headers) + 17
        self.requests += 1
        self.bytes += len(body) + head
        return body

    async def receive(self) -> None:
        """Be one receiver for ever."""
        version = 0
        await asyncio.sleep(INTERVAL * secrets.randbelow(1000) / 1000)
        while True:
            await self.get("metadata/2.root.json")
            snapshot = json.loads(await self.get("metadata/timestamp.json"))["signed"]["meta"]["snapshot.json"]
            if snapshot["version"] > version:
                await self.take(version := snapshot["version"])
            await asyncio.sleep(pause(INTERVAL, 0, secrets.randbelow(1000) / 1000))

    async def take(self, version: int) -> None:
        """Fetch all of a version."""
        meta = json.loads(await self.get(f"metadata/{version}.snapshot.json"))["signed"]["meta"]
        targets = json.loads(await self.get(f"metadata/{meta['targets.json']['version']}.targets.json"))
        digest = targets["signed"]["targets"]["list.redhand"]["hashes"]["sha256"]
        await self.get(f"targets/{digest}.list.redhand")
        self.had.setdefault(version, []).append(time.time())
        if len(self.had[version]) == self.count:
            self.everybody.set()


async def measure(ministry: Ministry, port: int, receivers: int, seconds: float) -> None:
    """Let the crowd poll, release twice, and print what was seen."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as http:
        crowd = Crowd(f"http://127.0.0.1:{port}/", http, receivers)
        tasks = [asyncio.create_task(crowd.receive()) for _ in range(receivers)]
        await asyncio.sleep(2 * INTERVAL)
        crowd.requests = crowd.bytes = 0
        began = time.monotonic()
        await asyncio.sleep(seconds)
        day = 86_400 / (time.monotonic() - began) / receivers
        print(f"idle: {crowd.requests * day:,.0f} requests and {crowd.bytes * day / 1e6:.1f} MB a receiver and day")
        print(f"      {crowd.requests / seconds:,.0f} requests a second at the server")
        for number in range(2):
            await asyncio.to_thread(prepare, ministry, number)
            crowd.everybody.clear()
            before = crowd.bytes
            version = (await asyncio.to_thread(ministry.release)).snapshot.signed.version
            released = (ministry.shelf.public / "metadata" / "timestamp.json").stat().st_mtime
            await crowd.everybody.wait()
            after = sorted(at - released for at in crowd.had[version])
            p50, p99 = statistics.median(after), after[int(len(after) * 0.99)]
            grew = (crowd.bytes - before) / receivers
            print(f"release: p50 {p50:.1f} s, p99 {p99:.1f} s, last {after[-1]:.1f} s; {grew / 1e3:.0f} kB a receiver")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def prepare(ministry: Ministry, number: int) -> None:
    """Stage and sign a version of one name more."""
    ministry.block(f"one-more-{number}.example", directive=f"FR-2026-1{number:03}")
    ministry.stage()
    ministry.sign()


def main() -> None:
    """Make a ministry, a server and a crowd."""
    receivers = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
    with tempfile.TemporaryDirectory() as folder:
        ministry = Ministry(Path(folder) / "ministry").found()
        ministry.block(*(f"name-{secrets.token_hex(5)}.example" for _ in range(LISTED)))
        ministry.publish()
        port: multiprocessing.Queue = multiprocessing.Queue()  # type: ignore[type-arg]
        server = multiprocessing.Process(target=serve, args=(str(ministry.shelf.public), port), daemon=True)
        server.start()
        try:
            asyncio.run(measure(ministry, port.get(timeout=30), receivers, seconds))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
