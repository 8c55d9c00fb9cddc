"""Answers that upstreams send, read through before anything is believed or passed on.

A compression pointer must lead backwards, a name follows few of them, and a name once read is not read again: a packet
of nothing but pointers costs no more than any other of its length. Nothing else in Redhand follows a pointer. Whether
an answer may be given is decided elsewhere (resolver/policy.py).
"""

import struct
from enum import IntEnum
from typing import NamedTuple

from blocker.dns.codes import Class, Type
from blocker.dns.wire import FIXED, HEADER, MAX_LABEL, MAX_NAME, QR, RCODE_MASK, TAIL, TC, question_name
from blocker.errors import WireError

MAX_HOPS = 16  # real names follow one or two pointers
POINTER = 0xC0

_POINTER_TO_QUESTION = b"\xc0\x0c"
_ONE_NAME = {Type.CNAME, Type.NS, Type.PTR, Type.DNAME}
_LENGTHS = {Type.A: 4, Type.AAAA: 16}
_MIN_SOA = 22  # two root names and five numbers


class Section(IntEnum):
    """Where a record stands in a message."""

    ANSWER = 0
    AUTHORITY = 1
    ADDITIONAL = 2


_ANSWER, _AUTHORITY, _ADDITIONAL = Section  # an enumeration is slow to ask
_OPT = int(Type.OPT)


class Record(NamedTuple):
    """One record of a message by its places in the packet; `ttl` is in seconds.

    `owner` is lower-case text; `target` is the name that a CNAME, DNAME, NS or PTR record holds, None for others.
    """

    section: Section
    owner: str
    type: int
    klass: int
    ttl: int
    start: int
    ttl_at: int
    data: int
    end: int
    target: str | None


class Message(NamedTuple):
    """An answer that has been read through to its last byte; `records` leaves the OPT record out.

    `counts` says how many of them stand in each section, `body` where they begin, and `body_end` where the OPT record,
    or else the packet, ends them.
    """

    packet: bytes
    id: int
    flags: int
    rcode: int
    question: bytes
    name: str
    qtype: int
    records: tuple[Record, ...]
    counts: tuple[int, int, int]
    opt: Record | None
    body: int
    body_end: int

    @property
    def truncated(self) -> bool:
        """True if the sender says that more did not fit."""
        return bool(self.flags & TC)


def walk(packet: bytes) -> Message:
    """Read an answer through: every record, every name that may be followed, every count.

    Records behind an OPT record are left out: they are additional, and cutting the OPT out would move them.

    Raises:
        WireError: if anything in it is not as it should be.
    """
    if len(packet) < HEADER.size:
        raise WireError("shorter than a header")
    ident, flags, questions, answers, authorities, additional = HEADER.unpack_from(packet)
    if not flags & QR or questions != 1:
        raise WireError("not an answer to one question")
    name, at = question_name(packet)
    body = at + TAIL.size
    if body > len(packet):
        raise WireError("the question is cut short")
    names = _Names(packet)
    records: list[Record] = []
    opt, at, first = None, body, answers + authorities
    for number in range(first + additional):
        section = _ANSWER if number < answers else _AUTHORITY if number < first else _ADDITIONAL
        record = _record(packet, at, section, name, names)
        at = record.end
        if record.type == _OPT:
            if opt or section is not _ADDITIONAL:
                raise WireError("an OPT record where none belongs")
            opt = record
        elif opt is None:
            records.append(record)
    if at != len(packet):
        raise WireError("bytes after the last record")
    rcode = flags & RCODE_MASK | (opt.ttl >> 24 << 4 if opt else 0)
    qtype = TAIL.unpack_from(packet, body - TAIL.size)[0]
    question, end = packet[HEADER.size : body], opt.start if opt else at
    counts = (answers, authorities, len(records) - first)
    return Message(packet, ident, flags, rcode, question, name, qtype, tuple(records), counts, opt, body, end)


def name_at(message: Message, start: int) -> str:
    """Return the name at an offset of a message that has been read through, as lower-case text; empty for the root.

    Raises:
        WireError: if no name stands there.
    """
    return _Names(message.packet).read(start)[0]


def _record(packet: bytes, start: int, section: Section, name: str, names: "_Names") -> Record:
    """Read the record at `start`; `name` is the question's, which most records belong to."""
    if packet.startswith(_POINTER_TO_QUESTION, start):
        owner, at = name, start + 2
    else:
        owner, at = names.read(start)
    try:
        rtype, klass, ttl, length = FIXED.unpack_from(packet, at)
    except struct.error:
        raise WireError("a record is cut short") from None
    data = at + FIXED.size
    end = data + length
    if end > len(packet):
        raise WireError("a record is cut short")
    target = None
    if klass == Class.IN:
        if rtype in _ONE_NAME:
            target, after = names.read(data)
            if after != end:
                raise WireError("the data of a record is not one name")
        elif _LENGTHS.get(rtype, length) != length or (rtype == Type.SOA and length < _MIN_SOA):
            raise WireError("the data of a record has the wrong length")
    return Record(section, owner, rtype, klass, ttl, start, at + TAIL.size, data, end, target)


class _Names:
    """Reads names out of one packet; remembers each, so that many pointers to one name cost one reading."""

    __slots__ = ("_known", "_packet")

    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self._known: dict[int, tuple[str | None, int]] = {}  # offset → text (None: cannot be told as text), octets

    def read(self, start: int) -> tuple[str, int]:
        """Return the name at `start` as lower-case text, and the offset behind it."""
        pointer = self._packet[start : start + 2]
        if len(pointer) == 2 and pointer[0] >= POINTER:  # noqa: PLR2004 - its two octets
            at = (pointer[0] - POINTER) << 8 | pointer[1]
            if at < start and at in self._known:
                return self._known[at][0] or "", start + 2
        path, known, after = self._follow(start)
        text, octets = known
        for at in reversed(path):
            label = self._packet[at + 1 : at + 1 + self._packet[at]]
            octets += 1 + len(label)
            if text is None or b"." in label or b"\0" in label:
                text = None
            else:
                label_text = label.lower().decode("latin-1")
                text = f"{label_text}.{text}" if text else label_text
            self._known[at] = text, octets
        if octets > MAX_NAME:
            raise WireError("a name is longer than 255 octets")
        return text or "", after

    def _follow(self, start: int) -> tuple[list[int], tuple[str | None, int], int]:
        """Return where the labels stand, what is known of the rest of the name, and the offset behind the name."""
        packet = self._packet
        path: list[int] = []
        at = lowest = start
        after = octets = hops = 0
        while octets < MAX_NAME:
            if at >= len(packet):
                break
            length = packet[at]
            if not length:
                return path, ("", 1), after or at + 1
            if length <= MAX_LABEL:
                path.append(at)
                at += 1 + length
                octets += 1 + length
                continue
            if length < POINTER or at + 1 >= len(packet) or hops == MAX_HOPS:
                break
            hops += 1
            after = after or at + 2
            at = (length - POINTER) << 8 | packet[at + 1]
            if not HEADER.size <= at < lowest:
                break
            lowest = at
            if at in self._known:
                return path, self._known[at], after
        raise WireError("a name that is too long, cut short, or leads nowhere")
