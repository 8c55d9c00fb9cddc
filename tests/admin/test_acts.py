"""Acts through the desk's forms, over real HTTP, on a real store and a real list in git."""

import asyncio
import re
from datetime import timedelta

import pytest

from blocker.cases.case import Actor, Role, State
from blocker.cases.table import TRANSITIONS
from blocker.cases.workflow import legal, waiting
from tests.admin.running import APPROVER, OFFICER, Browser, Running
from tests.admin.walking import REPORT, STEPS, opened, reported, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = '"><script>alert(1)</script>{{7*7}}\u202e'


async def state(desk: Running, number: str) -> State:
    found = await desk.desk.road.store.case(number)
    assert found is not None
    return found.state


async def test_a_case_goes_from_report_to_lifted_by_the_desk_s_own_forms(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="confirm-lift", names="whole.road.example")
    assert await state(desk, number) is State.LIFTED
    page = await officer.get(f"/cases/{number}")
    assert "The block is lifted. The case has ended." in page.words
    assert page.text.count("<summary><b>") == len(await desk.desk.road.store.events(number))
    assert "agent-022, approver" in page.words


async def test_every_form_that_is_shown_is_one_that_the_workflow_takes(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, names="forms.example")
    people = {
        "officer": (officer, Actor(OFFICER, Role.OFFICER)),
        "approver": (approver, Actor(APPROVER, Role.APPROVER)),
    }
    for act, (who, entered) in STEPS.items():
        found = await desk.desk.road.store.case(number)
        assert found is not None
        for client, actor in people.values():
            page = await client.get(f"/cases/{number}")
            shown = re.findall(rf'action="/cases/{number}/([a-z-]+)"', page.text)
            now = desk.desk.road.now()
            assert shown == [row.act for row in legal(found, actor, now) if row.at_isp is None]
            for wait in waiting(found, actor, now):
                assert wait.transition.title in page.words
        client, _ = people[who]
        if act in {"confirm-block", "confirm-lift"}:
            await reported(officer, number)
        assert (await client.act(number, act, **entered)).status == 303
        await desk.carry_out()
        if act == "record-receipt":
            desk.clock.move(timedelta(hours=24, minutes=1))


async def test_an_act_that_waits_for_a_clock_says_from_when_it_is_possible(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="approve-request", names="clock.example")
    await officer.act(number, "record-receipt", **STEPS["record-receipt"][1])
    found = await desk.desk.road.store.case(number)
    assert found is not None
    assert found.deadline is not None
    page = await officer.get(f"/cases/{number}")
    moments = desk.desk.moments(desk.desk.languages["en"])
    assert f"Possible from {moments.full(found.deadline)}" in page.words
    assert moments.full(found.deadline).endswith(("(UTC+01:00)", "(UTC+02:00)"))
    assert re.search(r"(24 h 0|23 h 59) min left", page.words)
    early = await officer.act(number, "verify", **STEPS["verify"][1])
    assert early.status == 409
    assert "24 hours are running" in early.words
    assert f'href="/cases/{number}"' in early.text


async def test_whoever_proposed_is_told_why_the_approval_is_not_offered(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="propose-request", names="two.example")
    page = await officer.get(f"/cases/{number}")
    assert "Approve the request to the owner – for an approver" in page.words
    assert "Whoever proposes does not approve" in page.words
    refused = await officer.act(number, "approve-request")
    assert refused.status == 403
    assert await state(desk, number) is State.NOTICE_PENDING


async def test_an_account_that_changed_its_role_still_cannot_approve_what_it_proposed(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="propose-request", names="turncoat.example")
    change = "UPDATE accounts SET role = ? WHERE number = ?"
    await desk.desk.road.store.execute(change, ("approver", OFFICER))
    try:
        page = await officer.get(f"/cases/{number}")
        assert "You have acted in this case in another role. Another person must do this." in page.words
        assert f"/cases/{number}/approve-request" not in page.text
        refused = await officer.post(f"/cases/{number}/approve-request", {"turn": "1"})
        assert refused.status in {403, 409}
        assert await state(desk, number) is State.NOTICE_PENDING
    finally:
        await desk.desk.road.store.execute(change, ("officer", OFFICER))


async def test_a_form_sent_twice_is_carried_out_once(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="twice.example")
    page = await officer.get(f"/cases/{number}")
    form = {"turn": page.hidden("turn"), **STEPS["assess"][1]}
    first = await officer.post(f"/cases/{number}/assess", form)
    second = await officer.post(f"/cases/{number}/assess", form)
    assert (first.status, second.status) == (303, 409)
    assert f'href="/cases/{number}"' in second.text
    events = await desk.desk.road.store.events(number)
    assert [event.transition for event in events] == ["T1", "T2"]


async def test_an_act_on_an_old_view_of_the_case_is_refused(desk: Running, officer: Browser, approver: Browser) -> None:
    number = await walked(desk, officer, approver, until="confirm-block", names="old-view.example")
    turn = (await officer.get(f"/cases/{number}")).hidden("turn")
    lift = STEPS["propose-lift"][1]
    assert (await officer.act(number, "propose-lift", **lift)).status == 303
    assert (await approver.act(number, "refuse-lift", reason="Not yet.")).status == 303
    answer = await officer.post(f"/cases/{number}/propose-lift", {"turn": turn, **lift})
    assert answer.status == 409
    assert "This case has moved on meanwhile" in answer.words


async def test_two_people_at_once_get_one_outcome(desk: Running, officer: Browser, approver: Browser) -> None:
    number = await walked(desk, officer, approver, until="propose-request", names="race.example")
    page = await approver.get(f"/cases/{number}")
    turn = {"turn": page.hidden("turn")}
    answers = await asyncio.gather(
        approver.post(f"/cases/{number}/approve-request", turn),
        approver.post(f"/cases/{number}/refuse-request", {**turn, "reason": "No."}),
    )
    assert sorted(answer.status for answer in answers) == [303, 409]


@pytest.mark.parametrize("times", [2, 5])
async def test_a_report_sent_several_times_at_once_opens_one_case(desk: Running, officer: Browser, times: int) -> None:
    form = await officer.get("/cases/new")
    report = {**REPORT, "names": f"double-{times}.example", "once": form.hidden("once")}
    before = len(await desk.desk.road.store.cases())
    answers = await asyncio.gather(*(officer.post("/cases", report) for _ in range(times)))
    assert len({answer.location for answer in answers}) == 1
    assert {answer.status for answer in answers} == {303}
    assert len(await desk.desk.road.store.cases()) == before + 1


async def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(desk: Running, officer: Browser) -> None:
    form = await officer.get("/cases/new")
    wrong = {
        **REPORT,
        "names": "good.example\nhttp://bad.example/x",
        "source": "",
        "urls": "ftp://x",
        "seen_at": "2026",
    }
    before = len(await desk.desk.road.store.cases())
    answer = await officer.post("/cases", {**wrong, "once": form.hidden("once")})
    assert answer.status == 422
    assert len(await desk.desk.road.store.cases()) == before
    assert "<title>Error:" in answer.text
    for name, said in {
        "names": "this is a URL: write the host name alone, without scheme and path",
        "source": "this must be filled in",
        "urls": "write whole addresses",
    }.items():
        field = re.search(
            rf'<div class="field faulty">(?:(?!</div>).)*id="report-{name}".*?</div>', answer.text, re.DOTALL
        )
        assert field, name
        assert said in field[0]
        assert 'aria-describedby="' in field[0]
        assert 'aria-invalid="true"' in field[0]
        assert f'href="#report-{name}"' in answer.text
    assert "good.example\nhttp://bad.example/x</textarea>" in answer.text
    assert f'value="{REPORT["capture"]}"' in answer.text
    assert '<option value="terrorism" selected>' in answer.text
    assert 'value="domain" checked' in answer.text


async def test_a_form_of_a_case_comes_back_open_as_it_was_typed(desk: Running, officer: Browser) -> None:
    number = await opened(officer, names="comes-back.example")
    answer = await officer.act(
        number, "assess", qualification="Long thoughts.", proportionality="", deconfliction="U-1"
    )
    assert answer.status == 422
    assert "Long thoughts.</textarea>" in answer.text
    assert "<details open>\n        <summary>Record the assessment" in answer.text
    assert await state(desk, number) is State.DRAFT


@pytest.mark.parametrize(
    "name", ["names", "urls", "source", "seen_from", "capture", "ground", "seen_at", "names-scope"]
)
async def test_hostile_input_is_never_reflected_as_markup(officer: Browser, name: str) -> None:
    form = await officer.get("/cases/new")
    entered = {**REPORT, "names": f"{name.replace('_', '-')}.example", name: HOSTILE}
    answer = await officer.post("/cases", {**entered, "once": form.hidden("once")})
    if answer.location is not None:
        answer = await officer.get(answer.location)
    assert "<script" not in answer.text
    main = answer.text.partition("<main")[2].partition("<footer")[0]
    shown = re.sub(r'type="hidden" name="\w+" value="[^"]*"', "", main)  # random tokens hold any digits
    assert "49" not in shown or name == "names-scope"


async def test_hostile_text_in_a_case_stays_text_everywhere(officer: Browser, approver: Browser) -> None:
    text = HOSTILE.replace("\u202e", "")
    number = await opened(
        officer, names="hostile.example", source=text, seen_from=text, urls="http://h.example/<script>"
    )
    entered = {**dict.fromkeys(STEPS["assess"][1], text), "extent": "whole"}
    assert (await officer.act(number, "assess", **entered)).status == 303
    for client in (officer, approver):
        for path in (f"/cases/{number}", "/cases"):
            page = await client.get(path)
            assert page.status == 200
            assert "<script" not in page.text


async def test_what_the_page_shows_of_letters_is_what_was_issued(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="approve-request", names="letters.example")
    for letter in await desk.desk.road.store.documents(number):
        page = await officer.get(f"/cases/{number}")
        assert f'href="/cases/{number}/letters/{letter.number}"' in page.text
        shown = await officer.get(f"/cases/{number}/letters/{letter.number}")
        assert letter.sha256 in shown.text
        saved = await officer.get(f"/cases/{number}/letters/{letter.number}/text")
        assert saved.text == letter.text
        assert saved.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "attachment" in saved.headers["Content-Disposition"]
        other = await officer.get(f"/cases/2026-000001/letters/{letter.number}")
        assert other.status == 404


async def test_an_effect_that_fails_is_shown_with_its_reason(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, until="propose-request", names="fails.example")
    folder = desk.settings.admin.letters
    away = folder.with_name("letters-away")
    if folder.exists():
        folder.rename(away)
    folder.write_text("a file where the folder was")
    try:
        await approver.act(number, "approve-request")
        await desk.desk.road.outbox().tick()
        page = await officer.get(f"/cases/{number}")
        assert "on its way, 1 tries so far" in page.words
    finally:
        folder.unlink()
        if away.exists():
            away.rename(folder)
    desk.clock.move(timedelta(minutes=20))
    await desk.carry_out()
    assert "All letters and commits of this case are done" in (await officer.get(f"/cases/{number}")).words


@pytest.mark.parametrize("turn", ["", "x", "-1", "9" * 40, "१"])
async def test_an_act_that_does_not_say_what_it_saw_is_refused(desk: Running, officer: Browser, turn: str) -> None:
    number = await opened(officer, names=f"turn{len(turn)}-{ord(turn[0]) if turn else 0}.example")
    await officer.get(f"/cases/{number}")
    answer = await officer.post(f"/cases/{number}/assess", {"turn": turn, **STEPS["assess"][1]})
    assert answer.status == 400
    assert await state(desk, number) is State.DRAFT


@pytest.mark.parametrize("act", [row.act for row in TRANSITIONS if Role.SYSTEM in row.roles and len(row.roles) == 1])
async def test_what_only_the_system_does_nobody_can_do_by_a_form(officer: Browser, approver: Browser, act: str) -> None:
    number = await opened(officer, names=f"{act}.example")
    for client in (officer, approver):
        page = await client.get("/cases")
        assert page.status == 200
        assert (await client.post(f"/cases/{number}/{act}", {"turn": "1"})).status in {403, 409}


async def test_an_act_that_does_not_exist_and_a_case_that_does_not_are_not_found(officer: Browser) -> None:
    number = await opened(officer, names="exists.example")
    await officer.get("/cases")
    assert (await officer.post(f"/cases/{number}/no-such-act", {"turn": "1"})).status == 404
    assert (await officer.post(f"/cases/{number}/report", {"turn": "1"})).status == 404
    assert (await officer.post("/cases/2026-999999/assess", {"turn": "1"})).status == 404
    assert (await officer.get("/cases/2026-999999")).status == 404


async def test_a_form_that_asks_for_another_language_takes_no_step_and_keeps_what_it_holds(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    number = await walked(desk, officer, approver, names="spoken.example")
    entered = {**STEPS["assess"][1], "proportionality": ""}
    try:
        answer = await officer.act(number, "assess", **entered, language="fr")
        assert (answer.status, answer.headers["Content-Language"]) == (200, "fr")
        assert entered["qualification"] in answer.words
        assert 'role="alert"' not in answer.text
        assert await state(desk, number) is State.DRAFT
        assert (await officer.get("/today")).headers["Content-Language"] == "fr"
        answer = await officer.act(number, "assess", **entered, language="xx")
        assert (answer.status, answer.headers["Content-Language"]) == (200, "fr")
        assert await state(desk, number) is State.DRAFT
    finally:
        await officer.post("/language", {"language": "en", "back": "/today"})
    form = await officer.get("/cases/new")
    cases = await desk.desk.road.store.cases()
    answer = await officer.post("/cases", {**REPORT, "once": form.hidden("once"), "language": "en"})
    assert (answer.status, answer.hidden("once")) == (200, form.hidden("once"))
    assert REPORT["urls"] in answer.words
    assert await desk.desk.road.store.cases() == cases
