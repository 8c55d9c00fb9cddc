"""Settings take two people: who, in which order, and what is refused; every refusal changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from blocker.cases.agreed import APPROVED, PROPOSED, REFUSED
from blocker.cases.case import Event, Role
from blocker.cases.store import Issue, Store
from blocker.cases.terms import Terms
from blocker.config import Settings
from blocker.desk_settings import Overseer
from blocker.errors import ForbiddenError, IllegalStepError, OperationError
from blocker.people.account import Account
from blocker.people.people import People
from blocker.people.powers import Power
from tests.cases.walking import START

pytestmark = pytest.mark.asyncio

A, B = (Account(f"admin-00{digit}", Role.ADMINISTRATOR) for digit in (1, 2))
WATCH = Account("overseer-001", Role.OVERSEER)
STANDING = Terms.of(Settings()).model_copy(update={"overseer": Overseer(mail="overseer@oversight.example")})
OFFERED = STANDING.model_copy(update={"sender": "desk@elsewhere.example"})
AWAY = OFFERED.model_copy(update={"overseer": Overseer(mail="nobody@elsewhere.example")})


def _none(_event: Event, _first: int) -> tuple[()]:
    return ()


NO_LETTERS = Issue(2026, _none)


@asynccontextmanager
async def house(folder: Path, *accounts: Account) -> AsyncIterator[People]:
    async with Store.open(folder / "db", trial=True) as store:
        people = People.of(store, folder / "db")
        for account in accounts:
            await hired(people, account)
        yield people


async def hired(people: People, account: Account) -> Account:
    """An account without a password, for nobody here comes in by one."""
    sql = "INSERT INTO accounts (number, role, created_at) VALUES (?, ?, ?)"
    assert await people.store.execute(sql, (account.number, account.role, START.isoformat())) == 1
    return account


async def propose(people: People, actor: Account, offered: Terms = OFFERED) -> int:
    await people.agreement.propose(actor, START, offered=offered, standing=STANDING, issue=NO_LETTERS)
    offer = await people.agreement.pending()
    assert offer
    return offer.id


async def approve(people: People, number: int, actor: Account, offered: Terms = OFFERED) -> None:
    await people.agreement.approve(number, actor, START, offered=offered, standing=STANDING, issue=NO_LETTERS)


async def done(people: People) -> list[tuple[str, str]]:
    return [(event.transition, event.actor) for event in await people.store.events() if event.case == "settings"]


async def test_one_proposes_and_another_approves_and_the_ledger_has_the_whole_of_both(tmp_path: Path):
    async with house(tmp_path, A, B) as people:
        await approve(people, await propose(people, A), B)
        assert await done(people) == [(PROPOSED, A.number), (APPROVED, B.number)]
        for event in await people.store.events():
            assert Terms.read(event.data["terms"]) == OFFERED
        assert await people.agreement.pending() is None


async def test_nobody_approves_their_own(tmp_path: Path):
    async with house(tmp_path, A, B) as people:
        number = await propose(people, A)
        with pytest.raises(ForbiddenError):
            await approve(people, number, A)
        assert await done(people) == [(PROPOSED, A.number)]


async def test_nobody_but_an_administrator_decides_while_there_are_two(tmp_path: Path):
    others = [Account("somebody-001", role) for role in Role if role not in {Role.ADMINISTRATOR, Role.SYSTEM}]
    async with house(tmp_path, A, B, WATCH) as people:
        for other in others:
            with pytest.raises(ForbiddenError):
                await propose(people, other)
        number = await propose(people, A)
        for other in others:
            with pytest.raises(ForbiddenError):
                await approve(people, number, other)
            with pytest.raises(ForbiddenError):
                await people.agreement.refuse(number, other, START, standing=STANDING)
        assert await done(people) == [(PROPOSED, A.number)]


async def test_administrators_alone_cannot_send_the_overseer_s_mail_elsewhere(tmp_path: Path):
    async with house(tmp_path, A, B, WATCH) as people:
        number = await propose(people, A, AWAY)
        with pytest.raises(ForbiddenError):
            await approve(people, number, B, AWAY)
        await approve(people, number, WATCH, AWAY)
        assert await done(people) == [(PROPOSED, A.number), (APPROVED, WATCH.number)]


async def test_the_overseer_may_refuse_a_change_of_their_own_address(tmp_path: Path):
    async with house(tmp_path, A, B, WATCH) as people:
        await people.agreement.refuse(await propose(people, A, AWAY), WATCH, START, standing=STANDING)
        assert await done(people) == [(PROPOSED, A.number), (REFUSED, WATCH.number)]


async def test_where_there_is_one_administrator_the_overseer_stands_in(tmp_path: Path):
    async with house(tmp_path, A, WATCH) as people:
        await approve(people, await propose(people, A), WATCH)
        assert (await done(people))[-1] == (APPROVED, WATCH.number)


async def test_what_the_file_says_no_more_is_not_approved(tmp_path: Path):
    async with house(tmp_path, A, B) as people:
        number = await propose(people, A)
        with pytest.raises(IllegalStepError, match="something else by now"):
            await approve(people, number, B, OFFERED.model_copy(update={"sender": "third@elsewhere.example"}))
        with pytest.raises(IllegalStepError, match="proposed already"):
            await propose(people, B, AWAY)
        await people.agreement.refuse(number, A, START, standing=STANDING)
        await approve(people, await propose(people, B), A)


async def test_there_is_nothing_to_propose_where_nothing_differs(tmp_path: Path):
    async with house(tmp_path, A, B) as people:
        with pytest.raises(IllegalStepError, match="nothing to propose"):
            await propose(people, A, STANDING)
        assert await done(people) == []


async def test_a_decision_is_made_once_and_by_nobody_who_lost_the_account(tmp_path: Path):
    async with house(tmp_path, A, B, WATCH) as people:
        number = await propose(people, A)
        third = await hired(people, Account("admin-003", Role.ADMINISTRATOR))
        await people.administration.propose(Power.CLOSE, A.number, B, START)
        (proposal,) = await people.administration.pending()
        await people.administration.approve(proposal.id, third, START)
        with pytest.raises(IllegalStepError, match="holds no account"):
            await approve(people, number, B)
        await people.agreement.refuse(number, B, START, standing=STANDING)
        for verdict in (approve(people, number, B), people.agreement.refuse(number, B, START, standing=STANDING)):
            with pytest.raises(IllegalStepError, match="decided meanwhile"):
                await verdict


async def test_the_database_itself_refuses_one_person_and_a_change_of_what_was_proposed(tmp_path: Path):
    async with house(tmp_path, A, B) as people:
        number = await propose(people, A)
        for sql in (
            "UPDATE settings_proposals SET verdict = 'approve', decided_by = proposed_by",
            "UPDATE settings_proposals SET terms = '{}'",
            "UPDATE settings_proposals SET verdict = 'approve'",
            "DELETE FROM settings_proposals",
        ):
            with pytest.raises(OperationError):
                await people.store.execute(sql, ())
        await approve(people, number, B)
        with pytest.raises(OperationError):
            await people.store.execute("UPDATE settings_proposals SET verdict = 'refuse'", ())
