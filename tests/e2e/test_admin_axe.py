"""axe-core finds nothing on any page of the desk: every role, both languages, light and dark."""

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, ViewportSize, async_playwright

from blocker.admin.routes import CASE, ISP, REPORT, ROUTES
from blocker.cases.intake.reports import NewReport
from blocker.cases.isps.onboardings import Onboardings
from tests.admin.running import (
    ADMINISTRATOR,
    APPROVER,
    AUDITOR,
    CONTACT,
    NUMBERS,
    OFFICER,
    OVERSEER,
    PASSWORD,
    Browser,
    Running,
    browser,
    running,
)
from tests.admin.walking import opened, settings_proposed, walked
from tests.e2e.browser import QUIET
from tests.needs import needs, program

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.e2e, needs("chromium", "git")]

MAILS = Path(__file__).parents[1] / "cases" / "mails"
# The document is the same in both themes, so in the second only what speaks of colours can differ.
THEMES: Mapping[Literal["light", "dark"], Mapping[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}

STRANGERS = ("/sign-in", "/invitation", "/nowhere")
OWN = ("/account", "/account/app", "/account/passkey")
PAGES: Mapping[str, tuple[str, ...]] = {
    OFFICER: (
        "/today",
        "/cases",
        "/cases/new",
        "/list",
        "{late}",
        "{asked}",
        "{blocked}",
        "{lifted}",
        "{letter}",
        "{order}",
        "{onboarding}",
        "/matrix",
        "/isps",
        "/reports",
        "{report}",
        "/referrals",
        "/nowhere",
        *OWN,
    ),
    APPROVER: ("/today", "{pending}", "/oversight"),  # the last one is refused: that page too
    OVERSEER: (
        "/oversight",
        "/settings",
        "{notice}",
        "/ledger",
        "/statistics",
        "/cases",
        "{asked}",
        "{letter}",
        "/list",
    ),
    AUDITOR: ("/sign-ins", "/oversight", "/cases", "{lifted}"),
    CONTACT: ("/directives", "{directive}", "/cases", "/nowhere"),
    ADMINISTRATOR: ("/accounts", "/settings", "/account", "/nowhere"),
}
"""What each role looks at; in braces a case or a letter, at a step that shows other parts of its page."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(Path(tmp_path_factory.mktemp("desk"))) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        yield started
        await started.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def places(desk: Running) -> Mapping[str, str]:
    """Cases at several steps, one with all that the post can say of it; addresses by name."""
    async with browser(desk.url) as officer, browser(desk.url) as approver:
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        return await _filled(desk, officer, approver)


async def _filled(desk: Running, officer: Browser, approver: Browser) -> Mapping[str, str]:
    lifted = await walked(desk, officer, approver, until="confirm-lift", names="taken-down.example")
    blocked = await walked(desk, officer, approver, until="approve-directive", names="xn--rcit-bpa.example")
    pending = await walked(desk, officer, approver, until="propose-lift", names="archive.example")
    late = await walked(desk, officer, approver, until="record-receipt", names="late.example")
    asked = await walked(desk, officer, approver, until="approve-request", names="asked.example")
    await opened(officer, names="reported.example")
    store = desk.desk.road.store
    sent = {event.data["document"]: event for event in await store.events(asked) if event.transition == "Ts"}
    letters = [letter.number for letter in await store.documents(asked)]
    for letter, kind in zip(letters, ("displayed", "bounce"), strict=False):
        _arrives(desk, kind, sent[letter].data["message_id"])
    incoming = desk.settings.admin.incoming
    assert incoming is not None
    shutil.copy(MAILS / "stranger.eml", incoming / "stranger.eml")
    await desk.carry_out()
    desk.clock.move(timedelta(minutes=5))
    seen = desk.desk.road.now()
    url = "https://www.youtube.com/watch?v=1"  # on a platform: the page proposes whom to ask
    report = NewReport(source="hotline", reference=None, url=url, ground="terrorism", note="A note.", seen_at=seen)
    reported = await desk.desk.intake.receive(report, seen, 2026)
    directive = (await store.letters_to("isp-a", None, 100))[0].number
    onboarding = await rejoined(desk)
    cases = {"late": late, "asked": asked, "blocked": blocked, "pending": pending, "lifted": lifted}
    return {
        **{name: f"/cases/{case}" for name, case in cases.items()},
        "letter": f"/cases/{asked}/letters/{letters[0]}",
        "directive": f"/directives/{directive}",
        "order": f"/cases/{blocked}/isps/isp-a",
        "onboarding": f"/isps/isp-a/letters/{onboarding}",
        "report": f"/reports/{reported.number}",
        "notice": f"/settings/letters/{await settings_proposed(desk)}",
    }


async def rejoined(desk: Running) -> str:
    """Let isp-a leave and come back, and return the number of its onboarding directive."""
    road, isps = desk.desk.road, desk.desk.road.terms.isps
    for told in (isps[1:], isps):
        road.agreed = replace(road.agreed, terms=road.terms.model_copy(update={"isps": told}))
        await desk.carry_out()
    (number,) = await Onboardings(road.store).of("isp-a")
    return number


def _arrives(desk: Running, kind: str, message_id: str) -> None:
    folder = desk.settings.admin.incoming
    assert folder is not None
    folder.mkdir(exist_ok=True)
    content = (MAILS / f"{kind}.eml").read_bytes().replace(b"<2026-000001.5.1@redhand.invalid>", message_id.encode())
    (folder / f"{kind}.eml").write_bytes(content.replace(b"Original-Envelope-Id", b"X-Envelope"))


async def complaints(page: Page) -> list[str]:
    """What axe says of the page in each theme."""
    found = []
    for theme, rules in THEMES.items():
        await page.emulate_media(color_scheme=theme)
        results: Any = await Axe().run(page, options=dict(rules))
        found += [
            f"{theme} {page.url} {each['id']}: {each['nodes'][0]['html']}" for each in results.response["violations"]
        ]
    return found


async def visitor(chromium: Chromium, desk: Running, language: str, number: str | None) -> Page:
    """A browser window in which axe may run: the desk's own policy lets no script in, not even axe."""
    size: ViewportSize = {"width": 1280, "height": 900}
    context = await chromium.new_context(
        locale=language,
        bypass_csp=True,
        viewport=size,
        reduced_motion="reduce",  # a colour that is on its way to the other theme is neither
    )
    page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in")
    if number is not None:
        await page.locator("[name=number]").fill(number)
        await page.locator("[name=password]").fill(PASSWORD)
        await page.locator("main button").click()
        await page.wait_for_url(lambda address: "/sign-in" not in address)
    return page


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("number", PAGES)
async def test_axe_finds_nothing(
    desk: Running, chromium: Chromium, places: Mapping[str, str], number: str, language: str
) -> None:
    page, found = await visitor(chromium, desk, language, number), []
    for path in PAGES[number]:
        await page.goto(desk.url + path.format(**places))
        assert await page.locator("html").get_attribute("lang") == language
        await page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
        found += await complaints(page)
    await page.context.close()
    assert found == []


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_axe_finds_nothing_where_nobody_has_signed_in_or_something_is_wrong(
    desk: Running, chromium: Chromium, language: str
) -> None:
    page, found = await visitor(chromium, desk, language, None), []
    await page.locator("main button").click()  # with nothing typed: refused
    found += await complaints(page)
    for path in STRANGERS:
        await page.goto(desk.url + path)
        found += await complaints(page)
    await page.context.close()
    page = await visitor(chromium, desk, language, OFFICER)
    await page.goto(f"{desk.url}/cases/new")
    await page.locator("main form button").click()  # with nothing typed: every field is faulty
    assert await page.locator("[aria-invalid]").count() >= 3
    found += await complaints(page)
    await page.goto(f"{desk.url}/list")
    for typed in ("not a name", "clean.example"):
        await page.locator("#name").fill(typed)
        await page.locator("#look-up button").click()
        found += await complaints(page)
    await page.context.close()
    assert found == []


async def test_every_page_of_the_desk_is_looked_at() -> None:
    """A page that is added must be added above; these are no pages."""
    looked_at = {path for paths in (*PAGES.values(), STRANGERS) for path in paths}
    shapes = {CASE: "{asked}", CASE + "/letters/{letter:[A-Z0-9-]+}": "{letter}"}
    shapes["/directives/{letter:[A-Z0-9-]+}"] = "{directive}"
    shapes["/settings/letters/{letter:[A-Z0-9-]+}"] = "{notice}"
    shapes[ISP + "/letters/{letter:[A-Z0-9-]+}"] = "{onboarding}"
    shapes[CASE + "/isps/{isp:[a-z0-9-]{1,40}}"] = "{order}"
    shapes[f"/reports/{{number:{REPORT}}}"] = "{report}"
    no_page = {"/", "/health", "/static/{name}", "/ledger/head", "/statistics.csv", "/statistics.json"}
    looked_at.add("/sign-in/code")  # on the way through enrolment, in test_admin_factors.py
    looked_at.add("/answer/{link}")  # without an account, in test_answer_page.py
    missed = [
        row.path
        for row in ROUTES
        if row.method == "GET" and not row.path.startswith("/api/")
        if not row.path.endswith("/text") and row.path not in no_page
        if shapes.get(row.path, row.path) not in looked_at
    ]
    assert missed == []
    assert set(PAGES) == set(NUMBERS.values())
