"""A proposal changes hands: its author is away or lost the account, and another officer stands for it (in table.py).

Keeps true: what a closed account proposed is void until somebody in office stands for it (rules.proposer_in_office);
what somebody did in office stays valid; two people still decide. A lift and a court's order wait for nobody: an
approver decides about them as they stand.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.transition import DECIDING, OFFICER, Transition


def not_their_own(case: Case, actor: Actor, _now: datetime) -> Bar | None:
    """Nobody takes over what they stand for already."""
    return Bar("This is your own proposal.", moot=True) if case.proposed_by == actor.number else None


def former_author(step: Step) -> Mapping[str, str]:
    """Tt: who had proposed it."""
    return {} if step.case is None or step.case.proposed_by is None else {"instead_of": step.case.proposed_by}


def taken_over(_case: Case, event: Event) -> Mapping[str, Any]:
    """Tt: the officer stands for it as for a proposal of their own."""
    return {"proposed_by": event.actor}


OF_THE_PEOPLE: Sequence[Transition] = (
    Transition(
        id="Tt",
        act="take-over",
        title="Take over the proposal of another officer",
        sources=(State.NOTICE_PENDING, *DECIDING),
        roles=(OFFICER,),
        ready=(not_their_own,),
        facts=former_author,
        change=taken_over,
    ),
)
