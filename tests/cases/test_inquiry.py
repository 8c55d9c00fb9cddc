"""What must be known, shown and kept before anybody is asked or blocked."""

import pytest

from blocker.blocklist.entry import Environment
from blocker.cases import workflow
from blocker.cases.case import Actor, Role, State
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from tests.cases import walking
from tests.cases.walking import APPROVER, OFFICER, ROADS, START, Walk, context, exhibit, facts

KEPT = context(sealing=True)
OVERSEER = Actor("overseer-001", Role.OVERSEER)


def refused(walk: Walk, act: str, actor: Actor, error: type[Exception] = IllegalStepError, **data: str) -> str:
    events = len(walk.events)
    with pytest.raises(error) as caught:
        walk.act(act, actor, **data)
    assert len(walk.events) == events
    return str(caught.value)


def test_evidence_is_added_in_every_open_state_and_in_none_that_ended():
    for state in State:
        walk = Walk(context=KEPT).go(*ROADS["C0"])
        walk.case = Walk().go(*ROADS[state]).case
        if walk.at.ended_at is None:
            walk.act("add-evidence", OFFICER, file="cd" * 32)
            assert walk.at.state is state
            assert walk.at.exhibits[-1].sha256 == "cd" * 32
        else:
            refused(walk, "add-evidence", OFFICER)


def test_without_keys_no_evidence_is_taken():
    assert "evidence_recipients" in refused(Walk().go(*ROADS["C0"]), "add-evidence", OFFICER)


def test_a_file_stands_in_a_case_once():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    assert "already" in refused(walk, "add-evidence", OFFICER, FormError)


def test_the_capture_that_the_report_names_must_be_there_before_the_assessment():
    walk = Walk(context=KEPT).go(*ROADS["C0"])
    walk.act("add-evidence", OFFICER, file="cd" * 32)
    assert "Upload the sealed capture" in refused(walk, "assess", OFFICER)
    walk.act("add-evidence", OFFICER)
    walk.act("assess", OFFICER)
    assert walk.events[-1].data["evidence"] == f"{'cd' * 32}\n{exhibit(START)}"


def test_outside_a_trial_nothing_is_assessed_or_proposed_where_no_evidence_can_be_kept():
    real = context(list=facts(environment=Environment.PRODUCTION))
    walk = Walk().go(*ROADS["C0"])
    walk.context = real
    assert "evidence_recipients" in refused(walk, "assess", OFFICER)
    late = Walk().go(*ROADS["C5"][:-1])
    late.context = real
    assert "evidence_recipients" in refused(late, "propose-directive", OFFICER)


def test_a_directive_is_proposed_on_a_capture_made_after_the_owner_s_time():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER), *ROADS["C5"][1:-1])
    assert "after the owner's 24 hours" in refused(walk, "propose-directive", OFFICER)
    walk.act("add-evidence", OFFICER, file="cd" * 32)
    walk.act("propose-directive", OFFICER)
    assert walk.events[-1].data["evidence"].endswith("cd" * 32)


@pytest.mark.parametrize("actor", [OFFICER, APPROVER, OVERSEER])
def test_opening_is_recorded_and_makes_nobody_a_party_nor_a_form_stale(actor: Actor):
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    before = walk.at
    event = walk.act("open-evidence", actor).event
    assert (event.actor, event.data, event.at_utc) == (actor.number, {"evidence": exhibit(START)}, walk.now)
    assert walk.at.turn == before.turn
    assert (walk.at.officers, walk.at.approvers) == (before.officers, before.approvers)


def test_an_auditor_and_a_contact_open_nothing():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    for role in (Role.AUDITOR, Role.ISP):
        refused(walk, "open-evidence", Actor("other-1", role), ForbiddenError)


def test_only_evidence_of_this_case_is_opened_and_also_after_its_end():
    walk = Walk(context=KEPT).go(*ROADS["C0"])
    assert [row.act for row in workflow.legal(walk.at, OVERSEER, walk.now)] == []
    assert "no evidence" in refused(walk, "open-evidence", OVERSEER)
    walk.go(("add-evidence", OFFICER), ("assess", OFFICER), ("withdraw", APPROVER))
    assert "no such evidence" in refused(walk, "open-evidence", OVERSEER, evidence="cd" * 32)
    walk.act("open-evidence", OVERSEER)
    assert walk.at.state is State.REFUSED


def test_evidence_folds_back_to_the_same_case():
    walk = Walk(context=KEPT).go(
        *ROADS["C0"], ("add-evidence", OFFICER), ("open-evidence", OVERSEER), *walking.TO_C3[1:]
    )
    assert workflow.fold(tuple(walk.events)) == walk.at
