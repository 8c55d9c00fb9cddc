"""The ledger's page, and the head that the overseer takes away."""

import asyncio
import re

import pytest
import pytest_asyncio

from blocker.admin import ledger
from blocker.cases.integrity import audit, checkpoint
from tests.admin.running import APPROVER, Browser, Running
from tests.admin.walking import walked

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(desk: Running, officer: Browser, approver: Browser) -> str:
    await walked(desk, officer, approver, until="assess", names="first.example")
    return await walked(desk, officer, approver, until="approve-directive", names="second.example")


def entries(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<span class="number">#([0-9]+)</span>', text)]


@pytest.mark.usefixtures("case")
async def test_the_head_that_is_taken_away_proves_the_ledger_complete(desk: Running, overseer: Browser) -> None:
    file = await overseer.get("/ledger/head")
    assert file.status == 200
    assert re.search(r'filename="redhand-head-[0-9]+\.json"', file.headers["Content-Disposition"])
    kept = checkpoint.read(file.text)
    store = desk.desk.road.store
    assert (kept.head, kept.key) == (await store.head(), store.seal.public)
    verdict = await asyncio.to_thread(audit.judge, desk.settings.admin.database, kept.head, kept.key)
    assert (verdict.findings, verdict.complete) == ((), True)


@pytest.mark.parametrize("path", ["/ledger", "/oversight"])
@pytest.mark.usefixtures("case")
async def test_the_head_and_the_public_key_are_shown(
    path: str, desk: Running, overseer: Browser, auditor: Browser
) -> None:
    store = desk.desk.road.store
    for browser in (overseer, auditor):
        page = await browser.get(path)
        assert str(await store.head()) in page.text
        assert store.seal.public in page.text
        assert 'href="/ledger/head"' in page.text


async def test_entries_are_found_by_case_by_kind_and_by_person(desk: Running, overseer: Browser, case: str) -> None:
    everything = await desk.desk.road.store.events()
    for query, wanted in (
        (f"case={case}", [event.seq for event in everything if event.case == case]),
        ("transition=T2", [event.seq for event in everything if event.transition == "T2"]),
        (f"actor={APPROVER}", [event.seq for event in everything if event.actor == APPROVER]),
        (f"case={case}&transition=T10", [e.seq for e in everything if (e.case, e.transition) == (case, "T10")]),
        ("actor=nobody", []),
        ("case=' OR 1", []),
    ):
        page = await overseer.get(f"/ledger?{query}")
        assert page.status == 200
        assert entries(page.text) == sorted(wanted, reverse=True)[: ledger.SHOWN], query
    assert wanted == []


@pytest.mark.usefixtures("case")
async def test_entries_come_page_by_page_with_the_search_kept(
    monkeypatch: pytest.MonkeyPatch, desk: Running, overseer: Browser
) -> None:
    wanted = [event.seq for event in await desk.desk.road.store.events() if event.actor == "system"]
    assert len(wanted) > 3
    monkeypatch.setattr(ledger, "SHOWN", 3)
    seen, path = [], "/ledger?actor=system"
    while path:
        page = await overseer.get(path)
        seen += entries(page.text)
        older = re.search(r'href="(/ledger\?[^"]*before=[0-9]+)"', page.text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == sorted(wanted, reverse=True)


@pytest.mark.usefixtures("case")
async def test_entries_can_be_read_in_both_languages(overseer: Browser) -> None:
    assert "Request to the owner approved and sent" in (await overseer.get("/ledger")).words
    await overseer.post("/language", {"language": "fr", "back": "/ledger"})
    page = await overseer.get("/ledger")
    assert "Demande au responsable approuvée et envoyée" in page.words
    await overseer.post("/language", {"language": "en", "back": "/ledger"})


async def test_every_letter_says_where_the_ledger_stood(desk: Running, case: str) -> None:
    store = desk.desk.road.store
    events = {event.seq: event for event in await store.events()}
    letters = await store.documents(case)
    assert letters
    for letter in letters:
        issued = next(event for event in events.values() if letter.sha256 in event.doc_sha256)
        assert f"{issued.seq - 1}:{events[issued.seq - 1].hash}" in letter.text
