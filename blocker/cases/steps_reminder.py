"""Reminders: which one is due in a case, and the step that records it and sends it (a row of table.py).

Keeps true: a reminder is an event and its letter in one transaction, so that none is lost or sent twice; each is due
once, for one clock that ends at one instant or one turn that began at one; none names a site.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from blocker.cases.awaited import since as awaited_since
from blocker.cases.awaited import spans, turn_of
from blocker.cases.case import ENDED, Case, Event, Role, State
from blocker.cases.forms import Field, Kind
from blocker.cases.transition import SYSTEM, Transition

BEFORE = {"1h": timedelta(hours=1), "4h": timedelta(hours=4)}
"""How long before its end people are reminded of a clock, the shorter first."""

UNANSWERED = timedelta(minutes=30)
"""How long an approval waits before the approvers are reminded of it."""

CLOCKS = frozenset({"owner", "isps", "restore", "review", "question"})
"""Clocks of which officers are reminded; how fresh a verification is, they see at once."""


def reminder_due(case: Case, now: datetime) -> Mapping[str, str] | None:
    """Return what the step `remind` is to record, if a reminder is due that was not sent yet."""
    for about, to, instant in _wanted(case, now):
        if f"{about} {instant.isoformat()}" not in case.reminded:
            return {"about": about, "to": to, "instant": instant.isoformat()}
    return None


def _wanted(case: Case, now: datetime) -> Sequence[tuple[str, str, datetime]]:
    wanted = []
    for span in spans(case):
        near = next((mark for mark, before in BEFORE.items() if timedelta(0) < span.end - now <= before), None)
        if near is not None and span.key in CLOCKS:
            wanted.append((f"{span.key}-{near}", Role.OFFICER.value, span.end))
    began = awaited_since(case, now)
    if turn_of(case).at(now) == Role.APPROVER and now - began >= UNANSWERED:
        wanted.append(("approval", Role.APPROVER.value, began))
    return wanted


def _reminded(case: Case, event: Event) -> Mapping[str, Any]:
    return {"reminded": (*case.reminded, f"{event.data['about']} {event.data['instant']}")}


REMINDERS: Sequence[Transition] = (
    Transition(
        id="Tm",
        act="remind",
        title="Those on duty were reminded",
        sources=tuple(state for state in State if state not in ENDED),
        roles=(SYSTEM,),
        fields=(
            Field("about", "Reminder of"),
            Field("to", "Reminded role"),
            Field("instant", "End of the clock, or beginning of the wait", Kind.INSTANT),
        ),
        change=_reminded,
        letters=("reminder",),
    ),
)
