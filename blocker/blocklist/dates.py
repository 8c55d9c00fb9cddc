"""Instants as lists write them, and calendar arithmetic in the list's own timezone.

Hours elapse; months and days count on the calendar of the list's timezone; every limit is an instant in UTC.
"""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII)
INSTANT = r"^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$"
"""The form of all of them as a regular expression that editors understand too."""
EARLIEST, LATEST = 1970, 2999  # years; sums of days and months stay within what datetime can hold
FORMS = "write YYYY-MM-DD, or YYYY-MM-DDThh:mm[:ss] with an offset (+01:00) or Z"


def parse_instant(text: str, timezone: ZoneInfo) -> datetime:
    """Read a date or an instant; a bare date is 00:00 of that day in `timezone`. The result is aware UTC.

    Raises:
        ValueError: with what to write instead.
    """
    bare = _DATE.match(text)
    if not bare and not _INSTANT.match(text):
        raise ValueError(f"`{text[:40]}` is no date: {FORMS}" if text else f"the date is empty: {FORMS}")
    try:
        day = date.fromisoformat(text) if bare else None
        instant = datetime.combine(day, time(), timezone) if day else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"`{text}` is no day of the calendar") from None
    if not EARLIEST <= instant.year <= LATEST:
        raise ValueError(f"`{text}` lies outside the years {EARLIEST} to {LATEST}: every block has an end")
    return instant.astimezone(UTC)


def add_months(instant: datetime, months: int, timezone: ZoneInfo) -> datetime:
    """Return `instant` some calendar months later in `timezone`: the same day, or the month's last if it has none."""
    local = instant.astimezone(timezone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day, fold=0).astimezone(UTC)


def add_days(instant: datetime, days: int, timezone: ZoneInfo) -> datetime:
    """Return `instant` some calendar days later: the same time of day in `timezone`."""
    local = instant.astimezone(timezone)
    return datetime.combine(local.date() + timedelta(days=days), local.time(), timezone).astimezone(UTC)
