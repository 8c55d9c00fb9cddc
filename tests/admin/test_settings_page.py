"""Settings over real HTTP: a file proposes, one administrator puts it forward, another approves, and it is in force."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from blocker import config
from blocker.cases.case import Role
from blocker.cases.terms import Terms
from tests.admin.running import (
    ADMINISTRATOR,
    AUDITOR,
    OVERSEER,
    PASSWORD,
    Browser,
    Running,
    browser,
    config_text,
    running,
)

pytestmark = pytest.mark.asyncio

SECOND = "admin-002"


@dataclass
class House:
    desk: Running
    one: Browser
    two: Browser

    def edit(self, folder: Path, old: str, new: str) -> None:
        """Read the configuration anew, as a restart would, after somebody replaced a word in it."""
        text = config_text(folder, self.desk.settings.admin.lists)
        assert old in text
        edited = config.parse(text.replace(old, new).encode(), "redhand.yaml", folder)
        self.desk.desk.road.offered = Terms.of(edited)


async def approve(second: Browser) -> int:
    page = await second.get("/settings")
    (link,) = re.findall(r'action="(/settings/\d+/approve)"', page.text)
    return (await second.post(link)).status


async def test_a_settings_life_at_the_desk(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two:
        await desk.desk.people.accounts.create(SECOND, Role.ADMINISTRATOR, PASSWORD)
        await one.sign_in(ADMINISTRATOR)
        await two.sign_in(SECOND)
        house = House(desk, one, two)

        page = await one.get("/settings")
        assert "As the file had them when the desk was started first" in page.words
        assert "The configuration file says what is in force." in page.words
        assert "Propose what the file says" not in page.words
        assert (await one.post("/settings")).status == 409, "there is nothing to propose"

        house.edit(tmp_path, "noc@isp-a.example", "noc@elsewhere.example")
        page = await one.get("/settings")
        row = "admin.isps.isp-a.mail noc@isp-a.example noc@elsewhere.example"
        assert row in page.words
        assert "/approve" not in page.text
        assert desk.desk.road.terms.isps[0].mail == "noc@isp-a.example"

        assert (await one.post("/settings")).location == "/settings"
        page = await one.get("/settings")
        assert row in page.words
        assert "/approve" not in page.text, "nobody approves what they proposed"
        (number,) = re.findall(r"/settings/(\d+)/refuse", page.text)
        assert (await one.post(f"/settings/{number}/approve")).status == 403
        assert desk.desk.road.terms.isps[0].mail == "noc@isp-a.example"

        house.edit(tmp_path, "noc@isp-a.example", "noc@third.example")
        assert "/approve" not in (await two.get("/settings")).text, "the file says something else by now"
        assert (await two.post(f"/settings/{number}/approve")).status == 409
        house.edit(tmp_path, "noc@isp-a.example", "noc@elsewhere.example")

        assert await approve(two) == 303
        assert desk.desk.road.terms.isps[0].mail == "noc@elsewhere.example"
        page = await two.get("/settings")
        assert f"Proposed by {ADMINISTRATOR}, approved by {SECOND}:" in page.words
        assert (await two.post(f"/settings/{number}/approve")).status == 409, "once"
        await _overseer_reads_all_of_it(desk)


async def _overseer_reads_all_of_it(desk: Running) -> None:
    await desk.carry_out()
    async with browser(desk.url) as overseer, browser(desk.url) as auditor:
        await overseer.sign_in(OVERSEER)
        steps = await overseer.get("/oversight")
        assert "Settings proposed" in steps.words
        assert "Settings approved" in steps.words
        letters = re.findall(r'href="(/settings/letters/D-\d+-\d+)"', steps.text)
        assert len(letters) == 2
        letter = await overseer.get(letters[0])
        assert "THE SETTINGS OF THE PROCEDURE HAVE CHANGED" in letter.text
        assert "noc@elsewhere.example" in letter.text
        assert (await overseer.get(f"{letters[0]}/text")).headers["Content-Disposition"].startswith("attachment")
        assert (await overseer.get("/settings")).status == 200
        await auditor.sign_in(AUDITOR)
        page = await auditor.get("/settings")
        assert "noc@elsewhere.example" in page.words
        assert '<form method="post" action="/settings' not in page.text


async def test_the_overseer_s_address_is_not_moved_without_the_overseer_s_office(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as one, browser(desk.url) as two:
        await desk.desk.people.accounts.create(SECOND, Role.ADMINISTRATOR, PASSWORD)
        await one.sign_in(ADMINISTRATOR)
        await two.sign_in(SECOND)
        house = House(desk, one, two)
        house.edit(tmp_path, "overseer@oversight.example", "nobody@elsewhere.example")
        await one.get("/settings")
        await one.post("/settings")
        assert await approve(two) == 403
        async with browser(desk.url) as overseer:
            await overseer.sign_in(OVERSEER)
            assert await approve(overseer) == 303
        assert desk.desk.road.letterhead.overseer is not None
        assert desk.desk.road.letterhead.overseer.mail == "nobody@elsewhere.example"
        told = [each.mail for each in await desk.desk.road.store.documents("settings")]
        assert sorted(told) == ["nobody@elsewhere.example", *["overseer@oversight.example"] * 2]
