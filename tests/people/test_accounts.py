"""Which accounts there are: a number once, one role for good, a password as argon2id."""

import asyncio
from pathlib import Path

import pytest

from blocker.cases.case import Actor, Role
from blocker.errors import FormError
from blocker.people.account import Account
from tests.people.house import OFFICER, PASSWORD, opened


def test_a_password_is_kept_as_argon2id_only(tmp_path: Path):
    async def begin() -> None:
        async with opened(tmp_path):
            pass

    asyncio.run(begin())
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in files
    assert PASSWORD.encode() not in files


@pytest.mark.asyncio
async def test_a_number_is_given_once_and_keeps_its_role_for_good(tmp_path: Path):
    async with opened(tmp_path) as people:
        for role in (Role.APPROVER, Role.OVERSEER, Role.ADMINISTRATOR):
            with pytest.raises(FormError, match="taken"):
                await people.accounts.create(OFFICER, role, PASSWORD)
        account = await people.accounts.account(OFFICER)
        assert account == Account(OFFICER, Role.OFFICER)
        assert account.actor == Actor(OFFICER, Role.OFFICER)
        assert await people.accounts.account("agent-015") is None


@pytest.mark.asyncio
async def test_an_account_needs_a_number_a_role_and_a_long_password(tmp_path: Path):
    async with opened(tmp_path) as people:
        with pytest.raises(FormError) as caught:
            await people.accounts.create("Jane Doe", Role.SYSTEM, "short")
        assert set(caught.value.problems) == {"number", "role", "password"}
        assert await people.accounts.all() == (Account(OFFICER, Role.OFFICER),)


@pytest.mark.asyncio
async def test_a_contact_belongs_to_a_provider_and_nobody_else_does(tmp_path: Path):
    async with opened(tmp_path) as people:
        contact = await people.accounts.create("contact-1", Role.ISP, PASSWORD, "isp-a")
        assert contact.isp == "isp-a"
        assert await people.accounts.account("contact-1") == contact
        assert await people.door.password("contact-1", PASSWORD) == contact
        for role, isp in ((Role.ISP, None), (Role.OFFICER, "isp-a")):
            with pytest.raises(FormError) as caught:
                await people.accounts.create("agent-077", role, PASSWORD, isp)
            assert set(caught.value.problems) == {"isp"}
