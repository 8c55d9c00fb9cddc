"""Looks at a provider's resolver, over real UDP on a port of its own: blocked, leaking, restored, silent."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from blocker.addresses import Address
from blocker.cases.case import Case
from blocker.cases.isps.order import Standing, current, porosity
from blocker.cases.isps.probes import look
from tests.cases.desk import Desk, agreed, open_desk
from tests.cases.test_providers import directed

PAGE, ELSEWHERE = "192.0.2.1", "198.51.100.7"
NAMES = ("propaganda.example", "videos.hosting.example")


class Resolver(asyncio.DatagramProtocol):
    """Answers the names in `blocked` with the page, and everything else with another address."""

    def __init__(self) -> None:
        self.blocked: Collection[str] = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = DNSRecord.parse(data)
        name = str(question.q.qname).rstrip(".")
        reply = question.reply()
        reply.add_answer(RR(name, QTYPE.A, rdata=A(PAGE if name in self.blocked else ELSEWHERE), ttl=60))
        self.transport.sendto(reply.pack(), addr)


@asynccontextmanager
async def resolver() -> AsyncIterator[tuple[Resolver, Address]]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Resolver, local_addr=("127.0.0.1", 0))
    try:
        yield protocol, Address(*transport.get_extra_info("sockname")[:2])
    finally:
        transport.close()


async def looked(desk: Desk, case: Case, address: Address) -> Case:
    isp = desk.road.terms.isps[0].model_copy(update={"resolvers": (address,)})
    agreed(desk, isps=(isp,), ipv4=(IPv4Address(PAGE),))
    await desk.road.prober().tick()
    return await desk.see(case)


@pytest.mark.asyncio
async def test_a_block_is_verified_once_every_answer_leads_to_the_page_and_a_leak_takes_it_back(tmp_path: Path):
    async with open_desk(tmp_path) as desk, resolver() as (isp, address):
        case = await directed(desk)
        isp.blocked = NAMES[:1]
        case = await looked(desk, case, address)
        assert porosity(case.served) == (2, 1)
        isp.blocked = NAMES
        case = await looked(desk, case, address)
        assert current(case.served)[0].standing(desk.road.now()) is Standing.VERIFIED
        seq = case.seq
        assert (await looked(desk, case, address)).seq == seq, "a look that finds the same is not recorded again"
        isp.blocked = ()
        case = await looked(desk, case, address)
        assert not current(case.served)[0].verified
        assert porosity(case.served) == (2, 2)


@pytest.mark.asyncio
async def test_a_resolver_that_does_not_answer_shows_nothing(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        async with resolver() as (_isp, address):
            pass
        assert (await looked(desk, case, address)).seq == case.seq
        assert await look([address], NAMES, [IPv4Address(PAGE)]) == (0, 0)


@pytest.mark.asyncio
async def test_a_provider_that_told_of_no_resolver_is_not_looked_at(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        await desk.road.prober().tick()
        assert (await desk.see(case)).seq == case.seq
