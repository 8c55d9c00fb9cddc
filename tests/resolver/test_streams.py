import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import dns.rcode
import pytest

from blocker.addresses import Address
from blocker.dns.wire import MAX_QUERY
from blocker.listening import bind
from blocker.resolver.road import Road
from blocker.resolver.streams import Limits, Streams
from tests.dns.packet_files import CLIENTS, each
from tests.dns.scripted import good, server
from tests.resolver.questions import packet, read
from tests.resolver.roads import PAGE, road

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def streams(way: Road, limits: Limits | None = None) -> AsyncIterator[int]:
    """Yield the port of a TCP side."""
    (listening,) = bind([Address("127.0.0.1", 0)], socket.SOCK_STREAM)
    listening.listen(511)
    opened = Streams([listening], way, limits)
    await opened.open()
    try:
        yield listening.getsockname()[1]
    finally:
        opened.close()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def client(port: int) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def send(of: Client, question: bytes) -> None:
    of[1].write(len(question).to_bytes(2, "big") + question)


async def heard(of: Client) -> bytes:
    async with asyncio.timeout(5):
        return await of[0].readexactly(int.from_bytes(await of[0].readexactly(2), "big"))


async def asked(of: Client, question: bytes) -> str:
    send(of, question)
    return str(read(await heard(of)).answer[0][0])


async def is_cut(of: Client, within: float = 2.0) -> bool:
    try:
        async with asyncio.timeout(within):
            return await of[0].read(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.asyncio
async def test_many_questions_are_answered_on_one_connection():
    async with server(lambda sent: [good(sent)]) as (address, _), streams(road(address)) as port, client(port) as one:
        assert await asked(one, packet("propaganda.example")) == PAGE
        assert await asked(one, packet("www.example")) == "192.0.2.1"


@pytest.mark.asyncio
async def test_a_question_that_waits_does_not_hold_up_the_next_one():
    def answers_fast(sent: bytes) -> list[bytes]:
        return [] if b"slow" in sent else [good(sent)]

    async with server(answers_fast) as (address, _), streams(road(address)) as port, client(port) as one:
        questions = [packet("slow.example"), packet("fast.example"), packet("propaganda.example")]
        for question in questions:
            send(one, question)
        first = {(await heard(one))[:2] for _ in range(2)}
        assert first == {question[:2] for question in questions[1:]}


@pytest.mark.asyncio
async def test_a_message_that_arrives_octet_by_octet_is_read():
    async with streams(road()) as port, client(port) as one:
        question = packet("propaganda.example")
        for octet in len(question).to_bytes(2, "big") + question:
            one[1].write(bytes([octet]))
            await asyncio.sleep(0)
        assert str(read(await heard(one)).answer[0][0]) == PAGE


@pytest.mark.asyncio
async def test_who_closes_its_side_first_still_gets_its_answers():
    async with server(lambda sent: [good(sent)]) as (address, _), streams(road(address)) as port, client(port) as one:
        for name in ("www.example", "propaganda.example"):
            send(one, packet(name))
        one[1].write_eof()
        assert {str(read(await heard(one)).answer[0][0]) for _ in range(2)} == {"192.0.2.1", PAGE}
        assert await is_cut(one)


@pytest.mark.asyncio
async def test_who_sends_nothing_is_cut():
    async with streams(road(), Limits(idle_seconds=0.1)) as port, client(port) as one, client(port) as other:
        other[1].write(b"\0")
        assert await is_cut(one)
        assert await is_cut(other)


@pytest.mark.asyncio
async def test_who_does_not_read_is_cut_and_keeps_nobody_waiting():
    def long(sent: bytes) -> list[bytes]:
        return [good(sent)]

    limits = Limits(write_seconds=0.2, idle_seconds=5)
    async with server(long) as (address, _), streams(road(address), limits) as port:
        with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", port))
            question = packet("propaganda.example", use_edns=0)
            many = (len(question).to_bytes(2, "big") + question) * 200
            cut = False
            deadline = time.monotonic() + 8
            while not cut and time.monotonic() < deadline:
                try:
                    deaf.send(many)
                except BlockingIOError:
                    await asyncio.sleep(0.01)
                except ConnectionError:
                    cut = True
            assert cut
        async with client(port) as other:
            assert await asked(other, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_a_newcomer_takes_the_place_of_the_longest_idle():
    limits = Limits(connections_per_client=3)
    async with streams(road(), limits) as port, client(port) as first, client(port) as second, client(port) as third:
        for one in (second, third, first):
            assert await asked(one, packet("propaganda.example")) == PAGE
        async with client(port) as fourth:
            assert await asked(fourth, packet("propaganda.example")) == PAGE
            assert await is_cut(second)
            assert await asked(first, packet("propaganda.example")) == PAGE
            assert await asked(third, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_two_hundred_idle_connections_do_not_keep_a_new_one_waiting():
    async with streams(road(), Limits(connections=50, connections_per_client=50)) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
        async with client(port) as newcomer:
            assert await asked(newcomer, packet("propaganda.example")) == PAGE
        for _, writer in idle:
            writer.transport.abort()


@pytest.mark.asyncio
async def test_a_newcomer_is_turned_away_when_everybody_waits_for_an_answer():
    async with server(lambda _: []) as (silent, _):
        way = streams(road(silent), Limits(connections=1))
        async with way as port, client(port) as busy:
            send(busy, packet("slow.example"))
            await asyncio.sleep(0.1)
            async with client(port) as newcomer:
                assert await is_cut(newcomer)


@pytest.mark.asyncio
async def test_no_more_is_read_while_too_many_questions_wait():
    async with server(lambda _: []) as (silent, seen):
        way = streams(road(silent), Limits(under_way=2))
        async with way as port, client(port) as eager:
            for number in range(10):
                send(eager, packet(f"slow{number}.example"))
            await asyncio.sleep(0.2)
        assert len({sent[12:] for sent in seen.heard}) == 2


@pytest.mark.asyncio
async def test_of_a_message_longer_than_any_question_only_the_beginning_is_read():
    async with streams(road()) as port, client(port) as one:
        one[1].write(b"\xff\xff" + packet("propaganda.example") + bytes(MAX_QUERY))  # no more of the 64 kilobytes
        reply = read(await heard(one))
        assert reply.rcode() == dns.rcode.FORMERR
        assert await is_cut(one)


@pytest.mark.parametrize("hostile", each(*CLIENTS))
@pytest.mark.asyncio
async def test_a_hostile_message_is_answered_or_the_connection_closed(hostile):
    async with streams(road()) as port, client(port) as one:
        send(one, hostile)
        with suppress(EOFError, ConnectionError):
            assert (await heard(one))[:2] == hostile[:2]
        async with client(port) as other:
            assert await asked(other, packet("propaganda.example")) == PAGE


@pytest.mark.asyncio
async def test_a_stranger_is_refused():
    async with streams(road(allow="198.51.100.0/24")) as port, client(port) as one:
        send(one, packet("propaganda.example", use_edns=0))
        reply = read(await heard(one))
    assert (reply.rcode(), reply.options[0].code) == (5, 18)
