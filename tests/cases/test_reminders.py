"""Reminders: due at their time, sent once, to those on duty, naming no site."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from blocker.cases.context import Recipient
from blocker.cases.steps.reminder import reminder_due
from tests.cases.desk import Desk, open_desk
from tests.cases.walking import APPROVER, OFFICER, RECEIVED, ROADS, START, TO_C2, Walk
from tests.needs import needs

DUTY = (
    Recipient("duty-officer", "Duty officer", "duty@desk.example"),
    Recipient("duty-approver", "Duty approver", "night@desk.example"),
)


def due(walk: Walk, **later: float) -> str | None:
    wanted = reminder_due(walk.at, walk.now + timedelta(**later))
    return None if wanted is None else f"{wanted['to']} {wanted['about']}"


@pytest.mark.parametrize(
    ("later", "wanted"),
    [
        ({"hours": 19, "minutes": 59}, None),
        ({"hours": 20}, "officer owner-4h"),
        ({"hours": 22}, "officer owner-4h"),
        ({"hours": 23}, "officer owner-1h"),
        ({"hours": 23, "minutes": 59}, "officer owner-1h"),
        ({"hours": 24}, None),
        ({"hours": 30}, None),
    ],
)
def test_officers_are_reminded_four_hours_and_one_hour_before_a_clock_ends(later: dict[str, float], wanted: str | None):
    assert due(Walk().go(*RECEIVED), **later) == wanted


def test_approvers_are_reminded_of_what_has_waited_half_an_hour():
    walk = Walk().go(*TO_C2)
    assert due(walk, minutes=29, seconds=59) is None
    assert due(walk, minutes=30) == "approver approval"
    assert due(walk, days=3) == "approver approval"


@pytest.mark.parametrize("state", ["C4", "C10", "C12"])
def test_nobody_is_reminded_of_what_has_ended(state: str):
    assert due(Walk().go(*ROADS[state]), hours=23) is None


async def tick(desk: Desk, **later: float) -> list[tuple[str, str]]:
    """Move on, work, and return the reminders so far: whom to, and where."""
    desk.road.duty = DUTY
    desk.later(**later)
    await desk.road.outbox().tick()
    found = [each for case in await desk.road.store.cases() for each in await desk.road.store.documents(case.id)]
    return [(each.recipient, each.mail) for each in found if each.kind == "reminder"]


@pytest.mark.asyncio
@needs("git")
async def test_each_reminder_is_sent_once_also_by_a_desk_that_was_started_anew(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        await desk.go(None, *TO_C2)
        assert await tick(desk, minutes=29) == []
        assert await tick(desk, minutes=1) == [("duty-approver", "night@desk.example")]
        assert len(await tick(desk, minutes=45)) == 1
        now = desk.road.now()
    async with open_desk(tmp_path, now) as desk:
        assert len(await tick(desk, minutes=45)) == 1
        case = (await desk.road.store.cases())[0]
        case = await desk.act(case, "approve-request", APPROVER)
        await desk.act(await desk.see(case), "record-receipt", OFFICER)
        assert len(await tick(desk, hours=21)) == 2
        assert len(await tick(desk, hours=2)) == 3
        assert len(await tick(desk, hours=9)) == 3
        assert [event.transition for event in await desk.road.store.events()].count("Tm") == 3
        mails = [path.read_text() for path in desk.settings.admin.letters.glob("*.eml")]
    reminders = [mail for mail in mails if "duty@desk.example" in mail or "night@desk.example" in mail]
    assert len(reminders) == 3
    for mail in reminders:
        assert "2026-000001" in mail
        assert "propaganda" not in mail
        assert "hosting.example" not in mail
        assert "http" not in mail


@pytest.mark.asyncio
@needs("git")
async def test_without_an_address_nobody_is_written_to(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        await desk.go(None, *TO_C2)
        desk.later(minutes=45)
        await desk.road.outbox().tick()
        assert "Tm" not in {event.transition for event in await desk.road.store.events()}


def test_a_desk_that_slept_through_four_hours_sends_the_one_that_counts_now():
    walk = Walk().go(*RECEIVED)
    instant: datetime = START + timedelta(hours=24)
    assert walk.at.deadline == instant
    assert due(walk, hours=23, minutes=30) == "officer owner-1h"
