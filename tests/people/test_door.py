"""Coming in: growing pauses for passwords and codes alike, and nothing learnt by a stranger."""

import asyncio
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from blocker.people.account import Account, SignIn
from blocker.people.door import FREE_FAILURES, LONGEST_LOCK
from blocker.people.people import People
from tests.cases.walking import START
from tests.people.house import OFFICER, PASSWORD, Wall, opened, shown

pytestmark = pytest.mark.asyncio


async def enrolled(people: People, wall: Wall) -> tuple[Account, bytes]:
    """The officer, with an app whose code of this minute is used up."""
    secret = people.factors.new_secret()
    await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
    account = await people.accounts.account(OFFICER)
    assert account
    return account, secret


async def test_the_right_password_is_known_and_a_wrong_one_is_not(tmp_path: Path):
    async with opened(tmp_path) as people:
        assert await people.door.password(OFFICER, PASSWORD)
        assert await people.door.password(OFFICER, PASSWORD + "x") is None
        assert await people.door.password("agent-999", PASSWORD) is None
        assert await people.door.password("", "") is None


async def test_guessing_meets_growing_pauses_even_with_the_right_password(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        for _ in range(FREE_FAILURES + 2):
            wall.later(seconds=30)
            assert await people.door.password(OFFICER, "a wrong password") is None
        assert await people.door.password(OFFICER, PASSWORD) is None  # four seconds
        wall.later(seconds=4)
        assert await people.door.password(OFFICER, PASSWORD) is not None


async def test_coming_in_forgets_the_failures_before_it(tmp_path: Path):
    async with opened(tmp_path) as people:
        for _ in range(2):
            for _ in range(FREE_FAILURES - 1):
                assert await people.door.password(OFFICER, "a wrong password") is None
            account = await people.door.password(OFFICER, PASSWORD)
            assert account
            await people.door.enter(account)


async def test_guessing_codes_meets_the_same_pauses_and_a_right_password_between_takes_none_back(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        account, secret = await enrolled(people, wall)
        wall.later(minutes=1)
        for _ in range(FREE_FAILURES):
            assert await people.door.password(OFFICER, PASSWORD)
            assert not await people.door.code(account, "000000")
        assert not await people.door.code(account, shown(secret, wall.now)), "a pause runs"
        assert await people.door.password(OFFICER, PASSWORD) is None, "for the password too"
        wall.later(seconds=1)
        assert await people.door.code(account, shown(secret, wall.now))


async def test_nobody_guesses_a_code_in_a_day(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        account, _ = await enrolled(people, wall)
        end, tries = wall.now + timedelta(days=1), 0
        while wall.now < end:
            await people.door.code(account, "no code")
            tries += 1
            wall.now = min(end, wall.now + min(timedelta(seconds=2 ** min(tries, 20)), LONGEST_LOCK))
        assert tries < 120  # of a million codes, three of which count at any time


async def test_guesses_sent_at_once_all_count(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        account, secret = await enrolled(people, wall)
        wall.later(minutes=1)
        await asyncio.gather(*(people.door.code(account, f"{guess:06}") for guess in range(FREE_FAILURES + 5)))
        assert not await people.door.code(account, shown(secret, wall.now))


async def test_a_closed_account_is_refused_as_an_unknown_one_is(tmp_path: Path):
    async with opened(tmp_path) as people:
        await people.store.execute("UPDATE accounts SET closed_at = ?", ("2026-11-22T00:00:00+00:00",))
        assert await people.door.password(OFFICER, PASSWORD) is None


async def test_who_came_and_went_is_on_record(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        account = await people.door.password(OFFICER, PASSWORD)
        assert account
        await people.door.enter(account)
        wall.later(seconds=90)
        await people.door.leave(OFFICER)
        assert [(line.at, line.number, line.outcome, line.times) for line in await people.door.sign_ins(10)] == [
            (START + timedelta(seconds=90), OFFICER, "out", 1),
            (START, OFFICER, "in", 1),
        ]


async def test_who_came_and_went_comes_page_by_page(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        for _ in range(3):
            wall.later(seconds=90)
            await people.door.leave(OFFICER)
            await people.door.password("agent-998", "a wrong one")
        whole = await people.door.sign_ins(10)
        found, before = list[SignIn](), None
        while page := await people.door.sign_ins(2, before):
            found += page
            before = page[-1].place
        assert found == list(whole)
        assert len(whole) == 6


async def test_guesses_are_on_record_in_few_lines_and_nothing_of_what_was_typed(tmp_path: Path):
    async with opened(tmp_path) as people:
        for _ in range(FREE_FAILURES + 2):
            await people.door.password(OFFICER, "a wrong one")
        for typed in ("my secret password", "agent-998", "agent-999"):
            await people.door.password(typed, "a wrong one")
        lines = {(line.number, line.outcome): line.times for line in await people.door.sign_ins(10)}
        assert lines == {(OFFICER, "refused"): 5, (OFFICER, "paused"): 2, ("unknown", "refused"): 3}
    assert not await asyncio.to_thread(_is_kept, tmp_path, b"my secret password")


def _is_kept(folder: Path, text: bytes) -> bool:
    return any(text in path.read_bytes() for path in folder.iterdir())


async def test_of_guesses_that_come_at_once_no_more_are_judged_than_of_those_that_wait(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        account, secret = await enrolled(people, wall)
        wall.later(minutes=1)
        right = {shown(secret, wall.now + timedelta(seconds=seconds)) for seconds in (-30, 0, 30)}
        wrong = {f"{code:06d}" for code in range(40)} - right
        assert not any(await asyncio.gather(*(people.door.code(account, code) for code in sorted(wrong))))
        outcomes = {(line.number, line.outcome): line.times for line in await people.door.sign_ins(10)}
        assert outcomes == {(OFFICER, "refused"): FREE_FAILURES, (OFFICER, "paused"): len(wrong) - FREE_FAILURES}
        wall.later(seconds=2)
        assert await people.door.code(account, shown(secret, wall.now)), "one pause, not a growing one for each of them"


async def test_the_disk_does_as_much_for_a_number_that_is_none_as_for_one_that_is(tmp_path: Path):
    """A transaction is synced to the disk, which takes long enough to be measured from outside."""
    async with opened(tmp_path) as people:
        counts = []
        for number in (OFFICER, "agent-999"):
            with patch.object(people.store, "transaction", wraps=people.store.transaction) as transactions:
                await people.door.password(number, "a wrong password")
            counts.append(transactions.call_count)
        assert counts == [1, 1]
