"""Older answers that stand in for a silent upstream's, and those that may not (RFC 8767)."""

import asyncio
import time
from datetime import timedelta

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
from tests.resolver.test_engine import EMPTY, LISTED, Resolver, says

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


BLOCKED = index(("www.example", DOMAIN, directive()), serial=3)
SHORTLY = index(("www.example", DOMAIN, directive(expires=timedelta(seconds=200))), serial=3)


def test_a_block_that_came_and_went_while_nobody_asked_ends_what_was_known_before_it():
    resolver = kept()
    resolver.engine.use(BLOCKED, at(100))
    resolver.engine.use(LISTED, at(200))
    assert says(failed(resolver)) == "SERVFAIL EDE 22"


def test_so_does_one_that_ended_by_itself():
    resolver = kept()
    resolver.engine.use(SHORTLY, at(100))
    assert says(failed(resolver)) == "SERVFAIL EDE 22"


def test_so_does_a_passing_answer_whose_block_was_lifted_and_came_back():
    asked = packet("propaganda.example", "MX", use_edns=0)
    resolver = kept("propaganda.example. 300 MX 10 mail.example.", asked)
    resolver.engine.use(EMPTY, at(100))
    resolver.engine.use(LISTED, at(200))
    assert says(failed(resolver, asked=asked)) == "SERVFAIL EDE 22"


def test_an_answer_in_its_time_is_given_after_such_a_block_but_does_not_stand_in_later():
    resolver = kept()
    resolver.engine.use(BLOCKED, at(100))
    resolver.engine.use(LISTED, at(150))
    assert says(resolver.answer(ASKED, at(200))) == "NOERROR 192.0.2.1"
    assert says(failed(resolver)) == "SERVFAIL EDE 22"


def test_a_block_that_comes_and_goes_while_an_upstream_is_silent_ends_it_too():
    for passing in (BLOCKED, SHORTLY):
        resolver = kept()
        question = resolver.question(ASKED, at(301))
        resolver.engine.use(passing, at(301.5))
        resolver.engine.use(LISTED, at(302))
        assert resolver.engine.overdue(question, at(302.8)) is None
    resolver = kept()
    question = resolver.question(ASKED, at(301))
    resolver.engine.use(index(("www.example", DOMAIN, directive(expires=timedelta(seconds=302)))), at(301.5))
    assert resolver.engine.overdue(question, at(302.8)) is None


def test_lists_that_say_nothing_of_a_name_in_use_leave_its_older_answer_alone():
    resolver = kept()
    for second in range(10, 290, 10):
        resolver.engine.use(LISTED, at(second))
        resolver.answer(ASKED, at(second))
    assert says(failed(resolver)) == "NOERROR 192.0.2.1 EDE 3"


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
