"""Instants as people read and type them, over both changes of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from blocker.admin import language
from blocker.admin.moments import Moments

WORDS = language.load()
NOW = datetime(2026, 11, 22, 13, 3, 5, tzinfo=UTC)


def moments(now: datetime = NOW, spoken: str = "en") -> Moments:
    return Moments(WORDS[spoken], ZoneInfo("Europe/Paris"), now)


def test_an_instant_is_shown_on_the_list_s_calendar_with_its_offset() -> None:
    assert moments().full(NOW) == "Sun 22 Nov 2026, 14:03:05 (UTC+01:00)"
    assert moments(spoken="fr").full(NOW) == "dim. 22 nov. 2026, 14:03:05 (UTC+01:00)"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-28T12:00+01:00", "29 Mar 2026, 13:00:00 (UTC+02:00)"),
        ("2026-03-29T01:30+01:00", "30 Mar 2026, 02:30:00 (UTC+02:00)"),
        ("2026-10-24T12:00+02:00", "25 Oct 2026, 11:00:00 (UTC+01:00)"),
        ("2026-10-25T02:30+02:00", "26 Oct 2026, 01:30:00 (UTC+01:00)"),
        ("2026-10-25T02:30+01:00", "26 Oct 2026, 02:30:00 (UTC+01:00)"),
    ],
)
def test_twenty_four_elapsed_hours_are_shown_where_they_end(start: str, end: str) -> None:
    deadline = datetime.fromisoformat(start).astimezone(UTC) + timedelta(hours=24)
    assert moments().full(deadline).endswith(end)


def test_the_year_is_left_out_of_short_instants_only_where_it_is_this_one() -> None:
    assert moments().short(NOW) == "22 Nov, 14:03 +01:00"
    assert moments().short(NOW + timedelta(days=90)) == "20 Feb 2027, 14:03 +01:00"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=23, minutes=59, seconds=59), "23 h 59 min"),
        (timedelta(hours=24), "24 h 0 min"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(hours=48), "2 d 0 h"),
        (timedelta(days=80, hours=5), "80 d 5 h"),
    ],
)
def test_a_span_is_told_in_two_units_and_up_to_two_days_in_hours(span: timedelta, text: str) -> None:
    assert moments().span(span) == text
    assert moments().left(NOW + span) == f"{text} left"
    assert moments().left(NOW - span) == f"ended {text} ago"


def test_what_ends_this_very_moment_has_ended() -> None:
    assert moments().left(NOW) == "ended 0 s ago"


def test_nothing_typed_means_now() -> None:
    assert datetime.fromisoformat(moments().typed("  ")) == NOW


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-22T14:03", "2026-11-22T13:03+00:00"),
        ("2026-11-22T14:03:05", "2026-11-22T13:03:05+00:00"),
        ("2026-07-01T00:30", "2026-06-30T22:30+00:00"),
        ("2026-11-22T14:03:00+05:00", "2026-11-22T09:03+00:00"),
        ("2026-11-22T14:03Z", "2026-11-22T14:03+00:00"),
        ("2026-10-25T02:30", "2026-10-25T01:30+00:00"),  # comes twice: the later one
    ],
)
def test_what_is_typed_without_an_offset_is_of_the_list_s_calendar(typed: str, meant: str) -> None:
    assert datetime.fromisoformat(moments().typed(typed)) == datetime.fromisoformat(meant)


def test_what_is_no_time_is_left_for_the_field_to_explain() -> None:
    assert moments().typed("yesterday") == "yesterday"
