import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from blocker.addresses import Address
from blocker.listening import bind
from blocker.resolver.lane import Lane
from blocker.resolver.mmsg import Batches, Singles, open_ring
from blocker.resolver.road import Road
from tests.dns.packet_files import packets
from tests.dns.scripted import good, server
from tests.resolver.questions import packet, read
from tests.resolver.roads import PAGE, road

RINGS = [Batches, lambda _: Singles()]


@asynccontextmanager
async def lane(way: Road, host: str = "127.0.0.1", ring=open_ring) -> AsyncIterator[socket.socket]:
    """Yield a client's socket connected to a lane."""
    (listening,) = bind([Address(host, 0)], socket.SOCK_DGRAM)
    client = socket.socket(listening.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    client.connect(listening.getsockname())
    opened = Lane(listening, way, ring(listening.family))
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


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.asyncio
async def test_blocked_and_clean_names_are_answered(ring):
    async with server(lambda sent: [good(sent)]) as (address, upstream), lane(road(address), ring=ring) as client:
        for _ in range(3):
            assert await asked(client, packet("propaganda.example")) == PAGE
            assert await asked(client, packet("www.example")) == "192.0.2.1"
        assert len(upstream.heard) == 1


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.asyncio
async def test_ipv6_is_answered_too(ring):
    async with lane(road(allow="::1/128"), host="::1", ring=ring) as client:
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


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.asyncio
async def test_an_answer_that_cannot_be_sent_costs_its_batch_nothing(ring):
    (listening,) = bind([Address("127.0.0.1", 0)], socket.SOCK_DGRAM)
    opened = Lane(listening, road(), ring(listening.family))
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as client,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as forger,
    ):
        client.connect(listening.getsockname())
        client.send(packet("first.propaganda.example"))
        question = packet("lost.propaganda.example")
        header = struct.pack(">4H", 0, listening.getsockname()[1], 8 + len(question), 0)
        forger.sendto(header + question, ("127.0.0.1", 0))  # nobody can answer source port 0
        client.send(packet("last.propaganda.example"))
        opened.open()  # all three wait: one batch
        names = {str(read(await heard(client)).question[0].name) for _ in range(2)}
    opened.close()
    listening.close()
    assert names == {"first.propaganda.example.", "last.propaganda.example."}


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.asyncio
async def test_more_than_one_batch_at_once_is_answered_to_each_its_own(ring):
    async with lane(road(), ring=ring) as client:
        asked = {}
        for number in range(300):
            question = packet(f"n{number}.propaganda.example")[2:]
            client.send(number.to_bytes(2, "big") + question)
            asked[number] = f"n{number}.propaganda.example."
            if number % 50 == 0:
                await asyncio.sleep(0)
        replies = [read(await heard(client)) for _ in asked]
    assert {reply.id: str(reply.question[0].name) for reply in replies} == asked


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.asyncio
async def test_gaps_in_a_batch_confuse_nobody(ring):
    async with server(lambda sent: [good(sent)]) as (address, _):
        (listening,) = bind([Address("127.0.0.1", 0)], socket.SOCK_DGRAM)
        opened = Lane(listening, road(address), ring(listening.family))
        clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) for _ in range(20)]
        for number, client in enumerate(clients):
            client.connect(listening.getsockname())
            client.send(packet(f"n{number}.{'www' if number % 3 else 'propaganda'}.example"))
        opened.open()  # blocked and clean names of many clients wait together
        for number, client in enumerate(clients):
            reply = read(await heard(client))
            assert str(reply.question[0].name).startswith(f"n{number}.")
            assert str(reply.answer[0][0]) == ("192.0.2.1" if number % 3 else PAGE)
            client.close()
        opened.close()
        listening.close()


@pytest.mark.parametrize(
    ("host", "option"),
    [
        ("127.0.0.1", (socket.IPPROTO_IP, 10)),  # IP_MTU_DISCOVER
        ("::1", (socket.IPPROTO_IPV6, 23)),  # IPV6_MTU_DISCOVER
    ],
)
@pytest.mark.asyncio
async def test_no_answer_is_ever_fragmented_on_the_word_of_the_path(host, option):
    (listening,) = bind([Address(host, 0)], socket.SOCK_DGRAM)
    opened = Lane(listening, road())
    opened.open()
    assert listening.getsockopt(*option) == 5  # IP_PMTUDISC_OMIT, IPV6_PMTUDISC_OMIT
    opened.close()
    listening.close()
