"""blocker/cases/statistics.py: tables out of tallies."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from blocker.cases import statistics
from blocker.cases.statistics import Figure, Line, Span
from blocker.cases.tallies import Tally


def some(*lines: tuple[str, str, str, str, int]) -> Counter[Tally]:
    return Counter({Tally(*line[:4]): line[4] for line in lines})


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-11", "2026-11", ("2026-11",)),
        ("2026-11", "2027-02", ("2026-11", "2026-12", "2027-01", "2027-02")),
        ("2027-01", "2026-12", ()),
    ],
)
def test_months_go_on_over_a_year_s_end(first, last, months):
    assert statistics.months(first, last) == months


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        (datetime(2026, 11, 22, tzinfo=UTC), ("2025-12", "2026-11")),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), ("2026-01", "2026-12")),
        (datetime(2027, 1, 1, tzinfo=UTC), ("2026-02", "2027-01")),
    ],
)
def test_the_latest_twelve_months_end_with_the_running_one(now, latest):
    assert statistics.latest(now) == latest
    assert len(statistics.months(*latest)) == 12


def test_a_line_sums_a_month_and_the_total_sums_the_lines():
    counts = some(
        ("2026-10", "a", "reports", "received", 2),
        ("2026-10", "b", "reports", "case", 3),
        ("2026-11", "a", "reports", "received", 1),
    )
    table = statistics.monthly("reports", counts, ("2026-10", "2026-11"))
    assert table.columns[:2] == (("reports", "all"), ("reports", "received"))
    assert [line.cells[:2] for line in table.lines] == [(5, 2), (1, 1)]
    assert table.total[:2] == (6, 3)


def test_what_stands_goes_on_from_before_the_period_and_through_months_in_which_nothing_came():
    counts = some(
        ("", "a", "in_force", "blocks", 4),
        ("2026-10", "a", "in_force", "blocks", -1),
        ("2026-12", "a", "in_force", "blocks", 2),
    )
    table = statistics.monthly("blocks", counts, ("2026-10", "2026-11", "2026-12"))
    assert table.column("in_force", "blocks") == (3, 3, 5)
    assert table.total[table.columns.index(("in_force", "blocks"))] == 5


def test_a_band_ends_with_its_last_hour():
    counts = some(("2026-11", "a", "hours_owner", "1", 1), ("2026-11", "a", "hours_owner", "24", 2))
    counts += some(("2026-11", "a", "hours_owner", "25", 3), ("2026-11", "a", "hours_owner", "720", 4))
    table = statistics.bands("hours_owner", counts, "hours_owner")
    found = {line.key: line.cells for line in table.lines if any(line.cells)}
    assert found == {"0-1": (1,), "18-24": (2,), "24-48": (3,), "48-720": (4,)}
    assert table.total == (10,)


def test_half_and_most_are_the_first_hour_by_which_so_many_were_done():
    counts = some(*(("2026-11", "a", "hours_block", str(hour), 1) for hour in range(1, 101)))
    assert statistics.spans(counts) == (Span("hours_block", 100, 50, 95, 100, 720),)
    assert statistics.spans(some(("2026-11", "a", "hours_block", "7", 3))) == (Span("hours_block", 3, 7, 7, 7, 720),)
    assert statistics.spans(Counter()) == ()


def test_a_reason_that_never_came_has_no_line():
    counts = some(("2026-11", "a", "ended", "error", 2), ("2026-10", "a", "ended", "error", 1))
    assert statistics.endings(counts).lines == (Line("error", (3,)),)


def test_figures_are_those_of_the_months_and_what_stands_is_said_for_each_ground():
    counts = some(
        ("", "a", "in_force", "blocks", 4),
        ("2026-10", "a", "in_force", "names", 1),
        ("2026-10", "b", "cases", "opened", 2),
        ("2026-12", "b", "cases", "opened", 9),
    )
    assert statistics.figures(counts, ("2026-10",)) == (
        Figure("2026-10", "a", "in_force_at_end", "blocks", 4),
        Figure("2026-10", "a", "in_force_at_end", "names", 1),
        Figure("2026-10", "b", "cases", "opened", 2),
    )
