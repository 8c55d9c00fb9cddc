"""Copies of the store: made while a desk works, whole, private, and put back only where nothing is."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest

from blocker.cases.integrity import audit, backup, keyfile
from blocker.cases.integrity.ledger import Head
from blocker.errors import OperationError
from tests.cases.desk import Desk, open_desk
from tests.cases.walking import APPROVER, OFFICER
from tests.needs import needs

pytestmark = [needs("git"), pytest.mark.asyncio]


async def busy(desk: Desk, stop: asyncio.Event) -> int:
    """Open cases and refuse them until told to stop."""
    worked = 0
    while not stop.is_set():
        await desk.go(None, ("report", OFFICER), ("assess", OFFICER), ("withdraw", APPROVER))
        worked += 1
    return worked


async def test_a_copy_that_is_made_while_the_desk_works_is_one_state_of_it(tmp_path: Path):
    async with open_desk(tmp_path / "data") as desk:
        stop = asyncio.Event()
        works = asyncio.create_task(busy(desk, stop))
        heads = []
        for number in range(5):
            made = await asyncio.to_thread(
                backup.make, tmp_path / "data" / "redhand.sqlite3", tmp_path / "none", tmp_path / f"copy-{number}"
            )
            heads.append(made.verdict.head)
            assert made.verdict.findings == ()
        stop.set()
        assert await works
        events = {event.seq: event.hash for event in await desk.road.store.events()}
    assert all(events.get(head.seq, "") == head.hash for head in heads if head.seq)
    assert [head.seq for head in heads] == sorted(head.seq for head in heads)
    assert heads[-1].seq > heads[0].seq, "the desk did not work meanwhile"


async def made(folder: Path) -> Path:
    async with open_desk(folder / "data") as desk:
        await desk.go(None, ("report", OFFICER))
    (folder / "evidence" / "2026").mkdir(parents=True)
    (folder / "evidence" / "2026" / "E-1.age").write_bytes(b"sealed")
    (folder / "evidence" / ".E-2.part").write_bytes(b"half")
    backup.make(folder / "data" / "redhand.sqlite3", folder / "evidence", folder / "copy")
    return folder / "copy"


async def test_everything_in_a_copy_is_for_its_owner_alone(tmp_path: Path):
    copy = await made(tmp_path)
    modes = {path.relative_to(copy).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in copy.rglob("*")}
    assert modes == {
        "backup.json": 0o600,
        "database.sqlite3": 0o600,
        "database.sqlite3.seal": 0o600,
        "evidence": 0o700,
        "evidence/2026": 0o700,
        "evidence/2026/E-1.age": 0o600,
    }
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700


async def test_a_desk_goes_on_from_a_copy(tmp_path: Path):
    copy = await made(tmp_path)
    new = tmp_path / "new"
    (new).mkdir()
    backup.restore(copy, new / "redhand.sqlite3", new / "evidence", None)
    async with open_desk(new) as desk:
        case = (await desk.road.store.cases())[0]
        await desk.act(case, "assess", OFFICER)
    assert audit.judge(new / "redhand.sqlite3").findings == ()


async def test_nothing_is_put_over_what_is_there(tmp_path: Path):
    copy = await made(tmp_path)
    for name in ("redhand.sqlite3", "redhand.sqlite3.seal", "evidence"):
        place = tmp_path / f"over-{name}"
        place.mkdir()
        (place / name).write_bytes(b"mine")
        with pytest.raises(OperationError, match="nothing is ever put over"):
            backup.restore(copy, place / "redhand.sqlite3", place / "evidence", None)
        assert [path.name for path in place.iterdir()] == [name]
    with pytest.raises(OperationError, match="is there already"):
        backup.make(tmp_path / "data" / "redhand.sqlite3", tmp_path / "evidence", copy)


async def test_a_copy_that_was_changed_is_not_put_back(tmp_path: Path):
    copy = await made(tmp_path)
    place = tmp_path / "place" / "redhand.sqlite3"
    for name in ("database.sqlite3", "database.sqlite3.seal", "evidence/2026/E-1.age"):
        kept = (copy / name).read_bytes()
        (copy / name).write_bytes(kept[:-1] + b"?")
        with pytest.raises(OperationError, match="is not what was copied"):
            backup.restore(copy, place, tmp_path / "place" / "evidence", None)
        (copy / name).unlink()
        with pytest.raises(OperationError, match="missing from the copy"):
            backup.restore(copy, place, tmp_path / "place" / "evidence", None)
        (copy / name).write_bytes(kept)
    (copy / "evidence" / "more").write_bytes(b"")
    with pytest.raises(OperationError, match="is not what was copied"):
        backup.restore(copy, place, tmp_path / "place" / "evidence", None)
    (copy / "evidence" / "more").unlink()
    (copy / backup.MANIFEST).unlink()
    with pytest.raises(OperationError, match="no finished copy"):
        backup.restore(copy, place, tmp_path / "place" / "evidence", None)
    assert not place.exists()


async def test_a_store_that_does_not_hold_is_not_passed_off_as_a_copy(tmp_path: Path):
    await made(tmp_path)
    database = tmp_path / "data" / "redhand.sqlite3"
    with sqlite3.connect(database) as db:
        db.execute("DROP TRIGGER events_stay")
        db.execute("UPDATE events SET actor = 'agent-999'")
    db.close()
    with pytest.raises(OperationError, match="does not hold"):
        backup.make(database, tmp_path / "evidence", tmp_path / "again")
    assert not (tmp_path / "again" / backup.MANIFEST).exists()


async def test_a_copy_that_is_behind_a_head_is_not_put_back(tmp_path: Path):
    copy = await made(tmp_path)
    with pytest.raises(OperationError, match="are gone"):
        backup.restore(copy, tmp_path / "new" / "db", tmp_path / "new" / "evidence", Head(7, "ab" * 32))
    assert not keyfile.of(tmp_path / "new" / "db").exists()
