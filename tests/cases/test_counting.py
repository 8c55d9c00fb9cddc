"""blocker/cases/counting.py on real SQLite: reports are counted as they stand, whatever way they came there."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from blocker.cases import counting
from blocker.cases.case import Actor, Role
from blocker.cases.intake.intake import Intake
from blocker.cases.intake.reports import NewReport
from blocker.cases.store import Store
from blocker.cases.tallies import Tally

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
"""In Paris still the same day and month, an hour and a half before both end there and half an hour before the last."""
OFFICER = Actor("agent-014", Role.OFFICER)


async def counted(store: Store) -> dict[tuple[str, str, str, str], int]:
    found = await counting.between(store, "2026-01", "2026-12")
    return {(tally.month, tally.ground, tally.subject, tally.part): times for tally, times in found.tallies.items()}


async def test_a_report_counts_in_its_month_as_what_became_of_it(tmp_path):
    async with Store.open(tmp_path / "redhand.sqlite3", trial=True) as store:
        intake = Intake(store)
        assert await counting.first_month(store) is None
        for number, ground in enumerate(("terrorism", "terrorism", None)):
            url = f"https://videos.example/{number}"
            new = NewReport(source="hotline", reference=None, url=url, ground=ground, note="", seen_at=NOW)
            await intake.receive(new, NOW, 2026)
        await intake.receive(new, NOW + timedelta(hours=2), 2026)
        assert await counted(store) == {
            ("2026-10", "terrorism", "reports", "received"): 2,
            ("2026-10", "", "reports", "received"): 1,
            ("2026-11", "", "reports", "duplicate"): 1,
        }
        await decide(intake, "R-2026-000001", "dismiss", reason_code="unclear", reason="Nothing there.")
        later = NOW + timedelta(hours=2)
        asked = {"platform": "Videos", "channel": "form", "sent_at": later.isoformat()}
        await decide(intake, "R-2026-000002", "refer", **asked)
        await decide(intake, "R-2026-000002", "acknowledged", at=later.isoformat())
        await decide(intake, "R-2026-000002", "removed", at=(later + timedelta(hours=3)).isoformat())
        assert await counted(store) == {
            ("2026-10", "terrorism", "reports", "dismissed"): 1,
            ("2026-10", "terrorism", "reports", "referred"): 1,
            ("2026-10", "", "reports", "received"): 1,
            ("2026-11", "", "reports", "duplicate"): 1,
            ("2026-11", "terrorism", "referrals", "removed"): 1,
            ("2026-11", "terrorism", "hours_referral", "5"): 1,
        }
        assert await counting.first_month(store) == "2026-10"


async def decide(intake: Intake, number: str, act: str, **entered: str) -> None:
    report = await intake.report(number)
    assert report is not None
    await intake.decide(report, act, OFFICER, entered, NOW + timedelta(days=10))


async def test_what_was_in_force_before_the_months_asked_for_comes_as_a_sum(tmp_path):
    async with Store.open(tmp_path / "redhand.sqlite3", trial=True) as store:
        async with store.transaction() as db:
            tallies = [Tally(month, "terrorism", "in_force", "blocks") for month in ("2025-11", "2026-02", "2026-03")]
            await counting.count(db, dict(zip(tallies, (3, -1, 5), strict=True)))
            await counting.count(db, {Tally("2026-02", "terrorism", "cases", "opened"): 7})
        found = await counting.between(store, "2026-03", "2026-12")
        assert found.tallies == {Tally("", "terrorism", "in_force", "blocks"): 2, tallies[2]: 5}
        assert found.seq == 0


async def test_sums_are_those_of_what_they_sum(tmp_path):
    async with Store.open(tmp_path / "redhand.sqlite3", trial=True) as store:
        tallies = {
            Tally(month, ground, subject, part): len(month + ground + subject) + int(part)
            for month in ("2026-01", "2026-02", "2026-04")
            for ground in ("terrorism", "child-abuse")
            for subject in ("in_force", "hours_owner", "days_in_force", "cases")
            for part in ("3", "21")
        }
        async with store.transaction() as db:
            await counting.count(db, tallies)
        for ground in (None, "terrorism"):
            each = await counting.between(store, "2026-02", "2026-04", ground)
            sums = await counting.summed(store, "2026-02", "2026-04", ground)
            wanted: Counter[Tally] = Counter()
            for tally, times in each.tallies.items():
                month = "2026-04" if tally.subject in {"hours_owner", "days_in_force"} else tally.month
                kept = tally.ground if tally.month == "" else ""
                wanted[Tally(month, kept, tally.subject, tally.part)] += times
            assert sums.tallies == wanted
            assert {tally.ground for tally in each.tallies} == (
                {"terrorism"} if ground else {"terrorism", "child-abuse"}
            )
        assert await counting.grounds(store, "2026-03", "2026-03") == frozenset()
        assert await counting.grounds(store, "2026-03", "2026-04") == {"terrorism", "child-abuse"}


async def test_a_count_that_comes_to_nothing_leaves_nothing(tmp_path):
    tally = Tally("2026-03", "terrorism", "orders_block", "open")
    async with Store.open(tmp_path / "redhand.sqlite3", trial=True) as store:
        for times in (2, -2):
            async with store.transaction() as db:
                await counting.count(db, {tally: times})
        assert await counted(store) == {}


async def test_a_figure_that_somebody_changed_is_found(tmp_path):
    database = tmp_path / "redhand.sqlite3"
    async with Store.open(database, trial=True) as store:
        new = NewReport(
            source="hotline", reference=None, url="https://videos.example/", ground=None, note="", seen_at=NOW
        )
        await Intake(store).receive(new, NOW, 2026)
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = sqlite3.Row
        assert list(counting.differences(db, Counter())) == []
        db.execute("UPDATE tallies SET count = 2")
        assert list(counting.differences(db, Counter())) == [Tally("2026-10", "", "reports", "received")]
