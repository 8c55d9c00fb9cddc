"""Accounts over real HTTP: two administrators, an invitation in two halves, a factor, and what ends with an account."""

import re
from pathlib import Path

import pytest

from blocker.admin.routes import ROUTES
from blocker.cases.case import Role
from tests.admin.running import (
    ADMINISTRATOR,
    APPROVER,
    OFFICER,
    OVERSEER,
    PASSWORD,
    Answer,
    Browser,
    Running,
    browser,
    running,
)
from tests.admin.walking import walked

pytestmark = pytest.mark.asyncio

SECOND = "admin-002"


def half_on(page: Answer) -> str:
    found = re.search(r'mono secret">([0-9a-f]{20})<', page.text)
    assert found, page.words
    return found[1]


async def keepers(desk: Running, first: Browser, second: Browser) -> None:
    await desk.desk.people.accounts.create(SECOND, Role.ADMINISTRATOR, PASSWORD)
    await first.sign_in(ADMINISTRATOR)
    await second.sign_in(SECOND)
    for each in (first, second):
        await each.get("/accounts")


async def approved(second: Browser) -> Answer:
    page = await second.get("/accounts")
    (link,) = re.findall(r'action="(/proposals/\d+/approve)"', page.text)
    return await second.post(link)


async def test_two_administrators_make_an_account_and_its_owner_comes_in_by_both_halves(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two, browser(desk.url) as new:
        await keepers(desk, one, two)
        proposed = await one.post("/accounts", {"number": "agent-077", "role": "officer", "isp": ""})
        first = half_on(proposed)
        own = await one.get("/accounts")
        assert "agent-077 is to get an account" in own.words
        assert "/approve" not in own.text, "nobody approves what they proposed"
        second = half_on(await approved(two))
        assert first not in (await one.get("/accounts")).text
        await new.get("/invitation")
        entered = {"number": "agent-077", "first": first, "second": second}
        differ = await new.post("/invitation", entered | {"password": "a long password", "again": "another"})
        assert (differ.status, "differ" in differ.words) == (422, True)
        short = await new.post("/invitation", entered | {"password": "short", "again": "short"})
        assert (short.status, "from 12 to" in short.words) == (422, True)
        came = await new.post("/invitation", entered | {"password": "a long password", "again": "a long password"})
        assert (came.status, came.location) == (303, "/today")
        assert (await new.get("/cases")).status == 200
        assert "approved" in (await one.get("/accounts")).words


@pytest.mark.parametrize("power", ["close", "reset"])
async def test_a_session_ends_when_its_account_is_closed_or_reset(tmp_path: Path, power: str) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two, browser(desk.url) as old:
        await keepers(desk, one, two)
        await old.sign_in(OFFICER)
        await one.post(f"/accounts/{OFFICER}/{power}")
        assert (await old.get("/cases")).status == 200
        await approved(two)
        assert (await old.get("/cases")).location == "/sign-in"
        await old.get("/sign-in")
        refused = await old.post("/sign-in", {"number": OFFICER, "password": PASSWORD})
        assert refused.status == 403


async def test_one_administrator_ends_all_sessions_of_somebody_but_not_an_overseer_s(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two, browser(desk.url) as old:
        await keepers(desk, one, two)
        await old.sign_in(OFFICER)
        await one.get("/accounts")
        assert (await one.post(f"/accounts/{OFFICER}/sessions/end")).location == "/accounts"
        assert (await old.get("/cases")).location == "/sign-in"
        assert (await one.post(f"/accounts/{OVERSEER}/sessions/end")).status == 403


async def test_an_administrator_reaches_no_case_and_nothing_of_one(tmp_path: Path) -> None:
    paths = {row.path for row in ROUTES if Role.ADMINISTRATOR in row.roles}
    assert not [path for path in paths if path.startswith(("/cases", "/list", "/oversight", "/isps", "/directives"))]
    async with running(tmp_path) as desk, browser(desk.url) as one:
        await one.sign_in(ADMINISTRATOR)
        assert (await one.get("/")).location == "/accounts"
        for path in ("/cases", "/cases/2026-000001", "/list", "/oversight", "/sign-ins"):
            assert (await one.get(path)).status == 403


async def test_mistakes_come_back_beside_their_fields_and_what_is_not_possible_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two:
        await keepers(desk, one, two)
        for entered, said in (
            ({"number": "Jane", "role": "officer", "isp": ""}, "form agent-014"),
            ({"number": "agent-9", "role": "king", "isp": ""}, "choose a role"),
            ({"number": "contact-9", "role": "isp", "isp": ""}, "belongs to a provider"),
            ({"number": "contact-9", "role": "isp", "isp": "isp-z"}, "no provider of this id"),
        ):
            answer = await one.post("/accounts", entered)
            assert (answer.status, said in answer.words) == (422, True), answer.words
        own = await one.post(f"/accounts/{ADMINISTRATOR}/close")
        assert (own.status, "about their own account" in own.words) == (403, True)
        taken = await one.post("/accounts", {"number": OFFICER, "role": "officer", "isp": ""})
        assert (taken.status, "already" in taken.words) == (409, True)
        last = await one.post(f"/accounts/{SECOND}/close")
        assert (last.status, "Two administrators must remain" in last.words) == (409, True)
        assert (await one.post(f"/accounts/{OFFICER}/promote")).status == 404


async def test_officer_revoked_mid_case_an_approver_is_told_and_a_colleague_takes_over(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two, browser(desk.url) as old:
        await keepers(desk, one, two)
        await desk.desk.people.accounts.create("agent-015", Role.OFFICER, PASSWORD)
        await old.sign_in(OFFICER)
        async with browser(desk.url) as approver, browser(desk.url) as colleague:
            await approver.sign_in(APPROVER)
            await colleague.sign_in("agent-015")
            case = await walked(desk, old, approver, until="propose-request")
            await one.get("/accounts")
            await one.post(f"/accounts/{OFFICER}/close")
            await approved(two)
            refused = await approver.act(case, "approve-request")
            assert (refused.status, "holds no account any more" in refused.words) == (409, True)
            assert (await colleague.act(case, "take-over")).status == 303
            assert (await approver.act(case, "approve-request")).status == 303
        by = {event.transition: event.actor for event in await desk.desk.road.store.events(case)}
        assert by["T3"] == OFFICER, "what was done stays"
        assert (by["Tt"], by["T4"]) == ("agent-015", APPROVER)
