"""What stands beside each case in the store: at every step what the case makes of it, and found through an index."""

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from blocker.cases import projections, workflow
from blocker.cases.agenda import Agenda
from blocker.cases.appointments import asked_until, told
from blocker.cases.case import SYSTEM, Actor, Case, Event
from blocker.cases.context import Numbers
from blocker.cases.isps.acknowledgements import Acknowledgement, Acknowledgements
from blocker.cases.isps.matrix import Matrix
from blocker.cases.isps.order import Served
from blocker.cases.rows import instant
from blocker.cases.store import Decide, Store
from blocker.cases.table import BY_ID
from tests.cases.walking import APPROVER, CONTACT_A, CONTACT_B, OFFICER, ROADS, TO_C6, TO_C7, WITHDRAWN, Walk

AT_PROVIDERS = (
    *(*TO_C6, ("isp-received", OFFICER), ("1h", OFFICER), ("isp-correct-receipt", OFFICER), ("isp-query", CONTACT_A)),
    *(("isp-grant-rest", APPROVER), ("1h", OFFICER), ("isp-answer", OFFICER), ("isp-cannot", CONTACT_A)),
    *(("49h", OFFICER), ("isp-overdue isp-b", SYSTEM), ("isp-applied isp-a", OFFICER), ("isp-left isp-b", SYSTEM)),
    *(("isp-probe", SYSTEM), ("isp-correct-receipt", OFFICER), ("confirm-block", OFFICER)),
)
"""All that is recorded of providers."""
LATE = (*TO_C6, ("isp-received isp-a", OFFICER), ("49h", OFFICER), ("isp-applied isp-a", CONTACT_A))
NEVER = (*TO_C6, ("1h", SYSTEM), ("isp-not-delivered", SYSTEM), ("49h", SYSTEM), ("isp-overdue", SYSTEM))
SEEN = (*TO_C7, ("isp-probe isp-b", SYSTEM), ("isp-probe isp-b", SYSTEM), *WITHDRAWN[len(TO_C7) :])
WAYS = (*(ROADS[state] for state in sorted(ROADS)), AT_PROVIDERS, LATE, NEVER, SEEN)


_BESIDE = "SELECT {} FROM {} WHERE case_id = ?"


class Kept(Walk):
    """A walk on which each step is stored too, and what then stands in the store beside the case is looked at."""

    async def follow(self, store: Store, road: tuple[tuple[str, Actor], ...]) -> Case:
        case: Case | None = None
        for step in road:
            before = len(self.events)
            self.go(step)
            for event in self.events[before:]:
                case = await store.record(case.id if case else None, self._again(event), year=2026)
                assert await beside(store, case.id) == projections.beside(case), (step, event.transition)
        assert case is not None
        return case

    def _again(self, event: Event) -> Decide:
        """Take in the store the step that was taken on the walk."""
        actor = Actor(event.actor, event.role, "isp-a" if event.actor == CONTACT_A.number else "isp-b")

        def decide(case: Case | None, numbers: Numbers) -> workflow.Outcome:
            act, now = BY_ID[event.transition].act, event.at_utc
            return workflow.apply(case, act, actor, event.data, now=now, context=self.context, numbers=numbers)

        return decide


async def beside(store: Store, case: str) -> dict[str, set[projections.Row]]:
    return {
        table: {tuple(row) for row in await store.fetch(_BESIDE.format(", ".join(columns), table), (case,))}
        for table, columns in projections.TABLES.items()
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with Store.open(tmp_path_factory.mktemp("store") / "db", trial=True) as opened:
        for way in WAYS:
            await Kept().follow(opened, way)
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def orders(store: Store) -> list[Served]:
    return [each for case in await store.cases() for each in case.served]


async def test_the_tallies_are_the_sum_of_what_each_case_adds(store: Store):
    wanted: Counter[tuple[str, str, int]] = Counter()
    for case in await store.cases():
        wanted.update(projections.tally(case))
    found = {
        (row["isp"], row["what"], row["seconds"]): row["n"]
        for row in await store.fetch("SELECT * FROM provider_tallies")
    }
    assert found == {key: n for key, n in wanted.items() if n}
    assert {what for _, what, _ in found} == {"in-time", "late", "asked"}


async def test_a_providers_record_is_what_its_orders_say(store: Store):
    served = await orders(store)
    now = max(each.issued_at for each in served) + timedelta(days=100)
    paces = await Matrix(store).paces(now)
    for isp in ("isp-a", "isp-b"):
        its = [each for each in served if each.isp == isp]
        done = [each for each in its if each.done_at]
        spans = sorted(each.done_at - each.delivered_at for each in done if each.done_at and each.delivered_at)
        pace = paces[isp]
        assert (pace.open, pace.late) == (sum(each.open for each in its), sum(each.over(now) for each in its))
        assert (pace.done, pace.in_time) == (len(done), sum(not each.late(now) for each in done))
        assert pace.median == spans[(len(spans) - 1) // 2]


async def test_the_matrix_comes_page_by_page_without_a_gap_or_a_copy(store: Store):
    known = [case for case in await store.cases() if told(case)]
    open_ = [case for case in known if asked_until(case)]
    matrix = Matrix(store)
    assert await matrix.counts() == (len(open_), len(known) - len(open_))
    pages, after = list[Case](), None
    while page := await matrix.open(after, 2):
        pages += page
        after = (str(instant(asked_until(page[-1]))), page[-1].id)
    assert pages == sorted(open_, key=lambda case: (str(instant(asked_until(case))), case.id))
    settled, before = list[Case](), None
    while page := await matrix.settled(before, 2):
        settled += page
        before = page[-1].seq
    assert settled == [case for case in known if case not in open_]


async def test_no_look_of_the_desks_own_reads_what_is_not_due(store: Store):
    """SQLite says how it would look: SCAN is a whole table or index, and only small ones are read so."""
    asked: list[tuple[str, object]] = []
    real, agenda, now = store.fetch, Agenda(store), (await store.cases())[0].turned_at
    await Acknowledgements(store).record("isp-a", Acknowledgement("national", 7, "ab" * 32, now, "resolver-1"), now)

    async def heard(sql: str, values: object = ()) -> object:
        asked.append((sql, values))
        return await real(sql, values)  # type: ignore[arg-type]

    store.fetch = heard  # type: ignore[method-assign, assignment]
    try:
        await agenda.effects("letter", now)
        await agenda.lifting("2026-000001")
        await agenda.clocks(now)
        await agenda.waiting_for_list()
        await agenda.reminders({"officer"}, now)
        assert await agenda.orders({"isp-b"}, now)
        await Acknowledgements(store).since("isp-a", "national", 7, now)
        await store.effects(kind="list")
        await Matrix(store).open(("", ""), 5)
        await Matrix(store).settled(9, 5)
    finally:
        del store.fetch
    assert len(asked) > 10
    small = ("resolvers", "json_each", "told", "CONSTANT ROW", "come", "(subquery-")
    for sql, values in asked:
        for step in await real(f"EXPLAIN QUERY PLAN {sql}", values):  # type: ignore[arg-type]
            detail = step["detail"]
            allowed = detail.startswith("SCAN") and any(name in detail for name in small)
            assert "SCAN" not in detail or allowed or "outbox_undone" in detail, (sql, detail)


async def test_a_change_of_one_order_writes_one_row(tmp_path: Path):
    """Of twenty providers, nineteen stay as they are: their rows are not written again."""
    database = tmp_path / "db"
    async with Store.open(database, trial=True) as store:
        case = await Kept().follow(store, TO_C6)
        with closing(sqlite3.connect(database)) as db:
            db.execute("CREATE TABLE written (isp TEXT)")
            db.execute("CREATE TRIGGER seen AFTER INSERT ON orders BEGIN INSERT INTO written VALUES (new.isp); END")
            db.commit()

        def decide(case: Case | None, numbers: Numbers) -> workflow.Outcome:
            assert case is not None
            walk = Walk(now=case.turned_at)
            data = {"isp": "isp-b", "received_at": walk.now.isoformat(), "how": "It says so."}
            return workflow.apply(
                case, "isp-received", CONTACT_B, data, now=walk.now, context=walk.context, numbers=numbers
            )

        await store.record(case.id, decide, year=2026)
        assert [row["isp"] for row in await store.fetch("SELECT isp FROM written")] == ["isp-b"]
