"""Directives × providers at the desk: what staff and contacts see, and what they report, over real HTTP."""

import itertools
import re
from datetime import timedelta
from html import unescape

import pytest
import pytest_asyncio

from blocker.admin import providers
from blocker.cases.case import Document, State
from blocker.cases.isps.acknowledgements import Acknowledgement, Acknowledgements
from blocker.cases.isps.order import Served, current
from blocker.cases.tokens import Machine, Tokens
from tests.admin.running import Browser, Running
from tests.admin.walking import walked

pytestmark = pytest.mark.asyncio(loop_scope="module")


NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="module")
async def case(desk: Running, officer: Browser, approver: Browser) -> str:
    """A case of the test's own, whose directive has just gone to both providers."""
    names = f"told-{next(NUMBERS)}.providers.example"
    return await walked(desk, officer, approver, until="approve-directive", names=names)


async def last(desk: Running, case: str, isp: str) -> Served:
    found = await desk.desk.road.store.case(case)
    assert found is not None
    return next(each for each in current(found.served) if each.isp == isp)


async def directive_to(desk: Running, case: str, isp: str) -> Document:
    letters = await desk.desk.road.store.documents(case)
    return next(letter for letter in letters if letter.kind == "isp-directive" and letter.recipient == isp)


async def send(contact: Browser, letter: str, act: str, **data: str) -> int:
    page = await contact.get(f"/directives/{letter}")
    form = {"turn": page.hidden("turn"), **data}
    return (await contact.post(f"/directives/{letter}/acts/{act}", form)).status


async def test_a_contact_confirms_asks_and_reports_at_the_directive_itself(
    desk: Running, officer: Browser, contact: Browser, case: str
) -> None:
    letter = (await directive_to(desk, case, "isp-a")).number
    page = await contact.get(f"/directives/{letter}")
    assert "sent, no receipt yet" in page.words
    assert await send(contact, letter, "isp-received", received_at="", how="Ticket 7") == 303
    assert (await last(desk, case, "isp-a")).delivered_at is not None
    assert await send(contact, letter, "isp-query", about="too_broad", query="Is all below it meant?") == 303
    assert "Is all below it meant?" in (await officer.get(f"/cases/{case}/isps/isp-a")).words
    answer = {"isp": "isp-a", "answer": "Yes, all of it."}
    page = await officer.get(f"/cases/{case}/isps/isp-a")
    done = await officer.post(f"/cases/{case}/isp-answer", {"turn": page.hidden("turn"), **answer})
    assert (done.status, done.location) == (303, f"/cases/{case}/isps/isp-a")
    assert "Yes, all of it." in (await contact.get(f"/directives/{letter}")).words
    assert await send(contact, letter, "isp-applied", applied_at="", where="dns1, dns2") == 303
    assert (await last(desk, case, "isp-a")).where == "dns1, dns2"
    assert "carried out" in (await contact.get("/directives")).words
    events = [event.transition for event in await desk.desk.road.store.events(case)]
    assert events[-4:] == ["Ti", "Tiq", "Tia", "Tid"]


async def test_a_contact_cannot_speak_for_another_provider_nor_take_a_step_of_staff(
    desk: Running, contact: Browser, case: str
) -> None:
    other = (await directive_to(desk, case, "isp-b")).number
    await contact.get("/directives")
    assert (await contact.post(f"/directives/{other}/acts/isp-received", {"turn": "1"})).status == 404
    own = (await directive_to(desk, case, "isp-a")).number
    for act in ("isp-answer", "isp-grant-rest", "propose-lift", "confirm-block", "nothing"):
        assert (await contact.post(f"/directives/{own}/acts/{act}", {"turn": "1"})).status == 404, act
    assert await send(contact, own, "isp-cannot", isp="isp-b", why="outage", reason="Down.") == 303
    assert (await last(desk, case, "isp-a")).cannot is not None
    assert (await last(desk, case, "isp-b")).cannot is None, "the form's provider is never believed"


async def test_what_is_wrong_with_a_report_stands_beside_its_field(
    desk: Running, officer: Browser, contact: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-directive", names="wrong.providers.example")
    letter = (await directive_to(desk, case, "isp-a")).number
    page = await contact.get(f"/directives/{letter}")
    wrong = await contact.post(f"/directives/{letter}/acts/isp-query", {"turn": page.hidden("turn"), "query": "?"})
    assert wrong.status == 422
    assert "choose one of" in wrong.words or "must be filled in" in wrong.words
    page = await officer.get(f"/cases/{case}/isps/isp-b")
    form = {"turn": page.hidden("turn"), "isp": "isp-b", "applied_at": "2001-01-01T00:00", "where": "all"}
    wrong = await officer.post(f"/cases/{case}/isp-applied", form)
    assert wrong.status == 422
    assert "the directive was not issued yet at that instant" in wrong.words
    assert (await officer.post(f"/cases/{case}/isp-applied", {**form, "isp": "nobody"})).status in {404, 422}


async def test_the_matrix_shows_each_directive_at_each_provider_and_who_is_late(
    desk: Running, officer: Browser, overseer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-directive", names="late.providers.example")
    found = await desk.desk.road.store.case(case)
    assert found is not None and found.directive is not None
    page = await overseer.get("/matrix")
    row = page.words.partition(found.directive)[2][:300]
    assert row.count("sent, no receipt yet") == 2
    assert f'href="/cases/{case}/isps/isp-b"' in page.text
    desk.clock.move(timedelta(hours=48, minutes=1))
    await desk.carry_out()
    row = (await overseer.get("/matrix")).words.partition(found.directive)[2][:300]
    assert row.count("overdue late") == 2
    assert (await desk.desk.road.store.case(case)).state is State.IN_FORCE  # type: ignore[union-attr]
    assert "late: " in (await officer.get("/isps")).words


async def test_the_providers_page_says_what_each_resolver_reported_and_how_fast_orders_were_carried_out(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    await walked(desk, officer, approver, until="confirm-block", names="fast.providers.example")
    reports = Acknowledgements(desk.desk.road.store)
    now = desk.desk.road.now()
    await reports.record("isp-a", Acknowledgement("national", 41, "ab" * 32, now, "paris-1"), now)
    await Tokens(desk.desk.road.store, Machine.PROVIDER).issue("isp-a", now)
    words = (await officer.get("/isps")).words
    assert "paris-1: version 41 in force" in words
    for said in ("noc@isp-a.example", "contact-001", "issued", "none issued", "In time", "median"):
        assert said in words, said


async def test_an_order_of_a_provider_that_was_never_told_has_no_page(officer: Browser, case: str) -> None:
    assert (await officer.get(f"/cases/{case}/isps/isp-c")).status == 404
    page = await officer.get(f"/cases/{case}")
    assert f'href="/cases/{case}/isps/isp-a"' in page.text


async def test_the_matrix_goes_on_page_by_page_first_what_is_open_then_the_rest(
    desk: Running, officer: Browser, approver: Browser, overseer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await walked(desk, officer, approver, until="approve-directive", names="open.pages.example")
    await walked(desk, officer, approver, until="confirm-block", names="settled.pages.example")
    whole = (await overseer.get("/matrix")).text
    wanted = [re.findall(r'<th scope="row"><a href="/cases/([^"]*)"', part) for part in whole.split("<section")[-2:]]
    assert all(len(part) > 1 for part in wanted)
    monkeypatch.setattr(providers, "SHOWN", 1)
    for part, link in zip(wanted, ("after", "before"), strict=True):
        found, at = [], "/matrix"
        for number in range(len(part)):
            page = await overseer.get(at)
            rows = re.findall(r'<th scope="row"><a href="/cases/([^"]*)"', page.text)
            found.append(rows[-1] if link == "before" else rows[0])
            assert len(rows) == (2 if number == 0 else 1), "a further page has one table"
            assert ('href="/matrix"' in page.text.partition("<main")[2]) is (number > 0)
            at = unescape(re.findall(rf'href="(/matrix\?{link}=[^"]*)"', page.text)[0])
        assert found == part
        assert "There are no more." in (await overseer.get(at)).words
    for wrong in ("?after=yesterday", "?before=x", "?before=-1"):
        assert (await overseer.request("GET", f"/matrix{wrong}")).status == 400
