"""Whose turn it is and which clock counts, from the case alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blocker.admin import views
from blocker.blocklist.entry import Scope
from blocker.cases.case import ENDED, Actor, Case, CaseName, PendingLift, Role, State
from blocker.names import DomainName

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
    reported_at=NOW - 100 * HOUR,
)
ASKED = replace(CASE, state=State.OWNER_NOTIFIED, asked_at=NOW - 30 * HOUR)
RECEIVED = replace(ASKED, receipt_at=NOW - HOUR)
OVER = replace(ASKED, receipt_at=NOW - 25 * HOUR)
PENDING = replace(OVER, state=State.BLOCK_PENDING, verified_at=NOW - HOUR / 2)
DIRECTED = replace(
    PENDING, state=State.BLOCK_DIRECTED, issued_at=NOW - HOUR, directed_at=NOW - HOUR, review_by=NOW + 1900 * HOUR
)
IN_FORCE = replace(DIRECTED, state=State.IN_FORCE)
LIFT = PendingLift("agent-014", NOW, "error", "A typing error.")
LIFTING = replace(IN_FORCE, state=State.UNBLOCK_DIRECTED, lift=LIFT)


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
    assert views.awaited(case, NOW) == whose


@pytest.mark.parametrize(
    ("case", "key", "end"),
    [
        (RECEIVED, "owner", NOW + 23 * HOUR),
        (OVER, "owner", NOW - HOUR),
        (PENDING, "fresh", NOW + HOUR / 2),
        (replace(PENDING, verified_at=NOW - 2 * HOUR), "owner", NOW - HOUR),
        (DIRECTED, "isps", NOW + 23 * HOUR),
        (IN_FORCE, "review", NOW + 1900 * HOUR),
        (replace(LIFTING, withdrawn_at=NOW), "restore", NOW + 24 * HOUR),
    ],
)
def test_the_clock_that_ends_next_counts_or_the_one_that_ended_last(case: Case, key: str, end: datetime) -> None:
    clock = views.clock(case, NOW)
    assert clock is not None
    assert (clock.key, clock.end) == (key, end)


@pytest.mark.parametrize("case", [CASE, ASKED, replace(CASE, state=State.LIFTED), replace(OVER, state=State.REMOVED)])
def test_a_case_without_a_running_step_has_no_clock(case: Case) -> None:
    assert views.clock(case, NOW) is None


def test_cases_are_ordered_by_their_clocks_and_those_without_one_come_last() -> None:
    lines = views.lines([CASE, IN_FORCE, RECEIVED, PENDING], Role.APPROVER, NOW)
    assert [line.case.state for line in lines] == ["C5", "C3", "C7", "C0"]
    assert [line.mine for line in lines] == [True, False, False, False]


def test_what_is_elapsed_of_a_clock_is_between_nothing_and_all_of_it() -> None:
    span = views.Span("owner", NOW, NOW + 24 * HOUR)
    assert [span.elapsed(NOW + hours * HOUR) for hours in (-5, 0, 6, 24, 30)] == [0, 0, 25, 100, 100]
    assert views.Span("owner", NOW, NOW).elapsed(NOW) == 100


def test_the_road_shows_what_is_past_and_what_lies_ahead() -> None:
    where = dict(views.steps(RECEIVED))
    assert where[State.NOTICE_PENDING] == "past"
    assert where[State.OWNER_NOTIFIED] == "here"
    assert where[State.BLOCK_PENDING] == "ahead"


@pytest.mark.parametrize("state", [State.REMOVED, State.REFUSED])
def test_a_case_that_left_the_road_shows_none(state: State) -> None:
    assert views.steps(replace(CASE, state=state)) == []


def test_every_state_stands_on_the_road_or_ends_the_case_beside_it() -> None:
    assert set(State) == set(views.ROAD) | (ENDED - {State.LIFTED})


def test_acts_of_the_other_role_are_named_with_it() -> None:
    offer = views.offer(replace(CASE, state=State.NOTICE_PENDING), Actor("agent-014", Role.OFFICER), NOW)
    assert {(role, row.act) for role, row in offer.others} == {
        (Role.APPROVER, "approve-request"),
        (Role.APPROVER, "refuse-request"),
    }


def test_what_waits_for_the_same_clock_is_told_once() -> None:
    waits = views.offer(RECEIVED, Actor("agent-014", Role.OFFICER), NOW).waits
    together = views.together(waits)
    assert len(waits) > len(together)
    assert sum(len(titles) for _, titles in together) == len(waits)


def test_the_form_that_leads_on_stands_open() -> None:
    officer, approver = Actor("agent-014", Role.OFFICER), Actor("agent-022", Role.APPROVER)
    leading = views.leading(CASE, views.offer(CASE, officer, NOW).acts)
    assert leading is not None
    assert leading.act == "assess"
    pending = replace(PENDING, verified_at=NOW - 2 * HOUR)
    assert views.leading(pending, views.offer(pending, approver, NOW).acts) is None
