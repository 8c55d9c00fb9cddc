"""The steps that a court commands: a stay, its end, an annulment; and the authority's own stay (rows of table.py).

Keeps true: an officer enters a decision, an approver who has read the same document confirms it, and it ends whatever
state it finds. A stay takes the names off the list and keeps them off until it ends; an annulment keeps them off for
good, unless facts come up that the court did not know. No guard of the list stands before either.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases import changes, rules
from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import (
    ANNULMENT,
    STAY,
    STAY_LIFTED,
    CourtOrder,
    OwnerClock,
    Stay,
    Withdrawal,
)
from blocker.cases.rules import Bar
from blocker.cases.transition import APPROVER, BEFORE_THE_LIST, OFFICER, ON_LIST, REASON, UNDER_WAY, Transition
from blocker.errors import FormError, IllegalStepError

COURT = "CJA art. L. 521-1, L. 911-1"

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")

THE_DOCUMENT = Field("document_sha256", "SHA-256 of the document, as you computed it from your own copy")


def no_order_pending(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """One decision at a time: the approver must know which one is confirmed."""
    return Bar("A decision of a court is entered and waits for confirmation.") if case.order else None


def order_pending(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to confirm or refuse."""
    return None if case.order else Bar("No decision of a court is entered.", moot=True)


def order_is(kind: str) -> rules.Readiness:
    """Return the rule that a decision of this kind is entered."""

    def ready(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
        """The step carries out the decision that was entered, and no other."""
        known = case.order is not None and case.order.kind == kind
        return None if known else Bar("No such decision is entered.", moot=True)

    return ready


def order_fits(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A stay ends only where one holds, and begins only where something is to be held up."""
    state = None if case is None else case.state
    if data["order"] == STAY_LIFTED and state is not State.SUSPENDED:
        raise FormError({"order": "no stay holds in this case"})
    if data["order"] == STAY and state in {State.SUSPENDED, State.UNBLOCK_DIRECTED}:
        raise FormError({"order": "there is nothing left to stay"})


def is_sha256(_case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """The document is known by its SHA-256."""
    if not _SHA256.match(data["document_sha256"]):
        raise FormError({"document_sha256": "write the 64 digits of the SHA-256, in lower case"})


def same_document(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """Both officials have read the same document."""
    if case is None or case.order is None or data["document_sha256"] != case.order.document_sha256:
        raise FormError({"document_sha256": "this is not the document that was entered"})


def numbered_anew(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What was stayed never comes back under its old number: an ISP must be able to tell the two orders apart."""
    if case is not None and context.draft is not None and context.draft.directive == case.directive:
        raise IllegalStepError("The new directive needs a number of its own: the old one was stayed.")


def order_entered(_case: Case, event: Event) -> Mapping[str, Any]:
    """Tc."""
    told = event.data
    served = datetime.fromisoformat(told["served_at"])
    order = CourtOrder(told["order"], told["court"], told["number"], served, told["document_sha256"], event.actor)
    return {"order": order}


def order_refused(_case: Case, _event: Event) -> Mapping[str, Any]:
    """Tcr."""
    return {"order": None}


def _order(case: Case) -> CourtOrder:
    if case.order is None:
        raise RuntimeError("a court's decision was carried out that nobody entered")
    return case.order


def _withdrawal(order: CourtOrder, event: Event) -> Withdrawal:
    by = (order.entered_by, event.actor)
    return Withdrawal(event.reason_code, f"{order.court}, {order.number}", by, event.at_utc)


def stayed(case: Case, event: Event) -> Mapping[str, Any]:
    """T13, T13e."""
    order = _order(case)
    stay = Stay(event.at_utc, by_court=True)
    return {"order": None, "stay": stay, "withdrawal": _withdrawal(order, event), "proposed_by": None, "lift": None}


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


def annulled(case: Case, event: Event) -> Mapping[str, Any]:
    """T15, T15e."""
    order = _order(case)
    withdrawal = _withdrawal(order, event)
    return {
        "order": None,
        "annulment": order,
        "stay": None,
        "withdrawal": withdrawal,
        "proposed_by": None,
        "lift": None,
    }


def _confirm(id_: str, act: str, title: str, sources: tuple[State, ...], **more: Any) -> Transition:
    """Return a row by which an approver carries out a decision that an officer entered."""
    ready: tuple[rules.Readiness, ...] = more.pop("ready")
    fields = {"roles": (APPROVER,), "fields": (THE_DOCUMENT,), "basis": COURT, "checks": (is_sha256, same_document)}
    return Transition(id=id_, act=act, title=title, sources=sources, ready=ready, **{**fields, **more})


AFTER_A_STAY = (rules.was_decided, rules.withdrawn, rules.statements_answered, rules.verified_fresh)
"""What must hold before a block that was stayed is ordered anew."""

BY_A_COURT: Sequence[Transition] = (
    Transition(
        id="Tc",
        act="enter-order",
        title="Enter a decision of a court",
        sources=UNDER_WAY,
        roles=(OFFICER,),
        fields=(
            Field("order", "What it orders", Kind.CHOICE, (STAY, STAY_LIFTED, ANNULMENT)),
            Field("court", "Which court; or this authority, where it ends its own stay"),
            Field("number", "Its number"),
            Field("decided_at", "When it was decided", Kind.INSTANT),
            Field("served_at", "When it was served", Kind.INSTANT),
            THE_DOCUMENT,
            Field("operative", "What it says", Kind.PROSE),
        ),
        ready=(no_order_pending,),
        checks=(
            *(rules.not_in_the_future("decided_at"), rules.not_in_the_future("served_at")),
            *(is_sha256, order_fits),
        ),
        change=order_entered,
        basis=COURT,
    ),
    Transition(
        id="Tcr",
        act="refuse-order",
        title="Refuse the decision as it was entered",
        sources=UNDER_WAY,
        roles=(APPROVER,),
        fields=(REASON,),
        ready=(order_pending,),
        change=order_refused,
    ),
    _confirm(
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
    _confirm(
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
    _confirm(
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
    _confirm(
        "T14r",
        "restart-procedure",
        "Begin the procedure again after the stay",
        (State.SUSPENDED,),
        target=State.ASSESSED,
        ready=(order_is(STAY_LIFTED), rules.never_decided),
        change=restarted,
    ),
    _confirm(
        "T15",
        "confirm-annulment",
        "Confirm the annulment",
        (*ON_LIST, State.SUSPENDED, State.UNBLOCK_DIRECTED),
        target=State.UNBLOCK_DIRECTED,
        ready=(order_is(ANNULMENT), rules.was_decided),
        change=annulled,
        letters=("oversight-notice",),
        commit="remove",
        reason_code="court_annulment",
    ),
    _confirm(
        "T15e",
        "confirm-early-annulment",
        "Confirm the annulment of what is not on the list",
        (*BEFORE_THE_LIST, State.SUSPENDED),
        target=State.ANNULLED,
        ready=(order_is(ANNULMENT), rules.never_decided),
        change=annulled,
        letters=("closed",),
        reason_code="court_annulment",
    ),
    Transition(
        id="T15n",
        act="record-new-facts",
        title="Record facts that the court did not know",
        sources=(State.DRAFT, State.ASSESSED),
        roles=(OFFICER,),
        fields=(Field("new_facts", "What is new, and since when it is known", Kind.PROSE),),
        change=lambda _case, event: {"new_facts_at": event.at_utc},
        letters=("oversight-notice",),
    ),
)
