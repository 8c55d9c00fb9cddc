"""Whoever guesses waits, by source, in memory alone."""

import asyncio
from ipaddress import ip_network

import pytest

from blocker.admin import pauses
from blocker.admin.pauses import FORGOTTEN, FREE_FAILURES, LONGEST, SOURCES, Pauses
from tests.admin.running import APPROVER, Running, browser

PROXIES = (ip_network("127.0.0.0/8"), ip_network("::1/128"), ip_network("192.0.2.0/28"))


def failed(times: int, source: str = "198.51.100.7", now: float = 0.0) -> Pauses:
    made = Pauses()
    for _ in range(times):
        made.failed(source, now)
    return made


def test_the_pause_begins_late_doubles_and_has_an_end():
    lengths = [failed(FREE_FAILURES + more).left("198.51.100.7", 0.0) for more in range(14)]
    assert lengths == [0.0, *(min(2.0**more, LONGEST) for more in range(1, 14))]


def test_a_pause_passes_and_a_source_is_forgotten():
    made = failed(FREE_FAILURES + 3)
    assert made.left("198.51.100.7", 7.0) == 1.0
    assert made.left("198.51.100.7", 8.0) == 0.0
    made.failed("198.51.100.7", FORGOTTEN + 1.0)
    assert made.left("198.51.100.7", FORGOTTEN + 1.0) == 0.0


def test_others_do_not_wait_for_it_and_nobody_waits_whom_nobody_can_tell():
    made = failed(FREE_FAILURES + 3)
    assert made.left("198.51.100.8", 0.0) == 0.0
    for _ in range(100):
        made.failed(None, 0.0)
    assert made.left(None, 0.0) == 0.0


def test_the_memory_is_bounded_and_holds_no_address():
    made = failed(FREE_FAILURES + 3)
    for number in range(SOURCES + 100):
        made.failed(f"source {number}", 0.0)
    assert len(made) == SOURCES
    assert made.left("198.51.100.7", 0.0) == 0.0, "the one that failed longest ago went first"
    assert "198.51" not in repr(vars(failed(3)))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # no proxy of ours: it may say what it likes
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9, 192.0.2.3", "203.0.113.9"),  # what a client claimed stands further left
        ("127.0.0.1", "", None),
        ("127.0.0.1", "unknown", None),
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "", None),
    ],
)
def test_the_source_is_who_our_own_proxies_saw(peer: str | None, forwarded: str, expected: str | None):
    assert pauses.source(peer, forwarded, PROXIES) == expected


def test_without_a_proxy_of_ours_a_loopback_peer_is_everybody():
    assert pauses.source("127.0.0.1", "203.0.113.9", ()) is None


@pytest.mark.asyncio(loop_scope="module")
async def test_a_source_that_guesses_is_put_off_whatever_it_knows_and_others_are_not(desk: Running) -> None:
    async with browser(desk.url) as guesser:
        guesser.headers["X-Forwarded-For"] = "203.0.113.66"
        await guesser.get("/sign-in")
        for _ in range(FREE_FAILURES + 5):
            desk.desk.pauses.failed("203.0.113.66", _now())
        answer = await guesser.post("/sign-in", {"number": APPROVER, "password": "whatever"})
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 32
        assert "Too many tries" in answer.words
        right = await guesser.sign_in(APPROVER)
        assert right.status == 429
        assert "203.0.113.66" not in right.text
    async with browser(desk.url) as other:
        other.headers["X-Forwarded-For"] = "203.0.113.67"
        assert (await other.sign_in(APPROVER)).status == 303


@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_password_counts_against_its_source(desk: Running) -> None:
    before = len(desk.desk.pauses)
    async with browser(desk.url) as guesser:
        guesser.headers["X-Forwarded-For"] = "203.0.113.68"
        await guesser.sign_in("agent-999", "a wrong one")
    assert len(desk.desk.pauses) == before + 1


def _now() -> float:
    return asyncio.get_running_loop().time()
