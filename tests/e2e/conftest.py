"""What every end-to-end test may count on: a road that it starts is ended, whatever happens in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.road import Road

MakeRoad = Callable[[int], Road]


@pytest.fixture
def make_road(tmp_path: Path) -> Iterator[MakeRoad]:
    """Make a road over `tmp_path`/data whose upstream is a port of 127.0.0.1."""
    made: list[Road] = []

    def make(upstream: int) -> Road:
        made.append(Road(tmp_path / "data", upstream))
        return made[-1]

    yield make
    for road in made:
        if road.process is not None:
            road.stop()


@pytest.fixture
def road(make_road: MakeRoad) -> Road:
    """A road without an upstream: port 9 discards what it gets."""
    return make_road(9)
