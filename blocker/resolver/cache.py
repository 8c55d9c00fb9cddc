"""Answers kept as bytes: a question seen before is answered with one slice and one look in a dictionary.

The cache decides nothing. Each entry says under which generation it was decided; a new list and the passing of an
expiry begin a new one, after which an entry is given out only when the engine has decided again (resolver/engine.py).
So a block or an unblock shows at once, and the cache is never thrown away.

Times: `Instant.monotonic` for TTLs, which are real seconds; `Instant.wall` for the list's dates.
"""

import math
from typing import NamedTuple

from blocker.blocklist.index import Match
from blocker.dns.answers import Answer, encode_reply
from blocker.dns.wire import AD, CD, HEADER, RD, TAIL, TC, Query
from blocker.resolver.halves import Halves

FAILURE_TTL = 2  # seconds; a failing name is not asked for again at once (RFC 9520 §3.2)
MAX_ENTRIES = 200_000
MAX_OCTETS = 128 << 20
MAX_ONCE = 65536  # questions of which we remember that they came once
STEPS = 64  # in which an entry's TTLs are counted down

_OVERHEAD = 420  # octets of the objects around an entry, measured; as many again for a form
_MARKS = [bytes((number,)) for number in range(8)]


class Instant(NamedTuple):
    """One moment on two clocks: seconds that only rise, and seconds since 1970 (which a trial may scale)."""

    monotonic: float
    wall: float


class Entry:
    """One kept answer, with what it was decided on: the match it passed under, if any, and the aliases it followed.

    `own` is true if the answer is ours, not an upstream's; `offsets` are the places of TTLs in the answer's body;
    `unbroken` is true while no generation went by in which the answer was not decided on.
    """

    __slots__ = ("aliases", "answer", "expires", "generation", "match", "offsets", "own", "stored", "unbroken")

    def __init__(
        self,
        answer: Answer,
        now: Instant,
        seconds: float,
        *,
        own: bool = False,
        offsets: tuple[int, ...] = (),
        match: Match | None = None,
        aliases: tuple[str, ...] = (),
    ) -> None:
        self.answer = answer
        self.stored = now.monotonic
        self.expires = now.monotonic + seconds
        self.own = own
        self.offsets = offsets
        self.match = match
        self.aliases = aliases
        self.generation = -1
        self.unbroken = True

    def reply(self, query: Query, now: Instant, limit: int) -> bytes:
        """Return the reply to `query`, its TTLs as they are now."""
        answer, body = self.answer, self.body(now)
        return encode_reply(query, answer if body is answer.body else answer._replace(body=body), limit)

    def body(self, now: Instant) -> bytes:
        """Return the records with the TTLs that are left, or somewhat less (see `_age`)."""
        body = self.answer.body
        if not self.offsets or now.monotonic <= self.stored:
            return body
        age, aged = self._age(now), bytearray(body)
        for offset in self.offsets:
            ttl = int.from_bytes(body[offset : offset + 4], "big") - age
            aged[offset : offset + 4] = max(0, ttl).to_bytes(4, "big")
        return bytes(aged)

    def body_with(self, ttl: int) -> bytes:
        """Return the records with one TTL for all of them."""
        body = bytearray(self.answer.body)
        for offset in self.offsets:
            body[offset : offset + 4] = ttl.to_bytes(4, "big")
        return bytes(body)

    def same_until(self, now: Instant) -> float:
        """Return until when (monotonic) the records may be given as they are now."""
        if not self.offsets:
            return self.expires
        return min(self.expires, self.stored + self._age(now))

    def _age(self, now: Instant) -> int:
        """Return the entry's age in seconds, rounded up to a sixty-fourth of its time.

        So it need not be written anew every second, and a client is never told to keep it for longer than the upstream
        said.
        """
        step = 1 + int(self.expires - self.stored) // STEPS
        return -int((self.stored - now.monotonic) // step) * step


class Form:
    """An entry as it is given to one shape of packet: the reply without its id, to a name in lower case."""

    __slots__ = ("entry", "generation", "rest", "until")

    def __init__(self, entry: Entry, generation: int, rest: bytes, until: float) -> None:
        self.entry = entry
        self.generation = generation  # its own: to look into the entry costs as much as the whole reply
        self.rest = rest
        self.until = until


class Cache:
    """Entries by question, and forms by packet: what the engine decides on, and what the lane sends.

    A form is found with the client's packet as it came, but for its id and the case of its name, and only packets that
    were parsed and answered from an entry have one: nothing needs to be parsed, or checked, to give it out again.
    """

    def __init__(self, entries: int = MAX_ENTRIES, octets: int = MAX_OCTETS) -> None:
        self.generation = 0
        self._until = math.inf
        self._entries: Halves[Entry] = Halves(entries, octets // 2, _octets_of_entry)
        self._once: set[int] = set()
        self._forms: Halves[Form] = Halves(entries, octets // 2, _octets_of_form)

    def __len__(self) -> int:
        return len(self._entries)

    def begin_generation(self, until: float) -> None:
        """Let no entry out undecided from here on; `until` is the wall time at which the next generation is due."""
        self.generation += 1
        self._until = until

    def overtaken(self, now: Instant) -> bool:
        """True when an expiry has passed since the generation began."""
        return now.wall >= self._until

    def lookup(self, packet: bytes, now: Instant) -> bytes | None:
        """Return the whole UDP reply to a client's packet, or None: then the engine must look at it."""
        rest = packet[2:]
        form = self._forms.young.get(rest)
        if form is not None:
            return packet[:2] + form.rest if self._holds(form, now) else None
        if rest.islower():  # as most are; the letters of a name are all that can be of either case
            form = self._forms.from_old(rest)
            return packet[:2] + form.rest if form is not None and self._holds(form, now) else None
        return self._lookup_folded(packet, now)

    def _lookup_folded(self, packet: bytes, now: Instant) -> bytes | None:
        """Do the same for a name that may be spelled with capital letters, and spell it so in the reply.

        Lower-casing the header can make no other packet look like a kept one: theirs hold no letters (see _common).
        """
        end = packet.find(0, HEADER.size)
        key = packet[2:end].lower() + packet[end:]
        form = self._forms.young.get(key) or self._forms.from_old(key)
        if form is None or not self._holds(form, now):
            return None
        end += 1 + TAIL.size
        return b"".join((packet[:2], form.rest[: HEADER.size - 2], packet[HEADER.size : end], form.rest[end - 2 :]))

    def _holds(self, form: Form, now: Instant) -> bool:
        """True if a form may be given out; its TTLs are then what is left."""
        monotonic, wall = now
        if form.generation != self.generation or wall >= self._until:
            return False
        return monotonic < form.until or _renewed(form, now)

    def comes_again(self, query: Query) -> bool:
        """True if a question came before, as far as is remembered.

        What is asked once, as in a flood of random names, shall take no room from what is asked again.
        """
        mark = hash(query.folded)
        if mark in self._once:
            return True
        if len(self._once) >= MAX_ONCE:
            self._once.clear()
        self._once.add(mark)
        return False

    def remember(self, packet: bytes, query: Query, entry: Entry, reply: bytes, now: Instant) -> None:
        """Keep the form in which `packet` was answered over UDP, if it is of a common shape."""
        end = HEADER.size + len(query.question)
        if reply[2] << 8 & TC or entry.expires <= now.monotonic or not _common(packet, query):
            return
        rest = reply[2 : HEADER.size] + query.folded + reply[end:]
        form = Form(entry, self.generation, rest, entry.same_until(now))
        self._forms.put(packet[2 : HEADER.size] + query.folded + packet[end:], form)

    def flush(self, name: bytes) -> int:
        """Forget what is kept about a name (as lower-case labels) and all below; return how many entries and forms."""
        forms = self._forms.drop(lambda key: _is_below(key, HEADER.size - 2, name))
        return forms + self._entries.drop(lambda key: _is_below(key, 0, name))

    def find(self, query: Query, now: Instant, *, stale: float = 0) -> Entry | None:
        """Return the entry for a question, of whatever generation, unless its time was over `stale` seconds ago."""
        entry = self._entries.get(_key(query))
        return entry if entry and now.monotonic < entry.expires + stale else None

    def decided(self, entry: Entry) -> None:
        """Note that an entry was decided on just now; one that is made anew as easily is not stored."""
        entry.generation = self.generation

    def store(self, query: Query, entry: Entry) -> None:
        """Keep an entry that was decided on just now."""
        self.decided(entry)
        if entry.expires > entry.stored:
            self._entries.put(_key(query), entry)

    def forget(self, query: Query) -> None:
        """Forget the entry for a question."""
        self._entries.pop(_key(query))


def _renewed(form: Form, now: Instant) -> bool:
    """Write the TTLs that are left into a form; False if its time is over."""
    entry = form.entry
    if now.monotonic >= entry.expires:
        return False
    start = form.rest.index(0, HEADER.size - 2) + 1 + TAIL.size
    form.rest = form.rest[:start] + entry.body(now) + form.rest[start + len(entry.answer.body) :]
    form.until = entry.same_until(now)
    return True


def _common(packet: bytes, query: Query) -> bool:
    """True if a packet's bytes say no more than its question, RD, AD, CD and an OPT record without options.

    Its header then holds no octet that is an upper-case letter, and no lower-case letter but a sole AD bit's. A name
    with a NUL inside is not common: lookup() could not tell where it ends.
    """
    flags = int.from_bytes(packet[2:4], "big")
    plain = not flags & ~(RD | AD | CD) and not (query.edns and query.edns.has_options)
    return plain and packet.find(0, HEADER.size) == HEADER.size + len(query.question) - TAIL.size - 1


def _is_below(key: bytes, at: int, name: bytes) -> bool:
    while not key.startswith(name, at):
        if not key[at]:
            return False
        at += key[at] + 1
    return True


def _octets_of_entry(key: bytes, entry: Entry) -> int:
    return len(key) + len(entry.answer.body) + _OVERHEAD


def _octets_of_form(key: bytes, form: Form) -> int:
    return len(key) + len(form.rest) + _OVERHEAD


def _key(query: Query) -> bytes:
    # AD is left out: upstreams are always asked for it, and whether a client is told, its form says.
    return query.folded + _MARKS[query.rd | query.cd << 1 | query.do << 2]
