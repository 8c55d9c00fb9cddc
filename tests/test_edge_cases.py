"""Every row of edge_cases.txt has a test that is named after it, where the row says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    tuple(line.split(maxsplit=1))
    for line in Path(__file__).with_name("edge_cases.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
ANSWERED = [(row, place) for row, place in ROWS if not place.startswith("- ")]
OPEN = [row for row, place in ROWS if place.startswith("- ")]
WRITTEN_DOWN = 34


def named_after(row: str, path: Path) -> list[str]:
    return re.findall(rf"^ *(?:async )?def (test_{row}\w*)\(", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("row", "place"), ANSWERED)
def test_a_row_has_a_test_that_is_named_after_it(row: str, place: str):
    assert named_after(row, ROOT / place), f"no test_{row}… in {place}"


@pytest.mark.parametrize("row", OPEN)
def test_a_row_without_an_answer_has_no_test_yet(row: str):
    found = [name for path in sorted((ROOT / "tests").rglob("test_*.py")) for name in named_after(row, path)]
    assert not found, f"{row} has its tests now: write where they stand"


def test_no_row_is_lost_or_twice():
    assert len({row for row, _ in ROWS}) == len(ROWS) == WRITTEN_DOWN


def test_resolver_of_somebody_else_is_out_of_reach_and_the_readme_says_so():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert "Another resolver, a VPN or Tor avoids" in readme
