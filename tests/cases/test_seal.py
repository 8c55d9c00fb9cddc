"""The seal, its key's file, and sealed heads."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocker.cases.integrity import checkpoint, keyfile, seal
from blocker.cases.integrity.ledger import Head
from blocker.cases.integrity.seal import Seal
from blocker.cases.store import Store
from blocker.errors import OperationError

KEY = Seal.new()
HEAD = Head(41, "ab" * 32)
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_seal_holds_on_what_it_was_put_on_and_on_nothing_else() -> None:
    mark = KEY.of("events", [1, "a", None])
    assert seal.holds(KEY.public, "events", [1, "a", None], mark)
    assert not seal.holds(KEY.public, "documents", [1, "a", None], mark)
    assert not seal.holds(KEY.public, "events", [1, "b", None], mark)
    assert not seal.holds(Seal.new().public, "events", [1, "a", None], mark)


@pytest.mark.parametrize("mark", ["", "x", "ab", "zz" * 64, KEY.of("events", 1).upper(), KEY.of("events", 1) + " "])
def test_what_is_no_seal_does_not_hold(mark: str) -> None:
    assert not seal.holds(KEY.public, "events", 1, mark)


@pytest.mark.parametrize("public", ["", "ab", "zz" * 32])
def test_nothing_holds_under_what_is_no_key(public: str) -> None:
    assert not seal.holds(public, "events", 1, KEY.of("events", 1))


def test_a_key_is_read_back_from_its_file_and_shows_nothing_of_itself() -> None:
    assert Seal.read(KEY.pem()).public == KEY.public
    assert "private" not in repr(KEY)


@pytest.mark.asyncio
async def test_the_key_is_made_at_the_first_start_for_its_owner_alone_and_kept(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "db", trial=True) as store:
        public = store.seal.public
    assert stat.S_IMODE(keyfile.of(tmp_path / "db").stat().st_mode) == 0o600
    async with Store.open(tmp_path / "db", trial=True) as store:
        assert store.seal.public == public


@pytest.mark.asyncio
async def test_a_ledger_is_never_gone_on_with_without_its_key(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "db", trial=True):
        pass
    file = keyfile.of(tmp_path / "db")
    kept = file.read_bytes()
    for content, wrong in ((None, "is missing"), (KEY.pem(), "another key"), (b"no key", "holds no key")):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
            file.chmod(0o600)
        with pytest.raises(OperationError, match=wrong):
            async with Store.open(tmp_path / "db", trial=True):
                pass
        file.touch()
    file.write_bytes(kept)
    file.chmod(0o640)
    with pytest.raises(OperationError, match="others may read"):
        async with Store.open(tmp_path / "db", trial=True):
            pass
    file.chmod(0o600)
    async with Store.open(tmp_path / "db", trial=True):
        pass


def test_a_head_that_was_given_away_is_read_back() -> None:
    assert checkpoint.read(checkpoint.write(HEAD, AT, KEY)) == checkpoint.Checkpoint(HEAD, AT, KEY.public)


@pytest.mark.parametrize(
    ("old", "new"),
    [("41", "42"), ("abab", "abac"), ("2026", "2027"), (KEY.public, Seal.new().public)],
    ids=["number", "hash", "year", "key"],
)
def test_a_head_that_was_changed_is_refused(old: str, new: str) -> None:
    with pytest.raises(OperationError, match="does not hold"):
        checkpoint.read(checkpoint.write(HEAD, AT, KEY).replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seal": 1}', "null", '{"seq": 1}'])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(OperationError, match="no file"):
        checkpoint.read(text)
