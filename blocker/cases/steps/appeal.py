"""Appeals of anybody: recorded, acknowledged in the same step, decided (rows of table.py).

Keeps true: an appeal stays nothing by itself; it may come after a case has ended; the acknowledgement names the day
from which silence counts as refusal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from blocker.blocklist.dates import add_months
from blocker.cases import rules
from blocker.cases.case import ENDED, Actor, Case, Event
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.proceedings import Appeal
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.transition import APPROVER, OFFICER, REASON, UNDER_WAY, Transition
from blocker.errors import FormError

APPEAL = "CRPA art. L. 411-2"
KINDS = ("gracieux", "hierarchique", "contentieux")
SILENCE_MONTHS = 2
"""Calendar months of silence that count as refusal (CRPA art. L. 231-4)."""

_SATURDAY = 5
_SOURCES = (*UNDER_WAY, *sorted(ENDED))


def appeal_open(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to decide."""
    return None if any(each.outcome is None for each in case.appeals) else Bar("No appeal is open.", moot=True)


def names_an_open_appeal(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A decision names the appeal that it decides."""
    open_ = [] if case is None else [each.number for each in case.appeals if each.outcome is None]
    if data["appeal"] not in open_:
        raise FormError({"appeal": f"choose one of: {', '.join(open_)}"})


def working_days(start: datetime, days: int, timezone: ZoneInfo) -> datetime:
    """Return the end of the last of so many working days after `start`; Monday to Friday, public holidays included.

    A public holiday is counted as a working day: the deadline is then too early, never too late.
    """
    day = start.astimezone(timezone).date()
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return datetime.combine(day + timedelta(days=1), time(), timezone).astimezone(UTC)


def appeal_facts(step: Step) -> Mapping[str, str]:
    """T21: the appeal's number and its two clocks."""
    if step.case is None:
        raise RuntimeError("an appeal belongs to a case")
    received = datetime.fromisoformat(step.entered["received_at"])
    zone = ZoneInfo(step.context.list.timezone)
    return {
        "appeal": f"{step.case.id}/R{len(step.case.appeals) + 1}",
        "acknowledge_by": working_days(received, step.context.policy.acknowledge_days, zone).isoformat(),
        "implied_at": add_months(received, SILENCE_MONTHS, zone).isoformat(),
    }


def logged(case: Case, event: Event) -> Mapping[str, Any]:
    """T21."""
    told = event.data
    appeal = Appeal(
        number=told["appeal"],
        kind=told["kind"],
        name=told["appellant"],
        mail=told["appellant_mail"],
        received_at=datetime.fromisoformat(told["received_at"]),
        acknowledge_by=datetime.fromisoformat(told["acknowledge_by"]),
        implied_at=datetime.fromisoformat(told["implied_at"]),
    )
    return {"appeals": (*case.appeals, appeal)}


def decided(case: Case, event: Event) -> Mapping[str, Any]:
    """T21d."""
    told = event.data
    appeals = [
        replace(each, outcome=told["outcome"]) if each.number == told["appeal"] else each for each in case.appeals
    ]
    return {"appeals": tuple(appeals)}


OF_APPEALS: Sequence[Transition] = (
    Transition(
        id="T21",
        act="log-appeal",
        title="Record an appeal and acknowledge it",
        sources=_SOURCES,
        roles=(OFFICER,),
        fields=(
            Field("kind", "Which appeal", Kind.CHOICE, KINDS),
            Field("appellant", "Who appeals"),
            Field("appellant_mail", "Their mail address", Kind.MAIL),
            Field("received_at", "When it was received", Kind.INSTANT),
            Field("text", "What it says", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("received_at"),),
        facts=appeal_facts,
        change=logged,
        letters=("appeal-acknowledgement",),
        basis=APPEAL,
    ),
    Transition(
        id="T21d",
        act="decide-appeal",
        title="Decide an appeal",
        sources=_SOURCES,
        roles=(APPROVER,),
        fields=(
            Field("appeal", "Number of the appeal"),
            Field("outcome", "The decision", Kind.CHOICE, ("upheld", "rejected")),
            REASON,
        ),
        ready=(appeal_open,),
        checks=(names_an_open_appeal,),
        change=decided,
        letters=("appeal-decision",),
        basis=APPEAL,
    ),
)
