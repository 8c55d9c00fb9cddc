"""Instants and spans as people read them: on the list's calendar, always with the offset.

Keeps true that no instant is shown without its offset from UTC (24 elapsed hours are only clear with it), and that
what somebody types without one is read on the same calendar that everything is shown on.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from blocker.admin.language import Words

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moments:
    """One reader's calendar: the list's timezone, the reader's language, and the time at which the page is made."""

    words: Words
    zone: ZoneInfo
    now: datetime

    def local(self, instant: datetime) -> datetime:
        """Return the instant on this calendar."""
        return instant.astimezone(self.zone)

    def full(self, instant: datetime) -> str:
        """Return `Sun 22 Nov 2026, 14:03:05 (UTC+01:00)`."""
        local = self.local(instant)
        return self.words(
            "moment.full",
            weekday=self.words(f"moment.weekday.{local.isoweekday()}"),
            day=local.day,
            month=self.words(f"moment.month.{local.month}"),
            year=local.year,
            time=f"{local:%H:%M:%S}",
            offset=local.isoformat()[-6:],
        )

    def short(self, instant: datetime) -> str:
        """Return `22 Nov, 14:03 +01:00`, with the year where it is another than this one."""
        local = self.local(instant)
        year = "" if local.year == self.local(self.now).year else f" {local.year}"
        month = self.words(f"moment.month.{local.month}")
        return f"{local.day} {month}{year}, {local:%H:%M} {local.isoformat()[-6:]}"

    def left(self, instant: datetime) -> str:
        """Return how long it is until `instant`, or how long ago it was."""
        span = instant - self.now
        return self.words("moment.left" if span > timedelta(0) else "moment.ago", span=self.span(abs(span)))

    def span(self, span: timedelta) -> str:
        """Return a span in its two largest units, up to two days in hours: that is how the law counts a day here."""
        if span >= 2 * _DAY:
            return self.words("moment.days", days=span // _DAY, hours=span % _DAY // _HOUR)
        if span >= _HOUR:
            return self.words("moment.hours", hours=span // _HOUR, minutes=span % _HOUR // _MINUTE)
        if span >= _MINUTE:
            return self.words("moment.minutes", minutes=span // _MINUTE)
        return self.words("moment.seconds", seconds=span // timedelta(seconds=1))

    def typed(self, text: str) -> str:
        """Return what somebody typed as an instant with its offset; nothing typed means now.

        A time that the clocks show twice is taken as the later one: a receipt recorded too late only gives the owner
        more time, and a verification that would lie in the future is refused. What is no time is returned as it is,
        for the field's own check to explain.
        """
        if not text.strip():
            return self.now.isoformat()
        try:
            instant = datetime.fromisoformat(text.strip())
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=self.zone, fold=1)
            return instant.astimezone(UTC).isoformat()
        except (ValueError, OverflowError):
            return text
