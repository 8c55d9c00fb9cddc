"""Two people at once, over HTTP: one outcome, and the other is told."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from blocker.cases.case import Role
from blocker.cases.integrity import ledger
from tests.admin.running import PASSWORD, Browser, Running, browser
from tests.admin.walking import STEPS, reported, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHERS = {"officer": ("agent-015", Role.OFFICER), "approver": ("agent-023", Role.APPROVER)}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def colleagues(desk: Running) -> None:
    for number, role in OTHERS.values():
        await desk.desk.people.accounts.create(number, role, PASSWORD)


@pytest.mark.parametrize("act", STEPS)
async def test_of_two_who_take_the_same_step_at_once_one_takes_it(
    act: str, desk: Running, officer: Browser, approver: Browser
) -> None:
    before = (None, *STEPS)[list(STEPS).index(act)]
    name = {"names": f"{act}.at-once.example"}
    case = await walked(desk, officer, approver, until=before, **name)
    if act == "verify":
        desk.clock.move(timedelta(hours=24, minutes=1))
    if act in {"confirm-block", "confirm-lift"}:
        await reported(officer, case)
    who, entered = STEPS[act]
    async with browser(desk.url) as other:
        await other.sign_in(OTHERS[who][0])
        one = {"officer": officer, "approver": approver}[who]
        forms = [await client.get(f"/cases/{case}") for client in (one, other)]
        answers = await asyncio.gather(
            *(
                client.post(f"/cases/{case}/{act}", {"turn": form.hidden("turn"), **entered})
                for client, form in zip((one, other), forms, strict=True)
            )
        )
    assert sorted(answer.status for answer in answers) == [303, 409]
    (late,) = [answer for answer in answers if answer.status == 409]
    assert "Nothing was changed" in late.words
    events = await desk.desk.road.store.events(case)
    taken = [event for event in events if event.role is not Role.SYSTEM and event.transition != "Tid"]
    assert len(taken) == 2 + list(STEPS).index(act)
    await desk.carry_out()
    assert ledger.verify(await desk.desk.road.store.events()) is None


async def test_of_approving_and_refusing_at_once_one_counts(desk: Running, officer: Browser, approver: Browser) -> None:
    case = await walked(desk, officer, approver, until="propose-request", names="either.at-once.example")
    async with browser(desk.url) as other:
        await other.sign_in(OTHERS["approver"][0])
        turn = (await approver.get(f"/cases/{case}")).hidden("turn")
        await other.get(f"/cases/{case}")
        answers = await asyncio.gather(
            approver.post(f"/cases/{case}/approve-request", {"turn": turn}),
            other.post(f"/cases/{case}/refuse-request", {"turn": turn, "reason": "Not clear."}),
        )
    assert sorted(answer.status for answer in answers) == [303, 409]
    letters = await desk.desk.road.store.documents(case)
    assert bool(letters) is (answers[0].status == 303), "a refused request is sent to nobody"
