"""blocker/cases/intake/reports.py and platforms.py: one address or two, and what may become of a report."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.cases.intake import platform_looks, platforms
from blocker.cases.intake.platforms import Look
from blocker.cases.intake.reports import (
    ANSWER_TIME,
    Referral,
    ReferralState,
    Report,
    ReportState,
    check,
    host_of,
    key_of,
    possible,
)
from blocker.cases.store import Store
from blocker.errors import FormError
from blocker.names import DomainName
from tests.cases.walking import OFFICER

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
REPORT = Report(
    number="R-2026-000001",
    source="hotline",
    reference=None,
    url="https://videos.example/watch?v=1",
    ground=None,
    note="",
    seen_at=NOW - timedelta(hours=1),
    received_at=NOW,
    state=ReportState.RECEIVED,
    of=None,
    times=1,
)
SENT = Referral(platform="YouTube", channel="form", sent_at=NOW, state=ReferralState.SENT)
ASKED = replace(REPORT, state=ReportState.REFERRED, referral=SENT)


def names(report, now=NOW):
    return [row.act for row in possible(report, now)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://videos.example/a", "http://VIDEOS.example/a"),
        ("https://videos.example/a", "https://videos.example:443/a#here"),
        ("https://videos.example", "https://videos.example/"),
        ("https://videos.example/a", "https://somebody@videos.example./a"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://videos.example/a/../b", "https://videos.example/b"),
        ("https://videos.example/%7Eme", "https://videos.example/~me"),
    ],
)
def test_two_spellings_of_one_address_are_one(one, other):
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://videos.example/a", "https://videos.example/b"),
        ("https://videos.example/a", "https://videos.example/A"),
        ("https://videos.example/?v=1", "https://videos.example/?v=2"),
        ("https://videos.example/a", "https://www.videos.example/a"),
        ("https://videos.example:8443/a", "https://videos.example/a"),
    ],
)
def test_two_addresses_are_two(one, other):
    assert key_of(one) != key_of(other)


@given(st.text(max_size=60))
def test_whatever_is_no_address_is_refused_and_nothing_else_is_raised(text):
    for url in (text, f"https://{text}"):
        with suppress(FormError):
            assert len(key_of(url)) == 64 and host_of(url)


def test_a_report_that_waits_may_become_anything_and_one_that_is_decided_nothing():
    assert names(REPORT) == ["dismiss", "duplicate", "refer"]
    for state in (ReportState.DISMISSED, ReportState.DUPLICATE, ReportState.CASE):
        assert names(replace(REPORT, state=state)) == []


def test_a_platform_has_not_answered_only_after_a_week():
    assert names(ASKED) == ["acknowledged", "removed", "declined"]
    assert "no-answer" not in names(ASKED, NOW + ANSWER_TIME - timedelta(seconds=1))
    assert "no-answer" in names(ASKED, NOW + ANSWER_TIME)


def test_from_detection_to_removal_is_measured():
    gone = replace(SENT, state=ReferralState.REMOVED, ended_at=NOW + timedelta(hours=5))
    assert replace(ASKED, referral=gone).measured == timedelta(hours=6)
    assert ASKED.measured is None


@pytest.mark.parametrize("at", [NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)], ids=["to come", "too early"])
def test_an_answer_lies_between_the_question_and_now(at):
    with pytest.raises(FormError):
        check(ASKED, {"at": at.isoformat()}, NOW)
    check(ASKED, {"at": NOW.isoformat()}, NOW)


def test_the_platforms_that_ship_are_read_and_found_by_address():
    shipped = resources.files("blocker.cases") / "platforms.yaml"
    known = platforms.read(shipped.read_bytes(), "platforms.yaml")
    assert {found.id for host in ("www.youtube.com", "youtu.be") if (found := platforms.of_host(host, known))} == {
        "youtube"
    }
    assert platforms.of_host("propaganda.example", known) is None
    assert platforms.of_host("192.0.2.1", known) is None


PLATFORM = platforms.Platform(
    id="videos", name="Videos", domains=(DomainName.parse("videos.example"),), form="https://videos.example/f"
)
DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("file", "ledger", "look", "freshness"),
    [
        (None, None, None, "never"),
        (DAY, None, Look(DAY), "fresh"),
        (DAY - timedelta(days=365), None, Look(DAY - timedelta(days=365)), "fresh"),
        (DAY - timedelta(days=366), None, Look(DAY - timedelta(days=366)), "stale"),
        (None, Look(DAY, OFFICER.number), Look(DAY, OFFICER.number), "fresh"),
        (DAY - timedelta(days=400), Look(DAY, OFFICER.number), Look(DAY, OFFICER.number), "fresh"),
        (DAY, Look(DAY - timedelta(days=400), OFFICER.number), Look(DAY), "fresh"),
    ],
)
def test_a_look_at_a_contact_counts_for_a_year_whoever_noted_it(
    file: date | None, ledger: Look | None, look: Look | None, freshness: str
):
    found = platforms.contact(PLATFORM.model_copy(update={"checked": file}), ledger, DAY)
    assert (found.look, found.freshness) == (look, freshness)


def test_nobody_has_looked_at_a_contact_that_ships():
    shipped = resources.files("blocker.cases") / "platforms.yaml"
    known = platforms.read(shipped.read_bytes(), "platforms.yaml")
    assert {platforms.contact(each, None, DAY).freshness for each in known} == {"never"}


@pytest.mark.asyncio
async def test_a_look_is_one_at_that_form_and_stands_in_the_ledger(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        assert await platform_looks.recorded(store, [PLATFORM]) == {}
        await platform_looks.record(store, PLATFORM, OFFICER, NOW)
        assert await platform_looks.recorded(store, [PLATFORM]) == {"videos": Look(NOW.date(), OFFICER.number)}
        moved = PLATFORM.model_copy(update={"form": "https://videos.example/another"})
        assert await platform_looks.recorded(store, [moved]) == {}
        (event,) = await store.events()
        assert (event.case, event.actor, event.data["form"]) == ("platform-videos", OFFICER.number, PLATFORM.form)
