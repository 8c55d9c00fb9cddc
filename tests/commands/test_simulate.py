"""`redhand simulate` as a person calls it: what it says, and how it ends."""

import pytest
from click.testing import CliRunner

from blocker.commands import simulate
from blocker.simulation.run import Lived, Plan
from blocker.simulation.run import simulate as live


def called(monkeypatch, *arguments, found=()):
    plans: list[Plan] = []

    def short(plan: Plan, folder) -> Lived:
        plans.append(plan)
        return live(Plan(plan.seed, days=1), folder)

    monkeypatch.setattr(simulate, "simulate", short)
    if found:
        monkeypatch.setattr(simulate, "violations", lambda _record: found)
    done = CliRunner().invoke(simulate.command, arguments)
    return done, plans


def test_a_simulation_says_its_seed_its_figures_and_the_head_of_its_ledger(monkeypatch):
    done, plans = called(monkeypatch, "--seed", "4", "--months", "2")
    assert (done.exit_code, plans) == (0, [Plan(4, 2)])
    assert "seed: 4; months: 2" in done.stdout
    assert "ledger's head: " in done.stdout
    assert "every invariant holds" in done.stdout


def test_a_violated_invariant_ends_with_1_and_says_how_to_see_it_again(monkeypatch):
    done, _ = called(monkeypatch, "--seed", "4", found=("case 2026-000001: it blocks",))
    assert done.exit_code == 1
    assert "violated: case 2026-000001: it blocks" in done.stderr
    assert "redhand simulate --seed 4 --months 1" in done.stderr
    assert "every invariant holds" not in done.stdout


@pytest.mark.parametrize("months", ["0", "25"])
def test_only_one_to_twenty_four_months_are_simulated(monkeypatch, months):
    assert called(monkeypatch, "--months", months)[0].exit_code == 2
