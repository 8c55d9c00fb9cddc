"""Reminders: which one is due in a case, and the step that records it and sends it (a row of table.py).

Keeps true: a reminder is an event and its letter in one transaction, so that none is lost or sent twice; each is due
once, for one clock that ends at one instant or one turn that began at one; none names a site.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Reminder:
    """One that was not sent yet: about what, to which role, of which instant; due from `since` on, before `until`."""

    about: str
    to: Role
    instant: datetime
    since: datetime
    until: datetime | None


def reminders(case: Case) -> Sequence[Reminder]:
    """Return the reminders of a case as it stands, due by now or still to come."""
    return [each for each in _possible(case) if f"{each.about} {each.instant.isoformat()}" not in case.reminded]


def reminder_due(case: Case, now: datetime) -> Mapping[str, str] | None:
    """Return what the step `remind` is to record, if a reminder is due that was not sent yet."""
    for each in reminders(case):
        if each.since <= now and (each.until is None or now < each.until):
            return {"about": each.about, "to": each.to.value, "instant": each.instant.isoformat()}
    return None


def _possible(case: Case) -> Iterator[Reminder]:
    for span in spans(case):
        if span.key in CLOCKS:
            end, later = span.end, span.end
            for mark, before in BEFORE.items():  # each until the next one is due
                yield Reminder(f"{span.key}-{mark}", Role.OFFICER, end, end - before, later)
                later = end - before
    turn = turn_of(case)
    if turn.whose == Role.APPROVER:
        yield Reminder("approval", Role.APPROVER, case.turned_at, case.turned_at + UNANSWERED, turn.until)


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
