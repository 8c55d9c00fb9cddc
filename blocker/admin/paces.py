"""How many reports a source may send: so many a minute, evenly refilled, in memory alone.

Keeps true that one source that runs wild holds up no other, and that a burst within the measure is taken at once. Time
is the caller's monotonic clock in seconds.
"""

MINUTE = 60.0


class Paces:
    """What each source has left of its minute; sources are those with a token, so their number is bounded."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, source: str, now: float) -> float:
        """Count one report of a source, and return 0.0; or count nothing and return the seconds to wait."""
        left, at = self._left.get(source, (self._most, now))
        left = min(self._most, left + (now - at) * self._most / MINUTE)
        if left < 1.0:
            return (1.0 - left) * MINUTE / self._most
        self._left[source] = (left - 1.0, now)
        return 0.0
