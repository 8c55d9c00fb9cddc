"""A DNS server of the tests' own: answers from a small zone, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from blocker.addresses import Address


class Server(asyncio.DatagramProtocol):
    """Answers a question with the records of its name and type; `*.` stands for any name below; else NXDOMAIN."""

    def __init__(self, zone: Mapping[tuple[str, str], Sequence[str]], rcode: dns.rcode.Rcode | None) -> None:
        self.zone = zone
        self.rcode = rcode
        self.asked: list[tuple[str, str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, rdtype = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        self.asked.append((name, rdtype))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        found = next((where for where in (name, f"*.{name.partition('.')[2]}") if (where, rdtype) in self.zone), None)
        alias = self.zone.get((name, "CNAME"), ())
        if self.rcode is not None:
            reply.set_rcode(self.rcode)
        elif alias:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", *alias))
        elif found is not None:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", rdtype, *self.zone[found, rdtype]))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(reply.to_wire(), addr)


@asynccontextmanager
async def dns_server(
    zone: Mapping[tuple[str, str], Sequence[str]], rcode: dns.rcode.Rcode | None = None
) -> AsyncIterator[tuple[Address, Server]]:
    """Serve a zone on a port of its own."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Server(zone, rcode), ("127.0.0.1", 0))
    try:
        yield Address("127.0.0.1", transport.get_extra_info("sockname")[1]), server
    finally:
        transport.close()
