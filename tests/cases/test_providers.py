"""The providers' clocks and their resolvers' reports on a real store: alarms, lateness, receipts by fetch."""

from datetime import timedelta
from pathlib import Path

import pytest

from blocker.cases.agenda import Agenda
from blocker.cases.case import Case, State
from blocker.cases.isps.acknowledgements import RETIRED, Acknowledgement, Acknowledgements, Reported
from blocker.cases.isps.order import Order, Served, current
from blocker.cases.isps.providers import due
from tests.cases.desk import Desk, agreed, open_desk
from tests.cases.walking import LIFTING, START, TO_C6, VERSION

HOUR = timedelta(hours=1)


async def directed(desk: Desk) -> Case:
    """A case whose directive the one provider, isp-a, was told of, as version 7 of the signed list `national`."""
    case = None
    for act, actor in TO_C6:
        if act == "24h":
            desk.later(hours=24)
        elif act.startswith("record-") and act != "record-receipt":
            assert case is not None
            data = {"record-commit": {"commit": "0" * 40}}.get(act, VERSION)
            await desk.road._system_step(case.id, act, data, None)
            case = await desk.see(case)
        else:
            case = await desk.act(case, act, actor)
    assert case is not None
    return case


async def report(desk: Desk, serial: int, resolver: str = "resolver-1", list_: str = "national") -> None:
    made = Acknowledgement(list_, serial, f"{serial:064x}", desk.road.now(), resolver)
    await Acknowledgements(desk.road.store).record("isp-a", made, desk.road.now())


async def looked(desk: Desk, case: Case) -> Served:
    await desk.road.outbox().providers.tick()
    (served,) = current((await desk.see(case)).served)
    return served


@pytest.mark.asyncio
async def test_a_fetched_version_is_receipt_and_application_from_the_moment_of_its_report(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        desk.later(minutes=3)
        await report(desk, 6)
        assert (await looked(desk, case)).delivered_at is None
        desk.later(minutes=3)
        await report(desk, 8)
        served = await looked(desk, case)
        assert served.delivered_at == served.applied_at == desk.road.now()
        assert served.where == "resolver-1: version 8 in force"
        await desk.road.outbox().tick()
        assert (await desk.see(case)).state is State.IN_FORCE
        steps = [event.transition for event in await desk.road.store.events(case.id)]
        assert [step for step in steps if step in {"Ti", "Tid", "T11"}] == ["Ti", "Tid", "T11"]


@pytest.mark.asyncio
async def test_a_report_of_another_list_says_nothing(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        await report(desk, 99, list_="other")
        assert (await looked(desk, case)).delivered_at is None


@pytest.mark.asyncio
async def test_it_is_applied_once_all_resolvers_that_report_have_come_so_far(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        await report(desk, 6, "resolver-2")
        await report(desk, 7, "resolver-1")
        served = await looked(desk, case)
        assert served.delivered_at is not None
        assert served.applied_at is None
        desk.later(hours=1)
        await report(desk, 7, "resolver-2")
        assert (await looked(desk, case)).applied_at == desk.road.now()


@pytest.mark.asyncio
async def test_a_resolver_that_reports_no_more_is_not_waited_for(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        await report(desk, 6, "old")
        desk.later(seconds=RETIRED.total_seconds())
        await report(desk, 7)
        assert (await looked(desk, case)).applied_at is not None


@pytest.mark.asyncio
async def test_silence_is_recorded_after_an_hour_and_counted_after_two_days_each_once(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        assert (await looked(desk, case)).alarmed_at is None
        desk.later(hours=1)
        assert (await looked(desk, case)).alarmed_at == desk.road.now()
        desk.later(hours=47, seconds=1)
        for _ in range(3):
            assert (await looked(desk, case)).overdue_at == desk.road.now()
        steps = [event.transition for event in await desk.road.store.events(case.id)]
        assert (steps.count("Tiu"), steps.count("Tio")) == (1, 1)


@pytest.mark.asyncio
async def test_a_block_that_every_provider_has_carried_out_is_looked_after_no_longer(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        agenda, isps, later = Agenda(desk.road.store), {"isp-a"}, desk.road.now() + 1000 * HOUR
        assert await agenda.orders(isps, desk.road.now()) == {}
        assert await agenda.orders(isps, later) == {case.id: isps}
        await report(desk, 7)
        assert await agenda.orders(isps, desk.road.now()) == {case.id: isps}
        await looked(desk, case)
        assert await agenda.orders(isps, later) == await agenda.orders((), later) == {}


@pytest.mark.asyncio
async def test_isp_leaves_and_is_waited_for_no_longer(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await directed(desk)
        agreed(desk, isps=())
        assert (await looked(desk, case)).superseded_at == desk.road.now()
        await desk.road.outbox().tick()
        assert (await desk.see(case)).state is State.IN_FORCE


def test_clock_skew_of_a_provider_neither_applies_before_the_order_nor_in_the_future():
    served = Served(isp="isp-a", order=Order.BLOCK, issued_at=START, list="national", serial=7)
    for claimed, taken in ((START - HOUR, START), (START + HOUR, START + HOUR), (START + 9 * HOUR, START + 2 * HOUR)):
        told = Reported("isp-a", "resolver-1", 7, "ab" * 32, claimed, START + 2 * HOUR)
        steps = dict(due(served, [told], START + 2 * HOUR))
        assert steps["isp-applied"]["applied_at"] == taken.isoformat()


@pytest.mark.asyncio
async def test_a_late_isp_report_about_a_lifted_case_is_recorded_by_itself_and_moves_nothing(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(await directed(desk), *LIFTING)
        for act, data in (("record-lift-commit", {"commit": "1" * 40}), ("record-withdrawal", VERSION)):
            await desk.road._system_step(case.id, act, data, None)
        desk.later(hours=49)
        await desk.road.outbox().tick()
        case = await desk.see(case)
        assert case.state is State.LIFTED
        await report(desk, 9)
        served = await looked(desk, case)
        assert served.applied_at == desk.road.now()
        assert (await desk.see(case)).state is State.LIFTED
        assert await Agenda(desk.road.store).orders({"isp-a"}, desk.road.now()) == {}
