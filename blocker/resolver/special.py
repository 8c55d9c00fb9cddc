"""Names that the public DNS cannot or should not answer are answered here: one table, with its source beside each row.

They mean something on one machine or in one house, or nothing anywhere. A question about one would tell a stranger what
goes on in there, so it does not go upstream. A listed name comes first: the engine asks the list before it asks here.
"""

import struct
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from blocker.dns.answers import OWNER, Answer, encode_name, record, within
from blocker.dns.codes import Rcode, Type
from blocker.dns.wire import Query

TTL = 3600  # seconds; no longer than any other answer of ours, since a trial list may list some of these names


class Kind(Enum):
    """What is said about a special name."""

    LOOPBACK = "it and all below it have the loopback addresses"
    ABSENT = "neither it nor anything below it exists"
    EMPTY_ZONE = "an empty zone"
    """Its DS record is its parent's and comes from upstream."""
    TRIAL = "absent, but asked upstream while the list is a trial list"
    UPSTREAM = "asked upstream like any other name"


class Special(NamedTuple):
    """A name with all names below it, what is said about them, and the document that wants it so."""

    name: str
    kind: Kind
    source: str


_IP6_LOOPBACK = f"1.{'0.' * 31}ip6.arpa"

TABLE = (
    Special("localhost", Kind.LOOPBACK, "RFC 6761 §6.3"),
    Special("invalid", Kind.ABSENT, "RFC 6761 §6.4"),
    Special("test", Kind.TRIAL, "RFC 6761 §6.2"),
    Special("example", Kind.UPSTREAM, "RFC 6761 §6.5"),
    Special("local", Kind.ABSENT, "RFC 6762 §22.1"),
    Special("onion", Kind.ABSENT, "RFC 7686 §2"),
    Special("alt", Kind.ABSENT, "RFC 9476 §3"),
    Special("internal", Kind.ABSENT, "ICANN Board, 29 July 2024"),
    Special("home.arpa", Kind.EMPTY_ZONE, "RFC 8375 §4"),
    Special("service.arpa", Kind.EMPTY_ZONE, "RFC 9665 §10"),
    Special("resolver.arpa", Kind.EMPTY_ZONE, "RFC 9462 §8"),
    Special("ipv4only.arpa", Kind.UPSTREAM, "RFC 8880 §7"),
    # Addresses that belong to nobody in particular, turned round (RFC 6303 and who extended its table).
    Special("10.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.1"),
    *(Special(f"{net}.172.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.1") for net in range(16, 32)),
    Special("168.192.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.1"),
    *(Special(f"{net}.100.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 7793 §2") for net in range(64, 128)),
    Special("0.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("127.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("254.169.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("2.0.192.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("100.51.198.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("113.0.203.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special("255.255.255.255.in-addr.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.2"),
    Special(f"{'0.' * 32}ip6.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.3"),
    Special(_IP6_LOOPBACK, Kind.EMPTY_ZONE, "RFC 6303 §4.3"),
    Special("d.f.ip6.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.4"),
    *(Special(f"{nibble}.e.f.ip6.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.5") for nibble in "89ab"),
    Special("8.b.d.0.1.0.0.2.ip6.arpa", Kind.EMPTY_ZONE, "RFC 6303 §4.6"),
)

_Data = Mapping[int, bytes]  # type → the data of its one record

_LOOPBACK: _Data = {Type.A: b"\x7f\0\0\x01", Type.AAAA: b"\0" * 15 + b"\x01"}
_TO_LOCALHOST: _Data = {Type.PTR: encode_name("localhost")}
_BELOW_APEX: Mapping[str, _Data] = {
    "1.0.0.127.in-addr.arpa": _TO_LOCALHOST,
    "0.0.127.in-addr.arpa": {},  # between a name that exists and its zone: exists too (RFC 8020)
    "0.127.in-addr.arpa": {},
    "_dns.resolver.arpa": {},  # we know no encrypted way to us (RFC 9462 §4)
}
_SOA_NUMBERS = struct.pack(">5I", 1, 3600, 1200, 604800, TTL)  # RFC 6303 §3
_BY_NAME = {row.name: row for row in TABLE}
_TOPS = {row.name.rpartition(".")[2] for row in TABLE if row.kind is not Kind.UPSTREAM}
_DEEPEST = max(row.name.count(".") for row in TABLE) + 1


def local_answer(query: Query, *, trial: bool) -> Answer | None:
    """Return the answer to a question about a special name, or None if the upstream is to be asked.

    `trial` says that the list in force is a trial list: those are free to use names under .test.
    """
    if query.name and query.name.rpartition(".")[2] not in _TOPS:
        return None
    labels = query.name.split(".") if query.name else list(_labels(query.question))
    if not labels or labels[-1] not in _TOPS:
        return None
    row = _row(labels)
    if row is None or row.kind is Kind.UPSTREAM or (trial and row.kind is Kind.TRIAL):
        return None
    at_apex = query.name == row.name
    if at_apex and row.kind is Kind.EMPTY_ZONE and query.qtype == Type.DS:
        return None  # a DS record stands in the zone above (RFC 4035 §2.4); validators look for the proof that none is
    data = _data(row, query.name, at_apex=at_apex)
    rcode = Rcode.NXDOMAIN if data is None else Rcode.NOERROR
    found = [one for one in (data or {}).items() if query.qtype in {one[0], Type.ANY}]
    if not found:
        zone = within(query, encode_name(row.name))
        return Answer(rcode, (0, 1, 0), record(Type.SOA, TTL, _soa(row), owner=zone))
    body = b"".join(record(rtype, TTL, content, owner=OWNER) for rtype, content in found)
    return Answer(rcode, (len(found), 0, 0), body)


def _row(labels: list[str]) -> Special | None:
    """Return the deepest row that holds a name."""
    ends = range(max(0, len(labels) - _DEEPEST), len(labels))
    return next((_BY_NAME[end] for at in ends if (end := ".".join(labels[at:])) in _BY_NAME), None)


def _data(row: Special, name: str, *, at_apex: bool) -> _Data | None:
    """Return what stands at a name; None if no such name exists."""
    if row.kind is Kind.LOOPBACK:
        return _LOOPBACK
    if row.kind is not Kind.EMPTY_ZONE:
        return None
    if not at_apex:
        return _BELOW_APEX.get(name)
    apex: _Data = {Type.SOA: _soa(row), Type.NS: encode_name(row.name)}
    return {**apex, **_TO_LOCALHOST} if row.name == _IP6_LOOPBACK else apex


def _soa(row: Special) -> bytes:
    return encode_name(row.name) + encode_name("nobody.invalid") + _SOA_NUMBERS


def _labels(question: bytes) -> Iterator[str]:
    """Read the labels of a question that cannot be told as text: a printer's name (RFC 6763) may contain dots."""
    at = 0
    while length := question[at]:
        yield question[at + 1 : at + 1 + length].lower().decode("latin-1")
        at += 1 + length
