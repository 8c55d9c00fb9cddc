"""The tallies in the store: added to with each step, read for a span of months, and counted anew.

Keeps true: what a step adds is written in the step's own transaction; reading costs as much as there are months and
grounds, however many cases there are. What is counted is said in tallies.py and schema-statistics.sql.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass

import aiosqlite

from blocker.cases.queries import Queries
from blocker.cases.tallies import Tally


@dataclass(frozen=True, slots=True)
class Counted:
    """The tallies of some months, what was in force before them, and up to which event they count."""

    tallies: Mapping[Tally, int]
    seq: int


async def count(db: aiosqlite.Connection, counts: Mapping[Tally, int]) -> None:
    """Add to the tallies, within the transaction that the connection is in."""
    await db.executemany(_ADD, [(*astuple(tally), times) for tally, times in counts.items()])


async def between(store: Queries, first: str, last: str, ground: str | None = None) -> Counted:
    """Return the tallies of the months from `first` to `last`, of one ground or all.

    Under the month `` stands what was in force before them.
    """
    return await _read(store, _EACH, first, last, ground)


async def summed(store: Queries, first: str, last: str, ground: str | None = None) -> Counted:
    """Return the same as sums of all grounds, what took how long as sums of all months: all that tables need."""
    return await _read(store, _SUMMED, first, last, ground)


async def grounds(store: Queries, first: str, last: str) -> frozenset[str]:
    """Return the grounds of which anything is counted in these months; `` among them for reports that name none."""
    found = await store.fetch("SELECT DISTINCT ground FROM tallies WHERE month BETWEEN ? AND ?", (first, last))
    return frozenset(row["ground"] for row in found)


async def first_month(store: Queries) -> str | None:
    """Return the first month of which anything is counted."""
    found = await store.fetch("SELECT min(month) AS month FROM tallies")
    return None if found[0]["month"] is None else str(found[0]["month"])


def differences(db: sqlite3.Connection, of_cases: Counter[Tally]) -> Iterator[Tally]:
    """Yield the tallies that are not what the events, counted anew by the caller, and the reports come to."""
    wanted = of_cases.copy()
    for row in db.execute(_REPORTS):
        wanted[_tally(row)] += row["count"]
    kept = {_tally(row): row["count"] for row in db.execute("SELECT * FROM tallies")}
    yield from sorted(tally for tally in wanted.keys() | kept.keys() if wanted[tally] != kept.get(tally, 0))


async def _read(store: Queries, sql: str, first: str, last: str, ground: str | None) -> Counted:
    *found, head = await store.fetch(sql, {"first": first, "last": last, "ground": ground})
    return Counted({_tally(row): row["count"] for row in found}, head["count"])


def _tally(row: Mapping[str, str]) -> Tally:
    return Tally(row["month"], row["ground"], row["subject"], row["part"])


_ADD = "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"

_THESE = "month BETWEEN :first AND :last AND ground = coalesce(:ground, ground)"

# One statement, and so one moment: figures and the event up to which they count belong together.
_AND_BEFORE = """
    UNION ALL
    SELECT '', ground, subject, part, sum(count) FROM tallies
    WHERE subject = 'in_force' AND month < :first AND ground = coalesce(:ground, ground) GROUP BY ground, subject, part
    UNION ALL
    SELECT '', '', '', '', coalesce(max(seq), 0) FROM events
"""

_EACH = f"SELECT month, ground, subject, part, count FROM tallies WHERE {_THESE} {_AND_BEFORE}"  # noqa: S608

_SUMMED = f"""
    SELECT month, '' AS ground, subject, part, sum(count) AS count FROM tallies
    WHERE {_THESE} AND substr(subject, 1, 5) NOT IN ('hours', 'days_') GROUP BY month, subject, part
    UNION ALL
    SELECT :last, '', subject, part, sum(count) FROM tallies
    WHERE {_THESE} AND substr(subject, 1, 5) IN ('hours', 'days_') GROUP BY subject, part
    {_AND_BEFORE}
"""  # noqa: S608 - no values in them

_REPORTS = "SELECT month, ground, subject, part, count(*) AS count FROM report_tallies GROUP BY 1, 2, 3, 4"
