"""What we say, as bytes: records, extended errors, whole replies, and the questions that we ask ourselves.

An answer stands behind a question that begins at offset 12, so its records may point there; the question itself is
copied from each client as it spelled it (mixed case is a client's defence against forgery), which keeps every pointer
true. A reply that does not fit is truncated with its question kept, so that the client comes back over TCP.
"""

import struct
from functools import lru_cache
from typing import NamedTuple

from blocker.dns.codes import Class, Ede, Rcode, Type
from blocker.dns.walk import Message
from blocker.dns.wire import (
    AD,
    CD,
    DO,
    FIXED,
    HEADER,
    MAX_UDP,
    OPT,
    QR,
    RA,
    RCODE_MASK,
    RD,
    TAIL,
    TC,
    Query,
)

OWNER = b"\xc0\x0c"  # a pointer to the question's name
MAX_TCP = 65535
MAX_ERRORS = 256  # octets of an upstream's extended errors that are passed on

_EDE_OPTION = 15  # RFC 8914 §2
_SOA_NUMBERS = struct.Struct(">5I")


class Answer(NamedTuple):
    """What a reply says, whoever asked: the records of the three sections in `body`, and how many stand in each.

    `options` is the content of the OPT record, for clients that sent one. `authentic` says that an upstream which we
    trust has validated it; AD tells that to clients that set AD or DO (RFC 6840 §5.8). AA is never set: we are no
    authority.
    """

    rcode: int = Rcode.NOERROR
    counts: tuple[int, int, int] = (0, 0, 0)
    body: bytes = b""
    options: bytes = b""
    authentic: bool = False


def encode_reply(query: Query, answer: Answer, limit: int) -> bytes:
    """Return the packet that gives `answer` to `query`, of at most `limit` octets."""
    flags = QR | RA | query.rd * RD | query.cd * CD | answer.rcode & RCODE_MASK
    opt = _opt(query, answer.rcode, answer.options)
    answers, authorities, additional = answer.counts
    room = limit - HEADER.size - len(query.question)
    if len(answer.body) + len(opt) > room:
        if len(opt) > room:  # what an option tells is not worth a fragment
            opt = _opt(query, answer.rcode, b"")
        return HEADER.pack(query.id, flags | TC, 1, 0, 0, bool(opt)) + query.question + opt
    if answer.authentic and (query.ad or query.do):
        flags |= AD
    header = HEADER.pack(query.id, flags, 1, answers, authorities, additional + bool(opt))
    return b"".join((header, query.question, answer.body, opt))


def _opt(query: Query, rcode: int, options: bytes) -> bytes:
    """Return our OPT record for a client that sent one; none of its own options is ever echoed (RFC 6891 §6.1.1)."""
    if not query.edns:
        return b""
    return OPT.pack(0, Type.OPT, MAX_UDP, rcode >> 4, 0, query.do * DO, len(options)) + options


def encode_query(question: bytes, *, ad: bool = False, cd: bool = False, do: bool = False, edns: bool = True) -> bytes:
    """Return a recursive question with id 0; whoever sends it puts a random id in front."""
    header, opt = _around(RD | ad * AD | cd * CD, do * DO, edns)
    return header + question + opt


@lru_cache(64)
def _around(flags: int, edns_flags: int, edns: bool) -> tuple[bytes, bytes]:
    opt = OPT.pack(0, Type.OPT, MAX_UDP, 0, 0, edns_flags, 0) if edns else b""
    return HEADER.pack(0, flags, 1, 0, 0, int(edns)), opt


def encode_question(name: str, qtype: int, qclass: int = Class.IN) -> bytes:
    """Return the bytes of a question; `name` is a valid name, the root is empty."""
    return encode_name(name) + TAIL.pack(qtype, qclass)


def encode_name(name: str) -> bytes:
    """Return a valid name as uncompressed labels."""
    labels = name.encode("latin-1").split(b".") if name else []
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def within(query: Query, name: bytes) -> bytes:
    """Return the owner `name` (encoded, and the end of the question's own) as a pointer into the question."""
    return (0xC000 | HEADER.size + len(query.question) - TAIL.size - len(name)).to_bytes(2, "big")


def record(rtype: int, ttl: int, data: bytes, *, owner: bytes = OWNER, klass: int = Class.IN) -> bytes:
    """Return one record; `owner` is a name or a pointer, by default the question's name."""
    return owner + FIXED.pack(rtype, klass, ttl, len(data)) + data


def soa(owner: bytes, serial: int, ttl: int) -> bytes:
    """Return the SOA record of a negative answer that may be kept for `ttl` seconds (RFC 2308 §5).

    Its server and mailbox are the root: this zone has neither.
    """
    return record(Type.SOA, ttl, b"\0\0" + _SOA_NUMBERS.pack(serial & 0xFFFFFFFF, ttl, ttl, ttl, ttl), owner=owner)


def strings(*texts: str) -> bytes:
    """Return character-strings, the data of TXT and HINFO records; each text has at most 255 octets."""
    return b"".join(bytes([len(text.encode())]) + text.encode() for text in texts)


def extended_error(code: Ede, text: str = "") -> bytes:
    """Return the EDNS option of an extended error (RFC 8914)."""
    content = TAIL.pack(_EDE_OPTION, 2 + len(text.encode())) + code.to_bytes(2, "big")
    return content + text.encode()


def extended_errors(message: Message) -> bytes:
    """Return the options of an upstream's answer that are extended errors, as they stand there."""
    if message.opt is None:
        return b""
    at, end, found = message.opt.data, message.opt.end, b""
    while at + TAIL.size <= end:
        code, length = TAIL.unpack_from(message.packet, at)
        after = at + TAIL.size + length
        if code == _EDE_OPTION and length > 1 and after <= end and len(found) + length <= MAX_ERRORS:
            found += message.packet[at:after]
        at = after
    return found


def from_upstream(message: Message, *, additional: bool) -> Answer:
    """Return what an upstream's answer says, with or without its additional records."""
    counts, end = message.counts, message.body_end
    if counts[2] and not additional:
        counts, end = (counts[0], counts[1], 0), message.records[counts[0] + counts[1]].start
    body, authentic = message.packet[message.body : end], bool(message.flags & AD)
    return Answer(message.rcode, counts, body, extended_errors(message), authentic)
