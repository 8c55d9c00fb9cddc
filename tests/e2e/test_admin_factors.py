"""Second factors in Debian's Chromium: a passkey of its virtual authenticator, an app's code without any script."""

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page, async_playwright, expect

from tests.admin.running import OFFICER, PASSWORD, Running, running
from tests.e2e.browser import QUIET
from tests.e2e.test_admin_axe import complaints
from tests.needs import needs, program
from tests.people.house import Wall, shown

pytestmark = [pytest.mark.asyncio, pytest.mark.e2e, needs("chromium", "git")]

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


async def window(browser: Browser, **wishes: Any) -> tuple[Page, list[str]]:
    """A window, and what its browser complains about: what our policy forbids would stand there."""
    context = await browser.new_context(locale="en-GB", reduced_motion="reduce", **wishes)
    page, complained = await context.new_page(), []
    page.on("console", lambda message: complained.append(message.text))
    return page, complained


async def authenticator(page: Page, **wishes: Any) -> tuple[CDPSession, str]:
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | wishes})
    return session, added["authenticatorId"]


async def sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.get_by_label("Service number").fill(OFFICER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def add_passkey(page: Page, url: str, name: str) -> None:
    await page.goto(f"{url}/account/passkey")
    await page.get_by_label("What you call it").fill(name)
    await page.get_by_role("button", name="Add").click()


def named(desk: Running) -> str:
    return desk.url.replace("127.0.0.1", "localhost")


async def test_a_passkey_is_enrolled_and_signs_in_without_number_and_password(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as browser:
        page, complained = await window(browser)
        session, key = await authenticator(page)
        await sign_in(page, named(desk))
        await add_passkey(page, named(desk), "blue key")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
        await page.get_by_role("link", name="I have written them down").click()
        await page.get_by_role("button", name="Sign out").click()
        for _ in range(2):
            await page.get_by_role("button", name="Sign in with a passkey").click()
            await expect(page.get_by_role("heading", level=1)).to_have_text("Today")
            await page.get_by_role("button", name="Sign out").click()
        stored = await session.send("WebAuthn.getCredentials", {"authenticatorId": key})
        assert [each["rpId"] for each in stored["credentials"]] == ["localhost"]
        assert complained == []
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        assert sum(line.times for line in await desk.desk.people.door.sign_ins(9) if line.outcome == "in") == 3


async def test_a_copied_key_whose_counter_stands_still_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as browser:
        page, _ = await window(browser)
        await authenticator(page)
        await sign_in(page, named(desk))
        await add_passkey(page, named(desk), "blue key")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
        await desk.desk.road.store.execute("UPDATE passkeys SET counter = counter + ?", (100,))
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not open an account")


async def test_a_key_that_does_not_verify_its_person_makes_no_passkey(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as browser:
        page, _ = await window(browser)
        await authenticator(page, hasUserVerification=False, isUserVerified=False)
        await sign_in(page, named(desk))
        await add_passkey(page, named(desk), "weak key")
        await expect(page.get_by_role("status")).to_have_text("No passkey was made. Try again.")
        assert not (await desk.desk.people.factors.held(OFFICER)).any


async def test_an_account_has_several_passkeys_and_one_taken_away_opens_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, chromium() as browser:
        page, _ = await window(browser)
        session, first = await authenticator(page)
        await sign_in(page, named(desk))
        await add_passkey(page, named(desk), "blue key")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
        await session.send("WebAuthn.setUserVerified", {"authenticatorId": first, "isUserVerified": False})
        await session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
        await session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        await add_passkey(page, named(desk), "red key")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Your account")
        assert len((await desk.desk.people.factors.held(OFFICER)).passkeys) == 2
        await page.get_by_role("button", name="Remove: red key").click()
        await expect(page.get_by_text("red key")).to_have_count(0)
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not open an account")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_an_app_is_enrolled_and_used_without_any_script_and_axe_finds_nothing(
    tmp_path: Path, language: str
) -> None:
    wall = Wall()
    async with running(tmp_path, wall=wall) as desk, chromium() as browser:
        page, complained = await window(browser, java_script_enabled=False)
        await sign_in(page, desk.url)
        await page.goto(f"{desk.url}/account/app")
        secret = re.sub(r"\s", "", await page.locator(".secret").inner_text())
        await page.get_by_label("Code that the app shows now").fill(shown(_decoded(secret), wall.now))
        await page.get_by_role("button", name="Enrol").click()
        await expect(page.locator("li.secret")).to_have_count(10)
        assert complained == []
        found = await _looked_at(browser, desk, language, wall, secret)
        assert found == []


async def _looked_at(browser: Browser, desk: Running, language: str, wall: Wall, secret: str) -> list[str]:
    """What axe says of the code page, of the same refused, and of the pages of an account with a factor."""
    context = await browser.new_context(locale=language, bypass_csp=True, reduced_motion="reduce")
    page, found = await context.new_page(), []
    await page.goto(f"{desk.url}/sign-in")
    await page.locator("[name=number]").fill(OFFICER)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("main button").click()
    found += await complaints(page)
    await page.locator("main button").click()  # with nothing typed: refused
    found += await complaints(page)
    wall.later(minutes=1)
    await page.locator("[name=code]").fill(shown(_decoded(secret), wall.now))
    await page.locator("main button").click()
    for path in ("/account", "/account/app"):
        await page.goto(f"{desk.url}{path}")
        assert await page.locator("html").get_attribute("lang") == language
        found += await complaints(page)
    await page.locator("main button").click()  # with nothing typed: the field is faulty
    found += await complaints(page)
    await page.goto(f"{desk.url}/account")
    await page.locator('form[action="/account/recovery"] button').click()
    found += await complaints(page)
    await page.goto(f"{named(desk)}/sign-in")  # by name: with the form for a passkey
    assert await page.locator("form[data-passkey]").is_visible()
    return found + await complaints(page)


def _decoded(secret: str) -> bytes:
    return base64.b32decode(secret)
