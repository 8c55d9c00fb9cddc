"""A month of a ministry, seed by seed: what a seed makes is made again, and nothing that must hold is broken."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from blocker.cases.case import State
from blocker.cases.tallies import Tally
from blocker.simulation.invariants import violations
from blocker.simulation.run import Lived, Plan, scratch, simulate, simulate_in
from blocker.simulation.summary import clock_changes, lines, unreached
from tests.simulation import by_hand

SEEDS = (1, 2, 3)
USUAL = {
    *("T1", "T2", "T2k", "T3", "T3s", "T4", "T4p", "T4s", "T5", "T5a", "T7", "T7k", "T8", "T9", "T10", "T10x", "T10c"),
    *(
        "T10d",
        "T11",
        "T12p",
        "T12",
        "T12c",
        "T12d",
        "T13",
        "T16",
        "Tb",
        "Tc",
        "Te",
        "Th",
        "Tha",
        "Ti",
        "Tia",
        "Tic",
        "Tid",
    ),
    *("Tid", "Tiq", "Tin", "Tio", "Tiu", "Tm", "To", "Tr", "Ts", "Tv", "Tvx"),
}
"""Steps that three months have many times; a year has all that there are (tests/soak/simulate.py)."""


@pytest.fixture(scope="module")
def tallies() -> dict[int, Counter[Tally]]:
    return {}


@pytest.fixture(scope="module")
def lives(tallies) -> dict[int, Lived]:
    lives = {}
    for seed in SEEDS:
        with scratch() as folder:
            lives[seed] = simulate_in(folder, Plan(seed))
            tallies[seed] = by_hand.tallies(folder)
    return lives


@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds_whatever_the_seed(lives, seed):
    lived = lives[seed]
    assert violations(lived.record) == ()
    assert lived.stuck == ()
    assert len(lived.record.cases) > 30
    assert lived.record.head in "\n".join(lines(lived))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_statistics_are_what_the_ledger_comes_to(lives, tallies, seed):
    lived, counts = lives[seed], tallies[seed]
    assert by_hand.differences(lived.record, counts) == []
    tally = next(tally for tally in counts if tally.part == "opened")
    assert len(by_hand.differences(lived.record, counts + Counter([tally]))) == 1, "one case too many"


def test_three_months_reach_every_state_and_all_usual_steps(lives):
    assert USUAL.isdisjoint(unreached(list(lives.values())))
    assert not set(State) & set(unreached(list(lives.values()))) - {State.ANNULLED}


def test_the_desk_is_killed_and_people_and_providers_leave_and_join(lives):
    for lived in lives.values():
        assert lived.kills > 0
        assert lived.stops > lived.kills
        assert lived.left > 0
        assert {each.isp for case in lived.record.cases for each in case.served} >= {"isp-4", "isp-5"}
    steps = {event.transition for lived in lives.values() for event in lived.record.events}
    assert {"account-closed", "settings-approved", "Tb", "Tr", "Th", "Tm"} <= steps


def test_a_month_from_each_start_has_the_new_year_or_a_change_of_the_clocks(lives):
    assert [clock_changes(lives[seed].plan) for seed in SEEDS] == [(date(2027, 3, 28),), (date(2027, 10, 31),), ()]
    numbers = {case.id[:4] for case in lives[3].record.cases}
    assert numbers == {"2026", "2027"}
    year = Plan(1, months=12, first=datetime(2026, 1, 1, tzinfo=UTC))
    assert clock_changes(year) == (date(2026, 3, 29), date(2026, 10, 25))


def test_the_same_seed_makes_the_same_ledger_and_another_seed_another():
    heads = [simulate(Plan(seed, days=2)).record.head for seed in (7, 7, 8)]
    assert heads[0] == heads[1] != heads[2]
