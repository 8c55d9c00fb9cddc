"""What the overseer does in a case: recommend, and tell that a court was asked (rows of table.py).

Keeps true: the overseer never changes the list nor the road of a case; a recommendation that is followed takes the same
steps and the same two people as any other decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from blocker.cases import rules
from blocker.cases.case import Actor, Case, Event
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import Recommendation
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.transition import APPROVER, OVERSEER, REASON, UNDER_WAY, Transition

ADVICE = "LCEN art. 6-1 §3"
ANSWERS = ("accepted", "refused")


def none_open(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """One recommendation at a time, so that each gets its answer."""
    open_ = case.recommendation is not None and case.recommendation.answer is None
    return Bar("A recommendation waits for its answer.") if open_ else None


def recommended(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to answer."""
    open_ = case.recommendation is not None and case.recommendation.answer is None
    return None if open_ else Bar("No recommendation is open.", moot=True)


def not_followed(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """A court is asked after a refusal, or when no answer came in time; an answer at the last instant is in time."""
    advice = case.recommendation
    if advice is None or advice.referred_at is not None or advice.answer == "accepted":
        return Bar("No recommendation was refused or left unanswered.", moot=True)
    if advice.answer is None and now <= advice.answer_by:
        return Bar("The answer to the recommendation is still in time.", until=advice.answer_by)
    return None


def time_to_answer(step: Step) -> Mapping[str, str]:
    """T20: the deadline of the answer."""
    return {"answer_by": (step.now + timedelta(hours=step.context.policy.recommendation_hours)).isoformat()}


def recommendation(_case: Case, event: Event) -> Mapping[str, Any]:
    """T20."""
    by = datetime.fromisoformat(event.data["answer_by"])
    return {"recommendation": Recommendation(by=event.actor, made_at=event.at_utc, answer_by=by)}


def answered(case: Case, event: Event) -> Mapping[str, Any]:
    """T20a."""
    return {"recommendation": replace(_advice(case), answer=event.data["answer"], answered_at=event.at_utc)}


def referred(case: Case, event: Event) -> Mapping[str, Any]:
    """T20c."""
    return {"recommendation": replace(_advice(case), referred_at=event.at_utc)}


def _advice(case: Case) -> Recommendation:
    if case.recommendation is None:
        raise RuntimeError("there is no recommendation")
    return case.recommendation


OF_THE_OVERSEER: Sequence[Transition] = (
    Transition(
        id="T20",
        act="recommend",
        title="Recommend to end the measure",
        sources=UNDER_WAY,
        roles=(OVERSEER,),
        fields=(Field("recommendation", "The recommendation, and its reasons", Kind.PROSE),),
        ready=(none_open,),
        facts=time_to_answer,
        change=recommendation,
        basis=ADVICE,
    ),
    Transition(
        id="T20a",
        act="answer-recommendation",
        title="Answer the overseer's recommendation",
        sources=UNDER_WAY,
        roles=(APPROVER,),
        fields=(Field("answer", "The answer", Kind.CHOICE, ANSWERS), REASON),
        ready=(recommended,),
        change=answered,
        letters=("oversight-answer",),
        basis=ADVICE,
    ),
    Transition(
        id="T20c",
        act="refer-to-court",
        title="Record that a court was asked",
        sources=UNDER_WAY,
        roles=(OVERSEER,),
        fields=(
            Field("court", "Which court"),
            Field("number", "Its number"),
            Field("filed_at", "When it was asked", Kind.INSTANT),
        ),
        ready=(not_followed,),
        checks=(rules.not_in_the_future("filed_at"),),
        change=referred,
        basis=ADVICE,
    ),
)
