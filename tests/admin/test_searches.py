"""The button that looks for somebody to ask: found, recorded and proposed; and what happens if nothing can be found."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from blocker.cases.case import Event
from tests.admin.running import OFFICER, Browser, Running, browser, running
from tests.admin.walking import STEPS, opened
from tests.cases.registers import NETWORK, bootstrap, http_server

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = Path(tmp_path_factory.mktemp("desk"))

    async def register(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/domain/"):
            return web.Response(body=b"<html>no RDAP", status=200)
        return web.json_response(NETWORK)

    async with http_server(register) as url:
        more = f"  lookups: {{bootstrap: {bootstrap(folder, url)}, allow: [127.0.0.0/8]}}\n"
        async with running(folder / "data", more=more) as running_desk:
            yield running_desk


async def look(client: Browser, case: str, channel: str, name: str) -> tuple[int, str]:
    page = await client.get(f"/cases/{case}")
    data = {"turn": page.hidden("turn"), "channel": channel, "name": name}
    answer = await client.post(f"/cases/{case}/search", data)
    return answer.status, answer.words


async def log(desk: Running, case: str) -> list[Event]:
    return [event for event in await desk.desk.road.store.events(case) if event.transition == "T3s"]


async def test_what_is_found_is_recorded_shown_and_left_to_the_officer(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="localhost")
    status, words = await look(officer, number, "rdap-address", "localhost")
    assert status == 303, words
    (event,) = await log(desk, number)
    assert (event.actor, event.data["asked"], event.data["found"]) == (OFFICER, "127.0.0.1", "host")
    assert event.data["contact"] == "abuse@host.example (RDAP, abuse)"
    assert event.data["answer_sha256"] == hashlib.sha256(event.data["answer"].encode()).hexdigest()
    page = await officer.get(f"/cases/{number}")
    assert "→ hosting provider abuse@host.example (RDAP, abuse)" in page.words
    found = await desk.desk.road.store.case(number)
    assert found is not None
    assert found.owner is None


async def test_a_register_that_makes_no_sense_leaves_nothing_on_record(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="senseless.co.uk")
    status, words = await look(officer, number, "rdap-name", "senseless.co.uk")
    assert status == 502
    assert "no RDAP" in words
    assert "Record" in words or "record" in words
    assert await log(desk, number) == []


async def test_an_officer_records_what_was_found_by_hand(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="by-hand.example")
    entered = {
        "channel": "whois",
        "asked": "by-hand.example",
        "searched_at": "",
        "found": "host",
        "contact": "a@b.example",
    }
    assert (await officer.act(number, "record-search", **entered, answer="Abuse: a@b.example")).status == 303
    (event,) = await log(desk, number)
    assert event.data["found"] == "host"
    page = await officer.get(f"/cases/{number}")
    assert "WHOIS : by-hand.example → hosting provider a@b.example" in page.words.replace("WHOIS:", "WHOIS :")
    assert (await officer.act(number, "assess", **STEPS["assess"][1])).status == 303
    registrar = {**STEPS["propose-request"][1], "capacity": "registrar"}
    refused = await officer.act(number, "propose-request", **registrar)
    assert refused.status == 422
    assert "ask them first" in refused.words


@pytest.mark.parametrize(
    ("channel", "name"),
    [("elsewhere", "odd.example"), ("rdap-name", "other.example"), ("", ""), ("../x", "odd.example")],
)
async def test_only_names_of_the_case_are_looked_for_in_known_places(
    desk: Running, officer: Browser, channel: str, name: str
) -> None:
    number = await opened(officer, names=f"odd{len(channel)}{len(name)}.example")
    status, _ = await look(officer, number, channel, name)
    assert status == 400
    assert await log(desk, number) == []


async def test_a_desk_that_may_not_look_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as bare, browser(bare.url) as client:
        await client.sign_in(OFFICER)
        number = await opened(client, names="no-looking.example")
        page = await client.get(f"/cases/{number}")
        assert "Look now" not in page.words
        status, words = await look(client, number, "whois", "no-looking.example")
        assert status == 409
        assert "admin.lookups" in words
