"""Sign-in: argon2id, growing pauses, and nothing learnt by a stranger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from blocker.cases.accounts import FREE_FAILURES, Account, Accounts
from blocker.cases.case import Actor, Role
from blocker.cases.store import Store
from blocker.errors import FormError
from tests.cases.walking import START

PASSWORD = "correct horse battery"


class Wall:
    """The wall's clock, set by the test."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(tmp_path: Path, wall: Wall | None = None) -> AsyncIterator[Accounts]:
    async with Store.open(tmp_path / "db", trial=True) as store:
        accounts = Accounts(store, wall or Wall())
        await accounts.create("agent-014", Role.OFFICER, PASSWORD)
        yield accounts


@pytest.mark.asyncio
async def test_the_right_password_signs_in_and_a_wrong_one_does_not(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        account = await accounts.sign_in("agent-014", PASSWORD)
        assert account == Account("agent-014", Role.OFFICER)
        assert account.actor == Actor("agent-014", Role.OFFICER)
        assert await accounts.sign_in("agent-014", PASSWORD + "x") is None
        assert await accounts.sign_in("agent-999", PASSWORD) is None
        assert await accounts.sign_in("", "") is None


def test_a_password_is_kept_as_argon2id_only(tmp_path: Path):
    async def begin() -> None:
        async with opened(tmp_path):
            pass

    asyncio.run(begin())
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in files
    assert PASSWORD.encode() not in files


@pytest.mark.asyncio
async def test_guessing_meets_growing_pauses_even_with_the_right_password(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as accounts:
        for _ in range(FREE_FAILURES + 2):
            wall.now += timedelta(seconds=30)
            assert await accounts.sign_in("agent-014", "a wrong password") is None
        assert await accounts.sign_in("agent-014", PASSWORD) is None  # four seconds
        wall.now += timedelta(seconds=4)
        assert await accounts.sign_in("agent-014", PASSWORD) is not None


@pytest.mark.asyncio
async def test_a_success_forgets_the_failures_before_it(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        for _ in range(2):
            for _ in range(FREE_FAILURES - 1):
                assert await accounts.sign_in("agent-014", "a wrong password") is None
            assert await accounts.sign_in("agent-014", PASSWORD) is not None


@pytest.mark.asyncio
async def test_a_number_is_taken_once(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        with pytest.raises(FormError, match="taken"):
            await accounts.create("agent-014", Role.APPROVER, PASSWORD)
        assert await accounts.account("agent-014") == Account("agent-014", Role.OFFICER)
        assert await accounts.account("agent-015") is None


@pytest.mark.asyncio
async def test_an_account_needs_a_number_a_role_and_a_long_password(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        with pytest.raises(FormError) as caught:
            await accounts.create("Jane Doe", Role.SYSTEM, "short")
        assert set(caught.value.problems) == {"number", "role", "password"}
        assert await accounts.all() == (Account("agent-014", Role.OFFICER),)


@pytest.mark.asyncio
async def test_a_contact_belongs_to_a_provider_and_nobody_else_does(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        contact = await accounts.create("contact-1", Role.ISP, PASSWORD, "isp-a")
        assert contact.isp == "isp-a"
        assert await accounts.account("contact-1") == contact == await accounts.sign_in("contact-1", PASSWORD)
        for role, isp in ((Role.ISP, None), (Role.OFFICER, "isp-a")):
            with pytest.raises(FormError) as caught:
                await accounts.create("agent-077", role, PASSWORD, isp)
            assert set(caught.value.problems) == {"isp"}


@pytest.mark.asyncio
async def test_a_number_has_one_role_for_good(tmp_path: Path):
    async with opened(tmp_path) as accounts:
        with pytest.raises(FormError, match="taken"):
            await accounts.create("agent-014", Role.OVERSEER, PASSWORD)
        with pytest.raises(FormError):
            await accounts.create("system-1", Role.SYSTEM, PASSWORD)


@pytest.mark.asyncio
async def test_who_came_and_went_is_on_record(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as accounts:
        await accounts.sign_in("agent-014", PASSWORD)
        wall.now += timedelta(seconds=90)
        await accounts.sign_out("agent-014")
        assert [(line.at, line.number, line.outcome, line.times) for line in await accounts.sign_ins(10)] == [
            (START + timedelta(seconds=90), "agent-014", "out", 1),
            (START, "agent-014", "in", 1),
        ]


@pytest.mark.asyncio
async def test_guesses_are_on_record_in_few_lines_and_nothing_of_what_was_typed(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as accounts:
        for _ in range(FREE_FAILURES + 2):
            await accounts.sign_in("agent-014", "a wrong one")
        for typed in ("my secret password", "agent-998", "agent-999"):
            await accounts.sign_in(typed, "a wrong one")
        lines = {(line.number, line.outcome): line.times for line in await accounts.sign_ins(10)}
        assert lines == {("agent-014", "refused"): 5, ("agent-014", "paused"): 2, ("unknown", "refused"): 3}
    assert not await asyncio.to_thread(_is_kept, tmp_path, b"my secret password")


def _is_kept(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.iterdir())
