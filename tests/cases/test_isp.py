"""The orders to providers: each from its own receipt, for blocking and for restoring; what contacts may say of them."""

from datetime import datetime, timedelta

import pytest

from blocker.cases import workflow
from blocker.cases.case import SYSTEM, Role, State
from blocker.cases.isps.order import Order, Probe, Served, Standing, current, porosity
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from tests.cases.walking import (
    ANNULLING,
    APPLIED,
    APPROVER,
    CONTACT_A,
    CONTACT_B,
    LIFTING,
    OFFICER,
    RESTORING,
    ROADS,
    START,
    WITHDRAWN,
    Walk,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def at(walk: Walk, isp: str) -> Served:
    return next(each for each in current(walk.at.served) if each.isp == isp)


def standing(walk: Walk, isp: str = "isp-a") -> str:
    return at(walk, isp).standing(walk.now).value


def order(**more: object) -> Served:
    return Served(**{"isp": "isp-a", "order": Order.BLOCK, "issued_at": START, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["C6", "C9"])
def test_an_order_goes_through_its_standings_for_blocking_and_for_restoring(state: str):
    walk = Walk().go(*(ROADS["C6"] if state == "C6" else WITHDRAWN))
    assert standing(walk) == "issued"
    walk.later(hours=1)
    assert standing(walk) == "not-delivered"
    walk.act("isp-received", CONTACT_A)
    assert standing(walk) == "delivered"
    walk.act("isp-query", CONTACT_A)
    assert standing(walk) == "queried"
    walk.act("isp-answer", OFFICER)
    assert standing(walk) == "delivered"
    walk.later(hours=25)
    assert standing(walk) == "overdue"
    walk.act("isp-applied", CONTACT_A)
    assert standing(walk) == "applied"
    assert at(walk, "isp-a").late(walk.now)
    walk.act("isp-probe", SYSTEM, asked="2", led="2" if state == "C6" else "0")
    assert standing(walk) == "verified"
    assert standing(walk, "isp-b") == "not-delivered"


def test_each_provider_has_24_hours_from_its_own_receipt():
    walk = Walk().go(*ROADS["C6"])
    issued = walk.now
    walk.later(hours=2).act("isp-received", CONTACT_A)
    walk.later(hours=3).act("isp-received", CONTACT_B, isp="isp-b")
    assert at(walk, "isp-a").due == issued + 26 * HOUR
    assert at(walk, "isp-b").due == issued + 29 * HOUR
    assert walk.at.isp_deadline == issued + 29 * HOUR


def test_what_is_done_at_the_deadline_itself_is_in_time():
    done = order(delivered_at=START, applied_at=START + 24 * HOUR)
    assert not done.late(START + 30 * HOUR)
    assert order(delivered_at=START, applied_at=START + 24 * HOUR + SECOND).late(START + 30 * HOUR)
    assert not order(delivered_at=START).over(START + 24 * HOUR)
    assert order(delivered_at=START).over(START + 24 * HOUR + SECOND)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-28T12:00+01:00", "2026-03-29T13:00+02:00"),
        ("2026-10-24T12:00+02:00", "2026-10-25T11:00+01:00"),
    ],
)
def test_a_providers_hours_are_elapsed_over_both_changes_of_the_clocks(received: str, due: str):
    assert order(delivered_at=datetime.fromisoformat(received)).due == datetime.fromisoformat(due)


def test_a_case_goes_on_once_every_provider_is_done_or_out_of_time():
    walk = Walk().go(*ROADS["C6"], ("isp-received isp-a", OFFICER), ("isp-applied isp-b", CONTACT_B)).later(hours=24)
    with pytest.raises(IllegalStepError, match="24 hours"):
        walk.act("confirm-block", SYSTEM)
    walk.later(seconds=1).act("isp-overdue", SYSTEM)
    walk.act("confirm-block", SYSTEM)
    assert walk.at.state is State.IN_FORCE
    assert at(walk, "isp-a").overdue_at == walk.now
    walk.act("isp-applied", CONTACT_A)  # late, and recorded all the same
    assert at(walk, "isp-a").late(walk.now)


def test_a_silent_provider_is_alarmed_about_after_an_hour_and_holds_nobody_up_after_two_days():
    walk = Walk().go(*ROADS["C6"], ("isp-applied isp-b", CONTACT_B))
    with pytest.raises(IllegalStepError):
        walk.act("isp-not-delivered", SYSTEM)
    walk.later(hours=1).act("isp-not-delivered", SYSTEM)
    with pytest.raises(IllegalStepError):  # once
        walk.act("isp-not-delivered", SYSTEM)
    walk.later(hours=47)
    with pytest.raises(IllegalStepError):
        walk.act("isp-overdue", SYSTEM)
    walk.later(seconds=1).act("isp-overdue", SYSTEM)
    walk.act("confirm-block", SYSTEM)
    assert standing(walk) == "overdue"


def test_a_receipt_that_is_found_late_takes_the_lateness_back():
    walk = Walk().go(*ROADS["C6"])
    issued = walk.now
    walk.later(hours=48, seconds=1).act("isp-overdue", SYSTEM)
    walk.act("isp-received", OFFICER, received_at=(issued + 40 * HOUR).isoformat())
    assert (standing(walk), at(walk, "isp-a").overdue_at) == ("delivered", None)
    walk.later(hours=16).act("isp-overdue", SYSTEM)


def test_a_receipt_is_recorded_once_and_only_staff_correct_it_to_a_later_instant():
    walk = Walk().go(*ROADS["C6"]).later(hours=1)
    walk.act("isp-received", CONTACT_A)
    with pytest.raises(IllegalStepError, match="already"):
        walk.act("isp-received", CONTACT_A)
    with pytest.raises(ForbiddenError):
        walk.act("isp-correct-receipt", CONTACT_A)
    with pytest.raises(FormError):
        walk.act("isp-correct-receipt", OFFICER)
    walk.later(minutes=1).act("isp-correct-receipt", OFFICER)
    assert at(walk, "isp-a").delivered_at == walk.now


@pytest.mark.parametrize(("act", "field"), [("isp-received", "received_at"), ("isp-applied", "applied_at")])
def test_nothing_is_received_or_carried_out_before_it_was_ordered_or_in_the_future(act: str, field: str):
    walk = Walk().go(*ROADS["C6"]).later(hours=1)
    for wrong in (walk.now - HOUR - SECOND, walk.now + SECOND):
        with pytest.raises(FormError) as caught:
            walk.act(act, OFFICER, **{field: wrong.isoformat()})
        assert field in caught.value.problems


def test_a_contact_speaks_for_its_own_provider_alone():
    walk = Walk().go(*ROADS["C6"])
    for act in ("isp-received", "isp-applied", "isp-query", "isp-cannot"):
        with pytest.raises(ForbiddenError, match="own provider"):
            walk.act(act, CONTACT_A, isp="isp-b")
        assert act in {row.act for row in workflow.legal_at(walk.at, "isp-a", CONTACT_A, walk.now)}
        assert act not in {row.act for row in workflow.legal_at(walk.at, "isp-b", CONTACT_A, walk.now)}
        with pytest.raises(FormError):
            walk.act(act, OFFICER, isp="nobody")


def test_contacts_report_and_ask_and_never_move_a_case_or_its_turn():
    walk = Walk().go(*ROADS["C6"])
    turn = walk.at.turn
    for act in ("isp-received", "isp-query", "isp-cannot", "isp-applied"):
        walk.act(act, CONTACT_A)
        assert (walk.at.state, walk.at.turn) == (State.BLOCK_DIRECTED, turn)
    for row in workflow.legal(walk.at, CONTACT_A, walk.now):
        assert row.target is None
        assert row.at_isp is not None


def test_isp_query_holds_up_the_alarm_and_not_the_clock():
    walk = Walk().go(*ROADS["C6"], ("isp-received isp-a", CONTACT_A), ("isp-query isp-a", CONTACT_A))
    walk.later(hours=24, seconds=1)
    with pytest.raises(IllegalStepError):
        walk.act("isp-overdue", SYSTEM)
    assert at(walk, "isp-a").settled(walk.now)
    walk.act("isp-answer", OFFICER)
    walk.act("isp-overdue", SYSTEM)


def test_an_approver_may_let_the_clock_rest_from_the_query_to_its_answer():
    walk = Walk().go(*ROADS["C6"], ("isp-received isp-a", CONTACT_A))
    received = walk.now
    walk.later(hours=20).act("isp-query", CONTACT_A)
    with pytest.raises(ForbiddenError):
        walk.act("isp-grant-rest", OFFICER)
    walk.later(hours=1).act("isp-grant-rest", APPROVER)
    with pytest.raises(IllegalStepError, match="rests already"):
        walk.act("isp-grant-rest", APPROVER)
    assert (at(walk, "isp-a").due, walk.at.isp_deadline) == (None, None)
    walk.later(hours=9)
    assert standing(walk) == "queried"
    walk.act("isp-answer", OFFICER)
    assert at(walk, "isp-a").due == received + 34 * HOUR


def test_no_rest_is_granted_once_the_time_is_over():
    walk = Walk().go(*ROADS["C6"], ("isp-received isp-a", CONTACT_A), ("isp-query isp-a", CONTACT_A)).later(hours=25)
    with pytest.raises(IllegalStepError, match="over already"):
        walk.act("isp-grant-rest", APPROVER)


@pytest.mark.parametrize(("why", "stands"), [("outage", "delivered"), ("refusal", "refused")])
def test_isp_cannot_outage(why: str, stands: str):
    """LEGAL §6c: the reason is kept, the clock runs on, and nothing follows by itself but that it is counted."""
    walk = Walk().go(*ROADS["C6"])
    outcome = walk.act("isp-cannot", CONTACT_A, why=why)
    assert standing(walk) == stands
    assert (outcome.documents, outcome.effects) == ((), ())
    walk.later(hours=24, seconds=1).act("isp-overdue", SYSTEM)
    assert at(walk, "isp-a").late(walk.now)
    assert at(walk, "isp-a").cannot == why


def test_an_order_that_is_not_carried_out_yet_is_superseded_by_the_lift():
    walk = Walk().go(*ROADS["C6"], ("isp-applied isp-b", CONTACT_B), *LIFTING, *RESTORING)
    kinds = [(each.isp, each.order.value, each.standing(walk.now).value) for each in walk.at.served]
    assert kinds == [
        ("isp-a", "block", "superseded"),
        ("isp-b", "block", "applied"),
        ("isp-a", "restore", "issued"),
        ("isp-b", "restore", "issued"),
    ]
    walk.go(*APPLIED, ("confirm-lift", SYSTEM))
    assert walk.at.state is State.LIFTED


def test_a_provider_that_left_is_waited_for_no_longer():
    walk = Walk().go(*ROADS["C6"], ("isp-applied isp-b", CONTACT_B))
    walk.act("isp-left", SYSTEM)
    assert standing(walk) == "superseded"
    with pytest.raises(IllegalStepError, match="superseded"):
        walk.act("isp-applied", CONTACT_A)
    walk.act("confirm-block", SYSTEM)


def test_a_look_that_finds_a_leak_takes_verified_back_and_is_counted():
    walk = Walk().go(*ROADS["C6"], *APPLIED)
    walk.act("isp-probe", SYSTEM, asked="4", led="4")
    assert standing(walk) == "verified"
    walk.later(hours=1).act("isp-probe", SYSTEM, asked="4", led="3")
    assert standing(walk) == "applied"
    assert porosity(walk.at.served) == (4, 1)


def test_what_is_seen_to_be_blocked_is_done_although_nobody_reported_it():
    seen = order(probe=Probe(START + HOUR, 2, 2))
    assert (seen.open, seen.done_at, seen.standing(START + 2 * HOUR)) == (False, START + HOUR, Standing.VERIFIED)
    assert order(order=Order.RESTORE, probe=Probe(START, 2, 1)).open
    assert order(probe=Probe(START, 0, 0)).open  # nobody answered: that shows nothing


def test_every_report_of_a_contact_stands_in_the_ledger_with_its_number():
    walk = Walk().go(*ROADS["C6"], ("isp-received isp-a", CONTACT_A))
    event = walk.events[-1]
    assert (event.actor, event.role, event.data["isp"]) == (CONTACT_A.number, Role.ISP, "isp-a")
    assert workflow.fold(tuple(walk.events)) == walk.at


def test_an_order_to_restore_under_a_stay_is_received_carried_out_or_late_as_any_other():
    stayed = (("enter-order", OFFICER), ("confirm-stay", APPROVER), ("record-lift-commit", SYSTEM))
    walk = Walk().go(*ROADS["C7"], *stayed, ("record-withdrawal", SYSTEM))
    assert walk.at.state is State.SUSPENDED
    walk.act("isp-applied", CONTACT_A)
    assert standing(walk) == "applied"
    walk.act("isp-received", CONTACT_B, isp="isp-b")
    walk.later(hours=1, seconds=1).act("isp-overdue", SYSTEM, isp="isp-b")
    assert standing(walk, "isp-b") == "overdue"


@pytest.mark.parametrize("end", ["confirm-lift", "confirm-annulled"])
def test_what_a_provider_reports_after_the_case_ended_is_recorded_and_moves_nothing(end: str):
    road = WITHDRAWN if end == "confirm-lift" else (*ANNULLING, *RESTORING)
    walk = Walk().go(*road).later(hours=49)
    walk.go((end, OFFICER)).later(hours=1)
    ended = walk.at
    assert at(walk, "isp-a").late(walk.now)
    restored = walk.now - 2 * HOUR
    walk.act("isp-applied", CONTACT_A, applied_at=restored.isoformat())
    assert (walk.at.state, walk.at.ended_at) == (ended.state, ended.ended_at)
    assert (at(walk, "isp-a").applied_at, standing(walk)) == (restored, "applied")
    walk.act("isp-received", OFFICER, isp="isp-b")
    walk.act("isp-cannot", CONTACT_B, isp="isp-b")
    served = walk.at.served
    walk.act("isp-reported-late", CONTACT_B, isp="isp-b", applied_at=START.isoformat())
    assert walk.at.served == served, "of an order that is over the ledger alone keeps what is said"
    assert walk.events[-1].data["order"] == "block"
    assert {row.act for row in workflow.legal(walk.case, SYSTEM, walk.now)} & {
        "isp-not-delivered",
        "isp-overdue",
    } == set()


def test_a_late_report_about_a_block_that_stands_is_no_late_report():
    walk = Walk().go(*ROADS["C7"])
    with pytest.raises(IllegalStepError, match="This order stands"):
        walk.act("isp-reported-late", CONTACT_A)
