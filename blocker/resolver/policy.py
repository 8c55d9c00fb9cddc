"""What a question about a blocked name is answered with: one table, verdict × type → answer.

The order is against a web site. Questions that lead a browser there are answered with the warning page or with
"no such data"; mail and proofs of ownership pass to the upstream, unless the directive says otherwise. What passes must
not undo the block. Whether a name is blocked, the list says (blocklist/index.py), and when, the engine.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from blocker.blocklist.entry import Directive
from blocker.blocklist.index import Index, Match
from blocker.dns.answers import OWNER, Answer, encode_name, extended_error, record, soa, strings, within
from blocker.dns.codes import Ede, Rcode, Type, type_number
from blocker.dns.walk import Message, Record, Section
from blocker.dns.wire import Query
from blocker.errors import WireError

MAX_REFERENCES = 4096  # directives whose answers are kept ready
TTL = 60  # seconds; also how long a client may go on seeing the page after a lift

UNSERVED: Mapping[int, Rcode] = {
    Type.OPT: Rcode.FORMERR,  # a record of EDNS itself, never a question (RFC 6891 §6.1.1)
    Type.TKEY: Rcode.NOTIMP,
    Type.TSIG: Rcode.NOTIMP,
    Type.IXFR: Rcode.REFUSED,  # a list handed out in bulk would be a directory of what it names
    Type.AXFR: Rcode.REFUSED,
    Type.MAILB: Rcode.NOTIMP,
    Type.MAILA: Rcode.NOTIMP,
}
"""Types that are no records: refused for every name, blocked or not."""


class Treatment(Enum):
    """What happens to a question of some type about a blocked name."""

    PAGE = "the warning page's addresses"
    NODATA = "the name exists, such data does not"
    MINIMAL = "one HINFO record (RFC 8482)"
    PASS = "the upstream answers"  # noqa: S105 - a treatment, not a password


WEB: Mapping[int, Treatment] = {
    Type.A: Treatment.PAGE,
    Type.AAAA: Treatment.PAGE,
    Type.HTTPS: Treatment.NODATA,  # carries addresses of its own as hints (RFC 9460 §7.3)
    Type.SVCB: Treatment.NODATA,
    Type.CNAME: Treatment.NODATA,
    Type.DNAME: Treatment.NODATA,
    Type.ANY: Treatment.MINIMAL,
}
"""What leads to a web site. These types stand or fall together: one that passed would undo the others."""


def treatment(qtype: int, directive: Directive) -> Treatment:
    """Return what `directive` does to questions of type `qtype`; its record_types, if given, are what it blocks."""
    if directive.record_types is None:
        return WEB.get(qtype, Treatment.PASS)
    if qtype in WEB:
        return WEB[qtype] if directive.blocks_the_web else Treatment.PASS
    return Treatment.NODATA if qtype in map(type_number, directive.record_types) else Treatment.PASS


def deciding(index: Index, name: str, qtype: int, now: float) -> Match | None:
    """Return what decides on a question about `name` at `now` (seconds since 1970); None: nothing lists it.

    The first listing gives page and text, unless its directive lets this type pass and another one blocks it: every
    order in force is carried out.
    """
    found = index.matches(name, now)
    if len(found) < 2:  # noqa: PLR2004 - one has no other beside it
        return found[0] if found else None
    return next((one for one in found if treatment(qtype, one.directive) is not Treatment.PASS), found[0])


def followed(index: Index, alias: str, qtype: int, now: float) -> Match | None:
    """Return the listing that blocks questions of a type about names that are an alias of `alias`, or None."""
    extending = (one for one in index.matches(alias, now) if one.directive.aliases)
    return next((one for one in extending if treatment(qtype, one.directive) is not Treatment.PASS), None)


class Policy:
    """The table, filled with the warning page's addresses."""

    def __init__(self, ipv4: tuple[IPv4Address, ...], ipv6: tuple[IPv6Address, ...]) -> None:
        self._page: Mapping[int, tuple[bytes, ...]] = {
            Type.A: tuple(address.packed for address in ipv4),
            Type.AAAA: tuple(address.packed for address in ipv6),
        }
        # One and the same for every name of a directive: a flood of names below a blocked one costs no more than that.
        self._to_page = lru_cache(MAX_REFERENCES)(self._page_answer)

    def answer(self, query: Query, match: Match, serial: int) -> Answer | None:
        """Return the answer to a question about a blocked name, or None if it passes; `serial` is the list's."""
        kind = treatment(query.qtype, match.directive)
        if kind is Treatment.PASS:
            return None
        if kind is Treatment.PAGE and self._page[query.qtype]:
            return self._to_page(query.qtype, match.directive.public_reference)
        if kind is Treatment.MINIMAL:
            hinfo = record(Type.HINFO, TTL, strings("RFC8482", ""))
            return Answer(Rcode.NOERROR, (1, 0, 0), hinfo, _why(match.directive.public_reference))
        return self.no_data(query, match, serial)

    def _page_answer(self, qtype: int, reference: str) -> Answer:
        addresses = self._page[qtype]
        body = b"".join(record(qtype, TTL, address) for address in addresses)
        return Answer(Rcode.NOERROR, (len(addresses), 0, 0), body, _why(reference))

    def no_data(self, query: Query, match: Match, serial: int) -> Answer:
        """Return "the name exists, such data does not", with the SOA that lets it be kept for TTL seconds."""
        why = _why(match.directive.public_reference)
        return Answer(Rcode.NOERROR, (0, 1, 0), soa(_apex(query, match), serial, TTL), why)


def undoes_the_block(message: Message, is_listed: Callable[[str], bool]) -> bool:
    """True if an upstream's answer, though its type passes, would lead a client around the block.

    A CNAME or DNAME owned by a blocked name is a way on; NXDOMAIN says that nothing exists there, and clients would
    believe that of the addresses too (RFC 8020).
    """
    if message.rcode != Rcode.NOERROR:
        return True
    return any(one.type in {Type.CNAME, Type.DNAME} and is_listed(one.owner) for one in message.records)


def aliases(message: Message) -> tuple[str, ...]:
    """Return the names that the question's name is an alias of, in the order of the chain."""
    targets = {one.owner: one.target for one in message.records if one.type == Type.CNAME and one.target}
    if not targets:
        return ()
    chain: list[str] = []
    target = targets.pop(message.name, None)
    while target:
        chain.append(target)
        target = targets.pop(target, None)
    return tuple(chain)


def on_chain(message: Message, chain: tuple[str, ...]) -> Message:
    """Return the message without answers that belong neither to the question's name nor to what it is an alias of.

    What stands behind such a record goes with it, for it could point there; an honest upstream sends none.

    Raises:
        WireError: if nothing is left.
    """
    names = {message.name, *chain}
    for place, one in enumerate(message.records):
        if one.section is not Section.ANSWER:
            break
        if one.owner not in names and not any(name.endswith(f".{one.owner}") for name in _redirected(one, names)):
            if not place:
                raise WireError("an answer to another question")
            return message._replace(records=message.records[:place], counts=(place, 0, 0), body_end=one.start)
    return message


def _redirected(one: Record, names: set[str]) -> set[str]:
    # A DNAME, and its signature, stand above the name that they redirect (RFC 6672 §2.2).
    return names if one.type in {Type.DNAME, Type.RRSIG} else set()


@lru_cache(MAX_REFERENCES)
def _why(reference: str) -> bytes:
    return extended_error(Ede.FORGED_ANSWER) + extended_error(Ede.CENSORED, reference)


def _apex(query: Query, match: Match) -> bytes:
    """Return the owner of the SOA: the listed name, as a pointer into the question where it stands in it.

    A name that is blocked for what it aliases to is not below the listed one; an SOA from elsewhere would make its
    negative answer unbelievable (RFC 2308 §5), so its own name stands there.
    """
    if query.name != match.name and not query.name.endswith(f".{match.name}"):
        return OWNER
    return within(query, encode_name(match.name))
