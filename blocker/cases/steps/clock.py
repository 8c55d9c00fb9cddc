"""The steps that stop, restart or replace the owner's clock, and what the owner says (rows of table.py).

The clock restarts in full: whatever stopped it, the owner has twenty-four whole hours afterwards (the model of LCEN
art. 6-2 II). A letter that came back is no receipt; service that the law presumes needs three attempts and an approver.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from blocker.cases import rules
from blocker.cases.case import QUESTION_TIME, Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import Attempt, Statement, Suspension
from blocker.cases.rules import Bar
from blocker.cases.transition import APPROVER, OFFICER, SYSTEM, UNDER_WAY, Transition
from blocker.errors import FormError

ASK = "LCEN art. 6-1 §1"
STOP = "LCEN art. 6-2 II"

UNDELIVERABLE = "undeliverable"
REASONS = ("force_majeure", "manifest_error", "insufficient_information", UNDELIVERABLE)
SAYINGS = ("says_removed", "says_unclear", "says_cannot", "says_objects")
CHANNELS = ("by_mail", "by_form", "by_post", "by_phone", "by_registrar")

ENOUGH_ATTEMPTS = 3


def sending_counts(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Sending starts a clock only where the case began under that reading of the law."""
    return None if case.clock.basis == "sent" else Bar("Sending starts no clock in this case.", moot=True)


def owner_can_be_asked(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Whom nothing reaches cannot be asked either; and one question at a time."""
    if case.suspension is None or case.suspension.reason == UNDELIVERABLE:
        return Bar("Nothing can be delivered to the owner.", moot=True)
    return Bar("A question to the owner is open.", moot=True) if case.suspension.asked_at else None


def question_unanswered(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """Forty-eight hours without an answer to our question, elapsed."""
    if case.suspension is None or case.suspension.asked_at is None:
        return Bar("The owner was asked nothing.", moot=True)
    over = case.suspension.asked_at + QUESTION_TIME
    return Bar("The owner has 48 hours to answer our question.", until=over) if now < over else None


def every_channel_failed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Service is presumed only after three proved attempts, while nothing can be delivered."""
    if case.suspension is None or case.suspension.reason != UNDELIVERABLE:
        return Bar("Nothing says that the request cannot be delivered.", moot=True)
    if len(case.attempts) < ENOUGH_ATTEMPTS:
        return Bar("Three proved attempts to reach the owner are needed.")
    return None


def statement_open(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to answer."""
    return None if case.statements else Bar("No statement of the owner is open.", moot=True)


def follows_the_request(field: str) -> rules.Check:
    """Return the check that the instant in this field does not lie before the request."""

    def check(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
        """It follows the request."""
        if case is None or case.asked_at is None or datetime.fromisoformat(data[field]) < case.asked_at:
            raise FormError({field: "this lies before the request"})

    return check


def receipt_is_receipt(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """What was received cannot be called undeliverable."""
    if data["why"] == UNDELIVERABLE and case is not None and case.receipt_at is not None:
        raise FormError({"why": "the owner's receipt is proved"})


def restart_in_order(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """The clock cannot restart before it stopped."""
    if case is None or case.suspension is None or datetime.fromisoformat(data["ended_at"]) < case.suspension.since:
        raise FormError({"ended_at": "this lies before the clock was stopped"})


def dispatched(case: Case, event: Event) -> Mapping[str, Any]:
    """T4s."""
    return {"clock": replace(case.clock, sent_at=datetime.fromisoformat(event.data["sent_at"]))}


def suspended(case: Case, event: Event) -> Mapping[str, Any]:
    """T5: what came back was not sent either, as far as a clock is concerned."""
    reason = event.data["why"]
    clock = replace(case.clock, sent_at=None) if reason == UNDELIVERABLE else case.clock
    since = datetime.fromisoformat(event.data["since"])
    return {"suspension": Suspension(reason, since), "clock": clock}


def question_asked(case: Case, event: Event) -> Mapping[str, Any]:
    """T5q."""
    if case.suspension is None:
        raise RuntimeError("a question was asked while the clock runs")
    return {"suspension": replace(case.suspension, asked_at=event.at_utc)}


def resumed(case: Case, event: Event) -> Mapping[str, Any]:
    """T6."""
    clock = replace(case.clock, restarted_at=datetime.fromisoformat(event.data["ended_at"]))
    return {"suspension": None, "clock": clock}


def resumed_unanswered(case: Case, event: Event) -> Mapping[str, Any]:
    """T6u: from now on, not from when the question became old."""
    return {"suspension": None, "clock": replace(case.clock, restarted_at=event.at_utc)}


def attempted(case: Case, event: Event) -> Mapping[str, Any]:
    """T5a."""
    attempt = Attempt(datetime.fromisoformat(event.data["attempted_at"]), event.data["channel"])
    return {"attempts": (*case.attempts, attempt)}


def served(case: Case, event: Event) -> Mapping[str, Any]:
    """T6d: the owner's whole time runs from the moment in which the service is recorded."""
    return {"suspension": None, "receipt_at": event.at_utc, "clock": replace(case.clock, deemed=True)}


def stated(case: Case, event: Event) -> Mapping[str, Any]:
    """Th."""
    said = Statement(event.data["says"], datetime.fromisoformat(event.data["said_at"]))
    return {"statements": (*case.statements, said)}


def answered(_case: Case, _event: Event) -> Mapping[str, Any]:
    """Tha."""
    return {"statements": ()}


OF_THE_CLOCK: Sequence[Transition] = (
    Transition(
        id="T4s",
        act="record-dispatch",
        title="Record that the request was sent",
        sources=(State.OWNER_NOTIFIED,),
        roles=(OFFICER,),
        fields=(Field("sent_at", "When it was sent", Kind.INSTANT), Field("how", "How this is proved", Kind.PROSE)),
        ready=(sending_counts,),
        checks=(rules.not_in_the_future("sent_at"), follows_the_request("sent_at")),
        change=dispatched,
        basis=ASK,
    ),
    Transition(
        id="T5",
        act="suspend-clock",
        title="Stop the owner's clock",
        sources=(State.OWNER_NOTIFIED,),
        target=State.CLOCK_SUSPENDED,
        roles=(OFFICER,),
        fields=(
            Field("why", "Why it stops", Kind.CHOICE, REASONS),
            Field("since", "Since when", Kind.INSTANT),
            Field("statement", "What shows it", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("since"), follows_the_request("since"), receipt_is_receipt),
        change=suspended,
        basis=STOP,
    ),
    Transition(
        id="T5q",
        act="ask-owner",
        title="Ask the owner to clear something up",
        sources=(State.CLOCK_SUSPENDED,),
        roles=(OFFICER,),
        fields=(Field("question", "What we ask (the owner will read this)", Kind.PROSE),),
        ready=(owner_can_be_asked,),
        change=question_asked,
        letters=("owner-question",),
        basis=STOP,
    ),
    Transition(
        id="T5a",
        act="record-attempt",
        title="Record an attempt to reach the owner that failed",
        sources=(State.OWNER_NOTIFIED, State.CLOCK_SUSPENDED),
        roles=(OFFICER,),
        fields=(
            Field("attempted_at", "When it was tried", Kind.INSTANT),
            Field("channel", "On which road", Kind.CHOICE, CHANNELS),
            Field("proof", "What proves that it was tried and failed", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("attempted_at"), follows_the_request("attempted_at")),
        change=attempted,
        basis=ASK,
    ),
    Transition(
        id="T6",
        act="resume-clock",
        title="Let the owner's clock run again, in full",
        sources=(State.CLOCK_SUSPENDED,),
        target=State.OWNER_NOTIFIED,
        roles=(OFFICER,),
        fields=(
            Field("ended_at", "When the reason ended or the answer came", Kind.INSTANT),
            Field("statement", "What shows it", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("ended_at"), restart_in_order),
        change=resumed,
        basis=STOP,
    ),
    Transition(
        id="T6u",
        act="resume-unanswered",
        title="Let the clock run again: our question is unanswered",
        sources=(State.CLOCK_SUSPENDED,),
        target=State.OWNER_NOTIFIED,
        roles=(OFFICER,),
        ready=(question_unanswered,),
        change=resumed_unanswered,
        basis=STOP,
    ),
    Transition(
        id="T6d",
        act="deem-served",
        title="Record service after attempts that all failed",
        sources=(State.CLOCK_SUSPENDED,),
        target=State.OWNER_NOTIFIED,
        roles=(APPROVER,),
        fields=(Field("notice", "Where the legal notice stands, and whom it names", Kind.PROSE),),
        ready=(every_channel_failed,),
        change=served,
        basis=ASK,
        when=lambda policy: policy.deemed_service,
    ),
    Transition(
        id="Th",
        act="log-statement",
        title="Record what the owner says",
        sources=UNDER_WAY,
        roles=(OFFICER, SYSTEM),
        fields=(
            Field("says", "What it comes to", Kind.CHOICE, SAYINGS),
            Field("said_at", "When it came", Kind.INSTANT),
            Field("statement", "What the owner says", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("said_at"),),
        change=stated,
    ),
    Transition(
        id="Tha",
        act="answer-statement",
        title="Answer the owner",
        sources=UNDER_WAY,
        roles=(OFFICER,),
        fields=(Field("answer", "Our answer (the owner will read this)", Kind.PROSE),),
        ready=(statement_open,),
        change=answered,
        letters=("owner-answer",),
    ),
)
