"""Decides what every packet is answered with: the only place where a name is decided, and decided again.

Bytes and an instant in; a Reply, an AskUpstream or a Drop out. The shell (lane, streams, worker) carries them out and
brings the upstream's message back to `answered` or its failure to `failed`, where the name is decided once more with
the list of that moment, if it is another. The order of the questions is that of `_refused` and `receive`, each with its
reason.
"""

from dataclasses import dataclass
from typing import NamedTuple

from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index, Match
from blocker.dns.answers import (
    MAX_TCP,
    Answer,
    encode_query,
    encode_reply,
    extended_error,
    extended_errors,
    from_upstream,
)
from blocker.dns.codes import Class, Ede, Rcode
from blocker.dns.walk import Message
from blocker.dns.wire import Query, parse_query
from blocker.errors import WireError
from blocker.resolver.about import about_us
from blocker.resolver.cache import FAILURE_TTL, Cache, Entry, Instant
from blocker.resolver.lifetime import DEFAULT_TTLS, Ttls, from_message
from blocker.resolver.policy import TTL, UNSERVED, Policy, aliases, deciding, followed, on_chain, undoes_the_block
from blocker.resolver.special import local_answer

PROHIBITED = Answer(Rcode.REFUSED, options=extended_error(Ede.PROHIBITED))
REFUSED = Answer(Rcode.REFUSED)
NOT_READY = Answer(Rcode.SERVFAIL, options=extended_error(Ede.NOT_READY))
NOT_AUTHORITATIVE = Answer(Rcode.REFUSED, options=extended_error(Ede.NOT_AUTHORITATIVE))
UPSTREAM_FAILED = Answer(Rcode.SERVFAIL)

STALE_TTL = 30  # seconds (RFC 8767 §4)
MAX_STALE = 86400.0  # seconds after its time during which an answer may stand in for a silent upstream's

_PASSED_ON = {Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN}


class Reply(NamedTuple):
    """Send this to the client."""

    packet: bytes


class AskUpstream(NamedTuple):
    """Send `packet` (its id is yours to choose) to an upstream, and bring back what it says.

    `stale` is true if `overdue` has something to say meanwhile; `match` is what the list said of the name, in
    `generation`.
    """

    packet: bytes
    query: Query
    limit: int
    stale: bool = False
    match: Match | None = None
    generation: int = -1


@dataclass(frozen=True, slots=True)
class Drop:
    """Say nothing."""


class Engine:
    """The rules over the list in force and the cache; holds nothing else."""

    def __init__(
        self, cache: Cache, policy: Policy, software: str, *, ttls: Ttls = DEFAULT_TTLS, without_list: bool = False
    ) -> None:
        """Hold no list yet; `without_list` says whether questions are answered, all as clean, before the first one."""
        self._cache = cache
        self._policy = policy
        self._software = software
        self._ttls = ttls
        self._without_list = without_list
        self._index: Index | None = None

    @property
    def index(self) -> Index | None:
        """The list in force."""
        return self._index

    def use(self, index: Index, now: Instant) -> None:
        """Put a list in force."""
        self._index = index
        self._begin_generation(now)

    def receive(
        self, packet: bytes, now: Instant, *, allowed: bool = True, tcp: bool = False
    ) -> Reply | AskUpstream | Drop:
        """Decide on a client's packet; `allowed` says whether that client may ask."""
        try:
            query = parse_query(packet)
        except WireError as error:
            return Drop() if error.reply is None else Reply(error.reply)
        limit = MAX_TCP if tcp else query.udp_limit
        answer = self._refused(query, allowed=allowed)
        if answer is not None:
            return Reply(encode_reply(query, answer, limit))
        match = self._match(query, now)
        answer = self._own(query, match)
        if answer is not None:
            self._cache.forget(query)  # for good: lifted again, an answer from before the block shall not come back
            reply = encode_reply(query, answer, limit)
            if not tcp and self._cache.comes_again(query):
                self._remember(packet, query, answer, reply, now)
            return Reply(reply)
        kept = self._found(query, now)
        if kept is not None and now.monotonic < kept.expires:
            reply = kept.reply(query, now, limit)
            if not tcp:
                self._cache.remember(packet, query, kept, reply, now)
            return Reply(reply)
        if not query.rd:
            # Without recursion only the cache could answer, and it would tell anyone who asks what others asked for.
            return Reply(encode_reply(query, NOT_AUTHORITATIVE, limit))
        stale = kept is not None and self._stale(query, now) is not None
        # AD asks whether the answer is authentic (RFC 6840 §5.7): always, so that one answer serves every client.
        asked = encode_query(query.folded, ad=True, cd=query.cd, do=query.do)
        return AskUpstream(asked, query, limit, stale, match, self._cache.generation)

    def answered(self, ask: AskUpstream, message: Message, now: Instant) -> Reply:
        """Decide on what an upstream said, with the list of now."""
        if message.rcode not in _PASSED_ON:
            return self._without_upstream(ask, _failure(message), now)
        query = ask.query
        entry = self._kept(query, now)
        if entry is None:
            same = ask.generation == self._cache.generation
            entry = self._judged(query, message, ask.match if same else self._match(query, now), now)
            self._cache.store(query, entry)
        return Reply(entry.reply(query, now, ask.limit))

    def failed(self, ask: AskUpstream, why: Ede, now: Instant) -> Reply:
        """Decide on a question that no upstream answered."""
        return self._without_upstream(ask, Answer(Rcode.SERVFAIL, options=extended_error(why)), now)

    def overdue(self, ask: AskUpstream, now: Instant) -> Reply | None:
        """Return what a client may be told while its upstream is still silent (RFC 8767 §5), or None."""
        answer = self._stale(ask.query, now)
        return Reply(encode_reply(ask.query, answer, ask.limit)) if answer else None

    def _without_upstream(self, ask: AskUpstream, failure: Answer, now: Instant) -> Reply:
        query = ask.query
        entry = self._kept(query, now)
        if entry is None:
            own = self._own(query, self._match(query, now))  # blocked since it was asked
            if own is not None:
                return Reply(encode_reply(query, own, ask.limit))
            stale = self._stale(ask.query, now)
            if stale is not None:  # not kept: it would hide what it came from, and grow older than it may
                return Reply(encode_reply(ask.query, stale, ask.limit))
            entry = Entry(failure, now, FAILURE_TTL)
            self._cache.store(ask.query, entry)
        return Reply(entry.reply(ask.query, now, ask.limit))

    def _stale(self, query: Query, now: Instant) -> Answer | None:
        """Return an upstream's answer whose time is over, unless the list has changed its mind about it since.

        That it had not, nobody knows of an answer that was not looked at during a whole generation: a block may have
        come and gone meanwhile, and what an upstream said before it shall not come back.
        """
        self._catch_up(now)
        entry = self._cache.find(query, now, stale=MAX_STALE)
        if entry is None or entry.answer.rcode not in _PASSED_ON or not self._unchanged(entry, query, now):
            return None
        if not (entry.unbroken and self._is_of_late(entry)):
            return None
        code = Ede.STALE_NXDOMAIN if entry.answer.rcode == Rcode.NXDOMAIN else Ede.STALE_ANSWER
        answer = entry.answer
        return Answer(answer.rcode, answer.counts, entry.body_with(STALE_TTL), extended_error(code))

    def _refused(self, query: Query, *, allowed: bool) -> Answer | None:
        """Return the answer to a question that is not about the Internet's names, or not for this client."""
        if not allowed:  # first: strangers learn nothing, not even our version
            return PROHIBITED
        if query.qtype in UNSERVED:
            return Answer(UNSERVED[query.qtype])
        if query.qclass == Class.CH:
            return about_us(query, self._software, self._index.header if self._index else None)
        if query.qclass != Class.IN:
            return REFUSED
        if self._index is None and not self._without_list:  # without a list nothing is known to be clean
            return NOT_READY
        return None

    def _own(self, query: Query, match: Match | None) -> Answer | None:
        """Return what we say without an upstream about a name, given what the list says of it."""
        return self._sinkhole(query, match) if match else local_answer(query, trial=self._trial)

    def _remember(self, packet: bytes, query: Query, own: Answer, reply: bytes, now: Instant) -> None:
        """Let the lane give an answer of our own from now on."""
        self._catch_up(now)
        entry = Entry(own, now, TTL, own=True)
        self._cache.decided(entry)
        self._cache.remember(packet, query, entry, reply, now)

    def _kept(self, query: Query, now: Instant) -> Entry | None:
        """Return a kept answer that still holds, if its time is not over."""
        entry = self._found(query, now)
        return entry if entry and now.monotonic < entry.expires else None

    def _found(self, query: Query, now: Instant) -> Entry | None:
        """Return a kept answer that still holds, even if its time is over."""
        self._catch_up(now)
        entry = self._cache.find(query, now, stale=MAX_STALE)
        if entry is None:
            return None
        if entry.generation != self._cache.generation and not self._still_holds(entry, query, now):
            self._cache.forget(query)  # for good: lifted again, an answer from before the block shall not come back
            return None
        return entry

    def _still_holds(self, entry: Entry, query: Query, now: Instant) -> bool:
        """Decide again on an answer that was kept under an older list; one of our own is cheaper to make anew."""
        if not self._unchanged(entry, query, now):
            return False
        entry.unbroken = entry.unbroken and self._is_of_late(entry)
        entry.generation = self._cache.generation
        return True

    def _is_of_late(self, entry: Entry) -> bool:
        """True if an answer was decided on in this generation or in the one before."""
        return entry.generation >= self._cache.generation - 1

    def _unchanged(self, entry: Entry, query: Query, now: Instant) -> bool:
        """True if the list of now says of an upstream's answer what that of its time said."""
        if entry.own or entry.match != self._match(query, now):
            return False
        return not any(self._follows(alias, query, now) for alias in entry.aliases)

    def _judged(self, query: Query, message: Message, match: Match | None, now: Instant) -> Entry:
        """Return the entry for what an upstream said about a name that is clean, or blocked for other types."""
        chain = aliases(message)
        try:
            message = on_chain(message, chain)
        except WireError:
            return Entry(UPSTREAM_FAILED, now, FAILURE_TTL)
        if match is not None:
            answer = self._sinkhole(query, match)  # blocked since it was asked
            if answer is not None:
                return Entry(answer, now, TTL, own=True)
            if undoes_the_block(message, lambda name: self._lists(name, now)):
                return Entry(self._policy.no_data(query, match, self._serial), now, TTL, own=True)
            chain = ()
        for alias in chain:
            listed = self._follows(alias, query, now)
            answer = self._sinkhole(query, listed) if listed else None
            if answer is not None:
                return Entry(answer, now, TTL, own=True)
        passed = from_upstream(message, additional=match is None)
        return from_message(message, passed, now, self._ttls, match=match, aliases=chain)

    def _match(self, query: Query, now: Instant) -> Match | None:
        return deciding(self._index, query.name, query.qtype, now.wall) if self._index and query.name else None

    def _follows(self, alias: str, query: Query, now: Instant) -> Match | None:
        return followed(self._index, alias, query.qtype, now.wall) if self._index else None

    def _lists(self, name: str, now: Instant) -> bool:
        return self._index is not None and self._index.match(name, now.wall) is not None

    def _sinkhole(self, query: Query, match: Match) -> Answer | None:
        return self._policy.answer(query, match, self._serial)

    @property
    def _trial(self) -> bool:
        return self._index is not None and self._index.header.environment is Environment.TRIAL

    @property
    def _serial(self) -> int:
        return self._index.header.serial if self._index else 0

    def _catch_up(self, now: Instant) -> None:
        if self._cache.overtaken(now):
            self._begin_generation(now)

    def _begin_generation(self, now: Instant) -> None:
        expiry = self._index.next_expiry(now.wall) if self._index else None
        self._cache.begin_generation(float("inf") if expiry is None else expiry)


def _failure(message: Message) -> Answer:
    """Return what a client is told when an upstream says that it failed, with the reasons that it gave.

    One that refuses to answer is no authority that we reached (RFC 8914 §4.23).
    """
    ours = b"" if message.rcode == Rcode.SERVFAIL else extended_error(Ede.NO_REACHABLE_AUTHORITY)
    return Answer(Rcode.SERVFAIL, options=ours + extended_errors(message))
