"""The pages on which cases are found: today's, and the search."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio

from blocker.admin import finding, today
from blocker.cases.rows import STUCK
from tests.admin.running import Browser, Running
from tests.admin.walking import STEPS, opened, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cases(desk: Running, officer: Browser, approver: Browser) -> dict[str, str]:
    """One case at every step of the road, by the act that brought it there."""
    return {act: await walked(desk, officer, approver, until=act, names=f"{act}.example") for act in STEPS}


def shown(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/cases/([0-9-]+)">', text)


def section(text: str, title: str) -> str:
    """The part of a page below a heading."""
    return text.partition(f"<h2>{title}")[2].partition("</section>")[0]


async def search(browser: Browser, **form: str) -> list[str]:
    await browser.get("/cases")
    answer = await browser.post("/cases/search", form)
    assert answer.status == 200, answer.words
    return shown(answer.text)


async def test_today_shows_what_awaits_this_person_and_who_else_is_awaited(
    officer: Browser, approver: Browser, cases: dict[str, str]
) -> None:
    page = await officer.get("/today")
    mine = shown(section(page.text, "Waiting for you"))
    assert {cases["assess"], cases["approve-request"]} <= set(mine)
    assert cases["propose-request"] not in mine
    assert cases["confirm-lift"] not in page.text, "what has ended awaits nobody"
    assert cases["propose-request"] in shown(section((await approver.get("/today")).text, "Waiting for you"))
    others = section(page.text, "Who is awaited")
    for whom in ("officer", "approver", "review"):
        assert f'href="/cases?awaited={whom}"' in others
    assert "By the review at this desk" in others


async def test_today_says_what_was_decided_and_does_not_get_through(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case, store = await opened(officer, names="stuck.example"), desk.desk.road.store
    for act in ("assess", "propose-request"):
        await officer.act(case, act, **STEPS[act][1])
    await approver.act(case, "approve-request")
    (first, *_) = await store.effects(case)
    for _ in range(STUCK):
        assert "not getting through" not in (await officer.get("/today")).words
        await store.postpone(first.id, "the mail server failed: connection refused", desk.desk.road.now())
    for client in (officer, approver):
        words = (await client.get("/today")).words
        assert f"{case} – A letter the mail server failed: connection refused" in words
    await desk.carry_out()
    assert "not getting through" not in (await officer.get("/today")).words


@pytest.mark.usefixtures("cases")
async def test_today_puts_first_whose_time_is_over_and_then_what_is_due(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="clock.example")
    await officer.act(case, "record-receipt", received_at="", how="Return receipt")
    assert case in shown(section((await officer.get("/today")).text, "Due within 24 hours"))
    desk.clock.move(timedelta(hours=24, minutes=1))
    page = (await officer.get("/today")).text
    assert case in shown(section(page, "Time is over"))
    assert case not in shown(section(page, "Due within 24 hours"))
    assert page.index("Time is over") < page.index("Waiting for you")


async def test_people_begin_with_today(officer: Browser, approver: Browser, overseer: Browser) -> None:
    for browser, home in ((officer, "/today"), (approver, "/today"), (overseer, "/oversight")):
        assert (await browser.get("/")).location == home


async def test_a_name_is_looked_for_without_standing_in_an_address(officer: Browser, cases: dict[str, str]) -> None:
    assert await search(officer, text="PROPOSE-directive") == [cases["propose-directive"]]
    assert set(await search(officer, text="propose-")) >= {cases["propose-directive"], cases["propose-request"]}
    assert await search(officer, text=cases["assess"]) == [cases["assess"]]
    assert await search(officer, text="nowhere.example") == []
    assert 'action="/cases/search"' in (await officer.get("/cases")).text
    assert 'method="get"' not in (await officer.get("/cases")).text


async def test_filters_without_a_text_are_an_address_that_can_be_kept(officer: Browser, cases: dict[str, str]) -> None:
    await officer.get("/cases")
    answer = await officer.post("/cases/search", {"text": " ", "state": "C2", "awaited": "approver", "open": ""})
    assert (answer.status, answer.location) == (303, "/cases?state=C2&awaited=approver")
    page = await officer.get("/cases?state=C2&awaited=approver")
    assert shown(page.text) == [cases["propose-request"]]
    assert '<option value="C2" selected>' in page.text
    await officer.get("/cases")
    assert (await officer.post("/cases/search", {})).location == "/cases"


async def test_a_text_and_filters_go_together(officer: Browser, cases: dict[str, str]) -> None:
    assert await search(officer, text="propose-", state="C2") == [cases["propose-request"]]
    assert await search(officer, text="propose-", open="no") == []
    ended = shown((await officer.get("/cases?open=no")).text)
    assert cases["confirm-lift"] in ended
    assert cases["propose-lift"] not in ended
    assert shown((await officer.get("/cases?ground=none")).text) == []


async def test_a_filter_that_is_none_of_ours_excludes_nothing(officer: Browser, cases: dict[str, str]) -> None:
    everything = shown((await officer.get("/cases")).text)
    assert set(cases.values()) <= set(everything)
    assert shown((await officer.get("/cases?state=C99&awaited=x&open=x")).text) == everything


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "1.5"])
async def test_a_page_that_is_none_is_a_bad_request(officer: Browser, overseer: Browser, before: str) -> None:
    assert (await officer.get(f"/cases?before={before}")).status == 400
    assert (await overseer.get(f"/ledger?before={before}")).status == 400


@pytest.mark.usefixtures("cases")
async def test_many_cases_come_page_by_page(monkeypatch: pytest.MonkeyPatch, officer: Browser) -> None:
    everything = shown((await officer.get("/cases")).text)
    monkeypatch.setattr(finding, "SHOWN", 4)
    seen, path = [], "/cases?open="
    while path:
        page = await officer.get(path)
        seen += shown(page.text)
        assert f"Cases {len(everything)}" in page.words, "how many there are is told on every page"
        older = re.search(r'href="(/cases\?[^"]*before=[0-9]+)"', page.text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == everything


@pytest.mark.usefixtures("cases")
async def test_many_cases_of_one_name_come_page_by_page_without_it_in_an_address(
    monkeypatch: pytest.MonkeyPatch, officer: Browser
) -> None:
    everything = await search(officer, text=".example")
    monkeypatch.setattr(finding, "SHOWN", 3)
    seen, before = [], ""
    while True:
        await officer.get("/cases")
        page = await officer.post("/cases/search", {"text": ".example", "before": before})
        assert "before=" not in page.text
        seen += shown(page.text)
        numbers = [each for each in re.findall(r'name="before" value="([0-9]*)"', page.text) if each]
        if not numbers:
            break
        before = numbers[0]
    assert seen == everything


@pytest.mark.usefixtures("cases")
async def test_of_many_the_first_are_shown_and_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch, officer: Browser
) -> None:
    await opened(officer, names="another.example")
    monkeypatch.setattr(today, "SHOWN", 1)
    mine = section((await officer.get("/today")).text, "Waiting for you")
    assert len(shown(mine)) == 1
    assert "All that wait for you" in mine


async def test_what_somebody_types_is_shown_as_text(officer: Browser) -> None:
    await officer.get("/cases")
    page = await officer.post("/cases/search", {"text": '"><script>alert(1)</script>'})
    assert page.status == 200
    assert "<script" not in page.text
