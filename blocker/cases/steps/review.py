"""The steps of time on a block in force: the quarterly review, its lapse, and the end by itself (rows of table.py).

Keeps true: the system raises alarms, proposes, and carries out the end that two officials approved; it lifts a block
because nobody reviewed it only where the settings say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from blocker.cases import changes, rules
from blocker.cases.case import SYSTEM as THE_SYSTEM
from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import PendingLift, PendingReview, Review, Withdrawal
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.transition import APPROVER, OFFICER, ON_LIST, REASON, SYSTEM, Transition
from blocker.errors import FormError

REVIEW = "Décret 2015-125 art. 4"
SEEN_FOR = timedelta(hours=24)
"""How old the look behind a review may be when it is proposed, and when it is signed."""

HOLDERS = ("same_holder", "other_holder", "unknown_holder")


def review_pending(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """There must be a review to sign, of what was seen within a day."""
    if case.review.pending is None:
        return Bar("No review is proposed.", moot=True)
    if now - case.review.pending.seen_at > SEEN_FOR:
        return Bar("What the review saw is more than 24 hours old. Repeat it.")
    return None


def not_expired(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """What has ended is not prolonged."""
    return Bar("The directive has ended.") if case.expires is not None and now >= case.expires else None


def review_overdue(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """The review was due and did not come; at the very instant it would still be in time."""
    if case.review_by is None or case.review.lapsed_at is not None:
        return Bar("The review is not overdue.", moot=True)
    return Bar("The review is not overdue.", until=case.review_by) if now <= case.review_by else None


def over(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """The end that two officials approved has come: `expires` is the first instant not in force."""
    if case.expires is None:
        return Bar("The directive has no end.", moot=True)
    return Bar("The directive has not ended.", until=case.expires) if now < case.expires else None


def seen_lately(_case: Case | None, data: Mapping[str, str], now: datetime, _context: Context) -> None:
    """A review rests on a fresh look."""
    if now - datetime.fromisoformat(data["seen_at"]) > SEEN_FOR:
        raise FormError({"seen_at": "this is more than 24 hours ago"})


def review_proposed(case: Case, event: Event) -> Mapping[str, Any]:
    """T18p."""
    pending = PendingReview(event.actor, event.at_utc, datetime.fromisoformat(event.data["seen_at"]))
    return {"review": replace(case.review, pending=pending)}


def reviewed(case: Case, event: Event) -> Mapping[str, Any]:
    """T18."""
    if case.review.pending is None:
        raise RuntimeError("a review was signed that nobody proposed")
    by = (case.review.pending.proposed_by, event.actor)
    lift = None if case.lift is not None and case.lift.proposed_by == THE_SYSTEM.number else case.lift
    return {"review": Review(reviewed_at=event.at_utc, by=by), "lift": lift, **changes.terms(event)}


def review_refused(case: Case, _event: Event) -> Mapping[str, Any]:
    """T18r."""
    return {"review": replace(case.review, pending=None)}


def lapse_facts(step: Step) -> Mapping[str, str]:
    """T19: what the settings say follows."""
    return {"on_review_lapse": step.context.policy.on_review_lapse}


def lapsed(case: Case, event: Event) -> Mapping[str, Any]:
    """T19: the alarm, and the proposal to lift if the settings want one and nobody made one."""
    lift = case.lift
    if lift is None and event.data["on_review_lapse"] == "auto_propose_lift":
        lift = PendingLift(event.actor, event.at_utc, event.reason_code, "")
    return {"review": replace(case.review, lapsed_at=event.at_utc), "lift": lift}


def unreviewed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T19l: the settings decided this."""
    return {"lift": None, "withdrawal": Withdrawal(event.reason_code, "", (event.actor,), event.at_utc)}


def expired(case: Case, event: Event) -> Mapping[str, Any]:
    """T22: those who approved the directive approved its end with it."""
    by = case.review.by or case.approved_by
    return {"lift": None, "withdrawal": Withdrawal(event.reason_code, "", by, event.at_utc)}


OF_TIME: Sequence[Transition] = (
    Transition(
        id="Tw",
        act="call-review",
        title="Call for a review before its time",
        sources=(State.BLOCK_DIRECTED, State.IN_FORCE),
        roles=(OFFICER, SYSTEM),
        fields=(REASON,),
        change=lambda case, event: {"review": replace(case.review, called_at=event.at_utc)},
        basis=REVIEW,
    ),
    Transition(
        id="T18p",
        act="propose-review",
        title="Propose to keep the block: the content is still unlawful",
        sources=(State.IN_FORCE,),
        roles=(OFFICER,),
        fields=(
            Field("seen_at", "When it was seen", Kind.INSTANT),
            Field("method", "From where and how it was seen", Kind.PROSE),
            Field("holder", "Who holds the name now", Kind.CHOICE, HOLDERS),
            Field("collateral", "What else is cut off by now", Kind.PROSE),
            REASON,
        ),
        ready=(not_expired,),
        checks=(rules.not_in_the_future("seen_at"), seen_lately),
        change=review_proposed,
        basis=REVIEW,
    ),
    Transition(
        id="T18",
        act="approve-review",
        title="Sign the review: the block stays",
        sources=(State.IN_FORCE,),
        roles=(APPROVER,),
        ready=(review_pending, not_expired),
        checks=(rules.proposer_in_office, rules.overseer_is_told, rules.list_takes_commits),
        facts=changes.term,
        change=reviewed,
        letters=("oversight-notice",),
        commit="renew",
        basis=REVIEW,
    ),
    Transition(
        id="T18r",
        act="refuse-review",
        title="Refuse the review",
        sources=(State.IN_FORCE,),
        roles=(APPROVER,),
        fields=(REASON,),
        ready=(review_pending,),
        change=review_refused,
    ),
    Transition(
        id="T18c",
        act="record-renewal",
        title="The reviewed directive was committed to the list",
        sources=tuple(State),
        roles=(SYSTEM,),
        fields=(Field("commit", "Commit"),),
    ),
    Transition(
        id="T19",
        act="mark-overdue",
        title="The review is overdue",
        sources=(State.IN_FORCE,),
        roles=(SYSTEM,),
        ready=(review_overdue,),
        facts=lapse_facts,
        change=lapsed,
        letters=("oversight-notice",),
        reason_code="review_lapsed",
        basis=REVIEW,
        when=lambda policy: policy.on_review_lapse != "auto_lift",
    ),
    Transition(
        id="T19l",
        act="lift-unreviewed",
        title="The block ends: nobody reviewed it in time",
        sources=(State.IN_FORCE,),
        target=State.UNBLOCK_DIRECTED,
        roles=(SYSTEM,),
        ready=(review_overdue,),
        change=unreviewed,
        letters=("oversight-notice",),
        commit="remove",
        reason_code="review_lapsed",
        basis=REVIEW,
        when=lambda policy: policy.on_review_lapse == "auto_lift",
    ),
    Transition(
        id="T22",
        act="carry-out-expiry",
        title="The block ends, as it was decided",
        sources=ON_LIST,
        target=State.UNBLOCK_DIRECTED,
        roles=(SYSTEM,),
        ready=(over,),
        change=expired,
        letters=("oversight-notice",),
        commit="remove",
        reason_code="expiry",
        basis=REVIEW,
    ),
)
