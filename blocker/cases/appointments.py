"""When the system must look at a case by itself: for a clock, for the list in force, for a reminder.

Keeps true: all of it follows from the case alone, so that it can be kept beside the case and searched (agenda.py); a
case that is found because of it is still judged by the workflow, and one that is not found has nothing due.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from blocker.cases.case import Case, State
from blocker.cases.isps.order import Served, current
from blocker.cases.steps.isp import DIRECTED, next_alarm
from blocker.cases.steps.reminder import reminders
from blocker.cases.transition import ON_LIST


class What(StrEnum):
    """What there is to look at."""

    CLOCK = "clock"
    """A clock of the case may move it."""
    LIST = "list"
    """The list in force may move it: once it holds the directive, or holds it no longer."""
    PROVIDER = "provider"
    """A provider's time may be over; whose, says the appointment."""
    REMINDER = "reminder"
    """Somebody may have to be reminded; of which role, says the appointment."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """Something to look at from `since` on, and before `until` if it is pointless later; `whom` it concerns, if one."""

    what: What
    since: datetime
    whom: str = ""
    until: datetime | None = None


def appointments(case: Case) -> Iterator[Appointment]:
    """Yield all that the system may have to do in a case as it stands."""
    moved = next_move(case)
    if moved is not None:
        yield Appointment(What.CLOCK, moved)
    if waits_for_list(case):
        yield Appointment(What.LIST, case.turned_at)
    for served in told(case):
        alarm = next_alarm(served)
        if alarm is not None:
            yield Appointment(What.PROVIDER, alarm, served.isp)
    for each in reminders(case):
        yield Appointment(What.REMINDER, each.since, each.to, each.until)


def next_move(case: Case) -> datetime | None:
    """Return the first instant at which a clock alone may move the case; it moves then or a moment later."""
    ends = [case.expires if case.state in ON_LIST else None]
    if case.state is State.BLOCK_DIRECTED or (case.state is State.UNBLOCK_DIRECTED and case.withdrawn_at):
        waiting = any(each.open for each in current(case.served))
        ends.append(case.isp_deadline if waiting else case.turned_at)
    if case.state is State.IN_FORCE and case.review.lapsed_at is None:
        ends.append(case.review_by)
    return min((end for end in ends if end is not None), default=None)


def waits_for_list(case: Case) -> bool:
    """True while the next version of the list is what the case waits for."""
    if case.state is State.DECIDED:
        return case.commit is not None
    leaving = case.state in {State.SUSPENDED, State.UNBLOCK_DIRECTED} and case.withdrawn_at is None
    return leaving and case.lift_commit is not None


def told(case: Case) -> tuple[Served, ...]:
    """Return the last order to each provider, while the case stands where they have, or had, to carry it out."""
    return current(case.served) if case.state in DIRECTED else ()


def asked_until(case: Case) -> datetime | None:
    """Return when the first order is due that is open or has an open question; None if a provider has nothing to do."""
    return min((each.due or each.issued_at for each in told(case) if each.open or each.queried), default=None)
