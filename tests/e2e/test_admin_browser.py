"""The desk in Debian's Chromium: sign in, walk a case over its acts, in two languages, without any script."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.admin.running import APPROVER, OFFICER, PASSWORD, Running, running
from tests.admin.walking import ISPS, REPORT, STEPS
from tests.e2e.browser import QUIET
from tests.needs import needs, program

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e, needs("chromium", "git")]

NARROW = 320  # CSS pixels: WCAG 2.2, 1.4.10


@asynccontextmanager
async def chromium() -> AsyncIterator["Visits"]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        try:
            yield Visits(browser)
        finally:
            await browser.close()


class Visits:
    """Makes browser contexts as the desk must stand them: scripts off, and every complaint of the browser kept."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.complaints: list[str] = []

    async def page(self, desk: Running, number: str | None = None, *, width: int = 1280) -> Page:
        context = await self._browser.new_context(
            java_script_enabled=False, locale="en-GB", viewport={"width": width, "height": 720}
        )
        page = await context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        if number is not None:
            await page.goto(f"{desk.url}/")
            await page.get_by_label("Service number").fill(number)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
        return page


async def send(page: Page, act: str, entered: dict[str, str]) -> None:
    """Open the act's form, fill it in as a person would, and press its button."""
    form = page.locator(f'form[action$="/{act}"]')
    if not await form.is_visible():
        await page.locator("details", has=form).locator("summary").first.click()
    for name, value in entered.items():
        field = form.locator(f'[name="{name}"]')
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        elif value:
            await field.fill(value)
    await form.get_by_role("button").first.click()


async def test_a_case_is_worked_in_the_browser_from_report_to_lifting(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as visits:
        people = {"officer": await visits.page(desk, OFFICER), "approver": await visits.page(desk, APPROVER)}
        officer = people["officer"]
        await officer.get_by_role("navigation").get_by_role("link", name="New case").click()
        form = officer.locator("main form")
        await form.get_by_label("Legal ground").select_option("terrorism")
        for name in ("names", "urls", "source", "seen_from", "capture"):
            await form.locator(f'[name="{name}"]').fill(REPORT[name])
        await form.get_by_label("The name and everything below it").check()
        await form.get_by_role("button", name="Open a case").click()
        await expect(officer.get_by_role("heading", level=1)).to_have_text(re.compile(r"Case 2026-\d{6}"))
        address = officer.url
        for act, (who, entered) in STEPS.items():
            page = people[who]
            for isp in ISPS if act in {"confirm-block", "confirm-lift"} else ():
                await page.goto(f"{address}/isps/{isp}")
                await send(page, "isp-applied", {"where": "All resolvers"})
            await page.goto(address)
            await send(page, act, entered)
            await expect(page).to_have_url(address)
            await desk.carry_out()
            if act == "record-receipt":
                await page.goto(address)
                await expect(page.get_by_text("The owner's 24 hours are running.")).to_be_visible()
                desk.clock.move(timedelta(hours=24))
        await officer.goto(address)
        await expect(officer.locator(".road [aria-current=step]")).to_contain_text("Lifted")
        await officer.get_by_role("button", name="Français").click()
        await expect(officer.get_by_text("Le blocage est levé. Le dossier est clos.")).to_be_visible()
        await officer.get_by_role("button", name="Se déconnecter").click()
        await expect(officer.get_by_role("heading", name="Connexion")).to_be_visible()
        await officer.goto(address)
        await expect(officer).to_have_url(f"{desk.url}/sign-in")
        assert visits.complaints == []


async def test_every_page_stands_on_a_narrow_screen_and_prints_without_its_buttons(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as visits:
        page = await visits.page(desk, OFFICER, width=NARROW)
        await page.goto(f"{desk.url}/cases/new")
        for name in ("names", "urls", "source", "seen_from", "capture"):
            await page.locator(f'main form [name="{name}"]').fill(REPORT[name])
        await page.get_by_label("Legal ground").select_option("terrorism")
        await page.get_by_role("button", name="Open a case").click()
        case = page.url
        for path in ("/cases", "/cases/new", "/list", case.removeprefix(desk.url), "/nowhere"):
            await page.goto(desk.url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW, path
        await page.goto(case)
        await page.emulate_media(media="print")
        await expect(page.get_by_text("What happened")).to_be_visible()
        await expect(page.get_by_role("button")).to_have_count(0)
        assert visits.complaints == ["Failed to load resource: the server responded with a status of 404 (Not Found)"]


async def test_another_language_keeps_what_was_written_in_a_form(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as visits:
        page = await visits.page(desk, OFFICER)
        await page.goto(f"{desk.url}/cases/new")
        for name in ("names", "urls", "source", "seen_from", "capture"):
            await page.locator(f'main form [name="{name}"]').fill(REPORT[name])
        await page.get_by_label("Legal ground").select_option("terrorism")
        await page.locator("header").get_by_role("button", name="Français").click()
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
        await expect(page.locator("[role=alert]")).to_have_count(0)
        await expect(page.locator("main form [name=urls]")).to_have_value(REPORT["urls"])
        await expect(page.locator("main form [name=ground]")).to_have_value("terrorism")
        await page.locator("main form [name=source]").press("Enter")  # the form's own button, not the language's
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Dossier 2026-\d{6}"))
        await page.locator("main form [name=qualification]").fill("Appelle à des attentats.")
        await page.locator("header").get_by_role("button", name="English").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Case 2026-\d{6}"))
        await expect(page.locator("main form [name=qualification]")).to_have_value("Appelle à des attentats.")
        search = page.locator("form[action$=record-search]")
        await page.locator("details", has=search).locator("summary").first.click()
        await search.locator("[name=asked]").fill("new.propaganda-copy.example")
        await search.get_by_role("button", name="Continuer en français").click()
        await expect(page.locator("html")).to_have_attribute("lang", "fr")
        await expect(search.locator("[name=asked]")).to_have_value("new.propaganda-copy.example")
        assert visits.complaints == []


async def test_the_keyboard_alone_reaches_the_content_and_signs_in(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as visits:
        page = await visits.page(desk)
        await page.goto(f"{desk.url}/sign-in")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="To the content")).to_be_focused()
        await expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("Service number")).to_be_focused()
        await page.keyboard.type(OFFICER)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
        assert visits.complaints == []


async def test_a_link_from_another_site_keeps_whoever_follows_it_signed_in(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as visits:
        page = await visits.page(desk, OFFICER)
        foreign = desk.url.replace("127.0.0.1", "localhost")
        await page.route(
            f"{foreign}/letter",
            lambda route: route.fulfill(content_type="text/html", body=f'<a href="{desk.url}/list">the list</a>'),
        )
        await page.goto(f"{foreign}/letter")
        await page.get_by_role("link", name="the list").click()
        await expect(page.get_by_role("heading", name="The list", level=1)).to_be_visible()
