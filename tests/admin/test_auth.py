"""The gate over real HTTP: hosts, sessions, tokens, origins, headers."""

import asyncio
import gzip
import logging
from urllib.parse import urlencode

import pytest

from blocker.admin.auth import HEADERS
from blocker.admin.forms import MAX_BODY
from blocker.errors import OperationError
from tests.admin.running import OFFICER, PASSWORD, Browser, Running, browser
from tests.admin.walking import opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


def token(client: Browser) -> str:
    (cookie,) = [cookie.value for cookie in client.http.cookie_jar if cookie.key == "redhand"]
    return cookie


async def test_a_wrong_password_and_an_unknown_number_are_answered_alike(stranger: Browser) -> None:
    await stranger.get("/sign-in")
    wrong = await stranger.post("/sign-in", {"number": OFFICER, "password": "not the password"})
    unknown = await stranger.post("/sign-in", {"number": "agent-999", "password": "not the password"})
    assert wrong.status == unknown.status == 403
    assert "do not belong together" in wrong.words
    main = [answer.text.partition("<footer")[0] for answer in (wrong, unknown)]
    assert main[0] == main[1].replace("agent-999", OFFICER)
    assert "not the password" not in wrong.text


async def test_the_session_gets_a_new_number_at_sign_in_and_the_old_one_is_dead(desk: Running) -> None:
    async with browser(desk.url) as client:
        await client.get("/sign-in")
        planted = token(client)
        await client.sign_in(OFFICER)
        assert token(client) != planted
        async with browser(desk.url) as thief:
            answer = await thief.request("GET", "/cases", Cookie=f"redhand={planted}")
            assert (answer.status, answer.location) == (303, "/sign-in")


async def test_a_session_number_that_somebody_made_up_is_never_taken_over(desk: Running) -> None:
    async with browser(desk.url) as client:
        answer = await client.request("GET", "/sign-in", Cookie="redhand=chosen-by-a-thief")
        assert answer.status == 200
        assert token(client) != "chosen-by-a-thief"


async def test_signing_out_ends_the_session_on_the_server(desk: Running) -> None:
    async with browser(desk.url) as client:
        await client.sign_in(OFFICER)
        kept = token(client)
        answer = await client.post("/sign-out")
        assert (answer.status, answer.location) == (303, "/sign-in")
        again = await client.request("GET", "/cases", Cookie=f"redhand={kept}")
        assert again.location == "/sign-in"


async def test_an_idle_session_ends_and_a_form_sent_then_records_nothing(desk: Running) -> None:
    async with browser(desk.url) as client:
        await client.sign_in(OFFICER)
        number = await opened(client)
        page = await client.get(f"/cases/{number}")
        sessions = desk.desk.sessions
        assert (
            sessions.find(
                token(client), asyncio.get_running_loop().time() + desk.settings.admin.session_idle_seconds + 1
            )
            is None
        )
        late = await client.post(f"/cases/{number}/assess", {"turn": page.hidden("turn")})
        assert late.status == 403
        assert "You are signed out" in late.words
        assert (await client.get("/cases")).location == "/sign-in"


async def test_a_closed_account_is_out_at_its_next_request(desk: Running) -> None:
    async with browser(desk.url) as client:
        await client.sign_in(OFFICER)
        await desk.desk.road.store.execute("UPDATE accounts SET number = ? WHERE number = ?", ("gone-1", OFFICER))
        try:
            assert (await client.get("/cases")).location == "/sign-in"
        finally:
            await desk.desk.road.store.execute("UPDATE accounts SET number = ? WHERE number = ?", (OFFICER, "gone-1"))


@pytest.mark.parametrize("path", ["/cases", "/list", "/language", "/sign-out"])
@pytest.mark.parametrize("csrf", [None, "", "guessed", "é"])
async def test_a_form_without_its_session_s_token_does_nothing(officer: Browser, path: str, csrf: str | None) -> None:
    answer = await officer.request("POST", path, {} if csrf is None else {"csrf": csrf})
    assert answer.status == 403
    assert "earlier session" in answer.words
    assert (await officer.get("/cases")).status == 200


async def test_the_token_of_another_session_is_worth_nothing(officer: Browser, approver: Browser) -> None:
    page = await approver.get("/cases")
    answer = await officer.request("POST", "/sign-out", {"csrf": page.hidden("csrf")})
    assert answer.status == 403
    assert (await officer.get("/cases")).status == 200, "nobody was signed out"


async def test_signing_in_needs_a_token_too(stranger: Browser) -> None:
    answer = await stranger.request("POST", "/sign-in", {"number": OFFICER, "password": PASSWORD})
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
    assert (await stranger.get("/cases")).location == "/sign-in", "the right password opened nothing"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "{url}"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{url}"}, 403),
    ],
)
async def test_only_our_own_pages_may_send_forms(officer: Browser, headers: dict[str, str], status: int) -> None:
    await officer.get("/cases")
    sent = {name: value.format(url=officer.url) for name, value in headers.items()}
    answer = await officer.post("/language", {"language": "fr", "back": "/list"}, **sent)
    page = await officer.get("/cases")
    await officer.post("/language", {"language": "en", "back": "/list"})
    assert (answer.status, '<html lang="fr">' in page.text) == (status, status == 303), "refused is not done"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8400", "desk", "10.0.0.1", "[::2]", "a@b:c", ""]
)
async def test_a_name_that_was_rebound_to_our_address_is_refused(stranger: Browser, host: str) -> None:
    answer = await stranger.request("GET", "/sign-in", Host=host)
    assert answer.status in {400, 421}
    assert "csrf" not in answer.text


@pytest.mark.parametrize("host", ["localhost:8400", "127.0.0.1", "[::1]:9000"])
async def test_loopback_is_ours_by_every_spelling(stranger: Browser, host: str) -> None:
    assert (await stranger.request("GET", "/sign-in", Host=host)).status == 200


async def test_the_cookie_is_for_this_site_and_for_no_script(stranger: Browser) -> None:
    cookie = (await stranger.get("/sign-in")).headers["Set-Cookie"]
    parts = {part.strip() for part in cookie.split(";")}
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= parts
    assert cookie.startswith("redhand=")
    assert "Secure" not in parts, "a browser would not send it over plain http on loopback"


@pytest.mark.parametrize("path", ["/health", "/sign-in", "/cases", "/nowhere", "/static/desk.css", "/static/none.css"])
async def test_every_answer_has_the_strict_headers(stranger: Browser, path: str) -> None:
    answer = await stranger.get(path)
    kept = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}
    assert {name: answer.headers.get(name) for name in kept} == kept
    assert answer.headers["Cache-Control"] == ("no-cache" if path == "/static/desk.css" else "no-store")


async def test_refusals_have_them_too(stranger: Browser) -> None:
    for answer in (
        await stranger.request("POST", "/sign-in", {}),
        await stranger.request("PUT", "/cases"),
        await stranger.request("GET", "/cases", Host="evil.example"),
    ):
        assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


async def test_a_link_from_another_site_is_loaded_anew_so_that_the_cookie_comes_along(stranger: Browser) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = await stranger.get("/cases/2026-000001", **followed)
    assert answer.status == 200
    assert '<meta http-equiv="refresh" content="0; url=/cases/2026-000001">' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert (await stranger.get("/cases/2026-000001", Sec_Fetch_Site="same-origin")).location == "/sign-in"
    assert (await stranger.get("//evil.example/cases", **followed)).status == 404, "it never leads to another site"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"csrf=" + b"x" * 70_000, {}, 413),
        (b"&".join(b"a%d=1" % number for number in range(100)), {}, 400),
        (b"csrf=%FF%FE", {}, 400),
        (b"csrf=\xff", {}, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"csrf=x", {"Content-Type": "text/plain"}, 415),
    ],
)
async def test_a_body_that_is_no_form_of_ours_is_refused(
    officer: Browser, body: bytes, headers: dict[str, str], status: int
) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await officer.request("POST", "/cases", body, **(kind | headers))
    assert answer.status == status
    assert answer.text.startswith("<!doctype html>")


async def test_a_body_that_says_it_is_compressed_is_refused_and_never_unpacked(stranger: Browser) -> None:
    page = await stranger.get("/sign-in")
    plain = urlencode({"csrf": page.hidden("csrf"), "number": OFFICER, "password": PASSWORD}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    bomb = gzip.compress(plain + b"&" * 30_000_000)
    assert len(bomb) < MAX_BODY
    for body in (gzip.compress(plain), bomb):
        assert (await stranger.request("POST", "/sign-in", body, Content_Encoding="gzip", **kind)).status == 400
    assert (await stranger.request("POST", "/sign-in", plain, **kind)).status == 303


async def test_a_client_that_asks_for_json_gets_a_problem_in_json(stranger: Browser) -> None:
    answer = await stranger.get("/nowhere", Accept="application/json")
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert '"status": 404' in answer.text


async def test_an_error_of_ours_shows_nothing_of_itself_and_logs_nobody(
    desk: Running, officer: Browser, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr(type(desk.desk.road.store), "found", lambda _self, *_, **__: broken())
    with caplog.at_level(logging.DEBUG):
        answer = await officer.get("/cases")
    assert answer.status == 500
    assert "inner secret" not in answer.text
    assert "Something went wrong" in answer.words
    assert "route=/cases" in caplog.text
    assert "127.0.0.1" not in caplog.text


async def test_of_a_store_that_fails_strangers_learn_nothing_and_operators_all(
    desk: Running,
    officer: Browser,
    stranger: Browser,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise OperationError("cannot open /srv/redhand/redhand.sqlite3: No space left on device")

    await stranger.get("/sign-in")
    monkeypatch.setattr(type(desk.desk.people.door), "password", broken)
    answer = await stranger.post("/sign-in", {"number": OFFICER, "password": PASSWORD})
    assert (answer.status, "/srv" in answer.text, "space" in answer.text) == (503, False, False)
    assert "reason=cannot open /srv/redhand/redhand.sqlite3" in caplog.text
    monkeypatch.setattr(type(desk.desk.road.store), "found", broken)
    answer = await officer.get("/cases")
    assert (answer.status, "No space left on device" in answer.text) == (503, True), "staff can tell somebody"


@pytest.mark.parametrize(
    ("back", "led"),
    [
        ("/cases/new", "/cases/new"),
        ("//evil.example", "/today"),
        ("https://evil.example/", "/today"),
        ("/\\evil.example", "/today"),
        ("/cases\r\nSet-Cookie: x=y", "/today"),
        ("", "/today"),
    ],
)
async def test_choosing_a_language_leads_back_to_a_page_of_ours(officer: Browser, back: str, led: str) -> None:
    await officer.get("/cases")
    answer = await officer.post("/language", {"language": "en", "back": back})
    assert (answer.status, answer.location) == (303, led)


async def test_the_chosen_language_is_kept_over_sign_in(desk: Running) -> None:
    async with browser(desk.url) as client:
        await client.get("/sign-in")
        await client.post("/language", {"language": "fr", "back": "/sign-in"})
        assert "Matricule" in (await client.get("/sign-in")).words
        await client.sign_in(OFFICER)
        assert client.seen is not None
        assert "Chercher" in client.seen.words
        assert '<html lang="fr">' in client.seen.text
        assert (await client.post("/language", {"language": "xx", "back": "/"})).status == 400
