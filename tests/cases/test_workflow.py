"""The one table and taking its steps: what is legal, what is not, and that an illegal step changes nothing."""

import hashlib
import itertools
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blocker.blocklist.entry import Environment, Scope
from blocker.cases import workflow
from blocker.cases.case import ENDED, SYSTEM, Actor, Role, State
from blocker.cases.context import Context
from blocker.cases.drafts import Draft
from blocker.cases.table import BY_ACT, BY_ID, JUDGED, TRANSITIONS
from blocker.cases.transition import Transition
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from tests.cases import walking
from tests.cases.walking import APPROVER, LIFTING, OFFICER, OTHER_OFFICER, ROADS, Walk, context, facts, refused
from tests.cases.write_workflow_page import generated

VECTORS = [
    line.split()
    for line in Path(__file__).with_name("clock_vectors.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached(state: State):
    assert Walk().go(*ROADS[state]).at.state is state


@pytest.mark.parametrize(
    ("state", "act"), [(state, row.act) for state, row in itertools.product(State, TRANSITIONS) if row.sources]
)
def test_a_step_is_only_taken_where_the_table_has_it(state: State, act: str):
    row = BY_ACT[act]
    if state in row.sources:
        return
    walk = Walk().go(*ROADS[state])
    for role in row.roles:
        refused(walk, act, Actor("other-1", role))
        assert row not in workflow.legal(walk.case, Actor("other-1", role), walk.now)


@pytest.mark.parametrize(
    ("act", "role"), [(row.act, role) for row in TRANSITIONS for role in Role if role not in row.roles]
)
def test_a_step_is_only_taken_in_its_role(act: str, role: Role):
    assert "This is for the role of" in refused(walking.before(act), act, Actor("other-1", role), ForbiddenError)


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: row.act)
def test_every_step_can_be_taken(row: Transition):
    walk = walking.before(row.act)
    if row.act == "link-case":
        walk.context = replace(walk.context, other=replace(walk.at, id="2026-000099"))
    actor = walking.actor_for(row)
    assert not row.sources or row in workflow.legal(walk.case, actor, walk.now, walk.context.policy)
    walk.act(row.act, actor)
    assert row.target in {None, walk.at.state}


@pytest.mark.parametrize("act", ["record-dispatch", "deem-served", "propose-emergency", "lift-unreviewed"])
def test_a_step_that_the_settings_do_not_have_does_not_exist(act: str):
    walk = walking.before(act)
    actor = walking.actor_for(BY_ACT[act])
    if act != "record-dispatch":  # there the case keeps the clock that it began with
        walk.context = context()
        assert "no such step" in refused(walk, act, actor)
    assert act not in {row.act for row in workflow.legal(walk.case, actor, walk.now)} or act == "record-dispatch"


def test_every_step_has_an_id_and_a_name_of_its_own():
    assert (len(BY_ID), len(BY_ACT)) == (len(TRANSITIONS), len(TRANSITIONS))


def test_an_unknown_step_is_refused():
    assert "no such step" in refused(Walk(), "publish", OFFICER)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_what_has_ended_stays_ended(state: State):
    walk = Walk().go(*ROADS[state])
    assert walk.at.ended_at == walk.now
    for role in Role:
        assert all(row.target is None for row in workflow.legal(walk.case, Actor("other-1", role), walk.now))


@pytest.mark.parametrize("state", State)
def test_what_is_offered_is_what_is_accepted(state: State):
    walk = Walk().go(*ROADS[state]).later(hours=30)
    linked = context(other=replace(walk.at, id="2026-000099"))
    entered = {"enter-order": {"order": "stay_lifted" if state == "C8" else "annulment"}}
    for actor in (OFFICER, APPROVER, walking.OVERSIGHT, SYSTEM):
        offered = {row.act for row in workflow.legal(walk.case, actor, walk.now)}
        for row in TRANSITIONS:
            attempt = Walk(walk.now, walk.case, linked, list(walk.events), list(walk.documents))
            if row.act in offered:
                if row.act == "add-evidence":  # the one act that a trial without keys cannot take
                    attempt.context = replace(attempt.context, sealing=True)
                attempt.act(row.act, actor, **entered.get(row.act, {}))
            else:
                with pytest.raises((IllegalStepError, ForbiddenError)):
                    attempt.act(row.act, actor)


@pytest.mark.parametrize("row", [row for row in TRANSITIONS if row.fields], ids=lambda row: row.act)
def test_a_step_needs_all_of_its_fields(row):
    walk, actor = walking.before(row.act), walking.actor_for(row)
    for field in (field for field in row.fields if not field.optional):
        assert f"{field.name}: " in refused(walk, row.act, actor, FormError, **{field.name: "  "})


# -- the owner's step


@pytest.mark.parametrize(("receipt", "over"), VECTORS)
def test_dst_inside_24_h_moves_nothing_the_owner_has_24_elapsed_hours(receipt: str, over: str):
    received, deadline = datetime.fromisoformat(receipt), datetime.fromisoformat(over)
    walk = Walk(now=received - timedelta(minutes=5)).go(*ROADS["C3"])
    walk.now = received
    walk.act("record-receipt", OFFICER, received_at=receipt)
    assert walk.at.deadline == deadline
    walk.now = deadline - timedelta(seconds=1)
    assert "24 hours are running" in refused(walk, "verify", OFFICER)
    assert "24 hours are running" in refused(walk, "propose-directive", OFFICER)
    walk.now = deadline
    walk.act("verify", OFFICER)
    walk.act("propose-directive", OFFICER)
    assert walk.at.state is State.BLOCK_PENDING


def test_the_page_learns_what_waits_and_until_when():
    walk = Walk().go(*walking.RECEIVED)
    waits = {wait.transition.act: wait.until for wait in workflow.waiting(walk.at, OFFICER, walk.now)}
    assert waits == {"verify": walk.at.deadline, "propose-directive": walk.at.deadline}


def test_without_receipt_no_clock_runs_out():
    walk = Walk().go(*ROADS["C3"]).later(days=30)
    assert walk.at.deadline is None
    assert "receipt" in refused(walk, "propose-directive", OFFICER)


def test_a_receipt_before_the_request_or_in_the_future_is_refused():
    walk = Walk().go(*ROADS["C3"])
    for delta in (timedelta(seconds=-1), timedelta(seconds=1)):
        said = refused(walk, "record-receipt", OFFICER, FormError, received_at=(walk.now + delta).isoformat())
        assert said.startswith("received_at: ")


def test_a_corrected_receipt_only_gives_the_owner_more_time():
    walk = Walk().go(*walking.RECEIVED).later(hours=2)
    said = refused(walk, "record-receipt", OFFICER, FormError, received_at=walking.START.isoformat())
    assert said.startswith("received_at: ")
    walk.act("record-receipt", OFFICER)
    assert walk.at.deadline == walk.now + timedelta(hours=24)


def test_a_verification_before_the_end_of_the_owners_time_proves_nothing():
    walk = Walk().go(*walking.RECEIVED).later(hours=24, minutes=10)
    early = (walk.now - timedelta(minutes=11)).isoformat()
    assert refused(walk, "verify", OFFICER, FormError, verified_at=early).startswith("verified_at: ")


def test_a_verification_counts_for_no_deadline_that_was_moved_behind_it():
    walk = Walk().go(*walking.RECEIVED).later(minutes=30)
    second_receipt = walk.now.isoformat()
    walk.later(hours=23, minutes=30)
    walk.act("verify", OFFICER)
    walk.act("record-receipt", OFFICER, received_at=second_receipt)
    walk.later(minutes=30)
    assert "Repeat it" in refused(walk, "propose-directive", OFFICER)


@pytest.mark.parametrize(("minutes", "fresh"), [(60, True), (60.02, False)])
def test_a_verification_is_fresh_for_sixty_minutes(minutes: float, fresh: bool):
    walk = Walk().go(*walking.RECEIVED).later(hours=24)
    walk.act("verify", OFFICER)
    walk.later(minutes=minutes)
    if fresh:
        walk.act("propose-directive", OFFICER)
    else:
        assert "60 minutes" in refused(walk, "propose-directive", OFFICER)


def test_the_approval_too_needs_a_fresh_verification_and_it_can_be_repeated():
    walk = Walk().go(*ROADS["C5"]).later(minutes=61)
    assert "60 minutes" in refused(walk, "approve-directive", APPROVER)
    walk.act("verify", OFFICER)
    assert walk.at.state is State.BLOCK_PENDING
    walk.act("approve-directive", APPROVER)


@pytest.mark.parametrize("state", ["C2", "C3", "C5"])
def test_content_that_is_gone_ends_the_case_before_any_block(state: str):
    walk = Walk().go(*ROADS[state], ("record-removal", OFFICER))
    assert walk.at.state is State.REMOVED


# -- two people


@pytest.mark.parametrize(
    ("state", "act"), [("C2", "approve-request"), ("C5", "approve-directive"), ("C5", "refuse-directive")]
)
def test_nobody_approves_what_they_proposed_not_even_in_another_role(state: str, act: str):
    walk = Walk().go(*ROADS[state])
    promoted = Actor(OFFICER.number, Role.APPROVER)
    assert "other role" in refused(walk, act, promoted, ForbiddenError)
    assert workflow.legal(walk.case, promoted, walk.now) == ()


def test_whoever_approved_does_not_go_on_as_an_officer():
    walk = Walk().go(*ROADS["C3"])
    assert "other role" in refused(walk, "record-receipt", Actor(APPROVER.number, Role.OFFICER), ForbiddenError)


def test_a_lift_too_takes_two_people():
    walk = Walk().go(*ROADS["C7"], ("propose-lift", OTHER_OFFICER))
    said = refused(walk, "approve-lift", Actor(OTHER_OFFICER.number, Role.APPROVER), ForbiddenError)
    assert "other role" in said


def test_the_directive_names_both_officials():
    walk = Walk().go(*ROADS["C5"])
    outcome = walk.act("approve-directive", APPROVER)
    assert walk.at.approved_by == ("agent-014", "agent-022")
    assert outcome.effects[-1].payload["by"] == "agent-014 agent-022"


# -- the list


@pytest.mark.parametrize("act", sorted(JUDGED))
def test_what_the_list_would_refuse_is_refused_with_its_reason(act: str):
    walk = walking.before(act)
    walk.context = replace(walk.context, refusals=("Com is a public suffix.",))
    assert "public suffix" in refused(walk, act, APPROVER if Role.APPROVER in BY_ACT[act].roles else OFFICER)


def test_a_plain_directory_gets_no_directive():
    walk = Walk().go(*ROADS["C5"])
    walk.context = context(list=facts(committable=False))
    assert "plain directory" in refused(walk, "approve-directive", APPROVER)


@pytest.mark.parametrize("state", ["C5d", "C6", "C7"])
def test_nothing_but_two_people_stands_before_a_lift(state: str):
    walk = Walk().go(*ROADS[state])
    walk.context = context(refusals=("Everything is wrong.",), list=facts(committable=False))
    walk.go(*LIFTING)
    assert walk.at.state is State.UNBLOCK_DIRECTED
    assert walk.effects[-1].payload["act"] == "remove"
    assert walk.events[-1].reason_code == "content_removed"


def test_a_refused_lift_leaves_the_case_and_may_be_proposed_again():
    walk = Walk().go(*ROADS["C7"], ("propose-lift", OFFICER))
    assert "already" in refused(walk, "propose-lift", OFFICER)
    walk.go(("refuse-lift", APPROVER))
    assert (walk.at.state, walk.at.lift) == (State.IN_FORCE, None)
    walk.go(*LIFTING)


def test_a_directive_number_never_meets_one_that_stands_on_the_list():
    walk = Walk().go(*ROADS["C5"][:-1])
    listed = frozenset({"FR-2026-0042", "FR-2026-0007", "FR-2025-0999", "OTHER-1", "FR-2026-x"})
    walk.context = context(list=facts(directives=listed))
    walk.act("propose-directive", OFFICER)
    assert walk.at.directive == "FR-2026-0043"
    walk.act("approve-directive", APPROVER)
    assert walk.at.directive == "FR-2026-0043"


def test_the_approval_covers_the_file_that_was_proposed_and_its_hash():
    walk = Walk().go(*ROADS["C5"])
    file = walk.at.file
    assert file is not None
    digest = hashlib.sha256(file.encode()).hexdigest()
    assert walk.events[-1].data["file_sha256"] == digest
    outcome = walk.act("approve-directive", APPROVER)
    assert outcome.event.data["file_sha256"] == digest
    listed = outcome.effects[-1].payload["text"]
    assert set(file.splitlines()) <= set(listed.splitlines()), "what was approved stands on the list word for word"
    assert "approved_by: [agent-014, agent-022]" in listed


def test_a_file_that_was_changed_after_the_proposal_must_be_proposed_anew():
    walk = Walk().go(*ROADS["C5"])
    assert walk.at.path is not None
    assert walk.at.file is not None
    draft = Draft(walk.at.path, walk.at.file.replace("scope: domain", "scope: host"))
    walk.context = context(draft=draft, drafted=(replace(walk.at.names[0], scope=Scope.HOST), walk.at.names[1]))
    assert "propose it anew" in refused(walk, "approve-directive", APPROVER)
    walk.act("propose-directive", OFFICER)
    assert (walk.at.file, walk.at.names[0].scope) == (draft.text, Scope.HOST)
    walk.act("approve-directive", APPROVER)
    assert walk.at.state is State.DECIDED


def test_a_directive_is_reviewed_within_three_months_of_the_lists_calendar_and_ends_two_weeks_later():
    walk = Walk().go(*ROADS["C5d"])
    assert walk.at.review_by == datetime.fromisoformat("2027-03-02T00:00:00+01:00")
    assert walk.at.expires == datetime.fromisoformat("2027-03-16T00:00:00+01:00")


def test_year_end_counts_by_the_event_in_the_lists_calendar():
    walk = Walk(now=datetime.fromisoformat("2026-12-31T23:30:00+00:00")).go(*ROADS["C0"])
    assert walk.at.id == "2027-000001"


def test_a_release_is_recorded_with_serial_and_digest_after_the_commit_only():
    walk = Walk().go(*ROADS["C5"], ("approve-directive", APPROVER))
    assert "commit" in refused(walk, "record-release", SYSTEM)
    walk.go(("record-commit", SYSTEM), ("record-release", SYSTEM))
    assert (walk.at.state, walk.at.list_serial, walk.at.list_digest) == (State.BLOCK_DIRECTED, 7, "ab" * 32)


# -- the ISPs' clocks


def test_a_lift_ends_once_it_is_in_force_and_the_isps_time_is_over():
    walk = Walk().go(*ROADS["C9"])
    assert "still holds" in refused(walk, "confirm-lift", OFFICER)
    assert "removal" in refused(walk, "record-withdrawal", SYSTEM)
    walk.go(("record-lift-commit", SYSTEM), ("record-withdrawal", SYSTEM))
    assert "ISPs" in refused(walk, "confirm-lift", SYSTEM)
    walk.go(*walking.APPLIED).act("confirm-lift", SYSTEM)
    assert walk.at.state is State.LIFTED


def test_isps_that_were_never_directed_have_nothing_to_confirm():
    walk = Walk().go(*ROADS["C5d"], *LIFTING, ("record-lift-commit", SYSTEM), ("record-withdrawal", SYSTEM))
    assert not [document for document in walk.documents if document.kind == "isp-unblocking"]
    walk.act("confirm-lift", SYSTEM)


# -- letters and the fold


def test_each_step_sends_its_letters_to_those_it_concerns():
    walk = Walk().go(*ROADS["C10"])
    assert [(letter.kind, letter.recipient) for letter in walk.documents] == [
        ("owner-request", "owner"),
        ("isp-information", "isp-a"),
        ("isp-information", "isp-b"),
        ("oversight-notice", "overseer"),
        ("oversight-notice", "overseer"),
        ("isp-directive", "isp-a"),
        ("isp-directive", "isp-b"),
        ("oversight-notice", "overseer"),
        ("owner-blocked", "owner"),
        ("oversight-notice", "overseer"),
        ("isp-unblocking", "isp-a"),
        ("isp-unblocking", "isp-b"),
        ("oversight-notice", "overseer"),
        ("owner-lifted", "owner"),
    ]


@pytest.mark.parametrize(("state", "told"), [("C1", 0), ("C3", 4)])
def test_the_end_of_a_case_is_told_to_those_who_knew_of_it(state: str, told: int):
    walk = Walk().go(*ROADS[state])
    outcome = walk.act("withdraw", APPROVER)
    assert [letter.kind for letter in outcome.documents] == ["closed"] * told


def test_the_event_carries_the_hash_of_each_letter():
    walk = Walk().go(*ROADS["C3"])
    assert walk.events[-1].doc_sha256 == tuple(letter.sha256 for letter in walk.documents)


@pytest.mark.parametrize("state", State)
def test_a_case_is_the_fold_of_its_events(state: State):
    walk = Walk().go(*ROADS[state])
    assert workflow.fold(tuple(walk.events)) == walk.case


def test_the_systems_notes_leave_the_turn_to_the_people():
    walk = Walk().go(*ROADS["C5"], ("approve-directive", APPROVER))
    turn = walk.at.turn
    walk.go(("record-sending", SYSTEM), ("record-commit", SYSTEM))
    assert (walk.at.turn, walk.at.seq) == (turn, turn + 2)
    walk.go(("record-release", SYSTEM))
    assert walk.at.turn == walk.at.seq


def test_the_page_of_the_workflow_is_fresh():
    page = Path(__file__).parents[2] / "docs" / "WORKFLOW.md"
    match = re.search(r"<!-- table -->\n(.*)<!-- end -->", page.read_text(), re.DOTALL)
    assert match is not None
    assert match[1] == generated(), "run: python -m tests.cases.write_workflow_page"


# -- the overseer


def _real(**changes: Any) -> Context:
    return context(list=facts(environment=Environment.PRODUCTION), **changes)


@pytest.mark.parametrize(("state", "act"), [("C2", "approve-request"), ("C5", "approve-directive")])
def test_outside_a_trial_nobody_is_asked_or_blocked_without_an_overseer(state: str, act: str):
    walk = Walk().go(*ROADS[state])
    walk.context = _real(letterhead=replace(walk.context.letterhead, overseer=None))
    assert "admin.overseer" in refused(walk, act, APPROVER)
    walk.context = context(letterhead=walk.context.letterhead)
    outcome = walk.act(act, APPROVER)
    assert "overseer" not in {letter.recipient for letter in outcome.documents}


def test_a_lift_waits_for_no_overseer():
    walk = Walk().go(*ROADS["C7"])
    walk.context = _real(letterhead=replace(walk.context.letterhead, overseer=None))
    walk.go(*LIFTING, *walking.RESTORING, *walking.APPLIED, ("confirm-lift", OFFICER))
    assert walk.at.state is State.LIFTED


@pytest.mark.parametrize("step", ["T4", "T10", "T10d", "T12", "T12d"])
def test_the_overseer_is_told_in_the_same_step_in_both_languages(step: str):
    walk = Walk().go(*ROADS["C10"])
    (event,) = [event for event in walk.events if event.transition == step]
    (notice,) = [
        letter for letter in walk.documents if letter.kind == "oversight-notice" and letter.sha256 in event.doc_sha256
    ]
    assert notice.mail == "overseer@oversight.example"
    assert {"AVIS À LA PERSONNE QUALIFIÉE", "NOTICE TO THE OVERSEER"} <= set(notice.text.splitlines())
    assert "propaganda.example" in notice.text
    assert notice.text.count(notice.number) >= 3
    assert {effect.payload["document"] for effect in walk.effects if effect.payload.get("to") == "overseer"} >= {
        notice.number
    }


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ISP])
@pytest.mark.parametrize("state", State)
def test_who_only_reads_may_take_no_step_anywhere(role: Role, state: State):
    walk = Walk().go(*ROADS[state])
    assert workflow.legal(walk.case, Actor("reader-1", role), walk.now) == ()
    assert workflow.waiting(walk.at, Actor("reader-1", role), walk.now) == ()
