"""The page of statistics: the same figures on it and in what is downloaded, of everybody and about nobody."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import unescape

import pytest
import pytest_asyncio

from blocker.cases import statistics
from blocker.cases.intake.reports import NewReport
from tests.admin.running import NUMBERS, TRIAL_DAY, Browser, Running, browser
from tests.admin.walking import STEPS, opened, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def worked(desk: Running, officer: Browser, approver: Browser) -> AsyncIterator[None]:
    """A desk at work: a block, a lift, a removal, a report that waits."""
    await walked(desk, officer, approver, until="approve-directive", names="first.example\nsecond.example")
    await walked(desk, officer, approver, until="approve-lift", names="third.example", ground="child-abuse")
    removed = await walked(desk, officer, approver, until="approve-request", names="fourth.example")
    await officer.act(removed, "record-receipt", **STEPS["record-receipt"][1])
    desk.clock.move(timedelta(hours=7))
    await officer.act(removed, "record-removal", checked_at="", vantages="Gone from two networks")
    await opened(officer, names="fifth.example")
    new = NewReport(
        source="hotline", reference=None, url="https://videos.example/", ground=None, note="", seen_at=TRIAL_DAY
    )
    await desk.desk.intake.receive(new, desk.desk.road.now(), 2026)
    yield


def table(text: str, caption: str) -> dict[str, list[int]]:
    """The lines of one table of the page, by their first cell."""
    found = next(each for each in re.findall(r"<table.*?</table>", text, re.DOTALL) if f">{caption}<" in each)
    lines = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', found, re.DOTALL)
    return {unescape(head): [int(cell) for cell in re.findall(r"<td>(\d+)</td>", cells)] for head, cells in lines}


async def test_the_tables_say_what_happened(overseer: Browser) -> None:
    page = await overseer.get("/statistics")
    assert page.status == 200
    assert table(page.text, "Cases by month")["Whole period"] == [4, 3, 0, 1, 0]
    assert table(page.text, "Removals by hours since receipt")["6 to 12 h"] == [1]
    *_, in_force, names = table(page.text, "Blocks by month")["Whole period"]
    assert (in_force, names) == (1, 2)
    assert table(page.text, "Blocks that ended, by reason")["The content has been removed"] == [1]
    assert table(page.text, "Reports by month")["Whole period"][:2] == [1, 1]


async def test_each_drawing_says_what_it_shows_and_its_figures_stand_in_its_table(overseer: Browser) -> None:
    page = await overseer.get("/statistics")
    drawings = re.findall(r"<svg.*?</svg>", page.text, re.DOTALL)
    assert len(drawings) >= 6
    for drawing in drawings:
        named = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', drawing)
        assert named
        title, description = named.groups()
        assert re.search(rf'<title id="{title}">[^<]+</title>\s*<desc id="{description}">[^<]+</desc>', drawing)
    drawing = next(each for each in drawings if "removed-title" in each)
    *lines, _ = table(page.text, "Removals by hours since receipt").values()
    assert [[int(figure)] for figure in re.findall(r">(\d+)</text>", drawing)] == lines


async def test_csv_and_json_hold_the_figures_of_the_page(overseer: Browser) -> None:
    page, text = await overseer.get("/statistics"), await overseer.get("/statistics.csv")
    lines = list(csv.DictReader(io.StringIO(text.text)))
    sums = Counter[tuple[str, str]]()
    for line in lines:
        sums[line["subject"], line["figure"]] += int(line["count"])
    shown = table(page.text, "Cases by month")["Whole period"]
    assert [sums[column] for column in statistics.MONTHLY["cases"]] == shown
    assert sums["in_force_at_end", "names"] == 2
    document = json.loads((await overseer.get("/statistics.json")).text)
    assert [{**figure, "count": str(figure["count"])} for figure in document["figures"]] == lines
    assert (document["from"], document["to"], document["calendar"]) == ("2026-11", "2026-11", "UTC")
    counted = re.search(r"up to entry (\d+) of the ledger", page.words)
    assert counted
    assert document["counted_to_entry"] == int(counted[1])
    assert re.search(r'filename="redhand-statistics-2026-11-2026-11\.csv"', text.headers["Content-Disposition"])
    assert text.headers["Content-Type"] == "text/csv; charset=utf-8"


async def test_nothing_that_is_downloaded_names_a_site_a_case_or_a_person(overseer: Browser) -> None:
    for path in ("/statistics.csv", "/statistics.json"):
        text = (await overseer.get(path)).text
        assert not re.search(r"\.example|2026-0|FR-2026|agent-|isp-|hotline|@", text), text


async def test_one_ground_is_told_apart_and_the_grounds_come_to_the_whole(overseer: Browser) -> None:
    opened_by_ground = []
    for ground in ("terrorism", "child-abuse"):
        page = await overseer.get(f"/statistics?ground={ground}")
        opened_by_ground.append(table(page.text, "Cases by month")["Whole period"][0])
        lines = csv.DictReader(io.StringIO((await overseer.get(f"/statistics.csv?ground={ground}")).text))
        assert {line["ground"] for line in lines} == {ground}
    assert opened_by_ground == [3, 1]


async def test_a_later_month_begins_with_what_was_in_force(desk: Running, overseer: Browser) -> None:
    after = datetime(2027, 2, 10, tzinfo=TRIAL_DAY.tzinfo) - desk.desk.road.now()
    desk.clock.move(after)
    try:
        page = await overseer.get("/statistics?period=2027")
        found = table(page.text, "Blocks by month")
    finally:
        desk.clock.move(-after)
    assert list(found) == ["Jan 2027", "Feb 2027", "Whole period"]
    assert [line[-2:] for line in found.values()] == [[1, 2]] * 3


@pytest.mark.parametrize("query", ["period=2025", "period=x", "period=2026-11", "ground=nothing", "ground=%00"])
async def test_a_year_or_a_ground_of_which_nothing_is_counted_is_no_question(overseer: Browser, query: str) -> None:
    for path in ("/statistics", "/statistics.csv", "/statistics.json"):
        assert (await overseer.request("GET", f"{path}?{query}")).status == 400


@pytest.mark.parametrize("number", sorted(NUMBERS.values()))
async def test_everybody_who_is_signed_in_may_read_them_and_has_the_way_there(desk: Running, number: str) -> None:
    async with browser(desk.url) as somebody:
        await somebody.sign_in(number)
        page = await somebody.get("/account")
        assert '<a href="/statistics">' in page.text
        assert (await somebody.get("/statistics")).status == 200
        assert (await somebody.get("/statistics.csv")).status == 200
