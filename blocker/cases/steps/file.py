"""What is noted in a case without moving it: how it follows from another, and looks after the content is gone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases import rules
from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.flags import AFTER_REMOVAL
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import Link
from blocker.cases.rules import Bar
from blocker.cases.transition import OFFICER, UNDER_WAY, Transition
from blocker.errors import FormError

RELATIONS = ("mirror_of", "correction_of", "follows")


def recheck_open(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Two looks are asked for."""
    return None if len(case.rechecks) < len(AFTER_REMOVAL) else Bar("Both looks are recorded.", moot=True)


def names_another_case(case: Case | None, data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """A link leads to a case that there is, and to another."""
    if context.other is None or context.other.id != data["other"]:
        raise FormError({"other": "there is no such case"})
    if case is not None and context.other.id == case.id:
        raise FormError({"other": "this is the same case"})


def linked(case: Case, event: Event) -> Mapping[str, Any]:
    """Tl: nothing is inherited; a mirror has its own owner and its own decision."""
    return {"links": (*case.links, Link(event.data["relation"], event.data["other"]))}


def rechecked(case: Case, event: Event) -> Mapping[str, Any]:
    """T7k."""
    return {"rechecks": (*case.rechecks, datetime.fromisoformat(event.data["checked_at"]))}


IN_THE_FILE: Sequence[Transition] = (
    Transition(
        id="Tl",
        act="link-case",
        title="Link this case to another",
        sources=(State.DRAFT, State.ASSESSED, *UNDER_WAY),
        roles=(OFFICER,),
        fields=(
            Field("relation", "How they belong together", Kind.CHOICE, RELATIONS),
            Field("other", "Number of the other case"),
        ),
        checks=(names_another_case,),
        change=linked,
    ),
    Transition(
        id="T7k",
        act="record-recheck",
        title="Record another look after the removal",
        sources=(State.REMOVED,),
        roles=(OFFICER,),
        fields=(
            Field("checked_at", "When this was checked", Kind.INSTANT),
            Field("seen", "What was seen", Kind.CHOICE, ("still_gone", "is_back")),
        ),
        ready=(recheck_open,),
        checks=(rules.not_in_the_future("checked_at"),),
        change=rechecked,
    ),
)
