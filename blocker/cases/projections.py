"""What the store keeps beside each case, so that nobody reads all of them to find the few that matter.

Keeps true: every row here follows from the case alone and goes when the case no longer makes it; what is counted of all
cases is the sum of what each one adds. The audit makes all of it again from the events and compares.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from blocker.cases.appointments import appointments, told
from blocker.cases.case import Case
from blocker.cases.isps.order import Order, Served, current
from blocker.cases.rows import instant
from blocker.cases.steps.isp import REPORTED

TABLES: Mapping[str, tuple[str, ...]] = {
    "case_names": ("case_id", "name"),
    "orders": ("case_id", "isp", "due_at", "waits", "list", "serial", "onboarding"),
    "appointments": ("case_id", "what", "whom", "since", "until"),
}
"""The tables with a row of their own for what a case makes of each, and their columns."""

KEYS: Mapping[str, int] = {"case_names": 2, "orders": 2, "appointments": 4}
"""How many of the columns, from the left, name a row."""

Row = tuple[str | int | None, ...]


def beside(case: Case) -> dict[str, set[Row]]:
    """Return what stands beside a case, by table."""
    return {
        "case_names": {(case.id, str(entry.name)) for entry in case.names},
        "orders": set(_orders(case)),
        "appointments": {
            (case.id, each.what, each.whom, instant(each.since), instant(each.until)) for each in appointments(case)
        },
    }


def _orders(case: Case) -> Iterator[Row]:
    """Yield every order that is not carried out: when it is due, and what the desk still waits for, if it does."""
    for each in current(case.served):
        if each.open:
            waits = None if case.state not in REPORTED else "receipt" if each.delivered_at is None else "done"
            yield (case.id, each.isp, instant(each.due), waits, each.list, each.serial, each.onboarding)


def tally(case: Case) -> Counter[tuple[str, str, int]]:
    """Return what a case adds to its providers' tallies: (provider, what, seconds)."""
    counted: Counter[tuple[str, str, int]] = Counter()
    for each in case.served:
        if each.done_at is not None:
            # What is done is late or not for good: any instant will do.
            what = "late" if each.late(each.done_at) else "in-time"
            counted[each.isp, what, _pace(each, each.done_at)] += 1
    for each in told(case):
        if each.order is Order.BLOCK and each.probe is not None:
            counted[each.isp, "asked", 0] += each.probe.asked
            counted[each.isp, "past", 0] += each.probe.asked - each.probe.led
    return counted


def _pace(served: Served, done: datetime) -> int:
    """Seconds from receipt on, in whole minutes after the first; -1 without a receipt."""
    if served.delivered_at is None:
        return -1
    taken = done - served.delivered_at
    return int((taken - taken % timedelta(minutes=1) if taken >= timedelta(minutes=1) else taken).total_seconds())
