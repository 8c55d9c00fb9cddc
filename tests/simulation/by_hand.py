"""Counts a simulation's ledger by hand, another way than the desk does, and compares it with the statistics."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from blocker.cases import counting, statistics
from blocker.cases.case import Event
from blocker.cases.store import Store
from blocker.cases.tallies import Tally
from blocker.simulation.invariants import Record

STEPS = {
    ("cases", "opened"): {"T1"},
    ("requests", "sent"): {"T4"},
    ("cases", "removed"): {"T7"},
    ("proposals", "approved"): {"T10", "T10x"},
    ("proposals", "refused"): {"T10r", "T10xr"},
    ("begun", "all"): {"T10d"},
    ("recommendations", "made"): {"T20"},
    ("appeals", "made"): {"T21"},
    ("stays", "court"): {"T13", "T13e"},
    ("stays", "annulled"): {"T15", "T15e"},
}
"""What is counted, and the steps that make it."""


def tallies(folder: Path) -> Counter[Tally]:
    """What the desk in this folder has counted."""

    async def read() -> Counter[Tally]:
        async with Store.open(folder / "redhand.sqlite3", trial=True) as store:
            return Counter((await counting.between(store, "0000-01", "9999-12")).tallies)

    return asyncio.run(read())


def differences(record: Record, counts: Counter[Tally]) -> list[str]:
    """What the statistics say otherwise than whoever counts the ledger."""
    months = statistics.months(f"{record.events[0].at_utc:%Y-%m}", f"{record.now:%Y-%m}")
    return [
        f"{what}: {shown} instead of {wanted}"
        for what, shown, wanted in (
            *_steps(record, counts, months),
            *_standing(record, counts, months),
            *_orders(record, counts, months),
            *_removals(record, counts),
        )
        if shown != wanted
    ]


Compared = Iterator[tuple[str, object, object]]


def _steps(record: Record, counts: Counter[Tally], months: Sequence[str]) -> Compared:
    tables = [statistics.monthly(id_, counts, months) for id_ in statistics.MONTHLY]
    for column, steps in STEPS.items():
        table = next(table for table in tables if column in table.columns)
        by_month = Counter(f"{event.at_utc:%Y-%m}" for event in record.events if event.transition in steps)
        yield " ".join(column), table.column(*column), tuple(by_month[month] for month in months)


def _standing(record: Record, counts: Counter[Tally], months: Sequence[str]) -> Compared:
    last = {event.case: event.transition for event in record.events if event.transition in {"T10d", "T12d"}}
    listed = [case for case in record.cases if last.get(case.id) == "T10d"]
    table = statistics.monthly("blocks", counts, months)
    yield "in force", table.total[-2:], (len(listed), sum(len(case.names) for case in listed))


def _orders(record: Record, counts: Counter[Tally], months: Sequence[str]) -> Compared:
    for order in ("block", "restore"):
        served = [each for case in record.cases for each in case.served if each.order == order]
        done = [each.done_at for each in served if each.done_at is not None]
        yield f"orders to {order}", statistics.monthly(f"orders_{order}", counts, months).total[0], len(served)
        yield f"hours to {order}", statistics.bands("", counts, f"hours_{order}").total[0], len(done)


def _removals(record: Record, counts: Counter[Tally]) -> Compared:
    told: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        told[event.case].append(event)
    found = Counter(max(1, -(-span // timedelta(hours=1))) for events in told.values() for span in _spans(events))
    measured: Counter[int] = Counter()
    for tally, times in counts.items():
        if tally.subject == "hours_owner":
            measured[int(tally.part)] += times
    yield "hours until removal", measured, found


def _spans(events: Sequence[Event]) -> Iterator[timedelta]:
    """How long after receipt, or else after sending, the content was seen to be gone."""
    received = sent = None
    for event in events:
        match event.transition:
            case "T4p" | "T6d":
                received = datetime.fromisoformat(event.data.get("received_at", event.at_utc.isoformat()))
            case "T4s":
                sent = datetime.fromisoformat(event.data["sent_at"])
            case "T5" if event.data["why"] == "undeliverable":
                sent = None
            case "T14r":  # after a stay everything begins anew
                received = sent = None
            case "T7" if (began := received or sent) is not None:
                yield datetime.fromisoformat(event.data["checked_at"]) - began
