import asyncio
import socket

import dns.message
import dns.rrset
import pytest

from blocker.addresses import Address
from blocker.dns.ask import ask
from blocker.dns.codes import Class, Type
from blocker.errors import UpstreamError, WireError
from tests.dns.scripted import Datagrams, good, server, truncated, with_other_id, with_other_question


@pytest.mark.asyncio
async def test_an_answer_is_told_as_text():
    async with server(lambda packet: [good(packet)]) as (address, _):
        response = await ask(address, "www.example", Type.A)
    assert (response.rcode, response.answers, response.ede) == (0, (("www.example", "A", "192.0.2.1"),), ())


@pytest.mark.asyncio
async def test_what_does_not_fit_the_question_is_passed_over_and_the_wait_goes_on():
    def forger_first(packet: bytes) -> list[bytes]:
        return [b"", b"\0", with_other_id(packet), with_other_question(packet), packet, good(packet)]

    async with server(forger_first) as (address, _):
        assert (await ask(address, "www.example", Type.A)).answers


@pytest.mark.asyncio
async def test_forgeries_alone_are_no_answer():
    async with server(lambda packet: [with_other_id(packet), with_other_question(packet)]) as (address, _):
        with pytest.raises(UpstreamError):
            await ask(address, "www.example", Type.A, timeout=0.2)


@pytest.mark.asyncio
async def test_a_truncated_answer_is_fetched_over_tcp():
    async with server(lambda packet: [truncated(packet)], lambda packet: [good(packet)]) as (address, _):
        assert (await ask(address, "www.example", Type.A)).answers


@pytest.mark.asyncio
async def test_a_server_that_hangs_up_is_no_answer():
    async with server(lambda packet: [truncated(packet)], lambda _: []) as (address, _):
        with pytest.raises(UpstreamError):
            await ask(address, "www.example", Type.A)


@pytest.mark.asyncio
async def test_nobody_there_is_no_answer():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(UpstreamError):
        await ask(Address("127.0.0.1", port), "www.example", Type.A, timeout=0.5)


@pytest.mark.asyncio
async def test_an_answer_that_is_no_dns_is_said_to_be_none():
    async with server(lambda packet: [good(packet)[:-2]]) as (address, _):
        with pytest.raises(WireError):
            await ask(address, "www.example", Type.A)


@pytest.mark.asyncio
async def test_each_question_has_another_id_and_another_port():
    seen = set()

    class Ports(Datagrams):
        def datagram_received(self, data, addr):
            seen.add((data[:2], addr[1]))
            super().datagram_received(data, addr)

    protocol = Ports(lambda packet: [good(packet)])
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: protocol, ("127.0.0.1", 0))
    address = Address("127.0.0.1", udp.get_extra_info("sockname")[1])
    for _ in range(100):
        await ask(address, "www.example", Type.A)
    udp.close()
    assert len({ident for ident, _ in seen}) >= 98
    assert len({port for _, port in seen}) >= 90


@pytest.mark.asyncio
async def test_texts_and_extended_errors_are_told():
    def about(packet: bytes) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(packet))
        response.answer.append(dns.rrset.from_text("version.server.", 0, "CH", "TXT", '"redhand 1" "serial 2"'))
        response.use_edns(0, options=[dns.edns.EDEOption(dns.edns.EDECode.CENSORED, "FR-2026-0042")])
        return [response.to_wire()]

    async with server(about) as (address, protocol):
        response = await ask(address, "version.server", Type.TXT, qclass=Class.CH)
        assert response.answers == (("version.server", "TXT", '"redhand 1" "serial 2"'),)
        assert response.ede == ((16, "FR-2026-0042"),)
        await ask(address, "version.server", Type.TXT, qclass=Class.CH, edns=False)
    assert [dns.message.from_wire(packet).edns for packet in protocol.heard] == [0, -1]


@pytest.mark.asyncio
async def test_records_of_every_kind_are_told():
    def many(packet: bytes) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(packet))
        for record in ("AAAA 2001:db8::1", "CNAME Elsewhere.test.", 'HINFO RFC8482 ""', "MX 10 ."):
            rtype, data = record.split(maxsplit=1)
            response.answer.append(dns.rrset.from_text("www.example.", 60, "IN", rtype, data))
        response.answer.append(dns.rrset.from_text("www.example.", 60, "CH", "A", "b.invalid. 1"))
        return [response.to_wire()]

    async with server(many) as (address, _):
        answers = (await ask(address, "www.example", Type.ANY)).answers
    assert [(kind, data) for _, kind, data in answers] == [
        ("AAAA", "2001:db8::1"),
        ("CNAME", "elsewhere.test."),
        ("HINFO", '"RFC8482" ""'),
        ("MX", "\\# 3 000a00"),
        ("A", "\\# 13 016207696e76616c6964000001"),
    ]
