import asyncio
import random  # noqa: TID251 - losses that are the same each time
import socket
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

import dns.message
import dns.rcode
import pytest

from blocker.addresses import Address
from blocker.dns.answers import encode_query, encode_question
from blocker.dns.codes import Ede, Rcode, Type
from blocker.dns.walk import Message
from blocker.dns.wire import AD
from blocker.errors import UpstreamError
from blocker.resolver import upstream, upstream_ports
from blocker.resolver.upstream import Forwarder, system_upstreams
from tests.dns.scripted import good, server, truncated, with_other_id, with_other_question

QUESTION = encode_query(encode_question("www.example", Type.A))


def failing(rcode: dns.rcode.Rcode):
    def reply(packet: bytes) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(packet))
        response.set_rcode(rcode)
        return [response.to_wire()]

    return reply


def nobody() -> Address:
    """Return an address where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", unused.getsockname()[1])


@pytest.mark.asyncio
async def test_an_upstream_answers():
    async with server(lambda packet: [good(packet)]) as (address, heard):
        message = await Forwarder([address]).ask(QUESTION)
    assert message.records[0].owner == "www.example"
    assert len(heard.heard) == 1


@pytest.mark.parametrize(
    "script",
    [
        lambda _: [],
        failing(dns.rcode.SERVFAIL),
        failing(dns.rcode.REFUSED),
        lambda packet: [good(packet)[:-2]],
        lambda packet: [with_other_id(packet), with_other_question(packet)],
    ],
    ids=["silent", "failing", "refusing", "broken", "forged"],
)
@pytest.mark.asyncio
async def test_another_upstream_is_asked_when_one_is_of_no_use(script):
    async with server(script) as (bad, _), server(lambda packet: [good(packet)]) as (fine, _):
        began = time.monotonic()
        assert (await Forwarder([bad, fine]).ask(QUESTION)).rcode == Rcode.NOERROR
        assert time.monotonic() - began < 1


@pytest.mark.asyncio
async def test_an_upstream_that_is_gone_costs_no_wait():
    async with server(lambda packet: [good(packet)]) as (fine, _):
        began = time.monotonic()
        await Forwarder([nobody(), fine]).ask(QUESTION)
        assert time.monotonic() - began < 0.3


@pytest.mark.asyncio
async def test_who_answered_when_another_did_not_is_asked_first_from_then_on():
    async with server(lambda _: []) as (silent, heard), server(lambda packet: [good(packet)]) as (fine, _):
        forwarder = Forwarder([silent, fine])
        await forwarder.ask(QUESTION)
        await forwarder.ask(QUESTION)
        assert len(heard.heard) == 1


@pytest.mark.asyncio
async def test_a_slow_answer_is_still_an_answer():
    async def later(transport, packet, client):
        await asyncio.sleep(0.7)
        transport.sendto(good(packet), client)

    waiting: list[asyncio.Task[None]] = []

    class Slow(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            if not waiting:  # only the first try is ever answered
                waiting.append(asyncio.create_task(later(self.transport, data, addr)))

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Slow, ("127.0.0.1", 0))
    address = Address("127.0.0.1", transport.get_extra_info("sockname")[1])
    assert (await Forwarder([address]).ask(QUESTION)).records
    transport.close()


@pytest.mark.asyncio
async def test_a_lost_packet_is_sent_again():
    lost: list[bytes] = []

    def loses_the_first(packet: bytes) -> list[bytes]:
        lost.append(packet)
        return [good(packet)] if len(lost) > 1 else []

    async with server(loses_the_first) as (address, _):
        assert (await Forwarder([address]).ask(QUESTION)).records
    assert lost[0][:2] != lost[1][:2]  # a new id each time


@pytest.mark.asyncio
async def test_all_upstreams_gone_is_said_within_seconds():
    with pytest.raises(UpstreamError):
        await Forwarder([nobody(), nobody()]).ask(QUESTION)
    with pytest.raises(UpstreamError):
        await Forwarder([]).ask(QUESTION)


@pytest.mark.asyncio
async def test_all_upstreams_silent_is_said_within_four_seconds():
    async with server(lambda _: []) as (silent, heard):
        began = time.monotonic()
        with pytest.raises(UpstreamError):
            await Forwarder([silent]).ask(QUESTION)
        assert time.monotonic() - began < 4
        assert len(heard.heard) == len(upstream.PAUSES)


@pytest.mark.asyncio
async def test_a_failure_is_passed_on_when_nobody_knows_better():
    async with server(failing(dns.rcode.SERVFAIL)) as (bad, heard):
        assert (await Forwarder([bad, nobody()]).ask(QUESTION)).rcode == Rcode.SERVFAIL
        assert len(heard.heard) == 1


def outcome(forwarder: Forwarder) -> asyncio.Future[Message | Ede]:
    """Ask, and return what a client's reply will be made of."""
    heard: asyncio.Future[Message | Ede] = asyncio.get_running_loop().create_future()
    forwarder.submit(QUESTION, heard.set_result)
    return heard


@pytest.mark.parametrize(
    ("scripts", "why"),
    [
        ((), Ede.NO_REACHABLE_AUTHORITY),
        ((lambda _: [],), Ede.NO_REACHABLE_AUTHORITY),
        ((lambda packet: [with_other_id(packet), with_other_question(packet)],), Ede.NO_REACHABLE_AUTHORITY),
        ((None,), Ede.NETWORK_ERROR),
        ((None, None), Ede.NETWORK_ERROR),
        ((None, lambda _: []), Ede.NETWORK_ERROR),
        ((lambda packet: [good(packet)[:-2]],), Ede.NETWORK_ERROR),
        ((lambda packet: [truncated(packet)],), Ede.NETWORK_ERROR),
    ],
    ids=["none", "silent", "forged", "gone", "both gone", "gone and silent", "broken", "truncated, and no TCP"],
)
@pytest.mark.asyncio
async def test_why_nobody_answered_is_told_by_what_the_network_said(scripts, why):
    async with AsyncExitStack() as servers:
        addresses = [
            (await servers.enter_async_context(server(script)))[0] if script else nobody() for script in scripts
        ]
        async with asyncio.timeout(4):
            assert await outcome(Forwarder(addresses)) == why


@pytest.mark.asyncio
async def test_what_is_truncated_over_tcp_too_is_no_answer():
    async with server(lambda packet: [truncated(packet)], lambda packet: [truncated(packet)]) as (address, _):
        assert await outcome(Forwarder([address])) == Ede.NETWORK_ERROR


@pytest.mark.parametrize("others", [[], [nobody]], ids=["alone", "beside one that is gone"])
@pytest.mark.asyncio
async def test_a_failure_that_an_upstream_explains_goes_before_one_of_the_network(others):
    async with server(failing(dns.rcode.SERVFAIL)) as (bad, _):
        said = await outcome(Forwarder([bad, *(other() for other in others)]))
        assert isinstance(said, Message)
        assert said.rcode == Rcode.SERVFAIL


def authentic(packet: bytes) -> bytes:
    reply = good(packet)
    return reply[:3] + bytes([reply[3] | 0x20]) + reply[4:]


@pytest.mark.parametrize("over_tcp", [False, True])
@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.asyncio
async def test_only_a_trusted_upstream_is_believed_that_an_answer_is_authentic(trusted, over_tcp):
    script = truncated if over_tcp else authentic
    async with server(lambda packet: [script(packet)], lambda packet: [authentic(packet)]) as (address, _):
        message = await Forwarder([address], trusted=[address] if trusted else []).ask(QUESTION)
    assert bool(message.flags & AD) is trusted


@pytest.mark.asyncio
async def test_a_truncated_answer_is_fetched_over_tcp():
    async with server(lambda packet: [truncated(packet)], lambda packet: [good(packet)]) as (address, _):
        message = await Forwarder([address]).ask(QUESTION)
    assert message.records
    assert not message.truncated


@pytest.mark.asyncio
async def test_the_same_question_is_asked_once():
    async with server(lambda packet: [good(packet)]) as (address, heard):
        forwarder = Forwarder([address])
        await asyncio.gather(*(forwarder.ask(QUESTION) for _ in range(50)))
        assert len(heard.heard) == 1
        await forwarder.ask(QUESTION)
        assert len(heard.heard) == 2


@pytest.mark.asyncio
async def test_one_who_stops_waiting_takes_the_answer_from_nobody():
    async with server(lambda packet: [good(packet)]) as (address, _):
        forwarder = Forwarder([address])
        impatient = asyncio.create_task(forwarder.ask(QUESTION))
        patient = asyncio.create_task(forwarder.ask(QUESTION))
        await asyncio.sleep(0)
        impatient.cancel()
        assert (await patient).records


@pytest.mark.asyncio
async def test_too_many_questions_fail_at_once(monkeypatch):
    monkeypatch.setattr(upstream, "MAX_UNDER_WAY", 2)
    async with server(lambda _: []) as (silent, _):
        forwarder = Forwarder([silent])
        waiting = [asyncio.create_task(forwarder.ask(encode_query(encode_question(name, 1)))) for name in "ab"]
        await asyncio.sleep(0)
        with pytest.raises(UpstreamError):
            await forwarder.ask(QUESTION)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def test_the_systems_resolvers_are_read_but_never_ourselves():
    own = (Address("127.0.0.1", 53), Address("::1", 5300))
    text = """
    # nameserver 192.0.2.1
    search example
    nameserver 192.0.2.53
    nameserver 127.0.0.1
    nameserver 2001:db8::53
    nameserver ::1
    nameserver fe80::1%eth0
    nameserver 192.0.2.53
    nameserver nonsense
    nameserver
    """
    assert [str(address) for address in system_upstreams(text, own)] == [
        "192.0.2.53:53",
        "[2001:db8::53]:53",
        "[::1]:53",
        "[fe80::1%eth0]:53",
    ]


def lossy(share: float, seed: int):
    """Lose a share of the exchanges, the same ones each time."""
    draws = random.Random(seed)
    return lambda packet: [] if draws.random() < share else [nothing(packet)]


def nothing(packet: bytes) -> bytes:
    """Say that there is no such data: quickly made, for questions in hundreds."""
    return packet[:2] + b"\x81\x80" + packet[4:]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def questions(count: int) -> list[bytes]:
    return [encode_query(encode_question(f"n{number}.example", Type.A)) for number in range(count)]


@pytest.mark.asyncio
async def test_with_a_third_of_all_exchanges_lost_nearly_every_question_is_answered():
    async with server(lossy(0.3, seed=5)) as (address, upstream_heard):
        forwarder = Forwarder([address])
        few = asyncio.Semaphore(100)  # the scripted server reads slowly

        async def ask(question: bytes) -> Message:
            async with few:
                return await forwarder.ask(question)

        answers = await asyncio.gather(*map(ask, questions(1000)), return_exceptions=True)
    assert sum(isinstance(answer, Message) for answer in answers) >= 995
    most = max(Counter(packet[2:] for packet in upstream_heard.heard).values())
    assert most <= 5


@pytest.mark.asyncio
async def test_without_loss_a_question_is_asked_about_once():
    async with server(lambda packet: [nothing(packet)]) as (address, heard):
        forwarder = Forwarder([address])
        for batch in range(0, 1000, 100):
            await asyncio.gather(*map(forwarder.ask, questions(1000)[batch : batch + 100]))
    assert len(heard.heard) <= 1200


@pytest.mark.asyncio
async def test_elsewhere_every_question_has_a_port_and_an_id_of_its_own(monkeypatch):
    monkeypatch.setattr(upstream_ports, "on_this_host", lambda _: False)  # loopback stands in for elsewhere
    seen: set[int] = set()

    class Ports(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            seen.add(addr[1])
            ids.add(data[:2])
            self.transport.sendto(good(data), addr)

    ids: set[bytes] = set()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Ports, ("127.0.0.1", 0))
    forwarder = Forwarder([Address("127.0.0.1", transport.get_extra_info("sockname")[1])])
    before = open_files()
    await asyncio.gather(*map(forwarder.ask, questions(300)))
    assert len(seen) >= 295
    assert len(ids) >= 295
    assert open_files() <= before + 1  # closed with their answers
    transport.close()


@pytest.mark.asyncio
async def test_a_late_answer_is_dropped_and_counts_for_no_other_question():
    held: list[bytes] = []

    def one_behind(packet: bytes) -> list[bytes]:
        held.append(packet)
        return [good(one) for one in held[-2:]] if len(held) > 1 else []

    async with server(one_behind) as (address, _):
        forwarder = Forwarder([address])
        for question in questions(3):
            message = await forwarder.ask(question)
            assert message.question == question[12:-11]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["on this host", "elsewhere"])
@pytest.mark.asyncio
async def test_an_answer_from_another_address_is_not_heard_though_it_knows_port_and_id(monkeypatch, elsewhere):
    monkeypatch.setattr(upstream_ports, "on_this_host", lambda _: not elsewhere)
    forged: list[bytes] = []

    class Overheard(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
                forger.bind(("127.0.0.3", 0))
                forged.append(good(data).replace(socket.inet_aton("192.0.2.1"), socket.inet_aton("203.0.113.66")))
                forger.sendto(forged[-1], addr)
            self.transport.sendto(good(data), addr)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Overheard, ("127.0.0.1", 0))
    message = await Forwarder([Address("127.0.0.1", transport.get_extra_info("sockname")[1])]).ask(QUESTION)
    transport.close()
    (one,) = message.records
    assert message.packet[one.data : one.end] == socket.inet_aton("192.0.2.1")
    assert forged
    assert socket.inet_aton("203.0.113.66") in forged[0]


@pytest.mark.asyncio
async def test_the_quickest_is_asked_first_where_latency_decides():
    async def slowly(packet: bytes, transport, client) -> None:
        await asyncio.sleep(0.1)
        transport.sendto(good(packet), client)

    class Slow(asyncio.DatagramProtocol):
        tasks: ClassVar[set[asyncio.Task[None]]] = set()

        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.tasks.add(asyncio.create_task(slowly(data, self.transport, addr)))

    transport, slow = await asyncio.get_running_loop().create_datagram_endpoint(Slow, ("127.0.0.1", 0))
    async with server(lambda packet: [good(packet)]) as (quick, heard):
        forwarder = Forwarder([Address("127.0.0.1", transport.get_extra_info("sockname")[1]), quick], by_latency=True)
        for question in questions(20):
            await forwarder.ask(question)
        assert len(heard.heard) >= 18
    await asyncio.gather(*slow.tasks)
    transport.close()


@pytest.mark.asyncio
async def test_one_that_was_down_is_asked_again_once_it_answers():
    silent = True

    def recovers(packet: bytes) -> list[bytes]:
        return [] if silent else [good(packet)]

    async with server(recovers) as (first, heard), server(lambda packet: [good(packet)]) as (second, _):
        forwarder = Forwarder([first, second])
        ask = iter(questions(100))
        await forwarder.ask(next(ask))
        silent = False
        await asyncio.sleep(upstream.PROBE_EVERY)
        await forwarder.ask(next(ask))  # the first hears it too
        await asyncio.sleep(0.1)
        before = len(heard.heard)
        await forwarder.ask(next(ask))
        assert len(heard.heard) == before + 1


@pytest.mark.asyncio
async def test_upstreams_are_dead_after_long_silence_and_at_once_when_they_refuse():
    async with server(lambda _: []) as (silent, _):
        forwarder = Forwarder([silent])
        with pytest.raises(UpstreamError):
            await forwarder.ask(QUESTION)
        assert forwarder.dead
    refusing = Forwarder([nobody()])
    with pytest.raises(UpstreamError):
        await refusing.ask(QUESTION)
    assert refusing.dead


@pytest.mark.asyncio
async def test_a_truncated_answer_without_tcp_is_given_up_within_four_seconds():
    async with server(lambda packet: [truncated(packet)]) as (address, _):
        began = time.monotonic()
        with pytest.raises(UpstreamError):
            await Forwarder([address]).ask(QUESTION)
        assert time.monotonic() - began < 4
