"""Second factors in the store: each counts once, nothing readable lies on disk, the last one stays where it must."""

import asyncio
from pathlib import Path

import pytest

from blocker.cases.integrity import keyfile
from blocker.errors import FormError, IllegalStepError, OperationError
from blocker.people.codes import RECOVERY_CODES, spelled
from blocker.people.vault import Vault
from tests.people.house import OFFICER, Wall, opened, shown


@pytest.mark.asyncio
async def test_a_code_of_the_enrolled_app_counts_once_even_when_it_comes_twice_at_once(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        secret = people.factors.new_secret()
        await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
        assert (await people.factors.held(OFFICER)).app_since == wall.now
        assert not await people.factors.takes(OFFICER, shown(secret, wall.now)), "it enrolled the app already"
        wall.later(minutes=1)
        both = await asyncio.gather(*(people.factors.takes(OFFICER, shown(secret, wall.now)) for _ in range(2)))
        assert sorted(both) == [False, True]


@pytest.mark.asyncio
async def test_an_app_is_enrolled_only_by_a_code_of_its(tmp_path: Path):
    async with opened(tmp_path) as people:
        with pytest.raises(FormError):
            await people.factors.enrol_app(OFFICER, people.factors.new_secret(), "000000")
        assert not (await people.factors.held(OFFICER)).any
        assert not await people.factors.takes(OFFICER, "")


@pytest.mark.asyncio
async def test_a_new_app_ends_the_one_before(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        old, new = people.factors.new_secret(), people.factors.new_secret()
        for secret in (old, new):
            await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
        wall.later(minutes=1)
        assert not await people.factors.takes(OFFICER, shown(old, wall.now))
        assert await people.factors.takes(OFFICER, shown(new, wall.now))


@pytest.mark.asyncio
async def test_a_recovery_code_stands_in_once_and_new_ones_end_the_old(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        with pytest.raises(IllegalStepError, match="no second factor"):
            await people.factors.new_recovery_codes(OFFICER)
        secret = people.factors.new_secret()
        await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
        first = await people.factors.new_recovery_codes(OFFICER)
        assert len(set(first)) == RECOVERY_CODES
        assert await people.factors.takes(OFFICER, first[0].lower())
        assert not await people.factors.takes(OFFICER, first[0])
        assert (await people.factors.held(OFFICER)).recovery_codes == RECOVERY_CODES - 1
        second = await people.factors.new_recovery_codes(OFFICER)
        assert not await people.factors.takes(OFFICER, first[1])
        assert await people.factors.takes(OFFICER, second[1])


@pytest.mark.asyncio
async def test_the_last_factor_stays_where_one_is_demanded_and_recovery_codes_go_with_it_elsewhere(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        secret = people.factors.new_secret()
        await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
        (code, *_) = await people.factors.new_recovery_codes(OFFICER)
        with pytest.raises(IllegalStepError, match="last second factor"):
            await people.factors.drop_app(OFFICER, demanded=True)
        assert (await people.factors.held(OFFICER)).any
        await people.factors.drop_app(OFFICER, demanded=False)
        assert (await people.factors.held(OFFICER)).recovery_codes == 0
        assert not await people.factors.takes(OFFICER, code)


@pytest.mark.asyncio
async def test_neither_secret_nor_recovery_code_can_be_read_from_the_database(tmp_path: Path):
    wall = Wall()
    async with opened(tmp_path, wall) as people:
        secret = people.factors.new_secret()
        await people.factors.enrol_app(OFFICER, secret, shown(secret, wall.now))
        recovery = await people.factors.new_recovery_codes(OFFICER)
    files = b"".join(await asyncio.to_thread(lambda: [path.read_bytes() for path in tmp_path.iterdir()]))
    for text in (secret, spelled(secret).encode(), spelled(secret).replace(" ", "").encode(), recovery[0].encode()):
        assert text not in files


def sealing(folder: Path) -> Path:
    """A database with its key file, as a store makes both."""
    keyfile.open_or_make(folder / "db", None)
    return folder / "db"


def test_what_was_sealed_opens_again_for_its_account(tmp_path: Path):
    sealed = Vault.of(sealing(tmp_path)).seal(b"secret", OFFICER)
    assert Vault.of(sealing(tmp_path)).open(sealed, OFFICER) == b"secret"


@pytest.mark.parametrize("harm", ["another key", "another account", "a changed byte"])
def test_what_another_key_or_account_sealed_does_not_open(tmp_path: Path, harm: str):
    number, sealed = OFFICER, Vault.of(sealing(tmp_path)).seal(b"secret", OFFICER)
    if harm == "another account":
        number = "agent-015"
    if harm == "a changed byte":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if harm == "another key":
        (tmp_path / "db.seal").unlink()
    with pytest.raises(OperationError, match="key file"):
        Vault.of(sealing(tmp_path)).open(sealed, number)
