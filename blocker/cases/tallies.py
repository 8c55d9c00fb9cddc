"""What each step of a case adds to the statistics: what happened, on which ground, in which month, after how long.

Keeps true: what is counted follows from the ledger alone, so that whoever recounts it finds the same; it holds no name,
no number and no person. What is corrected later (a provider's receipt) is taken back and counted anew. Reports, which
are no events, are counted where they are stored (schema-statistics.sql); tables for people are made in statistics.py.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from blocker.cases.case import Case, Event
from blocker.cases.isps.order import Order, Served

LONGEST_HOURS = 720
"""Thirty days: what took longer counts as that."""

LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """One thing that is counted."""

    month: str
    """`2026-11`, in UTC: the same for whoever recounts it."""
    ground: str
    subject: str
    part: str
    """What it was; of a subject that measures hours or days, which hour or day it came to."""


STEPS = {
    "T1": ("cases", "opened"),
    "T4": ("requests", "sent"),
    "T4r": ("requests", "refused"),
    "T5": ("owners", "clock_stopped"),
    "T6d": ("owners", "deemed_served"),
    "Th": ("owners", "statements"),
    "T7": ("cases", "removed"),
    "T17": ("cases", "withdrawn"),
    "T9": ("skipped", "unidentified"),
    "T9s": ("skipped", "unreachable"),
    "T9e": ("skipped", "emergency"),
    "T10": ("proposals", "approved"),
    "T10x": ("proposals", "approved"),
    "T10r": ("proposals", "refused"),
    "T10xr": ("proposals", "refused"),
    "T13": ("stays", "court"),
    "T13e": ("stays", "court"),
    "T13s": ("stays", "authority"),
    "T14": ("stays", "resumed"),
    "T14r": ("stays", "restarted"),
    "T15": ("stays", "annulled"),
    "T15e": ("stays", "annulled"),
    "T19": ("reviews", "lapsed"),
    "T19l": ("reviews", "lapsed"),
    "T20": ("recommendations", "made"),
    "T20c": ("recommendations", "court"),
    "T21": ("appeals", "made"),
}
"""Steps that are counted as often as they are taken, whatever else they say."""

PROPOSING = frozenset({"T8", "T9", "T9s", "T9e"})

_Count = tuple[str, str, int]


def counted(before: Case | None, event: Event, after: Case) -> Counter[Tally]:
    """Return what an event changes in the statistics, given its case before and after it."""
    counts: Counter[Tally] = Counter()
    month = _month(event.at_utc)
    for subject, part, times in chain(_step(before, event), _list(before, event, after)):
        counts[Tally(month, after.ground, subject, part)] += times
    # What a step left alone is the same object before and after it, and a case of years has hundreds of orders.
    alike = frozenset[int]() if before is None else frozenset(map(id, before.served)) & frozenset(map(id, after.served))
    counts.update(_orders(after, alike))
    if before is not None:
        counts.subtract(_orders(before, alike))
    return Counter({tally: times for tally, times in counts.items() if times})


def hours(span: timedelta) -> str:
    """Return which hour a span ends in: `1` for the first; a deadline of 24 hours that is just met is `24`."""
    return str(min(LONGEST_HOURS, max(1, -(-span // timedelta(hours=1)))))


def days(span: timedelta) -> str:
    """Return which day a span ends in."""
    return str(min(LONGEST_DAYS, max(1, -(-span // timedelta(days=1)))))


def _step(before: Case | None, event: Event) -> Iterator[_Count]:
    if event.transition in STEPS:
        yield *STEPS[event.transition], 1
    if event.transition in PROPOSING and event.from_state is not event.to_state:
        yield "proposals", "made", 1
    match event.transition:
        case "T18" if before is not None and before.review_by is not None:
            yield "reviews", "in_time" if event.at_utc <= before.review_by else "late", 1
        case "T20a":
            yield "recommendations", event.data["answer"], 1
        case "T21d":
            yield "appeals", event.data["outcome"], 1
        case "T7" if before is not None and (began := before.receipt_at or before.clock.sent_at) is not None:
            yield "hours_owner", hours(datetime.fromisoformat(event.data["checked_at"]) - began), 1


def _list(before: Case | None, event: Event, after: Case) -> Iterator[_Count]:
    """Yield what it means that a directive came on the list in force, or left it."""
    was, now = before is not None and _listed(before), _listed(after)
    if was is now or before is None:
        return
    sign = 1 if now else -1
    yield "in_force", "blocks", sign
    yield "in_force", "names", sign * len(after.names)
    if now:
        yield from _begun(before, event)
    else:
        yield from _ended(before, event)


def _begun(before: Case, event: Event) -> Iterator[_Count]:
    again = any(each.order is Order.BLOCK for each in before.served)
    road = "after_request" if before.skip is None else before.skip.ground
    yield "begun", "resumed" if again else road, 1
    if not again:
        yield "hours_report", hours(event.at_utc - before.reported_at), 1
    if before.issued_at is not None:
        yield "hours_listing", hours(event.at_utc - before.issued_at), 1


def _ended(before: Case, event: Event) -> Iterator[_Count]:
    if before.withdrawal is not None:
        yield "ended", before.withdrawal.reason_code, 1
        yield "hours_unlisting", hours(event.at_utc - before.withdrawal.decided_at), 1
    if before.directed_at is not None:
        yield "days_in_force", days(event.at_utc - before.directed_at), 1


def _listed(case: Case) -> bool:
    return case.directed_at is not None and case.withdrawn_at is None


def _orders(case: Case, but: frozenset[int]) -> Counter[Tally]:
    """Count a case's orders to providers, each in the month in which it was issued, as it stands; leave out `but`."""
    counts: Counter[Tally] = Counter()
    for served in (each for each in case.served if id(each) not in but):
        month = _month(served.issued_at)
        counts[Tally(month, case.ground, f"orders_{served.order}", _outcome(served))] += 1
        if served.done_at is not None:
            took = hours(served.done_at - (served.delivered_at or served.issued_at))
            counts[Tally(month, case.ground, f"hours_{served.order}", took)] += 1
    return counts


def _outcome(served: Served) -> str:
    """Return how an order stands by what is recorded of it alone: lateness counts once the ledger has counted it."""
    known = (
        (served.superseded_at is not None, "superseded"),
        (served.done_at is not None and served.late(served.done_at), "late"),
        (served.done_at is not None, "in_time"),
        (served.cannot == "refusal", "refused"),
        (served.overdue_at is not None and served.delivered_at is None, "not_delivered"),
        (served.overdue_at is not None, "overdue"),
    )
    return next((outcome for holds, outcome in known if holds), "open")


def _month(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m}"
