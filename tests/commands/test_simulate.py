"""`redhand simulate` as a person calls it: what it says, and how it ends."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from blocker.commands import simulate
from blocker.simulation.run import Lived, Plan
from blocker.simulation.run import simulate as live


def called(monkeypatch, *arguments, found=()):
    plans: list[Plan] = []

    def short(plan: Plan) -> Lived:
        plans.append(plan)
        return live(Plan(plan.seed, days=1, first=plan.first))

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


def test_it_begins_on_the_day_that_is_asked_for(monkeypatch):
    done, plans = called(monkeypatch, "--from", "2026-03-28")
    assert plans == [Plan(1, first=datetime(2026, 3, 28, 5, tzinfo=UTC))]
    assert "from 2026-03-28 to 2026-03-29; the clocks changed: 2026-03-29" in done.stdout


@pytest.mark.parametrize("months", ["0", "25"])
def test_only_one_to_twenty_four_months_are_simulated(monkeypatch, months):
    assert called(monkeypatch, "--months", months)[0].exit_code == 2
