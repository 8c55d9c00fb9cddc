"""Questions that strangers send, read in time that grows with their length and no faster.

No compression is taken in a question, so there is nothing to loop in. What is wrong with a packet, and what that is
answered with, is said here; what a question means is decided elsewhere (resolver/policy.py). The shapes that all
messages share stand here too; walk.py reads answers, answers.py builds them.

A label that contains a dot or a NUL would look like another name when written as text. Such a name has the empty text,
as the root has, and neither is ever on a list.
"""

import struct
from functools import lru_cache
from typing import NamedTuple

from blocker.dns.codes import Rcode, Type
from blocker.errors import WireError

HEADER = struct.Struct(">6H")
FIXED = struct.Struct(">HHIH")  # type, class, TTL, length of the data
TAIL = struct.Struct(">HH")  # type and class of a question
OPT = struct.Struct(">BHHBBHH")  # root, type, size, extended rcode, version, flags, length of the options

QR, TC, RD, RA, AD, CD, DO = 0x8000, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010, 0x8000
OPCODE_SHIFT, OPCODE_MASK, RCODE_MASK = 11, 15, 15
MAX_NAME, MAX_LABEL = 255, 63
MAX_KINDS = 4096  # kinds of packets whose meaning is remembered
MAX_QUERY = 4096  # no question is longer, padding included (RFC 8467 pads to 128 octets); the rest is there to cost us
MIN_UDP, MAX_UDP = 512, 1232  # 1232 fits IPv6's smallest MTU, so no answer is ever fragmented (DNS flag day 2020)

_HEAD = struct.Struct(">5H")  # a header without its id
_OPCODE = OPCODE_MASK << OPCODE_SHIFT >> 8  # in the header's third octet
_WITHOUT_OPTIONS = TAIL.size + OPT.size


class Edns(NamedTuple):
    """What a client's OPT record says (RFC 6891); `size` is never below 512."""

    size: int
    do: bool
    has_options: bool


class Query(NamedTuple):
    """One question: its bytes as the client spelled them, with the name in lower case, and its name as text.

    The text is lower-case, without the final dot. `do` says that the client wants DNSSEC records (RFC 3225), and
    `udp_limit` is the most octets that a UDP answer may have.
    """

    id: int
    question: bytes
    folded: bytes
    name: str
    rd: bool
    ad: bool
    cd: bool
    qtype: int
    qclass: int
    edns: Edns | None
    do: bool
    udp_limit: int


def parse_query(packet: bytes) -> Query:
    """Read a client's packet.

    Raises:
        WireError: if it is not a question that we take; its `reply` is the answer to send, None to stay silent.
    """
    if len(packet) < HEADER.size:
        raise WireError("shorter than a header")
    if packet[2] & QR >> 8:
        # Never answer an answer: two servers would keep each other busy for ever.
        raise WireError("an answer, not a question")
    if packet[2] & _OPCODE:
        raise WireError("an opcode other than QUERY", _bare_reply(packet, Rcode.NOTIMP))
    if len(packet) > MAX_QUERY:
        raise WireError("longer than any question", _bare_reply(packet, Rcode.FORMERR))
    try:
        name, end = question_name(packet)
        tail = packet[end:]
        # An id and a name apart, packets are of few kinds; only clients' options make each its own.
        read = _read_kind if len(tail) <= _WITHOUT_OPTIONS else _read_kind.__wrapped__
        version, kind = read(packet[2 : HEADER.size], tail)
    except WireError as error:
        raise WireError(str(error), _bare_reply(packet, Rcode.FORMERR)) from None
    question = packet[HEADER.size : end + TAIL.size]
    if version:
        raise WireError("an EDNS version other than 0", _other_version(packet, question, do=kind[-2]))
    folded = question[: -TAIL.size].lower() + question[-TAIL.size :]  # type and class are no letters
    return Query._make((packet[0] << 8 | packet[1], question, folded, name, *kind))


def question_name(packet: bytes) -> tuple[str, int]:
    """Return the name in a packet's question as lower-case text, and the offset behind it.

    Raises:
        WireError: if there is none that could stand in a question.
    """
    at, labels = HEADER.size, []
    try:
        while length := packet[at]:
            if length > MAX_LABEL:
                raise WireError("a pointer in the question")
            at += 1 + length
            labels.append(packet[at - length : at])
            if at - HEADER.size >= MAX_NAME:
                raise WireError("the name is longer than 255 octets")
    except IndexError:
        raise WireError("the name is cut short") from None
    text = b".".join(labels).lower().decode("latin-1")
    if text.count(".") + 1 != len(labels) or "\0" in text:
        text = ""
    return text, at + 1


_Kind = tuple[bool, bool, bool, int, int, Edns | None, bool, int]  # a Query from rd on


@lru_cache(MAX_KINDS)
def _read_kind(head: bytes, tail: bytes) -> tuple[int, _Kind]:
    """Return the EDNS version of a packet and what its header says without the id, and all that follows the name."""
    flags, questions, answers, authorities, additional = _HEAD.unpack(head)
    if questions != 1 or answers or authorities > 1 or additional > 1:
        raise WireError("counts that no question has")  # one question: RFC 9619
    try:
        qtype, qclass = TAIL.unpack_from(tail)
    except struct.error:
        raise WireError("the question is cut short") from None
    if authorities and qtype != Type.IXFR:  # RFC 1995 §3: an IXFR question carries the SOA it has
        raise WireError("counts that no question has")
    version, edns = (0, None) if authorities else _edns(tail, additional)
    limit = min(edns.size, MAX_UDP) if edns else MIN_UDP
    do = edns is not None and edns.do
    return version, (bool(flags & RD), bool(flags & AD), bool(flags & CD), qtype, qclass, edns, do, limit)


def _edns(tail: bytes, additional: int) -> tuple[int, Edns | None]:
    at = TAIL.size
    if not additional:
        if at != len(tail):
            raise WireError("bytes after the question")
        return 0, None
    try:
        root, rtype, size, _, version, flags, length = OPT.unpack_from(tail, at)
    except struct.error:
        raise WireError("the OPT record is cut short") from None
    at += OPT.size
    if root or rtype != Type.OPT or at + length != len(tail):
        raise WireError("the one additional record is not an OPT record")
    while at < len(tail) and not version:
        if at + TAIL.size > len(tail):
            raise WireError("an EDNS option is cut short")
        at += TAIL.size + TAIL.unpack_from(tail, at)[1]
    if at > len(tail):
        raise WireError("an EDNS option is cut short")
    return version, Edns(max(size, MIN_UDP), bool(flags & DO), bool(length))


def _other_version(packet: bytes, question: bytes, *, do: bool) -> bytes:
    opt = OPT.pack(0, Type.OPT, MAX_UDP, Rcode.BADVERS >> 4, 0, do * DO, 0)
    return _header(packet, Rcode.BADVERS & RCODE_MASK, questions=1, additional=1) + question + opt


def _bare_reply(packet: bytes, rcode: Rcode) -> bytes:
    return _header(packet, rcode)


def _header(packet: bytes, rcode: int, *, questions: int = 0, additional: int = 0) -> bytes:
    ident, flags = TAIL.unpack_from(packet)
    flags = QR | flags & (OPCODE_MASK << OPCODE_SHIFT | RD) | RA | rcode
    return HEADER.pack(ident, flags, questions, 0, 0, additional)
