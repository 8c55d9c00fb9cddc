"""The soak of the case road with reduced counts: kill -9 where a step becomes durable, and what is left is whole."""

import pytest

from tests.needs import needs
from tests.soak.cases import measure

pytestmark = [pytest.mark.e2e, needs("git")]


def test_a_kill_at_any_step_of_the_road_loses_and_doubles_nothing() -> None:
    figures = measure(reduced=True)
    assert figures.wrong == []
    assert figures.kills >= 3
    assert figures.places > 100, "the places are not found any more"
