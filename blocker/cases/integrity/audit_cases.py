"""Judges the cases of a database: each is made again of its events, and all that is derived from it of the case.

Keeps true: nothing that is kept for searching is believed; what differs is named with its case, and an unreadable one
does not end the search.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import astuple
from itertools import groupby

from blocker.cases import counting, projections, rows, tallies, workflow
from blocker.cases.case import Case
from blocker.cases.integrity.alongside import aside
from blocker.cases.tallies import Tally
from blocker.errors import RedhandError

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, RedhandError)
"""What reading a row raises that was not written by us, whatever was done to it."""

_BESIDE = {
    "case_names": "the names that it is found by are not its own",
    "orders": "the open orders beside it are not its own",
    "appointments": "what the desk is to look at in it is not what follows from it",
}
"""What a row too many or too few in each table means."""


def judged(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, as its place and what it is; rows of `db` are mappings."""
    events = db.execute("SELECT * FROM events WHERE to_state IS NOT NULL ORDER BY case_id, seq")
    kept = aside(db.execute("SELECT * FROM cases ORDER BY id"), "id")
    beside = {
        table: aside(db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY case_id"), "case_id")  # noqa: S608
        for table, columns in projections.TABLES.items()
    }
    counts: Counter[Tally] = Counter()
    told: Counter[tuple[str, str, int]] = Counter()
    for case_id, its in groupby(events, key=lambda row: row["case_id"]):
        place, case, found = f"case {case_id}", None, {table: rows_of(case_id) for table, rows_of in beside.items()}
        try:
            for before, event, case in workflow.stages(map(rows.event_from_row, its)):
                counts.update(tallies.counted(before, event, case))
        except UNREADABLE as error:
            yield place, f"its events make no case: {type(error).__name__}"
            continue
        if case is None or kept(case_id) != [rows.case_to_row(case)]:
            yield place, "it is not what its events make of it"
        else:
            told.update(projections.tally(case))
            yield from ((place, said) for said in _beside(case, found))
    counted = {
        (row["isp"], row["what"], row["seconds"]): row["n"] for row in db.execute("SELECT * FROM provider_tallies")
    }
    if counted != {key: n for key, n in told.items() if n}:
        yield "provider_tallies", "they are not what the cases add up to"
    for each in counting.differences(db, counts):
        yield f"statistics {' '.join(astuple(each))}", "it is not what the events and the reports come to"


def _beside(case: Case, found: Mapping[str, list[rows.Row]]) -> Iterator[str]:
    for table, wanted in projections.beside(case).items():
        if {tuple(row.values()) for row in found[table]} != wanted:
            yield _BESIDE[table]
