"""Questions that strangers send, read in time that grows with their length and no faster.

No compression is taken in a question, so there is nothing to loop in. What is wrong with a packet, and what that is
answered with, is said here; what a question means is decided elsewhere (resolver/policy.py). The shapes that all
messages share stand here too; walk.py reads answers, answers.py builds them.

A label that contains a dot or a NUL would look like another name when written as text. Such a name has the empty text,
as the root has, and neither is ever on a list.
"""

import struct
from dataclasses import dataclass
from typing import NoReturn

from blocker.dns.codes import Rcode, Type
from blocker.errors import WireError

HEADER = struct.Struct(">6H")
FIXED = struct.Struct(">HHIH")  # type, class, TTL, length of the data
TAIL = struct.Struct(">HH")  # type and class of a question
OPT = struct.Struct(">BHHBBHH")  # root, type, size, extended rcode, version, flags, length of the options

QR, TC, RD, RA, AD, CD, DO = 0x8000, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010, 0x8000
OPCODE_SHIFT, OPCODE_MASK, RCODE_MASK = 11, 15, 15
MAX_NAME, MAX_LABEL = 255, 63
MAX_QUERY = 4096  # no question is longer, padding included (RFC 8467 pads to 128 octets); the rest is there to cost us
MIN_UDP, MAX_UDP = 512, 1232  # 1232 fits IPv6's smallest MTU, so no answer is ever fragmented (DNS flag day 2020)


@dataclass(frozen=True, slots=True)
class Edns:
    """What a client's OPT record says (RFC 6891); `size` is never below 512."""

    size: int
    do: bool
    has_options: bool


@dataclass(frozen=True, slots=True)
class Query:
    """One question: its bytes as the client spelled them, and its name as lower-case text without final dot."""

    id: int
    rd: bool
    ad: bool
    cd: bool
    question: bytes
    name: str
    qtype: int
    qclass: int
    edns: Edns | None

    @property
    def udp_limit(self) -> int:
        """The most octets that a UDP answer may have."""
        return min(self.edns.size, MAX_UDP) if self.edns else MIN_UDP

    @property
    def do(self) -> bool:
        """True if the client wants DNSSEC records (RFC 3225)."""
        return self.edns is not None and self.edns.do


def parse_query(packet: bytes) -> Query:
    """Read a client's packet.

    Raises:
        WireError: if it is not a question that we take; its `reply` is the answer to send, None to stay silent.
    """
    if len(packet) < HEADER.size:
        raise WireError("shorter than a header")
    ident, flags, questions, answers, authorities, additional = HEADER.unpack_from(packet)
    if flags & QR:
        # Never answer an answer: two servers would keep each other busy for ever.
        raise WireError("an answer, not a question")
    if flags >> OPCODE_SHIFT & OPCODE_MASK:
        raise WireError("an opcode other than QUERY", _bare_reply(packet, Rcode.NOTIMP))
    if len(packet) > MAX_QUERY:
        _malformed(packet, "longer than any question")
    if questions != 1 or answers or authorities > 1 or additional > 1:
        _malformed(packet, "counts that no question has")  # one question: RFC 9619
    end, name = _question_name(packet)
    try:
        qtype, qclass = TAIL.unpack_from(packet, end)
    except struct.error:
        _malformed(packet, "the question is cut short")
    end += TAIL.size
    if authorities and qtype != Type.IXFR:  # RFC 1995 §3: an IXFR question carries the SOA it has
        _malformed(packet, "counts that no question has")
    edns = None if authorities else _edns(packet, end, additional)
    rd, ad, cd = bool(flags & RD), bool(flags & AD), bool(flags & CD)
    return Query(ident, rd, ad, cd, packet[HEADER.size : end], name, qtype, qclass, edns)


def _question_name(packet: bytes) -> tuple[int, str]:
    at, labels = HEADER.size, []
    while True:
        if at >= len(packet):
            _malformed(packet, "the name is cut short")
        length = packet[at]
        at += 1
        if not length:
            break
        if length > MAX_LABEL:
            _malformed(packet, "a pointer in the question")
        labels.append(packet[at : at + length])
        at += length
        if at - HEADER.size >= MAX_NAME:
            _malformed(packet, "the name is longer than 255 octets")
    text = b".".join(labels).lower().decode("latin-1")
    if text.count(".") + 1 != len(labels) or "\0" in text:
        text = ""
    return at, text


def _edns(packet: bytes, at: int, additional: int) -> Edns | None:
    if not additional:
        if at != len(packet):
            _malformed(packet, "bytes after the question")
        return None
    try:
        root, rtype, size, _, version, flags, length = OPT.unpack_from(packet, at)
    except struct.error:
        _malformed(packet, "the OPT record is cut short")
    if root or rtype != Type.OPT or at + OPT.size + length != len(packet):
        _malformed(packet, "the one additional record is not an OPT record")
    if version:
        opt = OPT.pack(0, Type.OPT, MAX_UDP, Rcode.BADVERS >> 4, 0, flags & DO, 0)
        question = packet[HEADER.size : at]
        header = _header(packet, Rcode.BADVERS & RCODE_MASK, questions=1, additional=1)
        raise WireError("an EDNS version other than 0", header + question + opt)
    at += OPT.size
    while at < len(packet):
        if at + TAIL.size > len(packet):
            _malformed(packet, "an EDNS option is cut short")
        at += TAIL.size + TAIL.unpack_from(packet, at)[1]
    if at > len(packet):
        _malformed(packet, "an EDNS option is cut short")
    return Edns(max(size, MIN_UDP), bool(flags & DO), bool(length))


def _malformed(packet: bytes, what: str) -> NoReturn:
    raise WireError(what, _bare_reply(packet, Rcode.FORMERR))


def _bare_reply(packet: bytes, rcode: Rcode) -> bytes:
    return _header(packet, rcode)


def _header(packet: bytes, rcode: int, *, questions: int = 0, additional: int = 0) -> bytes:
    ident, flags = TAIL.unpack_from(packet)
    flags = QR | flags & (OPCODE_MASK << OPCODE_SHIFT | RD) | RA | rcode
    return HEADER.pack(ident, flags, questions, 0, 0, additional)
