"""intake.py on real SQLite: what comes in is stored once, decided once, and who reported is forgotten."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from blocker.cases.case import Actor, Role
from blocker.cases.intake.intake import Intake
from blocker.cases.intake.reports import REPORTER_TIME, SAME_AGAIN, NewReport, ReportState
from blocker.cases.store import Store
from blocker.errors import FormError, IllegalStepError

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
OFFICER = Actor("agent-014", Role.OFFICER)
REFUSAL = {"reason_code": "not-found", "reason": "The page does not exist."}


@asynccontextmanager
async def intake(folder):
    async with Store.open(folder / "redhand.sqlite3", trial=True) as store:
        yield Intake(store)


def report(url="https://videos.example/1", reference=None, reporter="", source="hotline"):
    return NewReport(source=source, reference=reference, url=url, ground=None, note="", seen_at=NOW, reporter=reporter)


async def test_the_same_address_is_a_duplicate_and_counted(tmp_path):
    async with intake(tmp_path) as reports:
        first = await reports.receive(report(), NOW, 2026)
        again = await reports.receive(report("http://VIDEOS.example/1#x", source="partner"), NOW, 2026)
        assert (first.number, first.state) == ("R-2026-000001", ReportState.RECEIVED)
        assert (again.number, again.state, again.of) == ("R-2026-000002", ReportState.DUPLICATE, first.number)
        assert (await reports.report(first.number)).times == 2


async def test_the_same_reference_of_the_same_source_is_the_same_report(tmp_path):
    async with intake(tmp_path) as reports:
        first = await reports.receive(report(reference="a-1"), NOW, 2026)
        again = await reports.receive(report(reference="a-1"), NOW, 2026)
        other = await reports.receive(report("https://videos.example/2", "a-1", source="partner"), NOW, 2026)
        assert (again.number, again.fresh, other.fresh) == (first.number, False, True)
        assert (await reports.report(first.number)).times == 1


async def test_after_a_while_or_a_dismissal_an_address_is_looked_at_afresh(tmp_path):
    async with intake(tmp_path) as reports:
        await reports.receive(report(), NOW, 2026)
        later = await reports.receive(report(), NOW + SAME_AGAIN + timedelta(seconds=1), 2027)
        assert (later.number, later.state) == ("R-2027-000001", ReportState.RECEIVED)
        await reports.decide(await reports.report(later.number), "dismiss", OFFICER, REFUSAL, NOW)
        assert (await reports.receive(report(), later_than(SAME_AGAIN), 2027)).state is ReportState.RECEIVED


def later_than(span):
    return NOW + span + timedelta(days=1)


async def test_a_decision_stands_in_the_ledger_and_is_taken_once(tmp_path):
    async with intake(tmp_path) as reports:
        number = (await reports.receive(report(), NOW, 2026)).number
        seen = await reports.report(number)
        await reports.decide(seen, "dismiss", OFFICER, REFUSAL, NOW)
        with pytest.raises(IllegalStepError):
            await reports.decide(seen, "dismiss", OFFICER, REFUSAL, NOW)
        (event,) = await reports._store.events(number)
        assert (event.transition, event.actor, event.data["reason_code"]) == ("dismiss", "agent-014", "not-found")


async def test_a_referral_goes_from_asked_to_removed(tmp_path):
    async with intake(tmp_path) as reports:
        number = (await reports.receive(report(), NOW, 2026)).number
        asked = {"platform": "YouTube", "channel": "form", "sent_at": NOW.isoformat()}
        await reports.decide(await reports.report(number), "refer", OFFICER, asked, NOW)
        later = NOW + timedelta(hours=3)
        for act in ("acknowledged", "removed"):
            await reports.decide(await reports.report(number), act, OFFICER, {"at": later.isoformat()}, later)
        ((_, done),) = await reports.referrals(None, 10)
        assert (done.referral.state, done.measured) == ("removed", timedelta(hours=3))


async def test_referrals_come_page_by_page_those_without_an_answer_first_and_oldest_first(tmp_path):
    async with intake(tmp_path) as reports:
        numbers = []
        for place in range(6):
            new = report(url=f"https://www.youtube.com/{place}")
            numbers.append((await reports.receive(new, NOW, 2026)).number)
            asked = {"platform": "YouTube", "channel": "form", "sent_at": NOW.isoformat()}
            await reports.decide(await reports.report(numbers[-1]), "refer", OFFICER, asked, NOW)
        for place in (0, 2, 5):
            await reports.decide(await reports.report(numbers[place]), "removed", OFFICER, {"at": NOW.isoformat()}, NOW)
        found, after = [], None
        while page := await reports.referrals(after, 2):
            found += [each.number for _, each in page]
            after = page[-1][0]
        assert found == [numbers[place] for place in (1, 3, 4, 5, 2, 0)]
        assert [each.number for each in await reports.removals(2)] == [numbers[5], numbers[2]]


async def test_it_repeats_only_what_there_is(tmp_path):
    async with intake(tmp_path) as reports:
        number = (await reports.receive(report(), NOW, 2026)).number
        seen = await reports.report(number)
        for of in (number, "R-2026-999999"):
            with pytest.raises(FormError):
                await reports.decide(seen, "duplicate", OFFICER, {"of": of}, NOW)


async def test_after_thirty_days_no_byte_of_the_reporter_is_left(tmp_path):
    async with intake(tmp_path) as reports:
        number = (await reports.receive(report(reporter="witness@home.example"), NOW, 2026)).number
        assert await reports.forget_reporters(NOW + REPORTER_TIME - timedelta(seconds=1)) == 0
        assert await reports.reporter(number) == "witness@home.example"
        assert any(b"witness@home" in path.read_bytes() for path in tmp_path.iterdir())
        assert await reports.forget_reporters(NOW + REPORTER_TIME) == 1
        assert await reports.reporter(number) is None
        assert not any(b"witness@home" in path.read_bytes() for path in tmp_path.iterdir())
        assert (await reports.report(number)) is not None
