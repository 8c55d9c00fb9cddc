"""The overseer, an ISP's contact and the auditor: what they see, what they do not, and that it is there at once."""

import re
import shutil
from pathlib import Path

import pytest

from blocker.admin import ledger
from tests.admin.running import APPROVER, CONTACT, OFFICER, OVERSEER, PASSWORD, Browser, Running, browser
from tests.admin.walking import opened, reported, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAILS = Path(__file__).parents[1] / "cases" / "mails"


async def test_each_role_begins_with_its_own_page(desk: Running) -> None:
    for number, home in ((OFFICER, "/today"), (OVERSEER, "/oversight"), (CONTACT, "/directives")):
        async with browser(desk.url) as client:
            assert (await client.sign_in(number)).location == home
            assert (await client.get("/")).location == home
            assert (await client.get("/sign-in")).location == home
            assert (await client.get(home)).status == 200


async def test_the_overseer_sees_every_step_as_it_happens(desk: Running, officer: Browser, overseer: Browser) -> None:
    case = await opened(officer)
    page = await overseer.get("/oversight")
    assert page.words.index(case) < page.words.index("Case opened")
    seq, head = (await desk.desk.road.store.events())[-1].seq, (await desk.desk.road.store.events())[-1].hash
    assert f"{seq}:{head}" in page.text
    seen = await overseer.get(f"/cases/{case}")
    assert seen.status == 200
    assert "<form" not in seen.text.partition("<main")[2]


async def test_the_notice_is_there_with_the_act_and_leads_to_its_letter(
    desk: Running, officer: Browser, approver: Browser, overseer: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="noticed.example")
    (notice,) = [letter for letter in await desk.desk.road.store.documents(case) if letter.kind == "oversight-notice"]
    assert f'href="/cases/{case}/letters/{notice.number}"' in (await overseer.get("/oversight")).text
    letter = await overseer.get(f"/cases/{case}/letters/{notice.number}")
    assert "NOTICE TO THE OVERSEER" in letter.words
    assert "overseer@oversight.example" in letter.words


async def test_older_steps_are_one_link_away(
    desk: Running, officer: Browser, overseer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "SHOWN", 3)
    for number in range(5):
        await opened(officer, names=f"old-{number}.example")
    last = (await desk.desk.road.store.events())[-1].seq
    first = await overseer.get("/oversight")
    assert f"#{last}" in first.words and f"#{last - 2}" in first.words and f"#{last - 3}" not in first.words
    assert f"/oversight?before={last - 2}" in first.text
    older = await overseer.get(f"/oversight?before={last - 2}")
    assert f"#{last - 3}" in older.words and f"#{last - 2}" not in older.words
    for wrong in ("x", "-1", "1e9", "9" * 30, "%00"):
        assert (await overseer.get(f"/oversight?before={wrong}")).status == 400, wrong


async def test_a_contact_sees_what_is_to_be_done_and_until_when(
    desk: Running, officer: Browser, approver: Browser, contact: Browser
) -> None:
    names = {"names": "duty.propaganda-copy.example"}
    case = await walked(desk, officer, approver, until="approve-request", **names)
    assert "Nothing (for information)" in (await contact.get("/directives")).words
    async with browser(desk.url) as other:
        await other.sign_in(OFFICER)
        case = await walked(desk, officer, approver, until="approve-directive", names="todo.propaganda-copy.example")
    found = await desk.desk.road.store.case(case)
    assert found is not None and found.isp_deadline is not None
    page = await contact.get("/directives")
    row = page.words.partition("todo.propaganda-copy.example")[2][:160]
    assert "that name alone" in row or "and all below it" in row
    assert "Block sent, no receipt yet 47 h 59 min left" in row or "Block sent, no receipt yet 2 d 0 h left" in row
    await reported(officer, case)
    await officer.act(case, "confirm-block", how="Probe")
    assert "Keep blocked" in (await contact.get("/directives")).words
    await officer.act(case, "propose-lift", reason_code="content_removed", reason="All is gone.")
    await approver.act(case, "approve-lift")
    await desk.carry_out()
    assert "Restore access" in (await contact.get("/directives")).words
    await reported(officer, case)
    await officer.act(case, "confirm-lift", how="Probe")
    assert "Nothing (over)" in (await contact.get("/directives")).words


async def test_a_contact_sees_no_letter_to_another_and_nothing_of_the_case(
    desk: Running, officer: Browser, approver: Browser, contact: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="mine.example")
    page = await contact.get("/directives")
    for secret in ("http://", "abuse@hosting.example", "Praises an attack", f"/cases/{case}"):
        assert secret not in page.text.partition("<main")[2]
    for letter in await desk.desk.road.store.documents(case):
        for tail in ("", "/text"):
            answer = await contact.get(f"/directives/{letter.number}{tail}")
            assert answer.status == (200 if letter.recipient == "isp-a" else 404), letter.recipient
    assert (await contact.get("/directives/D-1999-000001")).status == 404


async def test_the_text_of_a_directive_is_its_very_bytes(desk: Running, contact: Browser) -> None:
    letter = (await desk.desk.road.store.letters_to("isp-a", None, 100))[0]
    answer = await contact.get(f"/directives/{letter.number}/text")
    assert answer.text == letter.text
    assert f'filename="{letter.number}.txt"' in answer.headers["Content-Disposition"]


async def test_the_auditor_reads_who_came_and_went_and_no_address(desk: Running, auditor: Browser) -> None:
    async with browser(desk.url) as client:
        await client.sign_in(APPROVER)
        await client.post("/sign-out")
        await client.sign_in("agent-099", "my secret password")
        await client.sign_in(APPROVER, "a wrong password")
    page = await auditor.get("/sign-ins")
    for said in (f"{APPROVER}", "signed in", "signed out", "refused", "no such number", "ISP contact, isp-a"):
        assert said in page.words, said
    for secret in ("my secret password", "agent-099", "a wrong password", PASSWORD):
        assert secret not in page.text
    assert "127.0.0.1" not in page.text


async def test_the_auditor_reads_cases_letters_and_steps_and_is_offered_nothing(
    desk: Running, officer: Browser, approver: Browser, auditor: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="audited.example")
    letter = (await desk.desk.road.store.documents(case))[0].number
    for path in ("/cases", f"/cases/{case}", f"/cases/{case}/letters/{letter}", "/oversight", "/sign-ins"):
        page = await auditor.get(path)
        assert page.status == 200, path
        forms = re.findall(r'<form[^>]*action="([^"]*)"', page.text.partition("<main")[2])
        assert set(forms) <= {"/cases/search"}, path
    refused = await auditor.post(f"/cases/{case}/record-receipt", {"turn": "1"})
    assert refused.status == 403


def arrives(desk: Running, name: str, message: str, as_: str) -> None:
    folder = desk.settings.admin.incoming
    assert folder is not None
    folder.mkdir(exist_ok=True)
    content = (MAILS / f"{name}.eml").read_bytes().replace(b"2026-000001.5.1@redhand.invalid", message.encode())
    (folder / f"{as_}.eml").write_bytes(content.replace(b"Original-Envelope-Id", b"X-Envelope"))


async def sent_as(desk: Running, case: str) -> str:
    events = await desk.desk.road.store.events(case)
    first = next(event for event in events if event.transition == "Ts")
    return first.data["message_id"].strip("<>")


async def test_a_receipt_that_came_back_fills_in_the_form_and_an_officer_sends_it(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="receipt.example")
    arrives(desk, "displayed", await sent_as(desk, case), "receipt")
    await desk.carry_out()
    page = await officer.get(f"/cases/{case}")
    assert "A receipt came back" in page.words
    form = page.text.partition(f'action="/cases/{case}/record-receipt"')[2].partition("</form>")[0]
    assert "Mail that came back to letter D-" in form
    assert 'name="received_at"' in form and 'value="2026-' in form
    found = await desk.desk.road.store.case(case)
    assert found is not None and found.receipt_at is None
    other = await approver.get(f"/cases/{case}")
    assert "A receipt came back" in other.words
    done = await officer.act(case, "record-receipt", received_at="", how="It came back by mail.")
    assert done.status == 303
    assert "Judge it" not in (await officer.get(f"/cases/{case}")).words


async def test_a_bounce_stands_on_the_case_and_a_stranger_s_mail_is_counted(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="bounced.example")
    arrives(desk, "bounce", await sent_as(desk, case), "bounce")
    incoming = desk.settings.admin.incoming
    assert incoming is not None
    shutil.copy(MAILS / "stranger.eml", incoming / "stranger.eml")
    await desk.carry_out()
    page = await officer.get(f"/cases/{case}")
    assert "could not be delivered" in page.words
    assert "550 5.1.1 no such user" in page.words
    assert "Mails that belong to no letter: 1" in (await officer.get("/today")).words
