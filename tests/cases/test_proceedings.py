"""What befalls a case beside its straight road; a row of LEGAL §6c that the workflow answers has its test here."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from blocker.blocklist.check import check
from blocker.cases import workflow
from blocker.cases.case import SYSTEM, Actor, Case, Role, State
from blocker.cases.documents import directive_yaml
from blocker.cases.drafts import Draft
from blocker.cases.flags import Flag, flags
from blocker.cases.table import TRANSITIONS
from blocker.distribution.source import shipped, suffixes
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from blocker.policy import CasesSettings
from tests.cases import walking
from tests.cases.walking import (
    APPROVER,
    LIFTING,
    OFFICER,
    OTHER_APPROVER,
    OVERSIGHT,
    RESTORING,
    ROADS,
    Walk,
    context,
    facts,
    refused,
)

HOUR = timedelta(hours=1)
REVIEWS = [
    line.split()
    for line in Path(__file__).with_name("review_vectors.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def road(*steps: tuple[str, Actor], **policy: object) -> Walk:
    return Walk(context=context(policy=CasesSettings.model_validate(policy))).go(*steps)


# -- the owner's clock


def test_owner_unreachable_or_bounce_is_no_receipt_and_stops_the_clock():
    walk = road(*walking.UNDELIVERABLE).later(days=3)
    assert (walk.at.state, walk.at.deadline) == (State.CLOCK_SUSPENDED, None)
    assert "verify" not in {row.act for row in workflow.legal(walk.case, OFFICER, walk.now)}
    walk.act("resume-clock", OFFICER)
    walk.later(days=3)
    assert "receipt" in refused(walk, "propose-directive", OFFICER)


def test_a_stopped_clock_restarts_in_full():
    walk = road(*walking.RECEIVED).later(hours=23)
    walk.go(("suspend-clock", OFFICER)).later(days=2)
    walk.act("resume-clock", OFFICER)
    assert walk.at.deadline == walk.now + 24 * HOUR


def test_a_clock_cannot_restart_before_it_stopped():
    walk = road(*walking.RECEIVED).later(hours=23).go(("suspend-clock", OFFICER))
    said = refused(walk, "resume-clock", OFFICER, FormError, ended_at=(walk.now - HOUR).isoformat())
    assert said.startswith("ended_at: ")


def test_what_was_received_is_not_undeliverable():
    walk = road(*walking.RECEIVED)
    assert refused(walk, "suspend-clock", OFFICER, FormError, why="undeliverable").startswith("why: ")


@pytest.mark.parametrize(("hours", "enough"), [(48, True), (47.999, False)])
def test_a_question_that_is_unanswered_for_48_hours_lets_the_clock_run_again_in_full(hours: float, enough: bool):
    walk = road(*walking.RECEIVED, ("suspend-clock", OFFICER), ("ask-owner", OFFICER)).later(hours=hours)
    if not enough:
        assert "48 hours" in refused(walk, "resume-unanswered", OFFICER)
        return
    walk.act("resume-unanswered", OFFICER)
    assert (walk.at.state, walk.at.deadline) == (State.OWNER_NOTIFIED, walk.now + 24 * HOUR)


def test_a_question_that_nobody_asked_is_not_unanswered():
    walk = road(*walking.TO_C3S).later(days=9)
    assert "nothing" in refused(walk, "resume-unanswered", OFFICER)


def test_service_is_recorded_after_three_proved_attempts_and_a_whole_24_hours_run():
    walk = road(*walking.UNDELIVERABLE, *walking.ATTEMPTED[-2:], deemed_service=True)
    assert "Three" in refused(walk, "deem-served", APPROVER)
    walk.go(("record-attempt", OFFICER), ("deem-served", APPROVER))
    assert (walk.at.clock.deemed, walk.at.deadline) == (True, walk.now + 24 * HOUR)


@pytest.mark.parametrize(("basis", "runs"), [("sent", True), ("received", False)])
def test_sending_starts_the_clock_only_where_the_settings_say_so(basis: str, runs: bool):
    walk = road(*walking.TO_C3, owner_clock_basis=basis)
    if not runs:
        assert "Sending" in refused(walk, "record-dispatch", OFFICER)
        return
    walk.act("record-dispatch", OFFICER)
    assert walk.at.deadline == walk.now + 24 * HOUR
    walk.later(hours=20).act("record-receipt", OFFICER)
    assert walk.at.deadline == walk.now + 24 * HOUR, "never less than 24 hours from a proved receipt"


def test_a_case_keeps_the_clock_that_it_began_with():
    walk = road(*walking.TO_C3, owner_clock_basis="sent")
    walk.context = context()
    walk.act("record-dispatch", OFFICER)
    assert walk.at.deadline is not None


def test_the_clock_runs_to_the_end_of_the_hour_only_where_the_settings_say_so():
    for rounds, end in ((False, "09:05"), (True, "10:00")):
        walk = road(*walking.TO_C3, round_up_hour=rounds).later(minutes=5)
        walk.act("record-receipt", OFFICER)
        assert walk.at.deadline is not None
        assert f"{walk.at.deadline:%H:%M}" == end


def test_owner_replies_refusing_or_arguing_at_hour_2_and_is_answered_before_any_block():
    walk = road(*walking.RECEIVED).later(hours=2)
    walk.act("log-statement", OFFICER)
    assert Flag.STATEMENT_OPEN in flags(walk.at, walk.now)
    assert "24 hours" in refused(walk.later(hours=1).go(("answer-statement", OFFICER)), "propose-directive", OFFICER)
    walk.later(hours=21).go(("verify", OFFICER), ("log-statement", OFFICER))
    assert "answered" in refused(walk, "propose-directive", OFFICER)
    walk.go(("answer-statement", OFFICER), ("propose-directive", OFFICER), ("log-statement", OFFICER))
    assert "answered" in refused(walk, "approve-directive", APPROVER)
    walk.go(("answer-statement", OFFICER), ("approve-directive", APPROVER))


def test_owner_removes_at_hour_23_and_there_is_no_block():
    walk = road(*walking.RECEIVED).later(hours=23).go(("record-removal", OFFICER))
    assert walk.at.state is State.REMOVED


@pytest.mark.parametrize("state", ["C2", "C3", "C3s", "C5", "C5x"])
def test_content_that_is_gone_ends_the_case_from_everywhere_before_the_list(state: str):
    assert road(*ROADS[state], ("record-removal", OFFICER)).at.state is State.REMOVED


def test_after_a_removal_the_content_is_looked_for_again_a_day_and_a_week_later():
    walk = road(*ROADS["C4"])
    assert flags(walk.at, walk.now + 23 * HOUR) == ()
    assert flags(walk.at, walk.now + 24 * HOUR) == (Flag.RECHECK_DUE,)
    walk.later(hours=25).act("record-recheck", OFFICER)
    assert flags(walk.at, walk.now) == ()
    assert flags(walk.at, walk.now + timedelta(days=7)) == (Flag.RECHECK_DUE,)
    walk.later(days=7).act("record-recheck", OFFICER)
    assert walk.at.state is State.REMOVED
    assert "Both" in refused(walk, "record-recheck", OFFICER)


# -- without the owner


@pytest.mark.parametrize("act", ["propose-unidentified", "propose-unreachable"])
def test_with_a_legal_notice_the_owner_must_be_reached(act: str):
    walk = walking.before(act)
    assert refused(walk, act, OFFICER, FormError, legal_notice="present").startswith("legal_notice: ")
    assert refused(walk, act, OFFICER, FormError, search_log=" ").startswith("search_log: ")


def test_only_a_request_that_reached_nobody_is_given_up():
    walk = road(*walking.TO_C3S)
    assert "cannot be delivered" in refused(walk, "propose-unreachable", OFFICER)


def test_emergency_without_notice_is_off_by_default():
    walk = road(*walking.TO_C1)
    assert "no such step" in refused(walk, "propose-emergency", OFFICER)


def test_emergency_takes_two_approvers_and_the_overseer_hears_before_anything_takes_effect():
    walk = road(*walking.EMERGENCY, ("verify-again", OFFICER), emergency_basis="Loi d'exemple")
    assert [letter.recipient for letter in walk.documents] == ["overseer"]
    assert "two approvers" in refused(walk, "approve-expedited", APPROVER)
    outcome = walk.act("endorse-emergency", APPROVER)
    assert outcome.event.data["file_sha256"] == walk.events[2].data["file_sha256"], "what was proposed, to the letter"
    assert "Another approver" in refused(walk, "approve-expedited", APPROVER, ForbiddenError)
    walk.act("approve-expedited", OTHER_APPROVER)
    assert walk.at.approved_by == (OFFICER.number, APPROVER.number, OTHER_APPROVER.number)
    assert walk.at.review_by == walk.now + timedelta(hours=72)
    walk.go(("record-commit", SYSTEM), ("record-release", SYSTEM))
    outcome = walk.act("record-owner", OFFICER)
    assert [letter.kind for letter in outcome.documents] == ["owner-blocked"]
    assert "Loi d'exemple" in outcome.documents[0].text


def test_in_an_emergency_a_file_that_is_proposed_anew_needs_both_approvals_anew():
    walk = road(*walking.EMERGENCY, ("endorse-emergency", APPROVER), emergency_basis="Loi d'exemple")
    walk.go(("propose-file", OFFICER), ("verify-again", OFFICER))
    assert "two approvers" in refused(walk, "approve-expedited", OTHER_APPROVER)
    walk.go(("endorse-emergency", APPROVER), ("approve-expedited", OTHER_APPROVER))


def test_a_block_without_a_request_is_fresh_too():
    walk = road(*walking.TO_C5X)
    assert "verified" in refused(walk, "approve-expedited", APPROVER)
    walk.go(("verify-again", OFFICER)).later(minutes=61)
    assert "60 minutes" in refused(walk, "approve-expedited", APPROVER)


@pytest.mark.parametrize("act", ["approve-expedited", "resume-block", "approve-review"])
def test_the_file_of_every_directive_is_accepted_by_a_production_list(act: str):
    walk = walking.before(act)
    walk.act(act, APPROVER)
    files = {
        "list.yaml": b"title: {fr: a, en: b}\nenvironment: production\ntimezone: Europe/Paris\nmay_be_empty: false\n",
        walk.at.path or "": directive_yaml(walk.at, facts()).replace(".example", "-1234.org").encode(),
    }
    assert check(files, shipped(), suffixes(), walk.now).blocklist.directives


# -- courts


@pytest.mark.parametrize("state", ["C2", "C3", "C3s", "C5", "C5x", "C5d", "C6", "C7"])
@pytest.mark.parametrize("kind", ["stay", "annulment"])
def test_a_courts_order_ends_any_state_from_the_request_on(state: str, kind: str):
    walk = road(*ROADS[state])
    walk.act("enter-order", OFFICER, order=kind)
    (act,) = {row.act for row in workflow.legal(walk.case, APPROVER, walk.now)} & set(walking.CONFIRMATIONS)
    walk.act(act, APPROVER)
    expected = {"stay": {State.SUSPENDED}, "annulment": {State.ANNULLED, State.UNBLOCK_DIRECTED}}
    assert walk.at.state in expected[kind]


def test_interim_stay_takes_the_names_off_at_once():
    walk = road(*walking.TO_C8)
    assert walk.effects[-1].payload["act"] == "remove"
    walk.go(*RESTORING)
    assert walk.at.state is State.SUSPENDED
    letter = next(letter for letter in walk.documents if letter.kind == "isp-unblocking")
    assert "Restore access to these names at once" in letter.text
    assert all(each.at_once for each in walk.at.served if each.order == "restore")


def test_an_order_counts_only_when_an_approver_has_read_the_same_document():
    walk = road(*walking.TO_C7, ("enter-order", OFFICER))
    refused(walk, "confirm-stay", APPROVER, FormError, document_sha256="ee" * 32)
    refused(walk, "confirm-stay", APPROVER, FormError, document_sha256="not a hash")
    refused(walk, "confirm-stay", Actor(OFFICER.number, Role.APPROVER), ForbiddenError)
    walk.act("refuse-order", APPROVER)
    assert walk.at.order is None


def test_a_stayed_case_comes_back_only_by_a_new_directive_with_everything_fresh():
    walk = road(*walking.STAYED)
    assert "resume-block" not in {row.act for row in workflow.legal(walk.case, APPROVER, walk.now)}
    walk.later(hours=30).go(("enter-stay-lifted", OFFICER))
    assert "60 minutes" in refused(walk, "resume-block", APPROVER)
    walk.go(("verify-again", OFFICER))
    assert "proposed" in refused(walk, "resume-block", APPROVER)
    first = walk.at.directive
    walk.context = context(list=facts(directives=frozenset({"FR-2026-0001"})))
    walk.act("propose-new-directive", OFFICER)
    assert walk.at.directive == first, "until it is approved, the stayed one names the case"
    walk.act("resume-block", APPROVER)
    assert walk.at.state is State.DECIDED
    assert walk.at.directive != first
    assert (walk.at.commit, walk.at.directed_at, walk.at.withdrawn_at, walk.at.stay) == (None, None, None, None)
    walk.go(("record-commit", SYSTEM), ("record-release", SYSTEM))
    assert walk.events[-1].to_state is State.BLOCK_DIRECTED


def test_what_was_stayed_never_comes_back_under_its_old_number():
    walk = road(*walking.STAY_OVER)
    draft = Draft(walk.at.path or "", walk.at.file or "")
    walk.context = context(draft=draft, drafted=walk.at.names)
    assert "number of its own" in refused(walk, "propose-new-directive", OFFICER)


def test_a_stay_is_no_half_approved_lift():
    walk = road(*walking.STAYED)
    assert "No lift" in refused(walk, "approve-lift", APPROVER)
    walk.go(*LIFTING)
    assert walk.at.state is State.UNBLOCK_DIRECTED


def test_after_a_stay_of_the_request_the_procedure_begins_again():
    walk = road(*walking.EARLY_STAY, ("enter-stay-lifted", OFFICER), ("restart-procedure", APPROVER))
    assert (walk.at.state, walk.at.asked_at, walk.at.deadline) == (State.ASSESSED, None, None)


def _names_of(state: State) -> Case:
    """Another case about the same names on the same ground."""
    other = Walk().go(*ROADS[state]).at
    return replace(other, id="2026-000077")


@pytest.mark.parametrize("act", ["assess", "approve-directive", "approve-expedited", "resume-block"])
def test_a_stay_bars_adding_the_names_again(act: str):
    walk = walking.before(act)
    walk.context = replace(walk.context, barring=(_names_of(State.SUSPENDED),))
    actor = walking.actor_for(next(row for row in TRANSITIONS if row.act == act))
    assert "is stayed" in refused(walk, act, actor)


def test_court_annulment_bars_the_names_until_new_facts_are_recorded_and_the_overseer_told():
    walk = walking.before("assess")
    walk.context = replace(walk.context, barring=(_names_of(State.ANNULLED),))
    assert "without new facts" in refused(walk, "assess", OFFICER)
    outcome = walk.act("record-new-facts", OFFICER)
    assert [letter.recipient for letter in outcome.documents] == ["overseer"]
    walk.act("assess", OFFICER)


def test_another_ground_or_other_names_are_not_barred():
    walk = walking.before("assess")
    other = _names_of(State.SUSPENDED)
    far = tuple(entry for entry in other.names if entry.name == "videos.hosting.example")
    walk.context = replace(walk.context, barring=(replace(other, ground="child-abuse"), replace(walk.at, names=far)))
    walk.act("assess", OFFICER)
    assert walk.at.state is State.ASSESSED


def test_an_annulled_block_ends_annulled_and_not_lifted():
    walk = walking.before("confirm-annulled")
    assert "annulled" in refused(walk, "confirm-lift", OFFICER)
    walk.act("confirm-annulled", OFFICER)
    assert walk.at.state is State.ANNULLED


# -- time


@pytest.mark.parametrize(("decided", "due"), REVIEWS)
def test_a_review_is_due_within_three_calendar_months(decided: str, due: str):
    instant = datetime.fromisoformat(decided)
    walk = Walk(now=instant - 24 * HOUR).go(*walking.TO_C5, ("approve-directive", APPROVER))
    assert walk.now == instant
    assert walk.at.review_by == datetime.fromisoformat(due)


def test_a_review_needs_two_people_and_a_fresh_look_and_moves_the_dates():
    walk = road(*walking.TO_C7).later(days=80)
    refused(walk, "propose-review", OFFICER, FormError, seen_at=(walk.now - 25 * HOUR).isoformat())
    walk.act("propose-review", OFFICER)
    refused(walk, "approve-review", Actor(OFFICER.number, Role.APPROVER), ForbiddenError)
    before = walk.at.review_by
    outcome = walk.act("approve-review", APPROVER)
    assert walk.at.state is State.IN_FORCE
    assert before is not None
    assert walk.at.review_by is not None
    assert walk.at.review_by > before
    assert outcome.effects[-1].payload["act"] == "renew"
    assert outcome.effects[-1].payload["by"] == "agent-014 agent-022"
    assert [letter.recipient for letter in outcome.documents] == ["overseer"]


def test_what_a_review_saw_grows_old():
    walk = road(*walking.TO_C7, ("propose-review", OFFICER)).later(hours=25)
    assert "24 hours" in refused(walk, "approve-review", APPROVER)


@pytest.mark.parametrize(
    ("policy", "act", "proposed"),
    [
        ("alarm", "mark-overdue", False),
        ("auto_propose_lift", "mark-overdue", True),
        ("auto_lift", "lift-unreviewed", False),
    ],
)
def test_a_review_that_lapses_does_what_the_settings_say(policy: str, act: str, proposed: bool):
    walk = road(*walking.TO_C7, on_review_lapse=policy)
    assert walk.at.review_by is not None
    walk.now = walk.at.review_by
    assert "not overdue" in refused(walk, act, SYSTEM), "at the very instant a review is in time"
    walk.later(seconds=1)
    assert Flag.REVIEW_OVERDUE in flags(walk.at, walk.now)
    outcome = walk.act(act, SYSTEM)
    assert [letter.recipient for letter in outcome.documents] == ["overseer"]
    assert walk.at.state is (State.UNBLOCK_DIRECTED if policy == "auto_lift" else State.IN_FORCE)
    assert (walk.at.lift is not None) is proposed
    if policy != "auto_lift":
        assert "not overdue" in refused(walk, act, SYSTEM), "the alarm is raised once"


def test_a_lift_that_the_system_proposed_takes_an_approver_and_falls_with_a_late_review():
    walk = road(*walking.BEFORE["mark-overdue"])
    walk.now = (walk.at.review_by or walk.now) + HOUR
    walk.act("mark-overdue", SYSTEM)
    reviewed = replace(walk, events=list(walk.events)).go(("propose-review", OFFICER), ("approve-review", APPROVER))
    assert (reviewed.at.lift, reviewed.at.review.lapsed_at) == (None, None)
    walk.act("approve-lift", APPROVER)
    assert walk.at.withdrawal is not None
    assert walk.at.withdrawal.reason_code == "review_lapsed"


def test_the_end_that_two_officials_approved_is_carried_out():
    walk = road(*walking.TO_C7)
    assert walk.at.expires is not None
    walk.now = walk.at.expires - timedelta(seconds=1)
    assert "not ended" in refused(walk, "carry-out-expiry", SYSTEM)
    outcome = walk.later(seconds=1).act("carry-out-expiry", SYSTEM)
    assert [letter.recipient for letter in outcome.documents] == ["overseer"]
    assert outcome.effects[-1].payload["by"] == "agent-014 agent-022"
    walk.go(*RESTORING)
    assert [letter.kind for letter in walk.documents].count("isp-unblocking") == 2


def test_expiry_and_re_registration_by_an_innocent_party_call_for_a_review_now():
    walk = road(*walking.TO_C7)
    assert flags(walk.at, walk.now) == ()
    walk.act("call-review", SYSTEM)
    assert flags(walk.at, walk.now) == (Flag.REVIEW_DUE,)


# -- the overseer, and appeals


def test_a_recommendation_is_answered_or_the_overseer_may_record_that_a_court_was_asked():
    walk = road(*walking.TO_C7, ("recommend", OVERSIGHT))
    assert Flag.RECOMMENDATION_OPEN in flags(walk.at, walk.now)
    walk.later(hours=72)
    assert "in time" in refused(walk, "refer-to-court", OVERSIGHT)
    late = replace(walk, events=list(walk.events)).later(seconds=1)
    assert Flag.RECOMMENDATION_LATE in flags(late.at, late.now)
    late.act("refer-to-court", OVERSIGHT)
    assert Flag.COURT_ASKED in flags(late.at, late.now)
    outcome = walk.act("answer-recommendation", APPROVER)
    assert [(letter.kind, letter.recipient) for letter in outcome.documents] == [("oversight-answer", "overseer")]
    walk.act("refer-to-court", OVERSIGHT)
    assert walk.at.state is State.IN_FORCE


def test_a_recommendation_that_is_followed_leads_to_no_court():
    walk = road(*walking.TO_C7, ("recommend", OVERSIGHT))
    walk.act("answer-recommendation", APPROVER, answer="accepted")
    assert "refer-to-court" not in {row.act for row in workflow.legal(walk.case, OVERSIGHT, walk.now)}


def test_an_overseer_of_a_case_never_works_it_and_whoever_worked_it_never_oversees_it():
    walk = road(*walking.TO_C7, ("recommend", OVERSIGHT))
    assert "other role" in refused(walk, "propose-lift", Actor(OVERSIGHT.number, Role.OFFICER), ForbiddenError)
    worked = road(*walking.TO_C7)
    assert "other role" in refused(worked, "recommend", Actor(OFFICER.number, Role.OVERSEER), ForbiddenError)


@pytest.mark.parametrize(
    ("received", "by"),
    [
        ("2026-12-01T10:00:00+01:00", "2026-12-04T00:00:00+01:00"),  # Tuesday → the end of Thursday
        ("2026-12-04T10:00:00+01:00", "2026-12-09T00:00:00+01:00"),  # Friday → the end of Tuesday
        ("2026-12-05T10:00:00+01:00", "2026-12-09T00:00:00+01:00"),  # Saturday → the end of Tuesday
    ],
)
def test_weekend_stretches_the_acknowledgement_of_an_appeal_and_nothing_else(received: str, by: str):
    walk = road(*walking.RECEIVED).later(days=10)
    outcome = walk.act("log-appeal", OFFICER, received_at=received)
    assert walk.at.appeals[0].acknowledge_by == datetime.fromisoformat(by)
    assert [(letter.kind, letter.recipient) for letter in outcome.documents] == [
        ("appeal-acknowledgement", "appellant")
    ]
    assert walk.at.deadline == walking.START + 24 * HOUR


def test_an_appeal_stays_nothing_and_may_come_after_the_end():
    walk = road(*ROADS["C10"], ("log-appeal", OFFICER))
    assert (walk.at.state, flags(walk.at, walk.now)) == (State.LIFTED, (Flag.APPEAL_OPEN,))
    refused(walk, "decide-appeal", APPROVER, FormError, appeal="2026-000001/R9")
    outcome = walk.act("decide-appeal", APPROVER)
    assert [letter.mail for letter in outcome.documents] == ["legal@propaganda.example"]
    assert flags(walk.at, walk.now) == ()


# -- links


def test_mirror_on_a_new_domain_is_a_new_case_that_inherits_nothing():
    walk = road(*walking.TO_C1)
    refused(walk, "link-case", OFFICER, FormError)
    walk.context = context(other=replace(walk.at, id="2026-000099"))
    refused(walk, "link-case", OFFICER, FormError, other="2026-000098")
    walk.act("link-case", OFFICER)
    assert Flag.MIRROR_OF in flags(walk.at, walk.now)
    assert (walk.at.asked_at, walk.at.directive, walk.at.approved_by) == (None, None, ())


def test_typo_in_a_directive_is_lifted_as_an_error_and_corrected_in_a_new_case():
    walk = road(*walking.TO_C7)
    walk.act("propose-lift", OFFICER, reason_code="error")
    walk.act("approve-lift", APPROVER)
    assert walk.events[-1].reason_code == "error"
    right = road(*walking.TO_C1)
    right.context = context(other=replace(walk.at, id="2026-000099"))
    right.act("link-case", OFFICER, relation="correction_of")
    assert Flag.CORRECTION_OF in flags(right.at, right.now)
    assert "approve-directive" not in {row.act for row in workflow.legal(right.case, APPROVER, right.now)}


def test_officer_revoked_mid_case_leaves_past_acts_valid_and_another_goes_on():
    walk = road(*walking.TO_C3)
    walk.act("record-receipt", walking.OTHER_OFFICER)
    assert walk.at.officers == (OFFICER.number, walking.OTHER_OFFICER.number)


def test_oversight_vacant_holds_up_requests_and_blocks_and_no_lift():
    from tests.cases.test_workflow import _real  # noqa: PLC0415

    for act in ("approve-request", "approve-directive", "approve-expedited"):
        walk = walking.before(act)
        walk.context = _real(letterhead=replace(walk.context.letterhead, overseer=None), sealing=True)
        assert "admin.overseer" in refused(walk, act, APPROVER)


# -- illegal by construction


def test_no_row_leads_from_a_report_to_the_list():
    direct = [row for row in TRANSITIONS if State.DRAFT in row.sources and row.target is not State.ASSESSED]
    assert {row.target for row in direct} == {None, State.REFUSED}


def test_no_row_adds_to_the_list_but_by_an_approver_with_every_guard():
    adding = [row for row in TRANSITIONS if row.commit == "add"]
    assert {row.act for row in adding} == {"approve-directive", "approve-expedited", "resume-block"}
    guards = {"overseer_is_told", "list_takes_commits", "list_takes_the_names", "no_court_bars"}
    for row in adding:
        assert row.roles == (Role.APPROVER,)
        assert guards <= {rule.__name__ for rule in row.checks}
        assert {"statements_answered", "verified_fresh"} <= {rule.__name__ for rule in row.ready}


def test_no_row_edits_the_names_or_the_ground_of_a_case():
    for state in ("C10", "C8", "C11"):
        walk = road(*ROADS[state])
        opened = Walk().go(*ROADS["C0"]).at
        assert (walk.at.names, walk.at.ground, walk.at.id) == (opened.names, opened.ground, opened.id)
    asking = [field.kind for row in TRANSITIONS if row.sources for field in row.fields]
    assert not {"names", "ground", "urls"} & set(asking)


def test_an_isp_puts_nothing_on_the_list_and_takes_nothing_off():
    rows = [row for row in TRANSITIONS if Role.ISP in row.roles]
    assert [row for row in rows if row.target or row.commit] == []


@pytest.mark.parametrize("state", ["C4", "C10", "C11", "C12"])
def test_what_has_ended_is_blocked_again_only_by_a_new_case(state: str):
    walk = road(*ROADS[state])
    for role in Role:
        assert all(row.target is None for row in workflow.legal(walk.case, Actor("other-1", role), walk.now))
    with pytest.raises(IllegalStepError):
        walk.act("approve-directive", OTHER_APPROVER)
