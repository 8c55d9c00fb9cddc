"""blocker/admin/charts.py: bars as long as their figures, with room for what they say."""

import pytest

from blocker.admin import charts

MONTHS = ("Oct 2026", "Nov 2026")


def test_a_bar_is_as_long_as_its_figure_and_the_longest_leaves_room_for_its_own():
    drawing = charts.bars(MONTHS, (5, 10))
    short, long = drawing.bars
    assert long.width == pytest.approx(2 * short.width)
    assert long.x + long.width + 4 + 2 * 6 <= charts.WIDTH
    assert [bar.count for bar in drawing.bars] == [5, 10]


@pytest.mark.parametrize("cells", [(0, 0), (1, 10**9)])
def test_nothing_is_drawn_outside_whatever_the_figures(cells):
    drawing = charts.bars(MONTHS, cells)
    for bar in drawing.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= charts.WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= drawing.height
        assert bar.said_at[0] > bar.x + bar.width


def test_two_series_stand_under_one_another_and_never_overlap():
    drawing = charts.bars(MONTHS, (5, 10), (3, 4))
    assert [(bar.series, bar.count) for bar in drawing.bars] == [(0, 5), (1, 3), (0, 10), (1, 4)]
    for above, below in zip(drawing.bars, drawing.bars[1:], strict=False):
        assert above.y + above.height < below.y


def test_short_labels_stand_beside_their_bars_and_long_ones_above():
    beside, above = charts.bars(MONTHS, (5, 10)), charts.bars(("The name has a new holder",), (5,))
    assert beside.bars[0].x > len(MONTHS[0]) * 5
    assert beside.bars[0].y < beside.labels[0].y < beside.bars[0].y + beside.bars[0].height
    assert (above.bars[0].x, above.labels[0].x) == (0, 0)
    assert above.labels[0].y < above.bars[0].y


def test_without_lines_there_is_an_empty_drawing():
    assert charts.bars((), ()).bars == ()
