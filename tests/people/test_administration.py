"""Proposals in the store: one transaction with their entry in the ledger, and no way in of before left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from blocker.cases.case import Role
from blocker.cases.integrity import ledger
from blocker.errors import ForbiddenError, FormError, IllegalStepError, OperationError
from blocker.people.account import Account
from blocker.people.people import People
from blocker.people.powers import Power
from tests.cases.walking import START
from tests.people.house import OFFICER, PASSWORD, Wall, opened, shown

pytestmark = pytest.mark.asyncio

A, B, C = (Account(f"admin-00{digit}", Role.ADMINISTRATOR) for digit in (1, 2, 3))


@asynccontextmanager
async def house(folder: Path, wall: Wall | None = None) -> AsyncIterator[People]:
    """An officer and three administrators."""
    async with opened(folder, wall) as people:
        for account in (A, B, C):
            await people.accounts.create(account.number, account.role, PASSWORD)
        yield people


async def invited(people: People, number: str, role: Role = Role.APPROVER) -> tuple[str, str]:
    first = await people.administration.propose(Power.OPEN, number, A, START, role=role)
    (proposal,) = await people.administration.pending()
    second = await people.administration.approve(proposal.id, B, START)
    assert first
    assert second
    return first, second


async def done(people: People) -> list[tuple[str, str, str]]:
    return [(event.case, event.transition, event.actor) for event in await people.store.events()]


async def test_an_account_is_made_by_two_and_its_owner_alone_chooses_the_password(tmp_path: Path):
    async with house(tmp_path) as people:
        halves = await invited(people, "agent-022")
        assert await people.accounts.account("agent-022") == Account("agent-022", Role.APPROVER)
        assert await people.door.password("agent-022", "") is None
        for wrong in ((halves[0], halves[0]), (halves[1], halves[0]), ("", "")):
            assert await people.door.invited("agent-022", wrong, PASSWORD) is None, "neither of the two alone"
        with pytest.raises(FormError):
            await people.door.invited("agent-022", halves, "short")
        assert await people.door.invited("agent-022", halves, PASSWORD)
        assert await people.door.password("agent-022", PASSWORD)
        assert await people.door.invited("agent-022", halves, "another password") is None, "once"
        assert await done(people) == [
            ("agent-022", "open-proposed", A.number),
            ("agent-022", "open-approved", B.number),
        ]
        assert ledger.verify(await people.store.events()) is None


async def test_an_invitation_ends_after_three_days(tmp_path: Path):
    wall = Wall()
    async with house(tmp_path, wall) as people:
        halves = await invited(people, "agent-022")
        wall.later(hours=72)
        assert await people.door.invited("agent-022", halves, PASSWORD) is None


async def test_guessing_an_invitation_meets_the_pauses(tmp_path: Path):
    async with house(tmp_path) as people:
        halves = await invited(people, "agent-022")
        for _ in range(5):
            assert await people.door.invited("agent-022", ("a", "b"), PASSWORD) is None
        assert await people.door.invited("agent-022", halves, PASSWORD) is None


async def test_closing_and_resetting_leave_no_way_in_of_before(tmp_path: Path):
    wall = Wall()
    for power in (Power.CLOSE, Power.RESET):
        folder = tmp_path / power
        folder.mkdir()
        async with house(folder, wall) as people:
            secret = people.factors.new_secret()
            await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
            await people.factors.new_recovery_codes(OFFICER)
            await people.administration.propose(power, OFFICER, A, START)
            assert await people.door.password(OFFICER, PASSWORD), "nothing happens before it is approved"
            (proposal,) = await people.administration.pending()
            half = await people.administration.approve(proposal.id, B, START)
            assert (half is not None) == (power is Power.RESET)
            assert await people.door.password(OFFICER, PASSWORD) is None
            held = await people.factors.held(OFFICER)
            assert (held.count, held.recovery_codes) == (0, 0)


async def test_an_account_that_is_opened_again_needs_a_new_invitation(tmp_path: Path):
    async with house(tmp_path) as people:
        await people.administration.propose(Power.CLOSE, OFFICER, A, START)
        await people.administration.approve(1, B, START)
        first = await people.administration.propose(Power.REOPEN, OFFICER, B, START)
        second = await people.administration.approve(2, C, START)
        assert await people.door.password(OFFICER, PASSWORD) is None
        assert first
        assert second
        assert await people.door.invited(OFFICER, (first, second), PASSWORD)
        assert await people.door.password(OFFICER, PASSWORD) == Account(OFFICER, Role.OFFICER)


async def test_two_approvals_at_once_and_an_approval_against_a_refusal_decide_once(tmp_path: Path):
    async with house(tmp_path) as people:
        decide = people.administration
        for number, second in enumerate((decide.approve, decide.refuse), start=1):
            await decide.propose(Power.OPEN, f"agent-{number}", A, START, role=Role.OFFICER)
            acts = (decide.approve(number, B, START), second(number, C, START))
            came = await asyncio.gather(*acts, return_exceptions=True)
            assert [isinstance(each, IllegalStepError) for each in came].count(True) == 1
        assert await people.administration.pending() == ()


async def test_one_thing_at_a_time_is_proposed_about_an_account_and_whoever_proposed_may_take_it_back(tmp_path: Path):
    async with house(tmp_path) as people:
        await people.administration.propose(Power.CLOSE, OFFICER, A, START)
        with pytest.raises(IllegalStepError, match="already"):
            await people.administration.propose(Power.RESET, OFFICER, B, START)
        with pytest.raises(ForbiddenError, match="Another person"):
            await people.administration.approve(1, A, START)
        await people.administration.refuse(1, A, START)
        await people.administration.propose(Power.RESET, OFFICER, B, START)
        assert [proposal.verdict for proposal in await people.administration.decided(9)] == ["refuse"]
        with pytest.raises(IllegalStepError, match="meanwhile"):
            await people.administration.approve(1, B, START)


async def test_what_was_decided_can_be_changed_by_no_statement(tmp_path: Path):
    async with house(tmp_path) as people:
        await people.administration.propose(Power.CLOSE, OFFICER, A, START)
        await people.administration.refuse(1, B, START)
        for sql in ("UPDATE proposals SET verdict = 'approve'", "DELETE FROM proposals", "DELETE FROM accounts"):
            with pytest.raises(OperationError):
                await people.store.execute(sql, ())


async def test_the_first_two_administrators_are_made_once(tmp_path: Path):
    async with opened(tmp_path) as people:
        for wrong in (("admin-001", "admin-001"), ("admin-001", "Jane")):
            with pytest.raises(FormError):
                await people.administration.first(wrong, START)
        with pytest.raises(IllegalStepError):  # the second number is an officer's: neither is made
            await people.administration.first(("admin-001", OFFICER), START)
        made = await people.administration.first(("admin-001", "admin-002"), START)
        with pytest.raises(IllegalStepError, match="already"):
            await people.administration.first(("admin-003", "admin-004"), START)
        for number, halves in made.items():
            assert await people.door.invited(number, halves, PASSWORD)
        assert await done(people) == [("accounts", "first-administrators", "system")]


async def test_neither_half_can_be_read_from_the_database(tmp_path: Path):
    async with house(tmp_path) as people:
        halves = await invited(people, "agent-022")
    files = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir()))
    assert not [half for half in halves if half.encode() in files]
