"""Questions as clients send them, and what upstreams say to them."""

from collections.abc import Sequence

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from blocker.dns.walk import Message, walk
from blocker.dns.wire import Query, parse_query


def packet(name: str = "www.example", qtype: str = "A", **how) -> bytes:
    return dns.message.make_query(name, qtype, **how).to_wire()


def query(name: str = "www.example", qtype: str = "A", **how) -> Query:
    return parse_query(packet(name, qtype, **how))


def upstream(
    asked: bytes,
    *answers: str,
    authority: tuple[str, ...] = (),
    additional: tuple[str, ...] = (),
    rcode: str = "NOERROR",
    options: Sequence[dns.edns.Option] = (),
    authentic: bool = False,
) -> Message:
    """Return what an upstream says to the packet `asked`; records are written `owner ttl type data`."""
    response = dns.message.make_response(dns.message.from_wire(asked))
    response.flags |= dns.flags.RA | dns.flags.AA | authentic * dns.flags.AD
    if options:
        response.use_edns(0, options=list(options))
    response.set_rcode(dns.rcode.from_text(rcode))
    for section, records in (
        (response.answer, answers),
        (response.authority, authority),
        (response.additional, additional),
    ):
        for record in records:
            owner, ttl, rtype, data = record.split(maxsplit=3)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", rtype, data))
    return walk(response.to_wire(max_size=65535))


def read(reply: bytes) -> dns.message.Message:
    return dns.message.from_wire(reply)
