"""Older answers that stand in for a silent upstream's, and those that may not (RFC 8767)."""

import asyncio
import time

import dns.message
import pytest

from blocker.blocklist.entry import Scope
from blocker.dns.codes import Ede
from blocker.errors import UpstreamError
from blocker.resolver.cache import Instant
from blocker.resolver.engine import AskUpstream
from tests.dns.scripted import good, server
from tests.resolver.listed import at, directive, index
from tests.resolver.questions import packet, read, upstream
from tests.resolver.roads import road
from tests.resolver.test_engine import EMPTY, Resolver, says

RECORD = "www.example. 300 A 192.0.2.1"
ASKED = packet(use_edns=0)
LATE = at(400)
DOMAIN = Scope.DOMAIN


def kept(record: str = RECORD, asked: bytes = ASKED) -> Resolver:
    """Return a resolver that knows an answer; at LATE its time is over."""
    resolver = Resolver()
    resolver.fill(asked, record)
    return resolver


def failed(resolver: Resolver, now: Instant = LATE, asked: bytes = ASKED) -> dns.message.Message:
    return read(resolver.engine.failed(resolver.question(asked, now), Ede.NO_REACHABLE_AUTHORITY, now).packet)


def test_an_older_answer_stands_in_for_a_silent_upstreams():
    reply = failed(kept())
    assert says(reply) == "NOERROR 192.0.2.1 EDE 3"
    assert reply.answer[0].ttl == 30


def test_that_a_name_does_not_exist_stands_in_too():
    soa = "example. 300 SOA ns.example. mail.example. 1 2 3 4 300"
    resolver = Resolver()
    resolver.fill(ASKED, rcode="NXDOMAIN", authority=(soa,))
    assert says(failed(resolver)) == "NXDOMAIN EDE 19"


def test_an_upstream_that_fails_is_as_good_as_silent():
    resolver = kept()
    question = resolver.question(ASKED, LATE)
    said = upstream(question.packet, rcode="SERVFAIL")
    assert says(read(resolver.engine.answered(question, said, LATE).packet)) == "NOERROR 192.0.2.1 EDE 3"


def test_standing_in_makes_an_answer_no_younger():
    resolver = kept()
    failed(resolver)
    assert isinstance(resolver.ask(ASKED, LATE), AskUpstream)
    assert says(failed(resolver, at(300 + 86399))) == "NOERROR 192.0.2.1 EDE 3"
    assert says(failed(resolver, at(300 + 86401))) == "SERVFAIL EDE 22"


def test_a_name_that_was_blocked_since_gets_the_page():
    resolver = kept()
    question = resolver.question(ASKED, LATE)
    resolver.engine.use(index(("www.example", DOMAIN, directive()), serial=3), LATE)
    assert (
        says(read(resolver.engine.failed(question, Ede.NO_REACHABLE_AUTHORITY, LATE).packet))
        == "NOERROR 192.0.2.66 EDE 4 EDE 16"
    )
    assert resolver.engine.overdue(question, LATE) is None


def test_a_name_whose_alias_was_blocked_since_has_no_older_answer():
    resolver = Resolver(EMPTY)
    resolver.fill(ASKED, "www.example. 300 CNAME cdn.example.", "cdn.example. 300 A 192.0.2.1")
    resolver.engine.use(index(("cdn.example", DOMAIN, directive(aliases=True)), serial=3), LATE)
    assert says(failed(resolver)) == "SERVFAIL EDE 22"


def test_a_name_that_was_unblocked_since_has_no_older_answer():
    asked = packet("propaganda.example", "MX", use_edns=0)
    resolver = kept("propaganda.example. 300 MX 10 mail.example.", asked=asked)
    assert says(failed(resolver, asked=asked)) == "NOERROR 10 mail.example. EDE 3"
    resolver.engine.use(EMPTY, LATE)
    assert says(failed(resolver, at(410), asked)) == "SERVFAIL EDE 22"


def test_our_own_answers_never_grow_stale():
    resolver = Resolver()
    resolver.answer(packet("propaganda.example"))
    resolver.engine.use(EMPTY, LATE)
    assert says(failed(resolver, asked=packet("propaganda.example", use_edns=0))) == "SERVFAIL EDE 22"


def test_a_failure_is_remembered_for_a_moment():
    resolver = Resolver()
    failed(resolver)
    assert says(resolver.answer(ASKED, at(401))) == "SERVFAIL EDE 22"  # RFC 9520
    assert isinstance(resolver.ask(ASKED, at(403)), AskUpstream)


@pytest.mark.asyncio
async def test_a_client_waits_less_than_two_seconds_for_what_is_known_and_not_at_all_while_upstreams_are_dead():
    silent: list[bytes] = []

    def first_only(heard: bytes) -> list[bytes]:
        silent.append(heard)
        return [good(heard)] if len(silent) == 1 else []

    async with server(first_only) as (address, _):
        way = road(address)
        question = way.engine.receive(ASKED, way.now())
        assert isinstance(question, AskUpstream)
        await way.carry(question)
        later = Instant(way.now().monotonic + 100, way.now().wall)
        again = way.engine.receive(ASKED, later)
        assert isinstance(again, AskUpstream)
        assert again.stale
        for entry in way.cache._entries.young.values():
            entry.expires -= 100
        began = time.monotonic()
        assert says(read(await way.carry(again))) == "NOERROR 192.0.2.1 EDE 3"
        assert 1.5 < time.monotonic() - began < 2.5
        with pytest.raises(UpstreamError):
            await way.forwarder.ask(packet("other.example"))
        assert way.forwarder.dead
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert says(read(await way.carry(again))) == "NOERROR 192.0.2.1 EDE 3"
        assert time.monotonic() - began < 0.2
