"""TCP: two octets of length before each message, many questions on a connection, answers as they become ready.

No client can keep another waiting. A connection that sends nothing, or does not read, is cut; there is a most for each
client and for all, and a newcomer beyond it takes the place of whoever has been idle longest (RFC 7766 §6.1, §6.2.3).
Of a message longer than any question only the beginning is read: enough to refuse it.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field

from blocker.dns.wire import MAX_QUERY
from blocker.resolver.engine import AskUpstream, Drop
from blocker.resolver.road import Road


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much; a worker has its own."""

    idle_seconds: float = 10.0
    """For one whole message to arrive, counted from the one before."""
    write_seconds: float = 5.0
    """For a client to read what is ready for it."""
    connections: int = 1000
    connections_per_client: int = 100
    under_way: int = 64
    """Questions of one connection that wait for upstreams; beyond it nothing more is read."""


@dataclass(eq=False, slots=True)
class Connection:
    """One client's connection."""

    host: str
    writer: asyncio.StreamWriter
    last_used: float
    slots: asyncio.Semaphore
    waiting: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """Close at once, without sending what is left."""
        self.writer.transport.abort()


class Streams:
    """The TCP side of one worker, on listening sockets that it shares with the others."""

    def __init__(self, sockets: list[socket.socket], road: Road, limits: Limits | None = None) -> None:
        self._sockets = sockets
        self._road = road
        self._limits = limits or Limits()
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []

    async def open(self) -> None:
        """Begin to accept connections."""
        # The limit is what is read ahead of us, twice over: a connection costs no more memory than that.
        self._servers = [await asyncio.start_server(self._serve, sock=one, limit=MAX_QUERY) for one in self._sockets]

    def close(self) -> None:
        """Accept no more, and cut what is open."""
        for server in self._servers:
            server.close()
        for connection in self._connections:
            connection.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = self._admit(writer)
        if connection is None:
            writer.transport.abort()
            return
        try:
            while await self._one_message(connection, reader):
                pass
        except EOFError:  # it has asked all that it wanted
            await self._finish(connection)
        except OSError:  # hung up, idle, or does not read: TimeoutError is an OSError
            pass
        finally:
            self._connections.discard(connection)
            for task in connection.waiting:
                task.cancel()
            connection.cut()

    async def _finish(self, connection: Connection) -> None:
        """Send what is still due to a client that asks no more (it may close its side first, RFC 7766 §6.2.4)."""
        if connection.writer.is_closing():
            return
        if connection.waiting:
            await asyncio.wait(connection.waiting)
        connection.writer.close()
        with contextlib.suppress(OSError):
            async with asyncio.timeout(self._limits.write_seconds):
                await connection.writer.wait_closed()

    def _admit(self, writer: asyncio.StreamWriter) -> Connection | None:
        peer = writer.get_extra_info("peername")
        if not peer:  # gone already
            return None
        host = peer[0]
        limits = self._limits
        same = [one for one in self._connections if one.host == host]
        crowd = same if len(same) >= limits.connections_per_client else list(self._connections)
        if len(same) >= limits.connections_per_client or len(crowd) >= limits.connections:
            idle = [one for one in crowd if not one.waiting]
            if not idle:
                return None
            longest = min(idle, key=lambda one: one.last_used)
            self._connections.discard(longest)
            longest.cut()
        now = asyncio.get_running_loop().time()
        connection = Connection(host, writer, now, asyncio.Semaphore(limits.under_way))
        self._connections.add(connection)
        return connection

    async def _one_message(self, connection: Connection, reader: asyncio.StreamReader) -> bool:
        """Read and answer one message; False if the connection should end."""
        async with asyncio.timeout(self._limits.idle_seconds):
            length = int.from_bytes(await reader.readexactly(2), "big")
            packet = await reader.readexactly(min(length, MAX_QUERY + 1))
        connection.last_used = asyncio.get_running_loop().time()
        allowed = self._road.clients.allowed(connection.host)
        decision = self._road.engine.receive(packet, self._road.now(), allowed=allowed, tcp=True)
        if isinstance(decision, Drop):
            return False
        if isinstance(decision, AskUpstream):
            await connection.slots.acquire()
            task = asyncio.create_task(self._answer_later(connection, decision))
            connection.waiting.add(task)
            task.add_done_callback(connection.waiting.discard)
        else:
            await self._send(connection, decision.packet)
        return length <= MAX_QUERY

    async def _answer_later(self, connection: Connection, question: AskUpstream) -> None:
        try:
            await self._send(connection, await self._road.carry(question))
        except OSError:  # does not read, or has gone
            connection.cut()
        finally:
            connection.slots.release()

    async def _send(self, connection: Connection, reply: bytes) -> None:
        connection.writer.write(len(reply).to_bytes(2, "big") + reply)
        async with asyncio.timeout(self._limits.write_seconds):
            await connection.writer.drain()
