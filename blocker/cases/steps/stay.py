"""The steps of a stay, by a court or by ourselves, and of its end (rows of table.py).

Keeps true: a stay takes the names off the list and keeps them off until it ends; no guard of the list stands before it.
Where a directive was decided, only a new one with everything fresh brings the names back; else the procedure begins
again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases import changes, rules
from blocker.cases.case import Case, Event, State
from blocker.cases.context import Context
from blocker.cases.proceedings import STAY, STAY_LIFTED, OwnerClock, Stay, Withdrawal
from blocker.cases.steps.court import (
    confirmation,
    entered_order,
    is_sha256,
    order_is,
    ordered_withdrawal,
    same_document,
)
from blocker.cases.transition import APPROVER, BEFORE_THE_LIST, OFFICER, ON_LIST, REASON, Transition
from blocker.errors import IllegalStepError


def numbered_anew(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What was stayed never comes back under its old number: an ISP must be able to tell the two orders apart."""
    if case is not None and context.draft is not None and context.draft.directive == case.directive:
        raise IllegalStepError("The new directive needs a number of its own: the old one was stayed.")


def stayed(case: Case, event: Event) -> Mapping[str, Any]:
    """T13, T13e."""
    withdrawal = ordered_withdrawal(entered_order(case), event)
    stay = Stay(event.at_utc, by_court=True)
    return {"order": None, "stay": stay, "withdrawal": withdrawal, "proposed_by": None, "lift": None}


def stayed_by_us(_case: Case, event: Event) -> Mapping[str, Any]:
    """T13s."""
    withdrawal = Withdrawal(event.reason_code, event.data["reason"], (event.actor,), event.at_utc)
    return {"stay": Stay(event.at_utc, by_court=False), "withdrawal": withdrawal, "lift": None}


_NOT_YET_LISTED = {
    "commit": None,
    "directed_at": None,
    "list_serial": None,
    "list_digest": None,
    "anew": None,
    "lift": None,
    "lift_commit": None,
    "withdrawn_at": None,
    "withdrawn_serial": None,
    "withdrawn_digest": None,
}


def resumed(case: Case, event: Event) -> Mapping[str, Any]:
    """T14: a new directive, as if the old one had never been on the list."""
    return {**_NOT_YET_LISTED, **changes.decided(case, event), "order": None, "stay": None}


def restarted(_case: Case, _event: Event) -> Mapping[str, Any]:
    """T14r: nothing that was proved before the stay counts any more."""
    proofs = {"asked_at": None, "receipt_at": None, "verified_at": None, "proposed_by": None, "lift": None}
    return {
        **proofs,
        "clock": OwnerClock(),
        "suspension": None,
        "attempts": (),
        "skip": None,
        "order": None,
        "stay": None,
    }


AFTER_A_STAY = (rules.was_decided, rules.withdrawn, rules.statements_answered, rules.verified_fresh)
"""What must hold before a block that was stayed is ordered anew."""

OF_A_STAY: Sequence[Transition] = (
    confirmation(
        "T13",
        "confirm-stay",
        "Confirm the stay",
        ON_LIST,
        target=State.SUSPENDED,
        ready=(order_is(STAY),),
        change=stayed,
        letters=("oversight-notice",),
        commit="remove",
        reason_code="court_stay",
    ),
    confirmation(
        "T13e",
        "confirm-early-stay",
        "Confirm the stay of what is not decided yet",
        BEFORE_THE_LIST,
        target=State.SUSPENDED,
        ready=(order_is(STAY),),
        change=stayed,
        letters=("closed",),
        reason_code="court_stay",
    ),
    Transition(
        id="T13s",
        act="stay-block",
        title="Stay the block by our own decision",
        sources=ON_LIST,
        target=State.SUSPENDED,
        roles=(APPROVER,),
        fields=(REASON,),
        change=stayed_by_us,
        letters=("oversight-notice",),
        commit="remove",
        reason_code="authority_stay",
        basis="CRPA art. L. 242-4",
    ),
    Transition(
        id="T14p",
        act="propose-new-directive",
        title="Propose a new directive after the stay",
        sources=(State.SUSPENDED,),
        roles=(OFFICER,),
        fields=(REASON,),
        ready=(order_is(STAY_LIFTED), *AFTER_A_STAY),
        checks=(numbered_anew, rules.list_takes_the_names),
        facts=changes.proposal_facts,
        change=changes.proposed_anew,
        commit="draft",
        basis="LCEN art. 6-1 §2",
    ),
    confirmation(
        "T14",
        "resume-block",
        "Approve a new directive after the stay",
        (State.SUSPENDED,),
        target=State.DECIDED,
        ready=(order_is(STAY_LIFTED), *AFTER_A_STAY, rules.directive_proposed),
        checks=(is_sha256, same_document, *rules.BEFORE_A_BLOCK),
        facts=changes.directive_facts,
        change=resumed,
        letters=("oversight-notice",),
        commit="add",
    ),
    confirmation(
        "T14r",
        "restart-procedure",
        "Begin the procedure again after the stay",
        (State.SUSPENDED,),
        target=State.ASSESSED,
        ready=(order_is(STAY_LIFTED), rules.never_decided),
        change=restarted,
    ),
)
