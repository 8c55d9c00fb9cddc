"""A language of the page: its words, and how it writes a moment. Languages are files, locales/<code>.yaml."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from blocker.located import StrictModel


class Locale(StrictModel):
    """One language file."""

    name: str
    """The language's name in itself."""
    moment: str
    """How a moment is written, with {day} {month} {year} {hour} {minute} {offset}."""
    first_day: str
    """What the first day of a month is called."""
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]
    words: Mapping[str, str]

    def write_moment(self, instant: datetime, timezone: str) -> str:
        """Return an instant as people of the list's timezone read it, with the offset from UTC."""
        local = instant.astimezone(ZoneInfo(timezone))
        offset = f"{local:%z}"
        return self.moment.format(
            day=self.first_day if local.day == 1 else local.day,
            month=self.months[local.month - 1],
            year=local.year,
            hour=f"{local:%H}",
            minute=f"{local:%M}",
            offset=f"{offset[:3]}:{offset[3:5]}",
        )
