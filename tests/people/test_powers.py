"""Which two people it takes, for every pair of roles and every strength of the offices."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from blocker.cases.case import Role
from blocker.errors import ForbiddenError, IllegalStepError
from blocker.people.account import Account
from blocker.people.powers import (
    OFFICES,
    Power,
    Proposal,
    demand_approver,
    demand_proposer,
    demand_setter,
    demand_setters,
    demand_state,
    office_of,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)


def somebody(role: Role, digit: int) -> Account:
    return Account(f"{role.value}-{digit}", role, "isp-a" if role is Role.ISP else None)


def decided(proposer: Account, approver: Account, role: Role, others: dict[Role, int]) -> bool:
    proposal = Proposal(1, Power.RESET, "target-1", role, None, None, proposer.number, NOW, None, None, None)
    try:
        demand_proposer(proposer, "target-1", role, others)
        demand_approver(proposer, approver, proposal, others)
    except ForbiddenError:
        return False
    return True


@pytest.mark.parametrize("role", PEOPLE)
@pytest.mark.parametrize("strength", list(product(range(4), repeat=2)), ids=str)
def test_a_pair_has_as_many_of_the_office_as_there_are_and_the_other_office_fills_up(
    role: Role, strength: tuple[int, int]
):
    others = dict(zip((Role.ADMINISTRATOR, Role.OVERSEER), strength, strict=True))
    office = office_of(role)
    for first, second in product(PEOPLE, repeat=2):
        wanted = min(2, others[office])
        right = {first, second} <= OFFICES and sum(one is office for one in (first, second)) >= wanted
        right = right and all(one is office or others[office] < 2 for one in (first, second))
        assert decided(somebody(first, 1), somebody(second, 2), role, others) == right, (first, second)


def test_two_administrators_fill_the_overseer_s_office_only_while_nobody_is_in_it():
    admins = somebody(Role.ADMINISTRATOR, 1), somebody(Role.ADMINISTRATOR, 2)
    assert decided(*admins, Role.OVERSEER, {Role.ADMINISTRATOR: 5, Role.OVERSEER: 0})
    assert not decided(*admins, Role.OVERSEER, {Role.ADMINISTRATOR: 5, Role.OVERSEER: 1})
    assert not decided(*admins, Role.OVERSEER, {Role.ADMINISTRATOR: 5, Role.OVERSEER: 2})


def test_two_overseers_never_make_an_officer_while_two_administrators_are_there():
    overseers = somebody(Role.OVERSEER, 1), somebody(Role.OVERSEER, 2)
    assert not decided(*overseers, Role.OFFICER, {Role.ADMINISTRATOR: 2, Role.OVERSEER: 2})


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_approves_their_own_proposal_nor_decides_about_themselves(role: Role):
    others = {Role.ADMINISTRATOR: 9, Role.OVERSEER: 9}
    keeper = somebody(office_of(role), 1)
    assert not decided(keeper, keeper, role, others)
    target = replace(somebody(office_of(role), 3), number="target-1")
    assert not decided(target, somebody(office_of(role), 2), role, others)
    assert not decided(somebody(office_of(role), 2), target, role, others)


def test_what_a_closed_account_proposed_is_not_approved():
    proposer = replace(somebody(Role.ADMINISTRATOR, 1), closed=True)
    with pytest.raises(IllegalStepError, match="no account any more"):
        decided(proposer, somebody(Role.ADMINISTRATOR, 2), Role.OFFICER, {Role.ADMINISTRATOR: 2, Role.OVERSEER: 0})


@pytest.mark.parametrize("power", list(Power))
@pytest.mark.parametrize("state", ["absent", "open", "closed"])
def test_each_power_works_on_accounts_of_one_state(power: Power, state: str):
    account = None if state == "absent" else replace(somebody(Role.OFFICER, 1), closed=state == "closed")
    wanted = {Power.OPEN: "absent", Power.CLOSE: "open", Power.REOPEN: "closed", Power.RESET: "open"}[power]
    if state == wanted:
        demand_state(power, account, 2)
    else:
        with pytest.raises(IllegalStepError):
            demand_state(power, account, 2)


def test_two_administrators_always_remain():
    demand_state(Power.CLOSE, somebody(Role.ADMINISTRATOR, 1), 2)
    with pytest.raises(IllegalStepError, match="must remain"):
        demand_state(Power.CLOSE, somebody(Role.ADMINISTRATOR, 1), 1)


@pytest.mark.parametrize("overseers", [False, True], ids=["settings", "the overseer's own address"])
@pytest.mark.parametrize("strength", list(product(range(4), repeat=2)), ids=str)
def test_settings_take_two_administrators_and_the_overseer_s_address_one_of_each_office(
    strength: tuple[int, int], overseers: bool
):
    offices = dict(zip((Role.ADMINISTRATOR, Role.OVERSEER), strength, strict=True))
    admins, watch = strength
    for first, second in product(PEOPLE, repeat=2):
        pair = [first, second]
        if overseers:
            enough = pair.count(Role.ADMINISTRATOR) >= min(1, admins) and pair.count(Role.OVERSEER) >= min(1, watch)
        else:
            enough = pair.count(Role.ADMINISTRATOR) >= min(2, admins)
        right = set(pair) <= OFFICES and enough
        assert agreed(somebody(first, 1), somebody(second, 2), offices, overseers=overseers) == right, pair
        assert not agreed(somebody(first, 1), somebody(first, 1), offices, overseers=overseers), "alone"


def agreed(proposer: Account, approver: Account, offices: dict[Role, int], *, overseers: bool) -> bool:
    try:
        demand_setter(proposer, offices, overseers=overseers)
        demand_setters(proposer, approver, offices, overseers=overseers)
    except ForbiddenError:
        return False
    return True
