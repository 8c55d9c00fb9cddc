"""Renews the pictures of the desk in docs/images: `python -m tests.e2e.desk_pictures [NAME …]`."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser as Chromium
from playwright.async_api import async_playwright

from blocker.cases import counting
from blocker.cases.case import Actor, Role
from blocker.cases.intake.reports import NewReport
from blocker.simulation.run import Plan, scratch, simulate_in
from tests.admin.running import (
    ADMINISTRATOR,
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
from tests.admin.test_answering import PUBLIC, link_of
from tests.admin.walking import STEPS, walked
from tests.e2e.browser import QUIET
from tests.needs import program
from tests.simulation import by_hand

FOLDER = Path(__file__).parents[2] / "docs" / "images"
TALL = {1280: 1200, 360: 1600}
"""How much of a page is shown, in CSS pixels, at each width: its beginning."""
TALLER = {"statistics-en-light": 2950}

MONTHS = Plan(4, days=78, first=datetime(2026, 9, 3, 4, tzinfo=UTC))
"""What the figures of the statistics are of: weeks before the day of the pictures."""

Picture = tuple[str, str | None, str, int, str, Literal["light", "dark"]]
"""File name, who is signed in (None: nobody), path, width in CSS pixels, language, theme."""

REPORTS = (
    ("https://videos.example/watch/41", "terrorism"),
    ("https://www.youtube.com/watch?v=1", "terrorism"),
    ("https://forum.example/t/9", "child-abuse"),
    ("https://call-copy.example/", None),
    ("https://leaflet.example/en/", "terrorism"),
    ("https://videos.example/watch/42", "terrorism"),
)


async def fill(desk: Running, officer: Browser, approver: Browser) -> str:
    """Bring cases to several steps of the road and return one whose owner's 24 hours are running."""
    await walked(desk, officer, approver, until="confirm-lift", names="taken-down.example")
    await walked(desk, officer, approver, until="confirm-block", names="call-copy.example\nmirror.call-copy.test host")
    await walked(desk, officer, approver, until="propose-lift", names="archive.hosting.example", ground="child-abuse")
    await walked(desk, officer, approver, until="propose-directive", names="pamphlet.example")
    await walked(desk, officer, approver, until="approve-directive", names="speeches.example")
    asked = await walked(desk, officer, approver, until="approve-request", names="xn--rcit-bpa.example")
    await officer.act(asked, "record-receipt", **STEPS["record-receipt"][1])
    await walked(desk, officer, approver, until="assess", names="leaflet.example")
    await walked(desk, officer, approver, names="video-copy.example")
    await report(desk)
    desk.clock.move(timedelta(minutes=25))
    return asked


async def report(desk: Running) -> None:
    """Let reports come in; a few are decided on."""
    intake, officer = desk.desk.intake, Actor(OFFICER, Role.OFFICER)
    for url, ground in REPORTS:
        now = desk.desk.road.now()
        new = NewReport(source="hotline", reference=None, url=url, ground=ground, note="", seen_at=now)
        await intake.receive(new, now, 2026)
        desk.clock.move(timedelta(minutes=7))
    told = {"reason_code": "not-found", "reason": "The page is gone."}
    asked = {"platform": "YouTube", "channel": "form", "sent_at": desk.desk.road.now().isoformat()}
    for number, act, entered in ((4, "dismiss", told), (2, "refer", asked)):
        found = await intake.report(f"R-2026-{number:06d}")
        assert found is not None
        await intake.decide(found, act, officer, entered, desk.desk.road.now())


async def count(desk: Running) -> None:
    """Add the figures of simulated weeks, without their cases, to those of this desk."""
    with scratch() as folder:
        await asyncio.to_thread(simulate_in, folder, MONTHS)
        tallies = await asyncio.to_thread(by_hand.tallies, folder)
    async with desk.desk.road.store.transaction() as db:
        await counting.count(db, tallies)


async def take(chromium: Chromium, desk: Running, picture: Picture) -> Path:
    name, number, path, width, language, theme = picture
    context = await chromium.new_context(
        viewport={"width": width, "height": 760}, locale=language, color_scheme=theme, java_script_enabled=False
    )
    page = await context.new_page()
    if number is not None:
        await page.goto(f"{desk.url}/sign-in")
        await page.locator("[name=number]").fill(number)
        await page.locator("[name=password]").fill(PASSWORD)
        await page.locator("main button").click()
    await page.goto(desk.url + path)
    file = FOLDER / f"desk-{name}.png"
    whole = await page.locator("html").bounding_box()
    assert whole is not None
    height = min(whole["height"], TALLER.get(name, TALL[width]))
    await page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    await context.close()
    return file


async def pictures(desk: Running, chosen: Sequence[Picture]) -> list[Path]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program("chromium"), args=QUIET)
        try:
            return [await take(chromium, desk, picture) for picture in chosen]
        finally:
            await chromium.close()


def all_of(case: str, link: str) -> list[Picture]:
    return [
        ("today-en-light", OFFICER, "/today", 1280, "en", "light"),
        ("today-phone-fr-dark", APPROVER, "/today", 360, "fr", "dark"),
        ("reports-fr-light", OFFICER, "/reports", 1280, "fr", "light"),
        ("cases-en-light", OFFICER, "/cases", 1280, "en", "light"),
        ("cases-fr-dark", APPROVER, "/cases", 1280, "fr", "dark"),
        ("case-en-light", OFFICER, f"/cases/{case}", 1280, "en", "light"),
        ("case-phone-fr-light", OFFICER, f"/cases/{case}", 360, "fr", "light"),
        ("new-case-fr-light", OFFICER, "/cases/new", 1280, "fr", "light"),
        ("matrix-en-light", APPROVER, "/matrix", 1280, "en", "light"),
        ("isps-fr-light", OFFICER, "/isps", 1280, "fr", "light"),
        ("list-en-light", OFFICER, "/list", 1280, "en", "light"),
        ("statistics-en-light", OVERSEER, "/statistics", 1280, "en", "light"),
        ("statistics-phone-fr-dark", OVERSEER, "/statistics", 360, "fr", "dark"),
        ("oversight-en-light", OVERSEER, "/oversight", 1280, "en", "light"),
        ("ledger-fr-light", OVERSEER, "/ledger", 1280, "fr", "light"),
        ("accounts-en-light", ADMINISTRATOR, "/accounts", 1280, "en", "light"),
        ("directives-fr-light", CONTACT, "/directives", 1280, "fr", "light"),
        ("sign-ins-en-dark", AUDITOR, "/sign-ins", 1280, "en", "dark"),
        ("reply-fr-light", None, link, 1280, "fr", "light"),
        ("reply-phone-en-light", None, link, 360, "en", "light"),
    ]


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.desk_pictures", description="pictures of the desk")
    parser.add_argument("names", nargs="*", help="only those whose names begin so, such as statistics")
    names = tuple(parser.parse_args().names) or ("",)
    logging.getLogger("redhand").setLevel(logging.ERROR)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running(Path(folder), more=PUBLIC) as desk,
            browser(desk.url) as officer,
            browser(desk.url) as approver,
        ):
            await officer.sign_in(OFFICER)
            await approver.sign_in(APPROVER)
            case = await fill(desk, officer, approver)
            chosen = [each for each in all_of(case, await link_of(desk, case)) if each[0].startswith(names)]
            if any(each[0].startswith("statistics") for each in chosen):
                await count(desk)
            taken = await pictures(desk, chosen)
    sys.stdout.write("".join(f"{path.name}\n" for path in taken))


if __name__ == "__main__":
    asyncio.run(main())
