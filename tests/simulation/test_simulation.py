"""Months of a ministry, reduced to days: what a seed makes is made again, and nothing that must hold is broken."""

from collections import Counter

import pytest

from blocker.simulation import summary
from blocker.simulation.invariants import violations
from blocker.simulation.run import Plan, simulate
from tests.simulation import by_hand

DAYS = 8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_invariant_holds_whatever_the_seed(seed, tmp_path):
    lived = simulate(Plan(seed, days=DAYS, daily=1.5), tmp_path)
    assert violations(lived.record) == ()
    assert lived.stuck == ()
    assert len(lived.record.cases) > DAYS / 2
    assert lived.record.head in "\n".join(summary.lines(lived))
    counts = by_hand.tallies(tmp_path)
    assert by_hand.differences(lived.record, counts) == []
    tally = next(tally for tally in counts if tally.part == "opened")
    assert len(by_hand.differences(lived.record, counts + Counter([tally]))) == 1, "one case too many"


def test_the_same_seed_makes_the_same_ledger_and_another_seed_another(tmp_path):
    heads = [simulate(Plan(seed, days=3), tmp_path / str(number)).record.head for number, seed in enumerate((7, 7, 8))]
    assert heads[0] == heads[1] != heads[2]
