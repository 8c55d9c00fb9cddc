"""blocker/cases/tallies.py: what each step adds, on roads through the real procedure."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from blocker.cases import schema, statistics, workflow
from blocker.cases.case import SYSTEM
from blocker.cases.table import TRANSITIONS
from blocker.cases.tallies import Tally, counted, hours
from tests.cases.walking import (
    APPROVER,
    OFFICER,
    RECEIVED,
    TO_C6,
    TO_C10,
    Walk,
    actor_for,
    before,
)

HOUR = timedelta(hours=1)


def tallies(walk: Walk) -> Counter[Tally]:
    counts: Counter[Tally] = Counter()
    for stage in workflow.stages(walk.events):
        counts.update(counted(*stage))
    return counts


def parts(walk: Walk, subject: str) -> dict[str, int]:
    """What is counted of a subject in all months; nothing that was taken back."""
    found: Counter[str] = Counter()
    for tally, times in tallies(walk).items():
        if tally.subject == subject:
            found[tally.part] += times
    return {part: times for part, times in found.items() if times}


@pytest.mark.parametrize(
    ("span", "hour"),
    [
        (timedelta(0), "1"),
        (timedelta(seconds=1), "1"),
        (HOUR, "1"),
        (HOUR + timedelta(seconds=1), "2"),
        (24 * HOUR, "24"),
        (24 * HOUR + timedelta(seconds=1), "25"),
        (timedelta(days=400), "720"),
        (timedelta(seconds=-5), "1"),
    ],
)
def test_a_span_counts_in_the_hour_that_it_ends_in_here_and_in_the_database(span, hour):
    assert hours(span) == hour
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(schema.script())
        seen, gone = "2026-11-01T10:00:00.250000+00:00", (timedelta(hours=10) + span).total_seconds()
        db.execute(
            "INSERT INTO reports (number, source, url, key, note, seen_at, received_at, state, sent_at, "
            "referral_state, referral_ended_at) VALUES ('R-1', 's', 'u', 'k', '', ?, ?, 'referred', ?, 'removed', "
            "strftime('%Y-%m-%dT%H:%M:%S', unixepoch('2026-11-01') + ?, 'unixepoch') || '.250000+00:00')",
            (seen, seen, seen, gone),
        )
        assert db.execute("SELECT part FROM tallies WHERE subject = 'hours_referral'").fetchone() == (hour,)


@pytest.mark.parametrize("after", [1, 23, 24, 30])
def test_a_removal_counts_in_the_hour_after_the_proved_receipt(after):
    walk = Walk().go(*RECEIVED).later(hours=after)
    walk.act("record-removal", OFFICER)
    assert parts(walk, "cases") == {"opened": 1, "removed": 1}
    assert parts(walk, "hours_owner") == {str(after): 1}


def test_a_removal_without_a_proved_receipt_is_counted_and_not_measured():
    walk = Walk().go(*RECEIVED[:-1]).later(hours=3)
    walk.act("record-removal", OFFICER)
    assert (parts(walk, "cases"), parts(walk, "hours_owner")) == ({"opened": 1, "removed": 1}, {})


def test_a_block_is_counted_where_it_began_and_where_it_ended():
    walk = Walk().go(*TO_C6)
    assert (parts(walk, "begun"), parts(walk, "in_force")) == ({"after_request": 1}, {"blocks": 1, "names": 2})
    assert (parts(walk, "proposals"), parts(walk, "hours_report")) == ({"made": 1, "approved": 1}, {"24": 1})
    walk = Walk().go(*TO_C10)
    assert (parts(walk, "ended"), parts(walk, "in_force")) == ({"content_removed": 1}, {})
    assert {tally.month for tally in tallies(walk)} == {"2026-12"}


def test_what_comes_back_after_a_stay_is_in_force_again_and_measured_once():
    walk = before("resume-block")
    assert (parts(walk, "in_force"), parts(walk, "ended"), parts(walk, "stays")) == (
        {},
        {"court_stay": 1},
        {"court": 1},
    )
    walk.act("resume-block", APPROVER)
    walk.go(("record-commit", SYSTEM), ("record-release", SYSTEM))
    assert parts(walk, "in_force") == {"blocks": 1, "names": 2}
    assert (parts(walk, "begun"), parts(walk, "stays")) == (
        {"after_request": 1, "resumed": 1},
        {"court": 1, "resumed": 1},
    )
    assert sum(parts(walk, "hours_report").values()) == 1


def test_a_block_that_never_reached_the_list_was_never_in_force():
    walk = Walk().go(*TO_C6[:-2], ("propose-lift", OFFICER), ("approve-lift", APPROVER))
    walk.go(("record-lift-commit", SYSTEM), ("record-withdrawal", SYSTEM))
    assert (parts(walk, "in_force"), parts(walk, "begun"), parts(walk, "ended")) == ({}, {}, {})


def test_an_order_counts_as_it_stands_and_what_is_corrected_is_taken_back():
    walk = Walk().go(*TO_C6)
    assert parts(walk, "orders_block") == {"open": 2}
    walk.later(hours=49).act("isp-overdue", SYSTEM)
    assert parts(walk, "orders_block") == {"open": 1, "not_delivered": 1}
    received = (walk.now - 30 * HOUR).isoformat()
    walk.act("isp-received", OFFICER, received_at=received)
    assert parts(walk, "orders_block") == {"open": 2}
    walk.act("isp-applied", OFFICER)
    assert parts(walk, "orders_block") == {"open": 1, "late": 1}
    assert parts(walk, "hours_block") == {"30": 1}


SHOWN = {column for columns in statistics.MONTHLY.values() for column in columns}


@pytest.mark.parametrize("row", TRANSITIONS, ids=lambda row: row.id + row.act)
def test_whatever_any_step_counts_stands_in_a_table_and_never_falls_below_nothing(row):
    walk = before(row.act)
    entered = {"isp": "isp-a"} if row.at_isp else {}
    if row.act == "link-case":
        walk.context = replace(walk.context, other=replace(walk.at, id="2026-000099"))
    walk.act(row.act, actor_for(row), **entered)
    for tally, times in tallies(walk).items():
        assert times >= 0, tally
        assert (
            (tally.subject, tally.part) in SHOWN
            or (tally.subject in statistics.SPANS and int(tally.part) > 0)
            or (tally.subject == "ended" and tally.part in statistics.ENDINGS)
        ), tally
