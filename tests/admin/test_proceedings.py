"""What befalls a case beside its straight road, worked at the desk by its own forms, in both languages."""

from datetime import timedelta

import pytest

from tests.admin.running import Browser, Running
from tests.admin.walking import reported, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

JUDGMENT = {"document_sha256": "cd" * 32}
NOBODY = {"searched_at": "", "asked": "nobody-there.example", "found": "nobody", "result": "Nothing."}
ORDER = {
    "court": "TA Cergy-Pontoise",
    "number": "2600001",
    "decided_at": "",
    "served_at": "",
    "operative": "The measure is stayed.",
    **JUDGMENT,
}


async def stands(case: str, state: str, *people: Browser) -> None:
    """The page of the case shows this state to each of them, in English and in French."""
    for person in people:
        for language in ("en", "fr"):
            page = await person.get(f"/cases/{case}", Accept_Language=language)
            assert page.status == 200, page.text
            assert f'<span class="mono">{state}</span>' in page.text


async def done(person: Browser, case: str, act: str, **entered: str) -> None:
    answer = await person.act(case, act, **entered)
    assert answer.status == 303, (act, answer.words)


async def test_the_overseer_recommends_and_an_approver_answers(
    desk: Running, officer: Browser, approver: Browser, overseer: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="advice.example")
    await done(overseer, case, "recommend", recommendation="It is satire: end it.")
    page = await approver.get(f"/cases/{case}")
    assert "A recommendation is open" in page.words
    assert "Answer the overseer's recommendation" in page.words
    await done(approver, case, "answer-recommendation", answer="refused", reason="It is not.")
    await done(overseer, case, "refer-to-court", court="TA Cergy-Pontoise", number="2600002", filed_at="")
    assert "A court was asked" in (await overseer.get(f"/cases/{case}")).words


async def test_the_overseer_takes_no_other_step(
    desk: Running, officer: Browser, approver: Browser, overseer: Browser
) -> None:
    case = await walked(desk, officer, approver, until="propose-request", names="watched.example")
    page = await overseer.get(f"/cases/{case}")
    assert 'action="/cases/' not in page.text.replace(f'action="/cases/{case}/recommend"', "")
    for act in ("approve-request", "record-removal", "propose-lift", "enter-order"):
        answer = await overseer.act(case, act, reason="No.")
        assert answer.status == 403, act


async def test_a_stopped_clock_an_answer_and_a_whole_new_time(
    desk: Running, officer: Browser, approver: Browser, auditor: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="stopped.example")
    await done(officer, case, "record-receipt", received_at="", how="Return receipt")
    await done(
        officer, case, "suspend-clock", why="insufficient_information", since="", statement="They ask which page."
    )
    await stands(case, "C3s", officer, approver, auditor)
    await done(officer, case, "ask-owner", question="Which page is meant?")
    await done(officer, case, "log-statement", says="says_unclear", said_at="", statement="We do not understand.")
    assert "The owner waits for an answer" in (await officer.get(f"/cases/{case}")).words
    await done(officer, case, "answer-statement", answer="The first page.")
    await done(officer, case, "resume-clock", ended_at="", statement="They have answered.")
    await stands(case, "C3", officer, approver, auditor)
    page = await officer.get(f"/cases/{case}")
    assert "23 h 59 min left" in page.words or "24 h 0 min left" in page.words


async def test_a_block_without_a_request_a_stay_and_the_end_of_it(
    desk: Running, officer: Browser, approver: Browser, overseer: Browser
) -> None:
    case = await walked(desk, officer, approver, until="assess", names="nobody-there.example")
    assert (
        await officer.act(case, "propose-unidentified", legal_notice="absent", search_log="-", reason="-")
    ).status == 409
    for channel in ("legal-notice", "whois", "rdap-address"):
        await done(officer, case, "record-search", channel=channel, **NOBODY)
    searched = {"search_log": "RDAP and WHOIS: nothing.", "reason": "Nobody."}
    answer = await officer.act(case, "propose-unidentified", legal_notice="present", **searched)
    assert answer.status == 422
    await done(officer, case, "propose-unidentified", legal_notice="absent", **searched)
    await stands(case, "C5x", officer, approver, overseer)
    await done(officer, case, "verify-again", verified_at="", method="From two networks")
    await done(approver, case, "approve-expedited")
    await desk.carry_out()
    await stands(case, "C6", officer, approver, overseer)
    await reported(officer, case)
    await done(officer, case, "enter-order", order="stay", **ORDER)
    page = await approver.get(f"/cases/{case}")
    assert "A decision of a court is entered" in page.words
    assert (await approver.act(case, "confirm-stay", document_sha256="ee" * 32)).status == 422
    await done(approver, case, "confirm-stay", **JUDGMENT)
    await desk.carry_out()
    await stands(case, "C8", officer, approver, overseer)
    index = desk.desk.index
    assert index is not None
    assert index.match("nobody-there.example", desk.clock.timestamp()) is None
    desk.clock.move(timedelta(hours=30))
    await done(officer, case, "enter-order", order="stay_lifted", **ORDER)
    await done(officer, case, "verify-again", verified_at="", method="From two networks")
    await done(officer, case, "propose-new-directive", reason="The court ended the stay.")
    await done(approver, case, "resume-block", **JUDGMENT)
    await desk.carry_out()
    await stands(case, "C6", officer, approver, overseer)
    index = desk.desk.index
    assert index is not None
    assert index.match("nobody-there.example", desk.clock.timestamp()) is not None


async def test_an_annulled_case_ends_and_its_names_are_not_assessed_again(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="approve-request", names="annulled.example")
    await done(officer, case, "enter-order", order="annulment", **ORDER)
    await done(approver, case, "confirm-early-annulment", **JUDGMENT)
    await stands(case, "C11", officer, approver)
    again = await walked(desk, officer, approver, names="annulled.example")
    assessed = {"qualification": "x", "proportionality": "x", "extent": "whole", "by_hand": "x", "deconfliction": "x"}
    answer = await officer.act(again, "assess", **assessed)
    assert answer.status == 409
    assert "without new facts" in answer.words
    await done(officer, again, "record-new-facts", new_facts="A new video.")
    await done(officer, again, "assess", **assessed)


async def test_a_review_is_signed_and_the_list_has_the_new_dates(
    desk: Running, officer: Browser, approver: Browser
) -> None:
    case = await walked(desk, officer, approver, until="confirm-block", names="reviewed.example")
    seen = {"seen_at": "", "method": "Bypass view", "holder": "same_holder", "collateral": "None.", "reason": "Still."}
    desk.clock.move(timedelta(days=2))
    await done(officer, case, "propose-review", **seen)
    await done(approver, case, "approve-review")
    await desk.carry_out()
    found = await desk.desk.road.store.case(case)
    assert found is not None
    assert found.path is not None
    text = (desk.settings.admin.lists / found.path).read_text()
    assert "\nreviewed: " in text
    assert await desk.desk.road.store.effects(case) == ()
    desk.clock.move(timedelta(days=1))
    await done(officer, case, "propose-review", **seen)
    await done(approver, case, "approve-review")
    await desk.carry_out()
    assert (desk.settings.admin.lists / found.path).read_text() != text, "each review is a commit of its own"
