"""Bars as geometry: for each line a label, a bar for each series, and the figure beside it (drawn by chart.html).

Keeps true: each bar says its figure in writing, and two series differ by place and pattern, not by colour alone; what
is drawn fits the narrowest screen with letters as large as the text around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

WIDTH = 256
"""Units of a drawing: on the narrowest screen about one CSS pixel each."""

_LETTER = 6.4
"""What a letter takes in width, at the size that the style sheet gives it."""

_LINE, _GAP = 16, 8
_THICK = {1: 15, 2: 13}
_BESIDE = 14
"""Characters up to which labels stand beside their bars; longer ones stand above them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, or where a figure is 0 only its place: upper left corner, size, which series, and what it says."""

    x: float
    y: float
    width: float
    height: float
    series: int
    count: int

    @property
    def said_at(self) -> tuple[float, float]:
        """Where its figure is written: just behind its end."""
        return self.x + self.width + 4, self.y + self.height / 2 + 4


@dataclass(frozen=True, slots=True)
class Label:
    """A text and where its line begins."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is to be drawn."""

    height: float
    labels: tuple[Label, ...]
    bars: tuple[Bar, ...]


def bars(labels: Sequence[str], *series: Sequence[int]) -> Drawing:
    """Return a drawing of one or two series, a figure of each under each label."""
    beside = max(map(len, labels), default=0) <= _BESIDE
    start = _LETTER * max(map(len, labels), default=0) + 6 if beside else 0
    largest = max(chain(*series), default=0)
    scale = (WIDTH - start - _LETTER * (len(str(largest)) + 1)) / max(largest, 1)
    texts, drawn, top = [], [], 0.0
    for label, cells in zip(labels, zip(*series, strict=True), strict=True):
        thick = _THICK[len(cells)]
        texts.append(Label(0, top + thick * len(cells) / 2 + 4 if beside else top + 12, label))
        top += 0 if beside else _LINE
        drawn += list(_group(cells, start, top, thick, scale))
        top += thick * len(cells) + _GAP
    return Drawing(top, tuple(texts), tuple(drawn))


def _group(cells: Sequence[int], x: float, top: float, thick: float, scale: float) -> Iterator[Bar]:
    for number, count in enumerate(cells):
        yield Bar(x, top + number * thick, scale * count, thick - 1, number, count)
