"""However many connections one address holds, another one does not wait."""

import asyncio
import time

import pytest

from tests.warning_page.server import Server, parse, serving
from tests.warning_page.trial import TERRORISM
from warning_page.connections import Connections, network

ASK = f"GET / HTTP/1.1\r\nHost: {TERRORISM}\r\nConnection: close\r\n\r\n".encode()
SLOW = b"GET / HTTP/1.1\r\nHost: "


class Held:
    def __init__(self) -> None:
        self.ended = False

    def end(self) -> None:
        self.ended = True


def admitted(held: Connections, *addresses: str) -> list[Held]:
    made = [Held() for _ in addresses]
    for connection, address in zip(made, addresses, strict=True):
        held.admit(connection, address)
    return made


def test_the_oldest_of_the_same_address_yields() -> None:
    held = Connections(limit=100, share=2)
    made = admitted(held, "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.1")
    assert [each.ended for each in made] == [True, False, False, False]
    assert len(held) == 3


def test_where_all_are_taken_the_oldest_yields() -> None:
    made = admitted(Connections(limit=3, share=2), *(f"192.0.2.{n}" for n in range(4)))
    assert [each.ended for each in made] == [True, False, False, False]


def test_one_that_has_left_makes_room() -> None:
    held = Connections(limit=100, share=1)
    (first,) = admitted(held, "192.0.2.1")
    held.leave(first)
    held.leave(first)
    (second,) = admitted(held, "192.0.2.1")
    assert (first.ended, second.ended, len(held)) == (False, False, 1)


def test_nothing_is_kept_of_those_who_have_gone() -> None:
    held = Connections()
    for connection in admitted(held, *(f"192.0.2.{n}" for n in range(50)), "2001:db8::1"):
        held.leave(connection)
    assert (held._all, held._of) == ({}, {})


def test_a_household_of_ipv6_counts_as_one() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.1") == network("192.0.2.1") != network("192.0.2.2")
    assert network("fe80::1%eth0") == network("fe80::2")
    assert network("") == ""


async def hold(server: Server, source: str, count: int) -> list[asyncio.StreamWriter]:
    """Open connections that begin a request and never end it."""
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0))
        writer.write(SLOW)
        writers.append(writer)
    await asyncio.sleep(0.05)
    return writers


@pytest.mark.asyncio
async def test_a_flood_from_one_address_keeps_nobody_else_waiting() -> None:
    async with serving(held=Connections(limit=60, share=20)) as server:
        flood = await hold(server, "127.0.0.9", 100)
        assert len(server.held) == 20
        for number in range(2, 8):
            begun = time.monotonic()
            assert parse(await server.send(ASK, f"127.0.0.{number}")).status == 451
            assert time.monotonic() - begun < 1
        # Behind one carrier's address, too: whoever asks is answered, for the idle ones yield.
        assert parse(await server.send(ASK, "127.0.0.9")).status == 451
        for writer in flood:
            writer.close()


@pytest.mark.asyncio
async def test_a_flood_from_many_addresses_keeps_nobody_waiting() -> None:
    async with serving(held=Connections(limit=60, share=20)) as server:
        flood = [writer for n in range(20, 40) for writer in await hold(server, f"127.0.0.{n}", 5)]
        assert len(server.held) == 60
        begun = time.monotonic()
        assert parse(await server.send(ASK, "127.0.0.2")).status == 451
        assert time.monotonic() - begun < 1
        for writer in flood:
            writer.close()


@pytest.mark.asyncio
async def test_an_answered_connection_is_forgotten() -> None:
    async with serving() as server:
        for _ in range(5):
            await server.send(ASK)
        await asyncio.sleep(0.05)
        assert len(server.held) == 0
