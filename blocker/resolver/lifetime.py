"""For how long an upstream's answer is kept, within which bounds, and the entry that is made of it."""

from typing import NamedTuple

from blocker.blocklist.index import Match
from blocker.dns.answers import Answer
from blocker.dns.codes import Rcode, Type
from blocker.dns.walk import Message, Section
from blocker.resolver.cache import Entry, Instant

MAX_TTL = 3600  # seconds, if not set: an hour after a name is listed no client still holds an older answer of ours

_TTL_LIMIT = 1 << 31


class Ttls(NamedTuple):
    """The least and most seconds for which an upstream's answer is kept, and told to clients that it may be."""

    least: int = 0
    most: int = MAX_TTL

    def bounded(self, ttl: int) -> int:
        """Return a TTL within the bounds; one with its top bit set counts as zero (RFC 2181 §8)."""
        return max(self.least, min(ttl, self.most) if ttl < _TTL_LIMIT else 0)


DEFAULT_TTLS = Ttls()


def lifetime(message: Message, ttls: Ttls) -> int:
    """Return for how many seconds an upstream's answer may be kept; 0 means not at all.

    A negative answer is kept as long as its SOA says (RFC 2308 §5), one without SOA is not kept.
    """
    seconds, minimums, positive = ttls.most, [], False
    for one in message.records:
        if not seconds <= one.ttl < _TTL_LIMIT:
            seconds = ttls.bounded(one.ttl)
        if one.section is Section.ANSWER:
            positive = positive or message.qtype in {one.type, Type.ANY}
        elif one.type == Type.SOA and one.section is Section.AUTHORITY:
            minimums.append(ttls.bounded(int.from_bytes(message.packet[one.end - 4 : one.end], "big")))
    if positive and message.rcode != Rcode.NXDOMAIN:
        return seconds
    return min(seconds, *minimums) if minimums else 0


def from_message(
    message: Message, answer: Answer, now: Instant, ttls: Ttls, *, match: Match | None, aliases: tuple[str, ...]
) -> Entry:
    """Return the entry of an upstream's answer, its TTLs brought within their bounds."""
    start, offsets, within = message.body, [], True
    for one in message.records[: sum(answer.counts)]:
        offsets.append(one.ttl_at - start)
        within = within and ttls.least <= one.ttl <= ttls.most
    if not within:
        body = bytearray(answer.body)
        for offset, one in zip(offsets, message.records, strict=False):
            body[offset : offset + 4] = ttls.bounded(one.ttl).to_bytes(4, "big")
        answer = answer._replace(body=bytes(body))
    return Entry(answer, now, lifetime(message, ttls), offsets=tuple(offsets), match=match, aliases=aliases)
