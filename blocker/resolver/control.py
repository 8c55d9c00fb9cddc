"""What an operator may ask a running worker: how it is, to forget a name, and why a name is answered as it is.

Each worker listens on a socket of its own in `<data>/control`, which only its own user may open; `redhand control`
(commands/control.py) asks them all. One line of JSON in, one out. Nothing that is asked here is kept or logged.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from blocker.blocklist.index import Index
from blocker.dns.answers import MAX_TCP, encode_name, encode_query, encode_question
from blocker.dns.ask import told
from blocker.dns.codes import type_number
from blocker.dns.walk import Message, walk
from blocker.dns.wire import Query, parse_query
from blocker.errors import InvalidNameError, UpstreamError
from blocker.names import DomainName
from blocker.resolver.cache import Instant
from blocker.resolver.engine import MAX_STALE
from blocker.resolver.reasons import Reason, reason
from blocker.resolver.road import Road

FOLDER = "control"  # under `data`
MAX_LINE = 4096  # octets
SECONDS = 10.0  # in which a line must have come and been answered

_FORMS = {
    "plain": {},
    "DO": {"do": True},
    "CD": {"cd": True},
    "DO CD": {"do": True, "cd": True},
}
"""The flags that make an answer another one, so that each has its own in the cache (cache.py)."""


class Control:
    """The control socket of one worker."""

    def __init__(self, path: Path, road: Road) -> None:
        self._path, self._road = path, road
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen, in the place of whoever held this socket before."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made elsewhere and moved into place: never there with other rights, and a successor takes over in one step.
        aside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        self._server = await asyncio.start_unix_server(self._serve, aside, limit=MAX_LINE)
        aside.chmod(0o600)
        aside.rename(self._path)

    def close(self) -> None:
        """Listen no more; the socket may belong to a successor already, and stays."""
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._answer(json.loads(await reader.readline()))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, KeyError, TypeError):  # gone, slow, or no question of ours
            pass
        finally:
            writer.close()

    async def _answer(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["command"] == "status":
            return self._status()
        try:
            name = DomainName.parse(asked["name"])
        except InvalidNameError as error:
            return {"error": str(error)}
        if asked["command"] == "flush":
            return {"forgotten": self._road.cache.flush(encode_name(name))}
        number = type_number(asked["type"].upper())
        return await self._explain(name, number) if number is not None else {"error": "no such type"}

    def _status(self) -> dict[str, Any]:
        index, forwarder = self._road.engine.index, self._road.forwarder
        return {
            "pid": os.getpid(),
            "serial": index.header.serial if index else None,
            "answers": len(self._road.cache),
            "under_way": forwarder.under_way,
            "upstreams": [
                {"address": str(one.address), "milliseconds": round(one.latency * 1000, 1), "down": one.down}
                for one in forwarder.upstreams
            ],
        }

    async def _explain(self, name: DomainName, qtype: int) -> dict[str, Any]:
        question = encode_question(name, qtype)
        query = parse_query(encode_query(question))
        found, now, index = self._reason(query, None)
        said: object = "not asked"
        if not found.private:
            try:
                message = await self._road.forwarder.ask(encode_query(question))
                said = asdict(told(message))
                found, now, index = self._reason(query, message)
            except UpstreamError as error:
                said = str(error)
        return {
            "serial": index.header.serial if index else None,
            "verdict": found.verdict,
            "directive": found.match and found.match.directive.id,
            "listed": found.match and f"{found.match.name} ({found.match.scope})",
            "kept": self._kept(question, now),
            "upstream": said,
        }

    def _reason(self, query: Query, message: Message | None) -> tuple[Reason, Instant, Index | None]:
        now, index = self._road.now(), self._road.engine.index
        return reason(query, message, index, now.wall), now, index

    def _kept(self, question: bytes, now: Instant) -> dict[str, Any]:
        """Return what is kept for a question, by the flags with which it was asked."""
        kept = {}
        for flags, asked in _FORMS.items():
            query = parse_query(encode_query(question, **asked))
            entry = self._road.cache.find(query, now, stale=MAX_STALE)
            if entry:
                answer = asdict(told(walk(entry.reply(query, now, MAX_TCP))))
                kept[flags] = {"seconds_left": round(entry.expires - now.monotonic), **answer}
        return kept
