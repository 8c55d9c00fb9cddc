import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from blocker.addresses import Address
from blocker.listening import bind
from blocker.resolver.lane import Lane
from blocker.resolver.road import Road
from tests.dns.packet_files import packets
from tests.dns.scripted import good, server
from tests.resolver.questions import packet, read
from tests.resolver.roads import PAGE, road


@asynccontextmanager
async def lane(way: Road, host: str = "127.0.0.1") -> AsyncIterator[socket.socket]:
    """Yield a client's socket connected to a lane."""
    (listening,) = bind([Address(host, 0)], socket.SOCK_DGRAM)
    client = socket.socket(listening.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    client.connect(listening.getsockname())
    opened = Lane(listening, way)
    opened.open()
    try:
        yield client
    finally:
        opened.close()
        listening.close()
        client.close()
        await asyncio.sleep(0)


async def heard(client: socket.socket) -> bytes:
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recv(client, 65535)


async def asked(client: socket.socket, question: bytes) -> str:
    client.send(question)
    reply = read(await heard(client))
    assert reply.id == int.from_bytes(question[:2], "big")
    return str(reply.answer[0][0])


@pytest.mark.asyncio
async def test_blocked_and_clean_names_are_answered():
    async with server(lambda sent: [good(sent)]) as (address, upstream), lane(road(address)) as client:
        for _ in range(3):
            assert await asked(client, packet("propaganda.example")) == PAGE
            assert await asked(client, packet("www.example")) == "192.0.2.1"
        assert len(upstream.heard) == 1


@pytest.mark.asyncio
async def test_ipv6_is_answered_too():
    async with lane(road(allow="::1/128"), host="::1") as client:
        assert await asked(client, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_nothing_that_arrives_ends_the_lane():
    async with lane(road()) as client:
        for hostile in packets("questions.txt"):
            client.send(hostile)
        client.send(bytes(60000))
        await asyncio.sleep(0.1)
        while True:
            try:
                client.recv(65535)
            except BlockingIOError:
                break
        assert await asked(client, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_a_stranger_is_refused_even_what_the_cache_knows():
    async with lane(road(allow="198.51.100.0/24")) as client:
        client.send(packet("propaganda.example", use_edns=0))
        reply = read(await heard(client))
    assert (reply.rcode(), reply.options[0].code) == (5, 18)


@pytest.mark.asyncio
async def test_a_slow_upstream_keeps_nobody_waiting():
    async with server(lambda _: []) as (silent, _), lane(road(silent)) as client:
        client.send(packet("slow.example"))
        assert await asked(client, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_an_answer_that_cannot_be_sent_is_dropped_and_the_next_one_sent():
    class Refusing:
        """A socket that cannot send its first answer, as with a client whose source port is 0."""

        def __init__(self, real: socket.socket) -> None:
            self.real = real
            self.sent = 0

        def fileno(self):
            return self.real.fileno()

        def recvfrom(self, size):
            return self.real.recvfrom(size)

        def sendto(self, data, client):
            self.sent += 1
            return self.real.sendto(data, (client[0], 0) if self.sent == 1 else client)

    (listening,) = bind([Address("127.0.0.1", 0)], socket.SOCK_DGRAM)
    opened = Lane(Refusing(listening), road())  # type: ignore[arg-type]
    opened.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client:
        client.connect(listening.getsockname())
        client.send(packet("lost.propaganda.example"))
        assert await asked(client, packet("propaganda.example")) == PAGE
    opened.close()
    listening.close()
