"""Whose turn it is, since when, and which clock counts, from the case alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blocker.blocklist.entry import Scope
from blocker.cases.awaited import EVERYBODY, Span, awaited, clock, since, turn_of
from blocker.cases.case import ENDED, Actor, Case, CaseName, Role, State
from blocker.cases.isps.order import Order, Served
from blocker.cases.proceedings import PendingLift
from blocker.cases.steps.reminder import reminders
from blocker.cases.table import BY_ACT
from blocker.names import DomainName
from tests.cases.walking import (
    ANEW,
    APPLIED,
    APPROVER,
    EARLY_STAY,
    OFFICER,
    RESTORING,
    START,
    STAY_OVER,
    STAYED,
    TO_C3,
    TO_C3S,
    TO_C7,
    TO_C8,
    Walk,
    before,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASE = Case(
    id="2026-000001",
    state=State.DRAFT,
    ground="terrorism",
    names=(CaseName(DomainName("a.example"), Scope.HOST),),
    urls=(),
    seq=1,
    turn=1,
    turned_at=NOW - 100 * HOUR,
    reported_at=NOW - 100 * HOUR,
)
ASKED = replace(CASE, state=State.OWNER_NOTIFIED, asked_at=NOW - 30 * HOUR)
RECEIVED = replace(ASKED, receipt_at=NOW - HOUR)
OVER = replace(ASKED, receipt_at=NOW - 25 * HOUR)
PENDING = replace(OVER, state=State.BLOCK_PENDING, verified_at=NOW - HOUR / 2)
DIRECTED = replace(
    PENDING, state=State.BLOCK_DIRECTED, issued_at=NOW - HOUR, directed_at=NOW - HOUR, review_by=NOW + 1900 * HOUR
)
ORDER = Served(isp="isp-a", order=Order.BLOCK, issued_at=NOW - HOUR, delivered_at=NOW - HOUR)
DIRECTED = replace(DIRECTED, served=(ORDER,))
IN_FORCE = replace(DIRECTED, state=State.IN_FORCE)
LIFT = PendingLift("agent-014", NOW, "error", "A typing error.")
LIFTING = replace(IN_FORCE, state=State.UNBLOCK_DIRECTED, lift=LIFT)
BEING_RESTORED = replace(LIFTING, withdrawn_at=NOW, served=(replace(ORDER, order=Order.RESTORE, delivered_at=NOW),))


@pytest.mark.parametrize(
    ("case", "whose"),
    [
        (CASE, "officer"),
        (replace(CASE, state=State.NOTICE_PENDING), "approver"),
        (ASKED, "officer"),
        (RECEIVED, "owner"),
        (OVER, "officer"),
        (PENDING, "approver"),
        (replace(PENDING, verified_at=NOW - 2 * HOUR), "officer"),
        (replace(PENDING, state=State.DECIDED), "list"),
        (DIRECTED, "isps"),
        (IN_FORCE, "review"),
        (replace(IN_FORCE, lift=LIFT), "approver"),
        (LIFTING, "list"),
        (replace(LIFTING, withdrawn_at=NOW), "isps"),
        *((replace(CASE, state=state), None) for state in sorted(ENDED)),
    ],
)
def test_it_is_said_whose_turn_it_is(case: Case, whose: str | None) -> None:
    assert awaited(case, NOW) == whose


@pytest.mark.parametrize(
    ("case", "key", "end"),
    [
        (RECEIVED, "owner", NOW + 23 * HOUR),
        (OVER, "owner", NOW - HOUR),
        (PENDING, "fresh", NOW + HOUR / 2),
        (replace(PENDING, verified_at=NOW - 2 * HOUR), "fresh", NOW - HOUR),
        (DIRECTED, "isps", NOW + 23 * HOUR),
        (IN_FORCE, "review", NOW + 1900 * HOUR),
        (BEING_RESTORED, "restore", NOW + 24 * HOUR),
    ],
)
def test_the_clock_that_ends_next_counts_or_the_one_that_ended_last(case: Case, key: str, end: datetime) -> None:
    found = clock(case, NOW)
    assert found is not None
    assert (found.key, found.end) == (key, end)


@pytest.mark.parametrize("case", [CASE, ASKED, replace(CASE, state=State.LIFTED), replace(OVER, state=State.REMOVED)])
def test_a_case_without_a_running_step_has_no_clock(case: Case) -> None:
    assert clock(case, NOW) is None


def test_what_is_elapsed_of_a_clock_is_between_nothing_and_all_of_it() -> None:
    span = Span("owner", NOW, NOW + 24 * HOUR)
    assert [span.elapsed(NOW + hours * HOUR) for hours in (-5, 0, 6, 24, 30)] == [0, 0, 25, 100, 100]
    assert Span("owner", NOW, NOW).elapsed(NOW) == 100


def test_somebody_is_awaited_since_the_last_turn_or_since_a_clock_gave_it_to_them() -> None:
    assert since(CASE, NOW) == CASE.turned_at
    running = replace(RECEIVED, turned_at=NOW - HOUR)
    assert since(running, NOW) == NOW - HOUR
    assert since(running, NOW + 30 * HOUR) == NOW + 23 * HOUR
    seen_late = replace(running, turned_at=NOW + 26 * HOUR)
    assert since(seen_late, NOW + 30 * HOUR) == NOW + 26 * HOUR


@pytest.mark.parametrize("act", sorted(act for act, row in BY_ACT.items() if row.sources and set(row.sources) - ENDED))
def test_wherever_a_step_may_be_taken_it_is_said_who_is_awaited_and_since_when(act: str) -> None:
    walk = before(act)
    for now in (walk.now, walk.now + 200 * HOUR):
        assert awaited(walk.at, now) in EVERYBODY
        assert START <= since(walk.at, now) <= now


def _stayed(*steps: tuple[str, Actor]) -> str | None:
    walk = Walk().go(*steps)
    return awaited(walk.at, walk.now)


def test_under_a_stay_the_list_the_providers_and_the_court_are_awaited_in_turn_and_at_its_end_two_officials() -> None:
    assert _stayed(*TO_C8) == "list"
    assert _stayed(*STAYED) == "isps"
    assert _stayed(*STAYED, *APPLIED) == "court"
    assert _stayed(*EARLY_STAY) == "court"
    assert _stayed(*TO_C7, ("stay-block", APPROVER), *RESTORING, *APPLIED) == "officer", "the stay is our own to end"
    assert _stayed(*STAY_OVER) == "officer"
    assert _stayed(*ANEW) == "approver"
    walk = Walk().go(*ANEW)
    assert awaited(walk.at, walk.now + HOUR) == "officer", "what was seen is not fresh any more"
    assert since(walk.at, walk.now + 3 * HOUR) == walk.now + HOUR


def test_what_was_proposed_and_never_decided_awaits_nobody_once_the_case_has_moved_on() -> None:
    walk = Walk().go(*TO_C7, ("propose-review", OFFICER))
    assert turn_of(walk.at).whose == Role.APPROVER
    assert turn_of(walk.go(("propose-lift", OFFICER), ("approve-lift", APPROVER)).at).whose == "list"
    walk.go(*RESTORING, *APPLIED, ("confirm-lift", OFFICER))
    assert (walk.at.review.pending is not None, turn_of(walk.at).whose, reminders(walk.at)) == (True, None, [])
    walk = Walk().go(*TO_C3, ("enter-annulment", OFFICER))
    assert turn_of(walk.at).whose == Role.APPROVER
    walk.go(("record-removal", OFFICER))
    assert (walk.at.order is not None, turn_of(walk.at).whose, reminders(walk.at)) == (True, None, [])


def test_an_owner_who_was_asked_something_is_awaited_for_48_hours() -> None:
    walk = Walk().go(*TO_C3S, ("ask-owner", OFFICER))
    assert [awaited(walk.at, walk.now + hours * HOUR) for hours in (0, 47, 48)] == ["owner", "owner", "officer"]
    walk.act("record-removal", OFFICER)
    assert awaited(walk.at, walk.now) is None


@pytest.mark.parametrize("state", sorted(set(State) - ENDED))
def test_in_every_state_that_is_not_the_end_somebody_is_awaited(state: State) -> None:
    assert awaited(replace(CASE, state=state), NOW) in EVERYBODY
