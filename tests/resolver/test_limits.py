"""docs/RESOLVER.md tells every limit as it is."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from blocker.resolver.streams import Limits

TEXT = (Path(__file__).parents[2] / "docs" / "RESOLVER.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| .+ \| ([\d.]+) \| `(blocker\.[\w.]+)` \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize(("value", "where"), ROWS, ids=lambda word: word)
def test_a_limit_is_as_the_documentation_says(value, where):
    owner, _, name = where.rpartition(".")
    holder = Limits() if owner.endswith(".Limits") else import_module(owner)
    assert str(getattr(holder, name)) == value


def test_every_limit_of_a_connection_is_told():
    told = {where.rpartition(".")[2] for _, where in ROWS if ".Limits." in where}
    assert told == set(Limits.__slots__)


def test_every_test_that_is_named_exists():
    root = Path(__file__).parents[2]
    named = re.findall(r"`(tests/[\w/.-]+)`", TEXT)
    assert len(named) > 10
    assert [path for path in named if not (root / path).exists()] == []
