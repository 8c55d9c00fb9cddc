"""LEGAL §6c: an officer revoked mid-case: pending acts are void and go to somebody else, past acts stay valid."""

from dataclasses import replace

import pytest

from blocker.cases.case import State
from blocker.errors import IllegalStepError
from tests.cases.walking import APPROVER, OFFICER, OTHER_OFFICER, ROADS, Walk, before

GONE = frozenset({OFFICER.number})
PENDING = {"approve-request": "C2", "approve-directive": "C5", "approve-expedited": "C5x"}


def without_the_officer(walk: Walk) -> Walk:
    walk.context = replace(walk.context, revoked=GONE)
    return walk


@pytest.mark.parametrize("act", [*PENDING, "endorse-emergency", "approve-review"])
def test_officer_revoked_mid_case_what_they_proposed_is_void(act: str):
    walk = without_the_officer(before(act))
    with pytest.raises(IllegalStepError, match="holds no account any more"):
        walk.act(act, APPROVER)


@pytest.mark.parametrize("act", [*PENDING, "endorse-emergency"])
def test_officer_revoked_mid_case_another_stands_for_the_proposal_and_it_goes_on(act: str):
    walk = without_the_officer(before(act))
    outcome = walk.act("take-over", OTHER_OFFICER)
    assert outcome.event.data["instead_of"] == OFFICER.number
    assert outcome.case.proposed_by == OTHER_OFFICER.number
    assert walk.act(act, APPROVER).case.id == outcome.case.id


def test_officer_revoked_mid_case_the_directive_bears_who_stood_for_it():
    walk = without_the_officer(before("approve-directive"))
    walk.act("take-over", OTHER_OFFICER)
    assert walk.act("approve-directive", APPROVER).case.approved_by == (OTHER_OFFICER.number, APPROVER.number)


@pytest.mark.parametrize("state", ["C5d", "C7", "C9"])
def test_officer_revoked_mid_case_past_acts_stay_valid(state: str):
    walk = without_the_officer(Walk().go(*ROADS[state]))
    case = walk.at
    assert case.state == State(state)
    assert OFFICER.number in case.approved_by
    walk.act("log-statement", OTHER_OFFICER)
    assert walk.at.approved_by == case.approved_by


def test_officer_revoked_mid_case_a_lift_that_they_proposed_waits_for_nobody():
    walk = without_the_officer(before("approve-lift"))
    assert walk.act("approve-lift", APPROVER).case.state is State.UNBLOCK_DIRECTED
