"""blocker/cases/store.py on real SQLite."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import aiosqlite
import pytest

from blocker.cases import workflow
from blocker.cases.case import SYSTEM, Case, entry
from blocker.cases.context import Numbers
from blocker.cases.integrity import ledger
from blocker.cases.store import Decide, Store
from blocker.errors import IllegalStepError, OperationError
from tests.cases.walking import APPROVER, OFFICER, START, TO_C2, context, entered

YEAR = 2026


def step(act: str, actor=OFFICER) -> Decide:
    def decide(case: Case | None, numbers: Numbers) -> workflow.Outcome:
        return workflow.apply(case, act, actor, entered(act, START), now=START, context=context(), numbers=numbers)

    return decide


async def walked(store: Store) -> Case:
    """A case that waits for the approval of its request."""
    case: Case | None = None
    for act, actor in TO_C2:
        case = await store.record(case.id if case else None, step(act, actor), year=YEAR)
    assert case is not None
    return case


@pytest.mark.asyncio
async def test_everything_of_a_step_is_stored_together(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        case = await store.record(case.id, step("approve-request", APPROVER), year=YEAR, turn=case.turn)
        assert await store.case(case.id) == case
        assert await store.cases() == (case,)
        assert [event.transition for event in await store.events(case.id)] == ["T1", "T2", "T3", "T4"]
        letters = await store.documents(case.id)
        assert [letter.kind for letter in letters] == [
            "owner-request",
            "isp-information",
            "isp-information",
            "oversight-notice",
        ]
        assert (await store.events())[-1].doc_sha256 == tuple(letter.sha256 for letter in letters)
        assert [row.id for row in await store.effects(case.id)] == ["4.1", "4.2", "4.3", "4.4"]
        assert await store.document(letters[0].number) == letters[0]


@pytest.mark.asyncio
async def test_the_stored_ledger_holds_and_folds_to_the_stored_cases(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        cases = [await walked(store), await walked(store)]
        assert [case.id for case in cases] == ["2026-000001", "2026-000002"]
        assert ledger.verify(await store.events()) is None
        for case in cases:
            assert workflow.fold(await store.events(case.id)) == await store.case(case.id)


@pytest.mark.asyncio
async def test_of_two_acts_at_once_one_counts(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        attempts = [
            store.record(case.id, step(act, APPROVER), year=YEAR, turn=case.turn)
            for act in ("approve-request", "refuse-request", "approve-request")
        ]
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(outcome, IllegalStepError) for outcome in outcomes) == 2
        assert len(await store.events(case.id)) == 4


@pytest.mark.asyncio
async def test_an_act_on_an_old_view_of_the_case_is_refused(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        with pytest.raises(IllegalStepError, match="moved on"):
            await store.record(case.id, step("approve-request", APPROVER), year=YEAR, turn=case.turn - 1)
        assert await store.case(case.id) == case


@pytest.mark.asyncio
async def test_an_unknown_case_is_refused(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        with pytest.raises(IllegalStepError, match="no such case"):
            await store.record("2026-000009", step("assess"), year=YEAR)


@pytest.mark.asyncio
async def test_a_refused_step_leaves_nothing_and_the_next_one_works(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        before = (await store.events(), await store.effects())
        with pytest.raises(IllegalStepError):
            await store.record(case.id, step("propose-directive"), year=YEAR)
        assert (await store.events(), await store.effects()) == before
        await store.record(case.id, step("approve-request", APPROVER), year=YEAR)


@pytest.mark.asyncio
async def test_a_step_that_completes_an_effect_is_taken_once(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        await store.record(case.id, step("approve-request", APPROVER), year=YEAR)
        first = await store.record(case.id, step("record-sending", SYSTEM), year=YEAR, done="4.1")
        second = await store.record(case.id, step("record-sending", SYSTEM), year=YEAR, done="4.1")
        assert first == second
        assert [event.transition for event in await store.events(case.id)][4:] == ["Ts"]
        assert [row.id for row in await store.effects()] == ["4.2", "4.3", "4.4"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE events SET actor = 'agent-999' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 1",
        "REPLACE INTO events SELECT * FROM events WHERE seq = 1",
        "UPDATE documents SET text = 'other'",
        "DELETE FROM documents",
        "UPDATE meta SET value = 'real'",
        "DELETE FROM meta",
    ],
)
async def test_the_database_itself_refuses_to_change_the_past(tmp_path: Path, sql: str):
    async with Store.open(tmp_path / "db", trial=True) as store:
        case = await walked(store)
        await store.record(case.id, step("approve-request", APPROVER), year=YEAR)
        with pytest.raises(OperationError, match=r"never|for good"):
            await store.execute(sql, ())


@pytest.mark.asyncio
async def test_whoever_gets_past_the_triggers_is_found_by_the_chain(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        await walked(store)
    with sqlite3.connect(tmp_path / "db") as db:
        db.execute("DROP TRIGGER events_stay")
        db.execute("""UPDATE events SET data = replace(data, 'attacks', 'nothing') WHERE seq = 2""")
    db.close()
    async with Store.open(tmp_path / "db", trial=True) as store:
        found = ledger.verify(await store.events())
        assert found is not None
        assert found.seq == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("trial", [True, False])
async def test_a_stamp_stays_for_good(tmp_path: Path, trial: bool):
    async with Store.open(tmp_path / "db", trial=trial) as store:
        assert store.trial is trial
    with pytest.raises(OperationError, match="trial"):
        async with Store.open(tmp_path / "db", trial=not trial):
            pass


@pytest.mark.asyncio
async def test_only_one_process_works_on_a_store(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True):
        with pytest.raises(OperationError, match="in use"):
            async with Store.open(tmp_path / "db", trial=True):
                pass
    async with Store.open(tmp_path / "db", trial=True):
        pass


@pytest.mark.asyncio
async def test_the_store_is_private_and_durable(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        assert stat.S_IMODE((tmp_path / "db").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "db-wal").stat().st_mode) == 0o600
        assert (await store.fetch("PRAGMA journal_mode"))[0]["journal_mode"] == "wal"
        assert (await store.fetch("PRAGMA synchronous"))[0]["synchronous"] == 2
        assert (await store.fetch("PRAGMA foreign_keys"))[0]["foreign_keys"] == 1


@pytest.mark.asyncio
async def test_a_file_that_is_no_store_is_refused(tmp_path: Path):
    (tmp_path / "db").write_text("no database at all, but long enough to be looked at" * 50)
    with pytest.raises(OperationError, match="store failed"):
        async with Store.open(tmp_path / "db", trial=True):
            pass


@pytest.mark.asyncio
async def test_a_store_of_another_version_is_refused(tmp_path: Path):
    async with aiosqlite.connect(tmp_path / "db") as db:
        await db.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        await db.execute("INSERT INTO meta VALUES ('schema', '99')")
        await db.commit()
    with pytest.raises(OperationError, match="another version"):
        async with Store.open(tmp_path / "db", trial=True):
            pass


@pytest.mark.asyncio
async def test_an_error_of_the_body_stays_what_it_is(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        async with Store.open(tmp_path / "db", trial=True):
            (tmp_path / "absent").read_bytes()


@pytest.mark.asyncio
async def test_a_cancelled_step_leaves_nothing_half_done(tmp_path: Path):
    async with Store.open(tmp_path / "db", trial=True) as store:
        for _ in range(20):
            task = asyncio.create_task(walked(store))
            await asyncio.sleep(0.001 * _)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await walked(store)
        assert ledger.verify(await store.events()) is None
        for case in await store.cases():
            assert workflow.fold(await store.events(case.id)) == case


@pytest.mark.asyncio
async def test_what_belongs_to_no_case_stands_in_the_same_chain(tmp_path):
    async with Store.open(tmp_path / "db.sqlite3", trial=True) as store:
        await store.execute("CREATE TABLE things (name TEXT PRIMARY KEY, colour TEXT)", ())
        await store.execute("INSERT INTO things VALUES ('door', 'grey')", ())
        paint = ("UPDATE things SET colour = 'red' WHERE name = ? AND colour = 'grey'", ("door",))
        painted = entry("door", "painted", OFFICER, START, {"colour": "red"})
        assert await store.note(painted, paint)
        assert not await store.note(painted, paint), "somebody was quicker"
        (event,) = await store.events()
        assert (event.seq, event.case, event.to_state, event.data) == (1, "door", None, {"colour": "red"})
        assert ledger.verify(await store.events()) is None
