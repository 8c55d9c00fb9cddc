"""One question asked, with what a forger would have to guess: a fresh port, a random id, and the question's very bytes.

Datagrams that do not fit are dropped and the wait goes on, so that a forged or late one costs the true one nothing. An
answer is read through (walk.py) before anybody sees it. How long to wait, and whom to ask next, is the caller's affair.
"""

import asyncio
import secrets
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from blocker.addresses import Address
from blocker.dns.answers import encode_query, encode_question
from blocker.dns.codes import Class, Type, type_name
from blocker.dns.walk import Message, Record, Section, walk
from blocker.dns.wire import HEADER, QR, TC, Query, parse_query
from blocker.errors import UpstreamError, WireError
from blocker.listening import family

_MAX_DATAGRAM = 65535
_EDE_OPTION = 15


@dataclass(frozen=True, slots=True)
class Response:
    """An answer as text, for people and checks: (owner, type, data) a record, (code, text) an extended error."""

    rcode: int
    answers: tuple[tuple[str, str, str], ...]
    ede: tuple[tuple[int, str], ...]


async def ask(
    address: Address,
    name: str,
    qtype: int,
    *,
    qclass: int = Class.IN,
    timeout: float = 2.0,  # noqa: ASYNC109 - a caller that wants one answer should not have to know asyncio.timeout
    edns: bool = True,
) -> Response:
    """Ask for a valid name (no final dot) over UDP, and over TCP if the answer does not fit; `timeout` is in seconds.

    Raises:
        UpstreamError: if nobody answered in time.
        WireError: if what was answered is not DNS.
    """
    packet = encode_query(encode_question(name, qtype, qclass), edns=edns)
    try:
        async with asyncio.timeout(timeout):
            message = await exchange(address, packet)
    except (OSError, EOFError) as error:  # TimeoutError is an OSError
        raise UpstreamError(f"{address} did not answer within {timeout:g} s") from error
    return told(message)


def told(message: Message) -> Response:
    """Return what a message says as text."""
    answers = tuple(_text(message, one) for one in message.records if one.section is Section.ANSWER)
    return Response(message.rcode, answers, tuple(_extended_errors(message)))


async def exchange(address: Address, packet: bytes) -> Message:
    """Ask `address` with a random id in place of the packet's own; no limit of time.

    Raises:
        OSError, EOFError: if the address cannot be reached or hangs up.
        WireError: if what it answered is not DNS.
    """
    packet = secrets.token_bytes(2) + packet[2:]
    query = parse_query(packet)
    heard = await _over_udp(address, packet, query)
    if int.from_bytes(heard[2:4], "big") & TC:
        heard = await _over_tcp(address, packet, query)
    message = walk(heard)
    if message.truncated:
        raise WireError("truncated over TCP")
    return message


async def exchange_over_tcp(address: Address, packet: bytes) -> bytes:
    """Ask `address` over TCP with a random id in place of the packet's own; return its words unread. No limit of time.

    Raises:
        OSError, EOFError: if the address cannot be reached or hangs up.
        WireError: if what it answered is an answer to something else.
    """
    packet = secrets.token_bytes(2) + packet[2:]
    return await _over_tcp(address, packet, parse_query(packet))


def _fits(heard: bytes, query: Query) -> bool:
    """True if a packet answers `query`: same id, one question, and that the same to the case of its letters."""
    if len(heard) < HEADER.size:
        return False
    ident, flags, questions, *_ = HEADER.unpack_from(heard)
    same = heard[HEADER.size : HEADER.size + len(query.question)] == query.question
    return ident == query.id and bool(flags & QR) and questions == 1 and same


async def _over_udp(address: Address, packet: bytes, query: Query) -> bytes:
    loop = asyncio.get_running_loop()
    with socket.socket(family(address), socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as udp:
        # Connected, so that only that address is heard; the kernel takes a random port.
        udp.connect((address.host, address.port))
        await loop.sock_sendall(udp, packet)
        while not _fits(heard := await loop.sock_recv(udp, _MAX_DATAGRAM), query):
            pass
        return heard


async def _over_tcp(address: Address, packet: bytes, query: Query) -> bytes:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(len(packet).to_bytes(2, "big") + packet)
        heard = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()
    if not _fits(heard, query):
        raise WireError("an answer to something else")
    return heard


def _text(message: Message, one: Record) -> tuple[str, str, str]:
    data = message.packet[one.data : one.end]
    if one.target is not None:
        text = f"{one.target}."
    elif (one.klass, one.type) == (Class.IN, Type.A):
        text = str(IPv4Address(data))
    elif (one.klass, one.type) == (Class.IN, Type.AAAA):
        text = str(IPv6Address(data))
    elif one.type in {Type.TXT, Type.HINFO}:
        text = _strings(data)
    else:
        text = f"\\# {len(data)} {data.hex()}"  # RFC 3597 §5
    return one.owner, type_name(one.type), text


def _strings(data: bytes) -> str:
    texts = []
    while data:
        texts.append(data[1 : 1 + data[0]].decode("ascii", "replace"))
        data = data[1 + data[0] :]
    return " ".join(f'"{text}"' for text in texts)


def _extended_errors(message: Message) -> list[tuple[int, str]]:
    if message.opt is None:
        return []
    data = message.packet[message.opt.data : message.opt.end]
    found = []
    while len(data) >= 4:  # noqa: PLR2004 - an option's code and length
        code, length = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
        content, data = data[4 : 4 + length], data[4 + length :]
        if code == _EDE_OPTION and len(content) >= 2:  # noqa: PLR2004 - the error's own code
            found.append((int.from_bytes(content[:2], "big"), content[2:].decode("utf-8", "replace")))
    return found
