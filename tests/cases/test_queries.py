"""What is asked of the store, on real SQLite: searches, pages, counts, and that each stands on an index."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from blocker.cases import workflow
from blocker.cases.awaited import EVERYBODY, awaited, since
from blocker.cases.case import Actor, Case, Document, State
from blocker.cases.context import Numbers
from blocker.cases.queries import EventSearch, Search
from blocker.cases.store import Store
from tests.cases.walking import APPROVER, OFFICER, RECEIVED, START, TO_C1, TO_C2, TO_C3, TO_C5, context, entered

LATER = START + timedelta(hours=25)
ROADS = (TO_C1[:1], TO_C1, TO_C2, TO_C3, RECEIVED, TO_C5, (*TO_C1, ("withdraw", APPROVER)))


async def walk(store: Store, number: int, road: tuple[tuple[str, Actor], ...]) -> Case:
    """Take a case of its own name along a road, from START on."""
    now, case = START, None
    for act, actor in road:
        if act == "24h":
            now += timedelta(hours=24)
            continue
        values = {**entered(act, now), **({"names": f"site-{number}.example domain"} if act == "report" else {})}

        def decide(
            case: Case | None, numbers: Numbers, act: str = act, actor: Actor = actor, values: dict[str, str] = values
        ) -> workflow.Outcome:
            return workflow.apply(case, act, actor, values, now=now, context=context(), numbers=numbers)  # noqa: B023

        case = await store.record(case.id if case else None, decide, year=2026)
    assert case is not None
    return case


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with Store.open(tmp_path_factory.mktemp("store") / "db", trial=True) as opened:
        for number in range(3):
            for road in ROADS:
                await walk(opened, 10 * number + ROADS.index(road), road)
        yield opened


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_search_finds_what_reading_every_case_finds(store: Store):
    known = await store.cases()
    for now in (START, LATER):
        for whom in EVERYBODY:
            found = await store.found(Search(awaited=whom), now, before=None, count=100)
            assert found == tuple(case for case in known if awaited(case, now) == whom)
            assert await store.count(Search(awaited=whom), now) == len(found)
            assert set(await store.awaiting(whom, now, 100)) == set(found)
        waiting = await store.awaited(now)
        for whom in EVERYBODY:
            its = [case for case in known if awaited(case, now) == whom]
            assert (whom in waiting) == bool(its)
            if its:
                longest = min(its, key=lambda case: since(case, now))
                assert (waiting[whom].count, waiting[whom].since) == (len(its), since(longest, now))
                assert since(next(case for case in its if case.id == waiting[whom].longest), now) == waiting[whom].since
    for state in State:
        found = await store.found(Search(state=state), START, before=None, count=100)
        assert found == tuple(case for case in known if case.state is state)


@pytest.mark.parametrize(
    ("search", "count"),
    [
        (Search(), 21),
        (Search(text="site-1"), 8),  # site-1, and site-10 to site-16
        (Search(text="SITE-16.example"), 1),
        (Search(text="2026-000007"), 1),
        (Search(text="nowhere.example"), 0),
        (Search(text="%"), 0),
        (Search(text="' OR 1 = 1"), 0),
        (Search(ground="terrorism"), 21),
        (Search(ground="abuse"), 0),
        (Search(open=False), 3),
        (Search(open=True), 18),
        (Search(open=True, text="site-1", state=State.DRAFT), 1),
    ],
)
async def test_a_search_takes_all_that_it_is_given(store: Store, search: Search, count: int):
    assert await store.count(search, START) == count
    assert len(await store.found(search, START, before=None, count=100)) == count


async def test_pages_follow_each_other_without_a_gap_or_a_copy(store: Store):
    pages, before = [], None
    while page := await store.found(Search(), START, before=before, count=4):
        pages.append(page)
        before = page[-1].seq
    assert sum(pages, ()) == await store.cases()
    assert [len(page) for page in pages] == [4, 4, 4, 4, 4, 1]


async def test_what_is_due_comes_in_the_order_in_which_it_ends(store: Store):
    day = START + timedelta(days=1)
    assert [case.state for case in await store.due(None, day, 100)] == [State.OWNER_NOTIFIED] * 3
    assert await store.due(day, day + timedelta(minutes=59), 100) == ()
    both = await store.due(None, day + timedelta(hours=1), 100)
    assert [case.state for case in both] == [State.OWNER_NOTIFIED] * 3 + [State.BLOCK_PENDING] * 3
    assert await store.due(None, day + timedelta(hours=1), 2) == both[:2]


async def test_those_who_wait_longest_for_a_clock_come_first(store: Store):
    first = await store.awaiting("officer", LATER, 100)
    assert [case.state for case in first][:3] == [State.OWNER_NOTIFIED] * 3
    assert await store.awaiting("officer", LATER, 2) == first[:2]


async def test_a_search_of_the_ledger_finds_by_case_step_and_person(store: Store):
    everything = await store.events()
    for search in (
        EventSearch(case="2026-000003"),
        EventSearch(transition="T2"),
        EventSearch(actor=OFFICER.number),
        EventSearch(transition="T4", actor=APPROVER.number),
        EventSearch(actor="agent-999"),
    ):
        terms = {"case": search.case, "transition": search.transition, "actor": search.actor}
        wanted = [
            event
            for event in reversed(everything)
            if all(value in (None, getattr(event, name)) for name, value in terms.items())
        ]
        assert list(await store.latest(search, None, 1000)) == wanted
        assert (
            list(await store.latest(search, everything[-5].seq, 3))
            == [event for event in wanted if event.seq < everything[-5].seq][:3]
        )


async def test_letters_are_found_by_the_events_that_they_were_issued_with(store: Store):
    events = await store.latest(EventSearch(transition="T4"), None, 2)
    letters = await store.issued_with(events)
    assert {sha256 for event in events for sha256 in event.doc_sha256} == set(letters)
    assert {letter.case for letter in letters.values()} == {event.case for event in events}


async def test_letters_to_one_recipient_come_page_by_page(store: Store):
    everything = await store.letters_to("isp-a", None, 1000)
    assert len(everything) > 5
    assert {letter.recipient for letter in everything} == {"isp-a"}
    seen: list[Document] = []
    before = None
    while page := await store.letters_to("isp-a", before, 2):
        seen += page
        before = page[-1].number
    assert tuple(seen) == everything


async def test_of_numbers_those_are_told_that_are_cases(store: Store):
    assert await store.existing({"2026-000001", "trial", "2026-999999"}) == {"2026-000001"}
    assert await store.existing(set()) == frozenset()


async def test_no_search_reads_every_case_or_every_event(store: Store):
    """SQLite says how it would look: SCAN without an index is the whole table."""
    asked: list[tuple[str, object]] = []
    real = store.fetch

    async def heard(sql: str, values: object = ()) -> object:
        asked.append((sql, values))
        return await real(sql, values)  # type: ignore[arg-type]

    store.fetch = heard  # type: ignore[method-assign, assignment]
    try:
        everything = Search(text="x", ground="terrorism", state=State.DRAFT, awaited="officer", open=True)
        for search in (Search(), everything, *(replace(Search(), awaited=whom) for whom in EVERYBODY)):
            await store.found(search, START, before=9, count=5)
            await store.count(search, START)
        for whom in EVERYBODY:
            await store.awaiting(whom, START, 5)
        await store.due(START, LATER, 5)
        await store.awaited(START)
        for events in (EventSearch(), EventSearch(case="c"), EventSearch(transition="T1"), EventSearch(actor="a")):
            await store.issued_with(await store.latest(events, 9, 5))
        await store.letters_to("isp-a", "D-2026-000009", 5)
    finally:
        del store.fetch
    for sql, values in asked:
        for step in await real(f"EXPLAIN QUERY PLAN {sql}", values):  # type: ignore[arg-type]
            detail = step["detail"].replace("SCAN (subquery-", "")  # what a part of it has found: a page at most
            assert "SCAN" not in detail or "INDEX" in detail, (sql, detail)
