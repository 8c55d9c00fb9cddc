"""The owner's 24 hours over both changes of the clocks: on the road, over HTTP, and as people read them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.admin.running import APPROVER, OFFICER, Browser, Running, browser, running
from tests.admin.walking import walked

pytestmark = pytest.mark.asyncio

# Received, the end of 24 elapsed hours, and both as the desk shows them, in French and in English.
CHANGES = {
    "to winter": (
        "2027-10-30T12:00:00+02:00",
        "2027-10-31T11:00:00+01:00",
        ("Sat 30 Oct 2027, 12:00:00 (UTC+02:00)", "Sun 31 Oct 2027, 11:00:00 (UTC+01:00)"),
        ("sam. 30 oct. 2027, 12:00:00 (UTC+02:00)", "dim. 31 oct. 2027, 11:00:00 (UTC+01:00)"),
    ),
    "to summer": (
        "2027-03-27T12:00:00+01:00",
        "2027-03-28T13:00:00+02:00",
        ("Sat 27 Mar 2027, 12:00:00 (UTC+01:00)", "Sun 28 Mar 2027, 13:00:00 (UTC+02:00)"),
        ("sam. 27 mars 2027, 12:00:00 (UTC+01:00)", "dim. 28 mars 2027, 13:00:00 (UTC+02:00)"),
    ),
    "from the first of two half past twos": (
        "2027-10-31T02:30:00+02:00",
        "2027-11-01T01:30:00+01:00",
        ("Sun 31 Oct 2027, 02:30:00 (UTC+02:00)", "Mon 1 Nov 2027, 01:30:00 (UTC+01:00)"),
        ("dim. 31 oct. 2027, 02:30:00 (UTC+02:00)", "lun. 1 nov. 2027, 01:30:00 (UTC+01:00)"),
    ),
    "from the second of them": (
        "2027-10-31T02:30:00+01:00",
        "2027-11-01T02:30:00+01:00",
        ("Sun 31 Oct 2027, 02:30:00 (UTC+01:00)", "Mon 1 Nov 2027, 02:30:00 (UTC+01:00)"),
        ("dim. 31 oct. 2027, 02:30:00 (UTC+01:00)", "lun. 1 nov. 2027, 02:30:00 (UTC+01:00)"),
    ),
}


async def shown(client: Browser, case: str, language: str) -> str:
    await client.get("/cases")
    await client.post("/language", {"language": language, "back": "/cases"})
    return (await client.get(f"/cases/{case}")).words


def set_clock(desk: Running, instant: datetime) -> None:
    desk.clock.move(instant - desk.clock.now())


@pytest.mark.parametrize("change", CHANGES)
async def test_the_owner_has_24_elapsed_hours_whatever_the_clocks_on_the_wall_do(tmp_path: Path, change: str) -> None:
    text, end, english, french = CHANGES[change]
    received, deadline = datetime.fromisoformat(text), datetime.fromisoformat(end)
    assert deadline.astimezone(UTC) - received.astimezone(UTC) == timedelta(hours=24)
    async with running(tmp_path) as desk, browser(desk.url) as officer, browser(desk.url) as approver:
        set_clock(desk, received - timedelta(minutes=10))
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        case = await walked(desk, officer, approver, until="approve-request", names="clocks.example")
        set_clock(desk, received + timedelta(seconds=30))
        assert (await officer.act(case, "record-receipt", received_at=text, how="Return receipt")).status == 303
        for language, moments in (("en", english), ("fr", french)):
            words = await shown(officer, case, language)
            for moment in moments:
                assert moment in words, (language, moment)
        await shown(officer, case, "en")
        set_clock(desk, deadline - timedelta(seconds=30))
        early = await officer.act(
            case, "verify", verified_at=(deadline - timedelta(seconds=31)).isoformat(), method="x"
        )
        assert early.status == 409
        assert "24 hours are running" in early.words
        set_clock(desk, deadline)
        timely = await officer.act(case, "verify", verified_at=end, method="From two networks")
        assert timely.status == 303, timely.words


async def test_what_is_typed_without_an_offset_is_read_on_the_list_s_calendar_on_either_side(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as officer, browser(desk.url) as approver:
        set_clock(desk, datetime.fromisoformat("2027-10-31T00:30:00+02:00"))
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        case = await walked(desk, officer, approver, until="approve-request", names="typed.example")
        set_clock(desk, datetime.fromisoformat("2027-10-31T09:00:00+01:00"))
        # Half past two comes twice that night: the later one is taken, which gives the owner more time and never less.
        await officer.act(case, "record-receipt", received_at="2027-10-31T02:30:00", how="Return receipt")
        found = await desk.desk.road.store.case(case)
        assert found is not None
        assert found.receipt_at == datetime.fromisoformat("2027-10-31T02:30:00+01:00")
