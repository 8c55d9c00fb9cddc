"""Deny by default: every route × method × role, over real HTTP."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession, CookieJar, web

from blocker.admin.app import make_app
from blocker.admin.auth import ACCESS
from blocker.admin.desk import ANYONE, LINK, MACHINE, Desk
from blocker.admin.routes import ROUTES, Route, install
from blocker.cases.case import Role
from blocker.cases.context import Context
from blocker.cases.intake.reports import NewReport
from blocker.cases.isps.onboardings import Onboardings
from tests.admin.running import NUMBERS, PASSWORD, Browser, Running, browser
from tests.admin.walking import settings_proposed, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWICE = Path(__file__).with_name("routes.txt")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = tuple(dict.fromkeys(row.path for row in ROUTES))
OPEN_EVIDENCE = r"/cases/{case:[0-9]{4}-[0-9]{6}}/evidence/{evidence:[0-9a-f]{64}}"
ACT = r"/cases/{case:[0-9]{4}-[0-9]{6}}/{act:[a-z-]+}"
"""Where every act on a case goes; who may take which stands in the workflow's table."""
ROLES = (ANYONE, *NUMBERS)
PARTS = re.compile(r"{(?P<name>\w+)(?::(?P<pattern>(?:[^{}]|{[^{}]*})*))?}")
REFUSES = ("/sign-in", "/sign-in/code", "/sign-in/passkey", "/invitation")
"""What is sent here opens no account."""
OWN = {row.path for row in ROUTES if row.path.startswith(("/account/", "/accounts", "/proposals", "/settings"))}
"""One's own factors and sessions; accounts and settings, where the overseer's office keeps its own."""
SAMPLES = ("1", "ab", "0" * 16, "agent-099", "nothing")


def allowed(path: str, method: str) -> frozenset[str] | None:
    """The roles of the table's row, or None where it has none."""
    rows = {row.method: row.roles for row in ROUTES if row.path == path}
    return rows.get("GET" if method == "HEAD" else method)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def case(desk: Running, officer: Browser, approver: Browser) -> str:
    return await walked(desk, officer, approver, until="approve-directive")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def onboarding(desk: Running, case: str) -> None:
    road, version = desk.desk.road, {"serial": "1", "digest": "ab" * 32, "source": "unsigned"}
    isp, cases = road.letterhead.isps[0], [await road.store.case(case)]
    assert isp.id == "isp-a"
    context = Context(list=await road.facts(), letterhead=road.letterhead, templates=road.templates)
    await Onboardings(road.store).issue(isp, [each for each in cases if each], version, context, road.now())


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def report(desk: Running) -> None:
    seen = datetime(2026, 11, 22, 8, tzinfo=UTC)
    new = NewReport(source="hotline", reference=None, url="https://videos.example/", ground=None, note="", seen_at=seen)
    await desk.desk.intake.receive(new, seen, 2026)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def notice(desk: Running) -> None:
    await settings_proposed(desk)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(desk: Running) -> AsyncIterator[dict[str, Browser]]:
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("blocker.admin.sessions.FRESH", float("inf"))  # however long these tests take
        made = {role: await stack.enter_async_context(browser(desk.url)) for role in ROLES}
        for role, number in NUMBERS.items():
            await made[role].sign_in(number)
        await made[ANYONE].get("/sign-in")
        yield made


async def filled(path: str, case: str, desk: Running) -> str:
    to = "isp-a" if path.startswith("/directives") else "owner"
    if path.startswith("/isps"):
        about, to = "isp-a", "isp-a"
    else:
        about, to = ("settings", "overseer") if path.startswith("/settings") else (case, to)
    letters = await desk.desk.road.store.documents(about)
    letter = [letter.number for letter in letters if letter.recipient == to][-1]
    known = {
        "case": case,
        "letter": letter,
        "name": "desk.css",
        "evidence": "ab" * 32,
        "isp": "isp-a",
        "number": "R-2026-000001",
        "decision": "dismiss",
    }
    known |= {"power": "close", "verdict": "approve", "platform": "youtube"}
    if path.startswith("/settings"):
        known["verdict"] = "refuse"  # whoever proposed it may take it back, but not approve it
    known["act"] = "isp-received" if to == "isp-a" else "record-receipt"
    for part in PARTS.finditer(path):
        path = path.replace(part[0], known.get(part["name"]) or sample(part["pattern"] or ".*"))
    return path


def sample(pattern: str) -> str:
    """Something that a part of an address may be; a new kind of part needs one here, or its route goes untested."""
    fitting = [text for text in SAMPLES if re.fullmatch(pattern, text)]
    assert fitting, f"no sample for {pattern}"
    return fitting[0]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_route_serves_the_roles_of_its_row_and_nobody_else(
    path: str, role: str, desk: Running, case: str, people: dict[str, Browser]
) -> None:
    for method in METHODS:
        address, client = await filled(path, case, desk), people[role]
        await client.get("/sign-in" if role == ANYONE else "/account")  # for the token: some forms begin a new session
        answer = await client.request(
            method, address, {"csrf": "" if client.seen is None else client.seen.hidden("csrf")}
        )
        roles = allowed(path, method)
        if roles is None:
            assert answer.status == 405, (method, address)
        elif MACHINE in roles:  # no session counts there: it asks for a token of its own
            assert answer.status == 401, (method, address)
        elif roles == {LINK}:  # nor here: the address has a secret of its own, and this one has none
            assert answer.status == 404, (method, address)
            assert "sign-in" not in answer.text and "Set-Cookie" not in answer.headers
        elif role in roles:
            assert answer.status not in {401, 403, 404, 405, 500} or path in REFUSES, (method, address, answer.words)
            assert answer.location != "/sign-in" or path.startswith("/sign-"), (method, address)
        elif role == ANYONE and method in {"GET", "HEAD"}:
            assert (answer.status, answer.location) == (303, "/sign-in"), (method, address)
        else:
            assert answer.status == 403, (method, address)
        if path == "/sign-out" and answer.status == 303:
            await client.sign_in(NUMBERS[Role(role)])


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "FOO", "get"])
async def test_a_method_that_nobody_uses_gets_the_same_readable_answer(
    method: str, desk: Running, people: dict[str, Browser]
) -> None:
    for path in ("/cases", "/static/desk.css", "/api/v1/reports"):
        for client in (people[ANYONE], people[Role.OFFICER]):
            status, headers, text = await raw(desk, f"{method} {path} HTTP/1.1", client)
            assert status == 405 and "Allow" in headers and "aiohttp" not in str(headers)
            problem = headers["Content-Type"].startswith("application/problem+json")
            assert problem is path.startswith("/api/")
            assert "FOO" not in text and ("not used that way" in text or "n’est pas" in text)


@pytest.mark.parametrize(
    "line", ["marked", "GET /marked HTTP/9.9", "GET /\x00marked HTTP/1.1", "\x16\x03\x01marked", "GET / " * 9999]
)
async def test_what_is_no_request_is_answered_without_its_own_bytes_and_without_our_versions(
    line: str, desk: Running, people: dict[str, Browser]
) -> None:
    status, headers, text = await raw(desk, line, people[ANYONE])
    assert status == 400 and headers["Server"] == "Redhand" and headers["X-Content-Type-Options"] == "nosniff"
    assert "This request cannot be read." in text and "marked" not in text


async def raw(desk: Running, line: str, client: Browser) -> tuple[int, dict[str, str], str]:
    """Send a request of which the first line is anything; aiohttp's client would put some of it right."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(desk.url.rpartition(":")[2]))
    cookies = "; ".join(f"{each.key}={each.value}" for each in client.http.cookie_jar)
    writer.write(f"{line}\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nAccept-Language: en\r\n\r\n".encode("latin-1"))
    try:
        head, body = await reader.readuntil(b"\r\n\r\n"), b""
        first, *lines = head.decode().strip().split("\r\n")
        headers = dict(each.split(": ", 1) for each in lines)
        body = await reader.readexactly(int(headers["Content-Length"]))
    finally:
        writer.close()
    return int(first.split()[1]), headers, body.decode()


async def test_only_these_routes_are_open_to_strangers() -> None:
    assert {(row.method, row.path) for row in ROUTES if ANYONE in row.roles} == {
        ("GET", "/health"),
        ("GET", "/static/{name}"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("GET", "/sign-in/code"),
        ("POST", "/sign-in/code"),
        ("POST", "/sign-in/passkey"),
        ("GET", "/invitation"),
        ("POST", "/invitation"),
        ("POST", "/language"),
        ("GET", "/api/v1/openapi.json"),
    }


async def test_a_contact_sends_what_it_reports_of_its_directives_its_language_and_leaves() -> None:
    sent = {row.path for row in ROUTES if row.method != "GET" and Role.ISP in row.roles} - OWN
    assert sent == {"/sign-out", "/language", "/directives/{letter:[A-Z0-9-]+}/acts/{act:[a-z-]+}"}


async def test_who_only_reads_can_send_nothing_but_their_own_language_and_leave_and_the_overseer_acts() -> None:
    for role in (Role.OVERSEER, Role.AUDITOR):
        sent = {row.path for row in ROUTES if row.method != "GET" and role in row.roles} - OWN
        assert sent - ({OPEN_EVIDENCE, ACT} if role is Role.OVERSEER else set()) <= {
            "/sign-out",
            "/language",
            "/list",
            "/cases/search",
        }  # looking something up is a POST, and changes nothing


async def test_a_contact_reaches_no_case(people: dict[str, Browser], case: str) -> None:
    reachable = {row.path for row in ROUTES if Role.ISP in row.roles and row.method == "GET"}
    assert not [path for path in reachable if path.startswith(("/cases", "/list", "/oversight", "/sign-ins"))]
    answer = await people[Role.ISP].get(f"/cases/{case}")
    assert answer.status == 403
    assert case not in answer.text


async def test_every_route_and_whom_it_is_for_are_written_a_second_time() -> None:
    lines = [line.split() for line in TWICE.read_text().splitlines() if line and not line.startswith("#")]
    written = {(method, path): frozenset(roles) for method, path, *roles in lines}
    assert len(written) == len(lines)
    assert {(row.method, _shape(row.path)): frozenset(map(str, row.roles)) for row in ROUTES} == written


async def test_every_route_of_the_application_stands_in_the_table(desk: Running) -> None:
    app = make_app(desk.desk)
    installed = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    table = {(row.method, row.path) for row in ROUTES}
    table |= {("HEAD", path) for method, path in table if method == "GET"}
    assert {(method, _shape(path)) for method, path in table} == installed


def _shape(path: str) -> str:
    return PARTS.sub(r"{\g<name>}", path)


async def _secret(_request: web.Request) -> web.Response:
    return web.Response(text="secret")


@pytest.mark.parametrize("roles", [frozenset(), None], ids=["a row without roles", "a route beside the table"])
async def test_a_route_without_roles_is_out_of_everybody_s_reach(desk: Running, roles: frozenset[str] | None) -> None:
    app = make_app(desk.desk)
    if roles is None:
        app.router.add_get("/secret", _secret)
    else:
        app = _with_rows(desk.desk, (*ROUTES, Route("GET", "/secret", roles, _secret)))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
            client = Browser(url, http)
            assert (await client.get("/secret")).status == 403
            for number in NUMBERS.values():
                await client.sign_in(number, PASSWORD)
                answer = await client.get("/secret")
                assert answer.status == 403
                assert "secret" not in answer.text
                await client.get("/cases")
                await client.post("/sign-out")
    finally:
        await runner.cleanup()


def _with_rows(desk: Desk, rows: tuple[Route, ...]) -> web.Application:
    made = make_app(desk)
    app = web.Application(middlewares=list(made.middlewares))
    for key in made:
        if key is not ACCESS:
            app[key] = made[key]
    install(app, rows)
    return app


async def test_an_unknown_path_is_a_readable_404_for_everybody(people: dict[str, Browser]) -> None:
    for client in people.values():
        answer = await client.get("/nowhere")
        assert answer.status == 404
        assert "There is no such page" in answer.words
