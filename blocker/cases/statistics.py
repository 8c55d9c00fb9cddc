"""The statistics as tables: months and grounds in lines, what happened in columns, how long it took in bands.

Keeps true: every figure is a sum of tallies, the same on the page and in what is downloaded; a month is one of UTC; the
running month counts so far. What is counted is said in tallies.py; words and drawings are left to blocker/admin.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from blocker.cases.documents import WITHDRAWALS
from blocker.cases.intake.reports import ReferralState, ReportState
from blocker.cases.tallies import LONGEST_DAYS, LONGEST_HOURS, Tally

ALL = "all"
"""Of a column: the sum of its subject's parts."""

AT_END = "in_force"
"""The subject that is no flow: what stands at a month's end."""

_OUTCOMES = ("in_time", "late", "overdue", "not_delivered", "refused", "superseded", "open")

MONTHLY: Mapping[str, Sequence[tuple[str, str]]] = {
    "reports": [("reports", ALL), *(("reports", state) for state in ReportState)],
    "referrals": [("referrals", ALL), *(("referrals", state) for state in ReferralState)],
    "cases": [
        *(("cases", "opened"), ("requests", "sent"), ("requests", "refused")),
        *(("cases", "removed"), ("cases", "withdrawn")),
    ],
    "owners": [("owners", part) for part in ("statements", "clock_stopped", "deemed_served")],
    "proposals": [("proposals", part) for part in ("made", "approved", "refused")],
    "skipped": [("skipped", part) for part in ("unidentified", "unreachable", "emergency")],
    "blocks": [
        *(("begun", part) for part in (ALL, "after_request", "no-identification", "emergency", "resumed")),
        *(("ended", ALL), (AT_END, "blocks"), (AT_END, "names")),
    ],
    "orders_block": [("orders_block", part) for part in (ALL, *_OUTCOMES)],
    "orders_restore": [("orders_restore", part) for part in (ALL, *_OUTCOMES)],
    "reviews": [("reviews", part) for part in ("in_time", "late", "lapsed")],
    "stays": [("stays", part) for part in ("court", "authority", "resumed", "restarted", "annulled")],
    "recommendations": [("recommendations", part) for part in ("made", "accepted", "refused", "court")],
    "appeals": [("appeals", part) for part in ("made", "upheld", "rejected")],
}
"""Tables of one line a month: subject and part of each column."""

ENDINGS = tuple(WITHDRAWALS)
"""Why a directive left the list."""

BANDS = (1, 6, 12, 18, 24, 48, LONGEST_HOURS)
"""Hours up to which each band of a duration goes."""

SPANS = {
    **dict.fromkeys(
        ("hours_referral", "hours_owner", "hours_report", "hours_listing", "hours_unlisting"), LONGEST_HOURS
    ),
    **dict.fromkeys(("hours_block", "hours_restore"), LONGEST_HOURS),
    "days_in_force": LONGEST_DAYS,
}
"""What is measured, in hours or days, with the longest that is told apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; `key` is a month, a band or a kind, for the reader's language to name."""

    key: str
    cells: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of a period; `total` is the whole period: sums, and of what stands, how it stands at the end."""

    id: str
    columns: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    total: tuple[int, ...]

    def column(self, subject: str, part: str) -> tuple[int, ...]:
        """Return one column's cells, line by line."""
        at = self.columns.index((subject, part))
        return tuple(line.cells[at] for line in self.lines)


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took: within how many hours or days half of it was done, and 95 of a hundred."""

    key: str
    count: int
    half: int
    most: int
    longest: int
    cut: int
    """What is this long or longer counts as this long."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is downloaded."""

    month: str
    ground: str
    subject: str
    figure: str
    count: int

    @property
    def cells(self) -> tuple[str, str, str, str, int]:
        """What stands in its line, in the order of the fields."""
        return self.month, self.ground, self.subject, self.figure, self.count


def months(first: str, last: str) -> tuple[str, ...]:
    """Return the months from the first to the last, such as `2026-11`."""
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(begin, end + 1))


def latest(now: datetime, count: int = 12) -> tuple[str, str]:
    """Return the first and the last of the latest months, the running one included."""
    month = now.astimezone(UTC)
    number = month.year * 12 + month.month - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}", f"{month:%Y-%m}"


def monthly(id_: str, counts: Mapping[Tally, int], period: Sequence[str]) -> Table:
    """Return a table of one line a month."""
    columns = tuple(MONTHLY[id_])
    known = _by_month(counts)
    running = Counter({part: known["", AT_END, part] for subject, part in columns if subject == AT_END})
    lines = []
    for month in period:
        running.update({part: known[month, AT_END, part] for part in running})
        cells = (running[part] if subject == AT_END else known[month, subject, part] for subject, part in columns)
        lines.append(Line(month, tuple(cells)))
    total = tuple(
        lines[-1].cells[at] if subject == AT_END else sum(line.cells[at] for line in lines)
        for at, (subject, _) in enumerate(columns)
    )
    return Table(id_, columns, tuple(lines), total)


def endings(counts: Mapping[Tally, int]) -> Table:
    """Return how many blocks ended for which reason; reasons that never came are left out."""
    found = _parts(counts, "ended")
    lines = tuple(Line(reason, (found[reason],)) for reason in ENDINGS if found[reason])
    return Table("ended", (("ended", ALL),), lines, (found.total(),))


def bands(id_: str, counts: Mapping[Tally, int], *subjects: str) -> Table:
    """Return how many took how many hours, a column for each subject."""
    found = [_parts(counts, subject) for subject in subjects]
    lines, below = [], 0
    for end in BANDS:
        cells = (sum(times for hour, times in each.items() if below < int(hour) <= end) for each in found)
        lines.append(Line(f"{below}-{end}", tuple(cells)))
        below = end
    return Table(
        id_, tuple((subject, ALL) for subject in subjects), tuple(lines), tuple(each.total() for each in found)
    )


def spans(counts: Mapping[Tally, int]) -> tuple[Span, ...]:
    """Return how long each thing took that was measured at all."""
    found = {key: _parts(counts, key) for key in SPANS}
    return tuple(
        Span(key, each.total(), within(each, 50), within(each, 95), max(map(int, each)), SPANS[key])
        for key, each in found.items()
        if each.total()
    )


def within(counts: Counter[str], percent: int) -> int:
    """Return the hour or day within which so many of a hundred were done; there must be one."""
    ordered = sorted(counts, key=int)
    reached = accumulate(counts[span] for span in ordered)
    wanted = percent * counts.total()
    return next(int(span) for span, done in zip(ordered, reached, strict=True) if 100 * done >= wanted)


def figures(counts: Mapping[Tally, int], period: Sequence[str]) -> tuple[Figure, ...]:
    """Return all figures of the period, ground by ground; what stands, as at each month's end."""
    flows = [
        Figure(tally.month, tally.ground, tally.subject, tally.part, times)
        for tally, times in counts.items()
        if tally.month in period and tally.subject != AT_END
    ]
    standing = []
    in_force = {tally: times for tally, times in counts.items() if tally.subject == AT_END}
    for ground in {tally.ground for tally in in_force}:
        table = monthly("blocks", {tally: n for tally, n in in_force.items() if tally.ground == ground}, period)
        for part in ("blocks", "names"):
            cells = zip(period, table.column(AT_END, part), strict=True)
            standing += [Figure(month, ground, "in_force_at_end", part, count) for month, count in cells]
    return tuple(sorted([*flows, *standing], key=lambda figure: figure.cells))


def _by_month(counts: Mapping[Tally, int]) -> Counter[tuple[str, str, str]]:
    known: Counter[tuple[str, str, str]] = Counter()
    for tally, times in counts.items():
        for part in (tally.part, ALL):
            known[tally.month, tally.subject, part] += times
    return known


def _parts(counts: Mapping[Tally, int], subject: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for tally, times in counts.items():
        if tally.subject == subject:
            found[tally.part] += times
    return found
