"""LEGAL §6c: a provider added after directives, one that leaves, one that comes back; on a real store and outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index, Source
from blocker.cases.case import Actor, Case, Role, State
from blocker.cases.context import Recipient
from blocker.cases.integrity.audit import judge
from blocker.cases.isps.acknowledgements import Acknowledgement, Acknowledgements
from blocker.cases.isps.onboardings import Onboarding, Onboardings
from blocker.cases.isps.order import Order, Served, Standing, current
from blocker.desk_settings import Isp, Overseer
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from tests.cases.desk import Desk, agreed, open_desk
from tests.cases.walking import APPROVER, CONTACT_A, CONTACT_B, LIFTING, OFFICER, ROADS, START, TO_C5D, Walk

FIRST, SECOND = [Isp(id=f"isp-{each}", name=each, mail=f"noc@isp-{each}.example") for each in "ab"]


@asynccontextmanager
async def with_a_block(data: Path) -> AsyncIterator[Desk]:
    """A desk with one provider, isp-a, which has blocked what one case ordered."""
    async with open_desk(data) as desk:
        agreed(desk, overseer=Overseer(name="The overseer", mail="overseer@oversight.example"))
        case = await desk.work(await desk.go(None, *TO_C5D[:-1]))
        case = await desk.work(case)
        case = await desk.work(await desk.go(case, ("isp-applied isp-a", OFFICER)))
        assert case.state is State.IN_FORCE
        yield desk


async def restarted(desk: Desk, *isps: Isp) -> Case:
    """The desk starts again under settings with these providers, and its outbox goes round twice: the case since."""
    agreed(desk, isps=isps)
    await desk.road.outbox().tick()
    await desk.road.outbox().tick()
    (case,) = await desk.road.store.cases()
    return case


def order_of(case: Case, isp: str) -> Served:
    return {each.isp: each for each in current(case.served)}[isp]


async def onboarding(desk: Desk, isp: str = "isp-b") -> Onboarding:
    return list((await Onboardings(desk.road.store).of(isp)).values())[-1]


async def record(desk: Desk, act: str, actor: Actor, **data: str) -> None:
    boards = Onboardings(desk.road.store)
    await boards.record(await onboarding(desk), act, actor, data, desk.road.now())


async def sound(desk: Desk) -> None:
    assert judge(desk.settings.admin.database).findings == ()


@pytest.mark.asyncio
async def test_isp_added_after_directives_gets_one_onboarding_directive_with_its_own_24_hours(tmp_path: Path):
    async with with_a_block(tmp_path) as desk:
        desk.later(days=5)
        letters = len(desk.letters())
        case = await restarted(desk, FIRST, SECOND)
        told = await onboarding(desk)
        order = order_of(case, "isp-b")
        assert (order.order, order.issued_at, order.onboarding) == (Order.BLOCK, desk.road.now(), told.document)
        assert (case.state, told.directives) == (State.IN_FORCE, frozenset([str(case.directive)]))
        assert order_of(case, "isp-a").standing(desk.road.now()) is Standing.APPLIED, "nobody else is told anything"
        letter = await desk.road.store.document(told.document)
        assert letter is not None
        assert (letter.recipient, letter.kind, letter.case) == ("isp-b", "isp-onboarding", "isp-b")
        assert "propaganda.example" in letter.text
        assert str(case.directive) in letter.text
        copy = await desk.road.store.letters_to("overseer", None, 1)
        assert [each.kind for each in copy] == ["isp-onboarding"]
        assert len(desk.letters()) == letters + 2
        (entry,) = [each for each in await desk.road.store.events("isp-b") if each.transition == "onboarding"]
        assert entry.doc_sha256 == (letter.sha256, copy[0].sha256)
        assert not await desk.road.store.effects()
        await restarted(desk, FIRST, SECOND)
        assert len(await Onboardings(desk.road.store).of("isp-b")) == 1, "told once"
        await sound(desk)


@pytest.mark.asyncio
async def test_its_receipt_starts_the_clock_of_every_directive_and_its_application_settles_them(tmp_path: Path):
    async with with_a_block(tmp_path) as desk:
        case = await restarted(desk, FIRST, SECOND)
        issued = desk.road.now()
        desk.later(hours=3)
        received = issued + timedelta(hours=2)
        with pytest.raises(ForbiddenError):
            await record(desk, "isp-received", CONTACT_A, received_at=received.isoformat(), how="-")
        for wrong in (issued - timedelta(hours=1), issued + timedelta(hours=9)):
            with pytest.raises(FormError):
                await record(desk, "isp-received", CONTACT_B, received_at=wrong.isoformat(), how="-")
        await record(desk, "isp-received", CONTACT_B, received_at=received.isoformat(), how="A reply.")
        with pytest.raises(IllegalStepError, match="recorded already"):
            await record(desk, "isp-received", OFFICER, received_at=received.isoformat(), how="-")
        case = await restarted(desk, FIRST, SECOND)
        assert order_of(case, "isp-b").due == (await onboarding(desk)).order.due == received + timedelta(hours=24)
        desk.later(hours=20)
        await record(desk, "isp-applied", CONTACT_B, applied_at=desk.road.now().isoformat(), where="Both.")
        case = await restarted(desk, FIRST, SECOND)
        assert (order_of(case, "isp-b").applied_at, order_of(case, "isp-b").where) == (desk.road.now(), "Both.")
        assert not order_of(case, "isp-b").late(desk.road.now())
        with pytest.raises(IllegalStepError):
            await record(desk, "isp-cannot", CONTACT_B, why="outage", reason="-")
        await sound(desk)


@pytest.mark.asyncio
async def test_one_that_stays_silent_is_told_of_once_and_counted_late_in_each_case(tmp_path: Path):
    async with with_a_block(tmp_path) as desk:
        await restarted(desk, FIRST, SECOND)
        desk.later(hours=1)
        await restarted(desk, FIRST, SECOND)
        desk.later(hours=47, seconds=1)
        case = await restarted(desk, FIRST, SECOND)
        assert order_of(case, "isp-b").overdue_at == (await onboarding(desk)).order.overdue_at == desk.road.now()
        assert [each.transition for each in await desk.road.store.events("isp-b")].count("Tiu") == 1
        assert not [each for each in await desk.road.store.events(case.id) if each.transition == "Tiu"]


@pytest.mark.asyncio
async def test_isp_leaves_and_comes_back_and_is_told_anew(tmp_path: Path):
    async with with_a_block(tmp_path) as desk:
        case = await restarted(desk)
        assert order_of(case, "isp-a").standing(desk.road.now()) is Standing.SUPERSEDED, "though it had carried it out"
        report = Acknowledgement("national", 9, "ab" * 32, desk.road.now(), "resolver-1")
        await Acknowledgements(desk.road.store).record("isp-a", report, desk.road.now())
        desk.later(days=1)
        case = await restarted(desk, FIRST)
        order = order_of(case, "isp-a")
        assert (order.issued_at, order.open) == (desk.road.now(), True)
        first = await onboarding(desk, "isp-a")
        case = await restarted(desk)
        assert not (await onboarding(desk, "isp-a")).order.stands
        desk.later(days=1)
        case = await restarted(desk, FIRST)
        assert order_of(case, "isp-a").onboarding not in {None, first.document}
        assert len([each for each in case.served if each.isp == "isp-a"]) == 3
        case = await desk.go(case, *LIFTING)
        case = await desk.work(await desk.work(case))
        assert order_of(case, "isp-a").order is Order.RESTORE
        await sound(desk)


@pytest.mark.asyncio
async def test_what_its_resolvers_reported_before_it_was_told_proves_nothing(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        reports, isp = Acknowledgements(desk.road.store), Recipient("isp-a", "First", "noc@isp-a.example")
        case = Walk().go(*ROADS["C7"]).at
        signed = Source("national", 7, 7, Environment.TRIAL, "ab" * 32, ())
        carrying = cast("Index", SimpleNamespace(origins={}, header=SimpleNamespace(sources=(signed,))))
        roster = desk.road.outbox().providers.roster
        assert await roster._source(isp, case, carrying) == "national 7"
        await reports.record("isp-a", Acknowledgement("national", 9, "cd" * 32, desk.road.now(), "r"), desk.road.now())
        assert await roster._source(isp, case, carrying) == "national 10"


@pytest.mark.asyncio
async def test_a_kill_after_the_letter_is_made_good_with_the_same_letter(tmp_path: Path):
    async with with_a_block(tmp_path) as desk:
        agreed(desk, isps=(FIRST, SECOND))
        roster = desk.road.outbox().providers.roster

        async def killed(*_: object) -> Case:
            raise IllegalStepError("the desk is gone")

        roster.step = killed
        await roster.tick(frozenset({"isp-a", "isp-b"}))
        (case,) = await desk.road.store.cases()
        assert "isp-b" not in {each.isp for each in case.served}
        told = await onboarding(desk)
        case = await restarted(desk, FIRST, SECOND)
        assert order_of(case, "isp-b").onboarding == told.document
        assert len(await Onboardings(desk.road.store).of("isp-b")) == 1


def test_nobody_but_the_provider_and_officers_says_that_it_was_received():
    order = Served(isp="isp-b", order=Order.BLOCK, issued_at=START)
    told = Onboarding("D-2026-000001", frozenset(), order)
    assert told.acts(CONTACT_B, START) == told.acts(OFFICER, START) == ("isp-received", "isp-applied")
    assert told.acts(CONTACT_A, START) == told.acts(APPROVER, START) == ()
    assert told.acts(Actor("audit-001", Role.AUDITOR), START) == ()
