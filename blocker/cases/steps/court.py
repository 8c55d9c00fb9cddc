"""The steps that a court commands: its decision, entered and confirmed, and an annulment (rows of table.py).

Keeps true: an officer enters a decision, an approver who has read the same document confirms it, and it ends whatever
state it finds. An annulment keeps the names off for good, unless facts come up that the court did not know. No guard of
the list stands before it. Stays are in steps/stay.py.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases import rules
from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import (
    ANNULMENT,
    STAY,
    STAY_LIFTED,
    CourtOrder,
    Withdrawal,
)
from blocker.cases.rules import Bar
from blocker.cases.transition import APPROVER, BEFORE_THE_LIST, OFFICER, ON_LIST, REASON, UNDER_WAY, Transition
from blocker.errors import FormError

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


def order_entered(_case: Case, event: Event) -> Mapping[str, Any]:
    """Tc."""
    told = event.data
    served = datetime.fromisoformat(told["served_at"])
    order = CourtOrder(told["order"], told["court"], told["number"], served, told["document_sha256"], event.actor)
    return {"order": order}


def order_refused(_case: Case, _event: Event) -> Mapping[str, Any]:
    """Tcr."""
    return {"order": None}


def entered_order(case: Case) -> CourtOrder:
    """Return the decision that a step carries out."""
    if case.order is None:
        raise RuntimeError("a court's decision was carried out that nobody entered")
    return case.order


def ordered_withdrawal(order: CourtOrder, event: Event) -> Withdrawal:
    """Return why a directive leaves the list, or a case the road to it: by a court, and by whom it was carried out."""
    by = (order.entered_by, event.actor)
    return Withdrawal(event.reason_code, f"{order.court}, {order.number}", by, event.at_utc)


def annulled(case: Case, event: Event) -> Mapping[str, Any]:
    """T15, T15e."""
    order = entered_order(case)
    withdrawal = ordered_withdrawal(order, event)
    return {
        "order": None,
        "annulment": order,
        "stay": None,
        "withdrawal": withdrawal,
        "proposed_by": None,
        "lift": None,
    }


def confirmation(id_: str, act: str, title: str, sources: tuple[State, ...], **more: Any) -> Transition:
    """Return a row by which an approver carries out a decision that an officer entered."""
    ready: tuple[rules.Readiness, ...] = more.pop("ready")
    fields = {"roles": (APPROVER,), "fields": (THE_DOCUMENT,), "basis": COURT, "checks": (is_sha256, same_document)}
    return Transition(id=id_, act=act, title=title, sources=sources, ready=ready, **{**fields, **more})


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
    confirmation(
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
    confirmation(
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
