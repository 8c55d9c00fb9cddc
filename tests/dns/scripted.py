"""Servers that say over real sockets whatever a test writes for them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rrset

from blocker.addresses import Address
from tests.ports import free_port

Script = Callable[[bytes], list[bytes]]


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard: list[bytes] = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.heard.append(data)
        for packet in self.script(data):
            self.transport.sendto(packet, addr)


@asynccontextmanager
async def server(script: Script, tcp: Script | None = None) -> AsyncIterator[tuple[Address, Datagrams]]:
    """Answer each question over UDP with the packets of `script`, and over TCP with those of `tcp`."""
    protocol = Datagrams(script)

    async def serve(reader, writer):
        packet = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        for reply in tcp(packet) if tcp else []:
            writer.write(len(reply).to_bytes(2, "big") + reply)
        writer.close()
        await writer.wait_closed()

    address = Address("127.0.0.1", free_port())
    streams = await asyncio.start_server(serve, address.host, address.port)
    udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: protocol, (address.host, address.port))
    try:
        yield address, protocol
    finally:
        streams.close()
        udp.close()


def good(packet: bytes) -> bytes:
    response = dns.message.make_response(dns.message.from_wire(packet))
    name = str(response.question[0].name)
    response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.1"))
    return response.to_wire()


def truncated(packet: bytes) -> bytes:
    response = dns.message.make_response(dns.message.from_wire(packet))
    response.flags |= dns.flags.TC
    return response.to_wire()


def with_other_question(packet: bytes) -> bytes:
    return good(packet).replace(b"\7example", b"\7eXample")


def with_other_id(packet: bytes) -> bytes:
    return bytes([packet[0] ^ 1]) + good(packet)[1:]
