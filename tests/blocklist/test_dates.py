"""Instants as lists write them; months and days on the list's calendar."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from blocker.blocklist.dates import add_days, add_months, parse_instant

PARIS = ZoneInfo("Europe/Paris")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-22", "2026-11-21T23:00+00:00"),
        ("2026-07-01", "2026-06-30T22:00+00:00"),
        ("2026-11-22T10:00Z", "2026-11-22T10:00+00:00"),
        ("2026-11-22T10:00:30+01:00", "2026-11-22T09:00:30+00:00"),
        ("2026-11-22T10:00-05:00", "2026-11-22T15:00+00:00"),
    ],
)
def test_a_date_is_midnight_in_the_lists_timezone_and_an_instant_has_an_offset(written, instant):
    assert parse_instant(written, PARIS) == utc(instant)


@pytest.mark.parametrize(
    "written",
    [
        "", "2026-11-22T10:00", "2026-11-22 10:00Z", "22/11/2026", "2026-W47", "20261122", "2026-02-30", "2026-13-01",
        "9999-12-31", "0001-01-01T00:00+14:00",
        "2026-11-22T25:00Z", "2026-11-22T10:00+0100", "2026-11-22T10:00z", "tomorrow", "２０２６-11-22", "2026-11-22\n",
    ],
)  # fmt: skip
def test_nothing_else_is_a_date(written):
    with pytest.raises(ValueError, match=r"YYYY-MM-DD|calendar|outside the years"):
        parse_instant(written, PARIS)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-11-21T14:05+01:00", 3, "2027-02-21T14:05+01:00"),
        ("2026-11-30T10:00+01:00", 3, "2027-02-28T10:00+01:00"),
        ("2027-11-30T10:00+01:00", 3, "2028-02-29T10:00+01:00"),
        ("2026-01-31T12:00+01:00", 3, "2026-04-30T12:00+02:00"),
        ("2026-12-31T23:30+01:00", 2, "2027-02-28T23:30+01:00"),
    ],
)
def test_months_keep_the_day_and_clamp_to_the_end_of_the_month(start, months, end):
    assert add_months(utc(start), months, PARIS) == utc(end)


def test_days_keep_the_time_of_day_over_both_clock_changes():
    assert add_days(utc("2026-03-28T12:00+01:00"), 1, PARIS) == utc("2026-03-29T12:00+02:00")
    assert add_days(utc("2026-10-24T12:00+02:00"), 1, PARIS) == utc("2026-10-25T12:00+01:00")
