"""Answers kept as bytes: a question seen before is answered with a few slices and one look in a dictionary.

The cache decides nothing. Each entry says under which generation it was decided; a new list and the passing of an
expiry begin a new one, after which an entry is given out only when the engine has decided again (resolver/engine.py).
So a block or an unblock shows at once, and the cache is never thrown away.

Times: `Instant.monotonic` for TTLs, which are real seconds; `Instant.wall` for the list's dates.
"""

import math
from typing import NamedTuple

from blocker.blocklist.index import Match
from blocker.dns.answers import MAX_TCP, Answer, encode_reply
from blocker.dns.codes import Rcode, Type
from blocker.dns.walk import Message, Section
from blocker.dns.wire import AD, CD, DO, HEADER, MAX_UDP, MIN_UDP, OPT, RD, TAIL, Query

MAX_TTL = 3600  # seconds; an hour after a name is listed no client still holds an older answer of ours
FAILURE_TTL = 2  # seconds; a failing name is not asked for again at once (RFC 9520 §3.2)
MAX_ENTRIES = 100_000
MAX_OCTETS = 64 << 20
MAX_VARIANTS = 1024

_OVERHEAD = 750  # octets of the objects around an entry, measured
_TTL_LIMIT = 1 << 31
_COUNTS = (b"\0\1\0\0\0\0\0\0", b"\0\1\0\0\0\0\0\1")  # one question; one question and an OPT record


class Instant(NamedTuple):
    """One moment on two clocks: seconds that only rise, and seconds since 1970 (which a trial may scale)."""

    monotonic: float
    wall: float


Form = tuple[bytes, bytes]
"""A reply without what each client brings: from its flags to its counts, and what follows the question."""


class Variant(NamedTuple):
    """What a common question's header and OPT record mean for its answer."""

    mark: bytes
    edns: bool
    limit: int


class Entry:
    """One kept answer, with what it was decided on: the match it passed under, if any, and the aliases it followed."""

    __slots__ = (
        "age",
        "aliases",
        "answer",
        "bare",
        "expires",
        "generation",
        "match",
        "own",
        "stored",
        "ttls",
        "with_opt",
    )

    def __init__(
        self,
        answer: Answer,
        now: Instant,
        seconds: float,
        *,
        own: bool = False,
        ttls: tuple[tuple[int, int], ...] = (),
        match: Match | None = None,
        aliases: tuple[str, ...] = (),
    ) -> None:
        self.answer = answer
        self.stored = now.monotonic
        self.expires = now.monotonic + seconds
        self.own = own
        """True if the answer is ours, not an upstream's."""
        self.ttls = ttls
        """(offset in the body, seconds when stored) of each TTL."""
        self.match = match
        self.aliases = aliases
        self.age = 0
        self.generation = -1
        self.bare: Form | None = None
        self.with_opt: Form | None = None

    def reply(self, query: Query, now: Instant, limit: int) -> bytes:
        """Return the reply to `query`, and keep its form for the next one who asks."""
        self.grow_older(now)
        whole = encode_reply(query, self.answer, MAX_TCP)
        form = whole[2 : HEADER.size], whole[HEADER.size + len(query.question) :]
        if query.edns:
            self.with_opt = form
        else:
            self.bare = form
        return whole if len(whole) <= limit else encode_reply(query, self.answer, limit)

    def grow_older(self, now: Instant) -> None:
        """Write the TTLs that are left into the answer, at most once a second."""
        age = int(now.monotonic - self.stored)
        if age == self.age or not self.ttls:
            return
        body = bytearray(self.answer.body)
        for offset, ttl in self.ttls:
            body[offset : offset + 4] = max(0, ttl - age).to_bytes(4, "big")
        self.age = age
        self.answer = Answer(self.answer.rcode, self.answer.counts, bytes(body), self.answer.options)
        self.bare, self.with_opt = self._renewed(self.bare), self._renewed(self.with_opt)

    def _renewed(self, form: Form | None) -> Form | None:
        body = self.answer.body
        return form and (form[0], body + form[1][len(body) :])


class Cache:
    """Two halves: entries are put into the young one, which becomes the old one when it is full.

    What is asked for in the old half moves to the young one, the rest goes with it: names in use outlive a flood of
    others, and making room costs nothing.
    """

    def __init__(self, entries: int = MAX_ENTRIES, octets: int = MAX_OCTETS) -> None:
        self.generation = 0
        self._until = math.inf
        self._young: dict[bytes, Entry] = {}
        self._old: dict[bytes, Entry] = {}
        self._octets = 0
        self._half_entries, self._half_octets = entries // 2, octets // 2
        self._variants: dict[bytes, Variant] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def begin_generation(self, until: float) -> None:
        """Let no entry out undecided from here on; `until` is the wall time at which the next generation is due."""
        self.generation += 1
        self._until = until

    def overtaken(self, now: Instant) -> bool:
        """True when an expiry has passed since the generation began."""
        return now.wall >= self._until

    def lookup(self, packet: bytes, now: Instant) -> bytes | None:
        """Return the whole UDP reply to a client's packet, or None: then the engine must look at it.

        The key is exact but for the case of the name, and only keys of packets that were parsed are ever stored, so
        that nothing needs to be parsed here. A name with a NUL inside ends early here and finds nothing.
        """
        end = packet.find(0, HEADER.size) + 1
        tail = end + TAIL.size
        shape = packet[2 : HEADER.size] + packet[tail : tail + OPT.size + 1]
        variant = self._variants.get(shape) or self._learn(shape)
        if variant is None:
            return None
        key = packet[HEADER.size : end].lower() + packet[end:tail] + variant.mark
        entry = self._young.get(key) or self._from_old(key)
        if entry is None or entry.generation != self.generation:
            return None
        monotonic, wall = now
        if monotonic >= entry.expires or wall >= self._until:
            return None
        if entry.ttls:
            entry.grow_older(now)
        form = entry.with_opt if variant.edns else entry.bare
        if form is None:
            return None
        reply = b"%b%b%b%b" % (packet[:2], form[0], packet[HEADER.size : tail], form[1])
        return reply if len(reply) <= variant.limit else None

    def find(self, query: Query, now: Instant) -> Entry | None:
        """Return the entry for a question, of whatever generation, unless its time is over."""
        key = _key(query)
        entry = self._young.get(key) or self._from_old(key)
        return entry if entry and now.monotonic < entry.expires else None

    def store(self, query: Query, entry: Entry) -> None:
        """Keep an entry that was decided just now."""
        entry.generation = self.generation
        nul = b"\0" in query.question[: -TAIL.size - 1]  # lookup() could not tell where such a name ends
        if not nul and entry.expires > entry.stored:
            self._put(_key(query), entry)

    def _put(self, key: bytes, entry: Entry) -> None:
        self._young[key] = entry
        # Three times the body: in the answer, and in the forms without and with OPT.
        self._octets += len(key) + 3 * len(entry.answer.body) + _OVERHEAD
        if len(self._young) >= self._half_entries or self._octets >= self._half_octets:
            self._old, self._young, self._octets = self._young, {}, 0

    def _from_old(self, key: bytes) -> Entry | None:
        entry = self._old.pop(key, None)
        if entry is not None:
            self._put(key, entry)
        return entry

    def _learn(self, shape: bytes) -> Variant | None:
        variant = _variant(shape)
        if variant and len(self._variants) < MAX_VARIANTS:
            self._variants[shape] = variant
        return variant


def _variant(shape: bytes) -> Variant | None:
    """Read a common question's shape: flags, counts, and what follows the question; None if it is not common."""
    flags, counts, opt = int.from_bytes(shape[:2], "big"), shape[2:10], shape[10:]
    if flags & ~(RD | AD | CD) or counts not in _COUNTS:
        return None
    rd, cd = bool(flags & RD), bool(flags & CD)
    if counts == _COUNTS[0]:
        return Variant(_mark(rd=rd, cd=cd, do=False), edns=False, limit=MIN_UDP) if not opt else None
    if len(opt) != OPT.size:
        return None
    root, rtype, size, rcode, version, edns_flags, length = OPT.unpack(opt)
    if root or rtype != Type.OPT or rcode or version or edns_flags & ~DO or length:
        return None
    mark = _mark(rd=rd, cd=cd, do=bool(edns_flags & DO))
    return Variant(mark, edns=True, limit=min(max(size, MIN_UDP), MAX_UDP))


def _key(query: Query) -> bytes:
    question = query.question
    return question[: -TAIL.size].lower() + question[-TAIL.size :] + _mark(rd=query.rd, cd=query.cd, do=query.do)


def _mark(*, rd: bool, cd: bool, do: bool) -> bytes:
    # AD is left out: we never set it in an answer, whoever asked for it.
    return bytes([rd | cd << 1 | do << 2])


def lifetime(message: Message) -> int:
    """Return for how many seconds an upstream's answer may be kept; 0 means not at all.

    A negative answer is kept as long as its SOA says (RFC 2308 §5), one without SOA is not kept.
    """
    seconds = [_sane(one.ttl) for one in message.records]
    answers = [one for one in message.records if one.section is Section.ANSWER]
    positive = any(message.qtype in {one.type, Type.ANY} for one in answers)
    if message.rcode == Rcode.NXDOMAIN or not positive:
        minimums = [
            int.from_bytes(message.packet[one.end - 4 : one.end], "big")
            for one in message.records
            if one.type == Type.SOA and one.section is Section.AUTHORITY
        ]
        seconds += [_sane(minimum) for minimum in minimums] or [0]
    return min(seconds, default=0)


def from_message(
    message: Message, answer: Answer, now: Instant, *, match: Match | None, aliases: tuple[str, ...]
) -> Entry:
    """Return the entry of an upstream's answer, its TTLs cut to MAX_TTL."""
    end = message.body + len(answer.body)
    ttls = tuple((one.ttl_at - message.body, _sane(one.ttl)) for one in message.records if one.end <= end)
    body = bytearray(answer.body)
    for offset, ttl in ttls:
        body[offset : offset + 4] = ttl.to_bytes(4, "big")
    cut = Answer(answer.rcode, answer.counts, bytes(body), answer.options)
    return Entry(cut, now, lifetime(message), ttls=ttls, match=match, aliases=aliases)


def _sane(ttl: int) -> int:
    # A TTL with the top bit set counts as zero (RFC 2181 §8).
    return min(ttl, MAX_TTL) if ttl < _TTL_LIMIT else 0
