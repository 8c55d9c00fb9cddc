"""Second factors and sessions over real HTTP: enrolment, sign-in by code, what each change ends."""

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from blocker.admin.routes import ROUTES
from blocker.people.codes import RECOVERY_CODES
from tests.admin.running import OFFICER, PASSWORD, Answer, Browser, Running, browser, running
from tests.people.house import Wall, shown

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def opened(folder: Path, *, trial: bool = True) -> AsyncIterator[tuple[Running, Wall, Browser]]:
    """A desk whose wall clock the test moves, and the officer's browser, signed in by password."""
    wall = Wall()
    async with running(folder, trial=trial, wall=wall) as desk, browser(desk.url) as client:
        await client.get("/sign-in")
        await client.post("/sign-in", {"number": OFFICER, "password": PASSWORD})
        yield desk, wall, client


def secret_on(page: Answer) -> bytes:
    """The secret as the page shows it in text."""
    found = re.search(r'class="mono secret">([A-Z2-7 ]+)<', page.text)
    assert found
    return base64.b32decode(found[1].replace(" ", ""))


async def enrol(client: Browser, wall: Wall) -> tuple[bytes, list[str]]:
    """Enrol an app as a person would; its secret and, the first time, the recovery codes."""
    secret = secret_on(await client.get("/account/app"))
    answer = await client.post("/account/app", {"code": shown(secret, wall.now)})
    assert answer.status in {200, 303}, answer.words
    client.seen = answer
    if answer.status == 303:
        await client.get("/account")
    wall.later(minutes=1)
    return secret, re.findall(r'class="mono secret">([A-Z2-7 ]+)<', answer.text)


async def password_typed(client: Browser) -> Answer:
    await client.get("/sign-in")
    answer = await client.post("/sign-in", {"number": OFFICER, "password": PASSWORD})
    if answer.status == 303:
        await client.get(answer.location or "")
    return answer


async def test_an_enrolled_app_is_asked_for_at_the_next_sign_in_and_its_code_counts_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (desk, wall, client), browser(desk.url) as other:
        secret, recovery = await enrol(client, wall)
        assert len(recovery) == RECOVERY_CODES
        for again in (client, other):
            if again is client:
                await client.post("/sign-out")
            assert (await password_typed(again)).location == "/sign-in/code"
            assert (await again.get("/cases")).location == "/sign-in", "the password alone opens nothing"
            await again.get("/sign-in/code")
            answer = await again.post("/sign-in/code", {"code": shown(secret, wall.now)})
            assert answer.status == (303 if again is client else 403), "the second time it is used up"
        assert (await client.get("/cases")).status == 200


async def test_a_recovery_code_opens_once_and_the_page_counts_what_is_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, wall, client):
        _, recovery = await enrol(client, wall)
        for status in (303, 403):
            await client.get("/account")
            await client.post("/sign-out")
            await password_typed(client)
            answer = await client.post("/sign-in/code", {"code": recovery[0].lower().replace(" ", "-")})
            assert answer.status == status
            if status == 303:
                assert f"Recovery codes left {RECOVERY_CODES - 1}" in (await client.get("/account")).words


async def test_guessing_codes_ends_in_a_pause_that_the_right_one_waits_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, wall, client):
        secret, _ = await enrol(client, wall)
        await client.post("/sign-out")
        await password_typed(client)
        for _ in range(5):
            assert (await client.post("/sign-in/code", {"code": "000000"})).status == 403
        assert (await client.post("/sign-in/code", {"code": shown(secret, wall.now)})).status == 403
        wall.later(seconds=2)
        assert (await client.post("/sign-in/code", {"code": shown(secret, wall.now)})).status == 303


async def test_a_wrong_code_enrols_nothing_and_the_same_secret_is_shown_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, wall, client):
        secret = secret_on(await client.get("/account/app"))
        answer = await client.post("/account/app", {"code": "12345"})
        assert answer.status == 422
        assert "not the code that belongs to this secret" in answer.words
        assert secret_on(answer) == secret
        assert "None yet" in (await client.get("/account")).words
        await client.get("/account/app")
        assert (await client.post("/account/app", {"code": shown(secret, wall.now)})).status == 422, (
            "a secret of before"
        )


async def test_a_change_of_factors_ends_every_other_session_and_renews_this_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as (desk, wall, client), browser(desk.url) as other:
        await password_typed(other)
        assert (await other.get("/cases")).status == 200
        before = {cookie.value for cookie in client.http.cookie_jar}
        await enrol(client, wall)
        assert before.isdisjoint(cookie.value for cookie in client.http.cookie_jar)
        assert (await other.get("/cases")).location == "/sign-in"
        assert (await client.get("/cases")).status == 200


async def test_sessions_are_listed_and_one_s_own_can_be_ended_but_not_another_s(tmp_path: Path) -> None:
    async with opened(tmp_path) as (desk, _, client), browser(desk.url) as other, browser(desk.url) as stranger:
        await password_typed(other)
        await stranger.sign_in("agent-022")
        page = await client.get("/account")
        assert "Where you are signed in 2" in page.words
        (link,) = re.findall(r'action="(/account/sessions/[0-9a-f]{16}/end)"', page.text)
        assert (await stranger.post(link)).status == 303
        assert (await other.get("/cases")).status == 200
        await client.get("/account")
        assert (await client.post(link)).location == "/account"
        assert (await other.get("/cases")).location == "/sign-in"


async def test_outside_a_trial_nothing_is_open_before_there_is_a_factor(tmp_path: Path) -> None:
    async with opened(tmp_path, trial=False) as (_, wall, client):
        for row in ROUTES:
            if row.method == "GET" and "officer" in row.roles and "{" not in row.path:
                answer = await client.request("GET", row.path)
                assert (answer.location == "/account") != row.bare, row.path
        assert "needs a second factor" in (await client.get("/account")).words
        refused = await client.post("/cases", {})
        assert refused.status == 403
        assert "First a second factor" in refused.words
        await client.get("/account")
        await enrol(client, wall)
        assert (await client.get("/cases")).status == 200
        page = await client.get("/account")
        assert "/account/app/end" not in page.text, "the last factor stays"
        refused = await client.post("/account/app/end")
        assert refused.status == 409
        assert "last second factor" in refused.words


async def test_the_enrolment_page_has_the_secret_as_picture_and_text_and_loads_no_script(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, _wall, client):
        page = await client.get("/account/app")
        assert "<svg" in page.text
        assert "<script" not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_the_one_script_is_allowed_where_a_passkey_can_answer_and_nowhere_else(tmp_path: Path, host: str) -> None:
    async with running(tmp_path) as desk, browser(desk.url.replace("127.0.0.1", host)) as client:
        page = await client.get("/sign-in")
        assert ("script-src 'self'" in page.headers["Content-Security-Policy"]) == (host == "localhost")
        assert ("passkey.js" in page.text) == (host == "localhost")


JUNK = [
    *("", "{}", "[]", "null", "0", '"x"', '{"rawId": 5}', "{" * 5000, "[" * 15000),
    '{"rawId": "AA", "response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": 1}',
]


@pytest.mark.parametrize("answer", JUNK, ids=range(len(JUNK)))
async def test_what_is_no_answer_of_a_passkey_is_refused_like_any_other(desk: Running, answer: str) -> None:
    url = desk.url.replace("127.0.0.1", "localhost")
    async with browser(url) as client, browser(url) as officer:
        await client.get("/sign-in")
        refused = await client.post("/sign-in/passkey", {"answer": answer})
        assert refused.status == 403
        assert "does not open an account" in refused.words
        await officer.sign_in(OFFICER)
        await officer.get("/account/passkey")
        assert (await officer.post("/account/passkey", {"answer": answer, "name": "key"})).status == 422


async def test_a_challenge_is_asked_before_a_passkey_may_answer(desk: Running) -> None:
    async with browser(desk.url.replace("127.0.0.1", "localhost")) as officer:
        await officer.sign_in(OFFICER)
        assert (await officer.post("/account/passkey", {"answer": "{}", "name": "key"})).location == "/account/passkey"


async def test_what_proves_an_account_is_not_changed_by_whoever_finds_its_desk_left_open(tmp_path: Path) -> None:
    changing = {row for row in ROUTES if row.fresh}
    kept = ("/account", "/account/sessions/{session:[0-9a-f]{16}}/end")
    assert {row.path for row in changing} == {row.path for row in ROUTES if row.path.startswith("/account/")} - {*kept}
    async with opened(tmp_path) as (desk, wall, client):
        secret, _ = await enrol(client, wall)
        page = await client.get("/account")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("blocker.admin.sessions.FRESH", -1.0)
            for row in changing:
                path = re.sub(r"{passkey:.*}", "ab", row.path)
                answer = await client.request(row.method, path, {"csrf": page.hidden("csrf"), "code": "123456"})
                assert (answer.status, "First sign in again" in answer.words) == (403, True), row.path
            assert (await client.get("/account")).status == 200
        held = await desk.desk.people.factors.held(OFFICER)
        assert (held.count, held.recovery_codes) == (1, RECOVERY_CODES)
        assert await desk.desk.people.factors.takes(OFFICER, shown(secret, wall.now)), "it is the app of before"
        assert (await client.post("/account/recovery")).status == 200, "within the time it goes"
