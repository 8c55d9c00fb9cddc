"""The owner's reply page in a browser, without scripts, from link to answer: axe finds nothing, in either language."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright

from tests.admin.running import APPROVER, OFFICER, Running, browser, running
from tests.admin.test_answering import PUBLIC, link_of
from tests.admin.walking import STEPS, walked
from tests.e2e.browser import QUIET
from tests.e2e.test_admin_axe import complaints
from tests.needs import needs, program

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.e2e, needs("chromium", "git")]

WORDS = {"fr": "Votre réponse est arrivée", "en": "Your answer has arrived"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(Path(tmp_path_factory.mktemp("desk")), more=PUBLIC) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        yield started
        await started.close()


async def asked(desk: Running, name: str) -> str:
    """Ask an owner, whose 24 hours begin, and return the link."""
    async with browser(desk.url) as officer, browser(desk.url) as approver:
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        number = await walked(desk, officer, approver, until="approve-request", names=name)
        await officer.act(number, "record-receipt", **STEPS["record-receipt"][1])
        return await link_of(desk, number)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_an_owner_answers_and_axe_finds_nothing_on_the_way(
    desk: Running, chromium: Chromium, language: str, tmp_path: Path
) -> None:
    link = await asked(desk, f"{language}.example")
    context = await chromium.new_context(locale="de", bypass_csp=True, reduced_motion="reduce")
    page, found = await context.new_page(), []
    await page.goto(desk.url + link)
    if await page.locator("html").get_attribute("lang") != language:
        await page.locator(f"header button[lang={language}]").click()
    found += await looked_at(page, tmp_path / "ask.png")
    await page.locator("main button[value=check]").click()  # with nothing chosen
    assert await page.locator("[role=alert] a").count() == 1
    found += await looked_at(page, tmp_path / "wrong.png")
    await page.locator("#says-3").check()
    await page.locator("#text").fill("Power cut since 4 in the morning.\nWe hope for noon.")
    await page.locator("main button[value=check]").click()
    found += await looked_at(page, tmp_path / "check.png")
    await page.locator("button[value=change]").click()
    assert await page.locator("#says-3").is_checked()
    await page.locator("main button[value=check]").click()
    await page.locator("button[value=send]").click()
    assert await page.locator("h1").inner_text() == WORDS[language]
    assert await page.locator("html").get_attribute("lang") == language
    found += await looked_at(page, tmp_path / "told.png")
    await page.goto(f"{desk.url}{link}?lang={language}")
    found += await looked_at(page, tmp_path / "none.png")
    assert await context.cookies() == []
    await context.close()
    assert found == []


async def test_another_language_keeps_what_an_owner_has_written(desk: Running, chromium: Chromium) -> None:
    link = await asked(desk, "spoken.example")
    context = await chromium.new_context(locale="fr", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(desk.url + link)
    await page.locator("#says-4").check()
    await page.locator("#text").fill("C’est une satire.\nLisez la page entière.")
    await page.get_by_role("button", name="English").click()
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.locator("[role=alert]").count() == 0
    assert await page.locator("#says-4").is_checked()
    assert await page.locator("#text").input_value() == "C’est une satire.\nLisez la page entière."
    await page.locator("#says-4").press("Enter")  # the form's own button, not the language's
    assert await page.locator("button[value=send]").count() == 1
    await page.get_by_role("button", name="Français").click()
    assert await page.locator("html").get_attribute("lang") == "fr"
    assert "Lisez la page entière." in await page.locator("main").inner_text()
    await page.locator("button[value=send]").click()
    assert await page.locator("h1").inner_text() == WORDS["fr"]
    await context.close()


async def looked_at(page: Page, picture: Path) -> list[str]:
    """What axe says of a page as it stands, after a picture of it that somebody may look at."""
    taken = await page.screenshot(full_page=True)
    await asyncio.to_thread(picture.write_bytes, taken)
    return await complaints(page)
