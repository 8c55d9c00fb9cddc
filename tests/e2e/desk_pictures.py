"""Renews the pictures of the desk in docs/images: `python -m tests.e2e.desk_pictures`."""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser as Chromium
from playwright.async_api import async_playwright

from tests.admin.running import (
    APPROVER,
    AUDITOR,
    CONTACT,
    OFFICER,
    OVERSEER,
    PASSWORD,
    Browser,
    Running,
    browser,
    running,
)
from tests.admin.walking import STEPS, walked
from tests.e2e.browser import QUIET
from tests.needs import program

FOLDER = Path(__file__).parents[2] / "docs" / "images"

Picture = tuple[str, str, str, int, str, Literal["light", "dark"]]
"""File name, who is signed in, path, width in CSS pixels, language, theme."""


async def fill(desk: Running, officer: Browser, approver: Browser) -> str:
    """Bring cases to several steps of the road and return one whose owner's 24 hours are running."""
    await walked(desk, officer, approver, until="confirm-lift", names="taken-down.example")
    await walked(desk, officer, approver, until="confirm-block", names="call-copy.example\nmirror.call-copy.test host")
    await walked(desk, officer, approver, until="propose-lift", names="archive.hosting.example", ground="child-abuse")
    await walked(desk, officer, approver, until="propose-directive", names="pamphlet.example")
    asked = await walked(desk, officer, approver, until="approve-request", names="xn--rcit-bpa.example")
    await officer.act(asked, "record-receipt", **STEPS["record-receipt"][1])
    await walked(desk, officer, approver, until="assess", names="leaflet.example")
    await walked(desk, officer, approver, names="video-copy.example")
    desk.clock.move(timedelta(minutes=25))
    return asked


async def take(chromium: Chromium, desk: Running, picture: Picture) -> Path:
    name, number, path, width, language, theme = picture
    context = await chromium.new_context(
        viewport={"width": width, "height": 760}, locale=language, color_scheme=theme, java_script_enabled=False
    )
    page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in")
    await page.locator("[name=number]").fill(number)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.locator("main button").click()
    await page.goto(desk.url + path)
    file = FOLDER / f"desk-{name}.png"
    await page.screenshot(path=file, full_page=True)
    await context.close()
    return file


async def pictures(desk: Running, chosen: Sequence[Picture]) -> list[Path]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        try:
            return [await take(chromium, desk, picture) for picture in chosen]
        finally:
            await chromium.close()


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running(Path(folder)) as desk,
            browser(desk.url) as officer,
            browser(desk.url) as approver,
        ):
            await officer.sign_in(OFFICER)
            await approver.sign_in(APPROVER)
            case = await fill(desk, officer, approver)
            taken = await pictures(
                desk,
                [
                    ("today-en-light", OFFICER, "/today", 1280, "en", "light"),
                    ("today-phone-fr-dark", APPROVER, "/today", 360, "fr", "dark"),
                    ("ledger-fr-light", OVERSEER, "/ledger", 1280, "fr", "light"),
                    ("cases-en-light", OFFICER, "/cases", 1280, "en", "light"),
                    ("cases-fr-dark", APPROVER, "/cases", 1280, "fr", "dark"),
                    ("case-en-light", OFFICER, f"/cases/{case}", 1280, "en", "light"),
                    ("case-phone-fr-light", OFFICER, f"/cases/{case}", 360, "fr", "light"),
                    ("new-case-fr-light", OFFICER, "/cases/new", 1280, "fr", "light"),
                    ("list-en-light", OFFICER, "/list", 1280, "en", "light"),
                    ("oversight-en-light", OVERSEER, "/oversight", 1280, "en", "light"),
                    ("directives-fr-light", CONTACT, "/directives", 1280, "fr", "light"),
                    ("sign-ins-en-dark", AUDITOR, "/sign-ins", 1280, "en", "dark"),
                ],
            )
    sys.stdout.write("".join(f"{path.name}\n" for path in taken))


if __name__ == "__main__":
    asyncio.run(main())
