"""What a page shows of a case, from the case alone."""

from dataclasses import replace

import pytest

from blocker.admin import views
from blocker.cases.case import ENDED, Actor, Role, State
from blocker.policy import CasesSettings
from tests.cases.test_awaited import CASE, HOUR, NOW, PENDING, RECEIVED


def test_the_road_shows_what_is_past_and_what_lies_ahead() -> None:
    where = dict(views.steps(RECEIVED))
    assert where[State.NOTICE_PENDING] == "past"
    assert where[State.OWNER_NOTIFIED] == "here"
    assert where[State.BLOCK_PENDING] == "ahead"


@pytest.mark.parametrize("state", [State.REMOVED, State.ANNULLED, State.REFUSED])
def test_a_case_that_left_the_road_shows_none(state: State) -> None:
    assert views.steps(replace(CASE, state=state)) == []


def test_every_state_stands_on_the_road_or_ends_the_case_beside_it() -> None:
    assert set(State) == set(views.ROAD) | set(views.BESIDE) | (ENDED - {State.LIFTED})


def test_acts_of_the_other_role_are_named_with_it() -> None:
    offer = views.offer(
        replace(CASE, state=State.NOTICE_PENDING), Actor("agent-014", Role.OFFICER), NOW, CasesSettings()
    )
    assert {(role, row.act) for role, row in offer.others} == {
        (Role.APPROVER, "approve-request"),
        (Role.APPROVER, "refuse-request"),
    }


def test_what_waits_for_the_same_clock_is_told_once() -> None:
    waits = views.offer(RECEIVED, Actor("agent-014", Role.OFFICER), NOW, CasesSettings()).waits
    together = views.together(waits)
    assert len(waits) > len(together)
    assert sum(len(titles) for _, titles in together) == len(waits)


def test_the_form_that_leads_on_stands_open() -> None:
    officer, approver = Actor("agent-014", Role.OFFICER), Actor("agent-022", Role.APPROVER)
    leading = views.leading(CASE, views.offer(CASE, officer, NOW, CasesSettings()).acts)
    assert leading is not None
    assert leading.act == "assess"
    pending = replace(PENDING, verified_at=NOW - 2 * HOUR)
    assert views.leading(pending, views.offer(pending, approver, NOW, CasesSettings()).acts) is None
