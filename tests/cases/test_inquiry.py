"""What must be known, shown and kept before anybody is asked or blocked."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from blocker.blocklist.entry import Environment
from blocker.cases import workflow
from blocker.cases.case import Actor, Role, State
from blocker.cases.found import Search
from blocker.errors import ForbiddenError, FormError
from tests.cases import walking
from tests.cases.desk import open_desk
from tests.cases.walking import APPROVER, OFFICER, ROADS, START, Walk, context, exhibit, facts, refused

KEPT = context(sealing=True)
OVERSEER = Actor("overseer-001", Role.OVERSEER)


def test_evidence_is_added_in_every_open_state_and_in_none_that_ended():
    for state in State:
        walk = Walk(context=KEPT).go(*ROADS["C0"])
        walk.case = Walk().go(*ROADS[state]).case
        if walk.at.ended_at is None:
            walk.act("add-evidence", OFFICER, file="cd" * 32)
            assert walk.at.state is state
            assert walk.at.exhibits[-1].sha256 == "cd" * 32
        else:
            refused(walk, "add-evidence", OFFICER)


def test_without_keys_no_evidence_is_taken():
    assert "evidence_recipients" in refused(Walk().go(*ROADS["C0"]), "add-evidence", OFFICER)


def test_a_file_stands_in_a_case_once():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    assert "already" in refused(walk, "add-evidence", OFFICER, FormError)


def test_the_capture_that_the_report_names_must_be_there_before_the_assessment():
    walk = Walk(context=KEPT).go(*ROADS["C0"])
    walk.act("add-evidence", OFFICER, file="cd" * 32)
    assert "Upload the sealed capture" in refused(walk, "assess", OFFICER)
    walk.act("add-evidence", OFFICER)
    walk.act("assess", OFFICER)
    assert walk.events[-1].data["evidence"] == f"{'cd' * 32}\n{exhibit(START)}"


def test_outside_a_trial_nothing_is_assessed_or_proposed_where_no_evidence_can_be_kept():
    real = context(list=facts(environment=Environment.PRODUCTION))
    walk = Walk().go(*ROADS["C0"])
    walk.context = real
    assert "evidence_recipients" in refused(walk, "assess", OFFICER)
    late = Walk().go(*ROADS["C5"][:-1])
    late.context = real
    assert "evidence_recipients" in refused(late, "propose-directive", OFFICER)


def test_a_directive_is_proposed_on_a_capture_made_after_the_owner_s_time():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER), *ROADS["C5"][1:-1])
    assert "after the owner's 24 hours" in refused(walk, "propose-directive", OFFICER)
    walk.act("add-evidence", OFFICER, file="cd" * 32)
    walk.act("propose-directive", OFFICER)
    assert walk.events[-1].data["evidence"].endswith("cd" * 32)


@pytest.mark.parametrize("actor", [OFFICER, APPROVER, OVERSEER])
def test_opening_is_recorded_and_makes_nobody_a_party_nor_a_form_stale(actor: Actor):
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    before = walk.at
    event = walk.act("open-evidence", actor).event
    assert (event.actor, event.data, event.at_utc) == (actor.number, {"evidence": exhibit(START)}, walk.now)
    assert walk.at.turn == before.turn
    assert (walk.at.officers, walk.at.approvers) == (before.officers, before.approvers)


def test_an_auditor_and_a_contact_open_nothing():
    walk = Walk(context=KEPT).go(*ROADS["C0"], ("add-evidence", OFFICER))
    for role in (Role.AUDITOR, Role.ISP):
        assert "This is for the role of" in refused(walk, "open-evidence", Actor("other-1", role), ForbiddenError)


def test_only_evidence_of_this_case_is_opened_and_also_after_its_end():
    walk = Walk(context=KEPT).go(*ROADS["C0"])
    assert [row.act for row in workflow.legal(walk.at, OVERSEER, walk.now)] == []
    assert "no evidence" in refused(walk, "open-evidence", OVERSEER)
    walk.go(("add-evidence", OFFICER), ("assess", OFFICER), ("withdraw", APPROVER))
    assert "no such evidence" in refused(walk, "open-evidence", OVERSEER, evidence="cd" * 32)
    walk.act("open-evidence", OVERSEER)
    assert walk.at.state is State.REFUSED


def test_evidence_folds_back_to_the_same_case():
    walk = Walk(context=KEPT).go(
        *ROADS["C0"], ("add-evidence", OFFICER), ("open-evidence", OVERSEER), *walking.TO_C3[1:]
    )
    assert workflow.fold(tuple(walk.events)) == walk.at


# -- somebody to ask, and the same report again


def searched(walk: Walk, channel: str, found: str = "nobody") -> None:
    walk.act("record-search", OFFICER, channel=channel, found=found)


def test_a_search_is_on_record_with_where_when_what_came_and_its_hash():
    walk = Walk().go(*ROADS["C1"])
    answer = "abuse: a@host.example"
    event = walk.act("record-search", OFFICER, channel="rdap-address", found="host", answer=answer).event
    assert event.data["answer_sha256"] == hashlib.sha256(answer.encode()).hexdigest()
    assert (event.data["channel"], event.data["found"], event.data["searched_at"]) == (
        *("rdap-address", "host"),
        walk.now.isoformat(),
    )
    assert walk.at.searches == (Search("rdap-address", "host"),)
    assert workflow.fold(tuple(walk.events)) == walk.at


def test_a_search_is_recorded_until_the_owner_has_answered_and_moves_nothing():
    for state in ("C0", "C1", "C2", "C3", "C3s"):
        walk = Walk().go(*ROADS[state])
        searched(walk, "whois")
        assert walk.at.state == state


def test_owner_unreachable_a_bounce_is_no_reason_to_block_without_a_full_search_log():
    walk = Walk().go(*walking.UNDELIVERABLE)
    assert "search log" in refused(walk, "propose-unreachable", OFFICER)
    for channel in ("legal-notice", "rdap-name"):
        searched(walk, channel)
        assert "search log" in refused(walk, "propose-unreachable", OFFICER)
    searched(walk, "rdap-address")
    assert "legal notice" in refused(walk, "propose-unreachable", OFFICER, FormError, legal_notice="present")
    walk.act("propose-unreachable", OFFICER)


def test_owner_unreachable_nobody_is_identified_only_where_everybody_was_looked_for():
    for missing in ("legal-notice", "whois", "rdap-address"):
        walk = Walk().go(*ROADS["C1"])
        for channel in {"legal-notice", "whois", "rdap-address", "elsewhere"} - {missing}:
            searched(walk, channel)
        assert "search log must show" in refused(walk, "propose-unidentified", OFFICER)
        searched(walk, missing)
        walk.act("propose-unidentified", OFFICER)


@pytest.mark.parametrize("found", ["host", "publisher"])
def test_owner_unreachable_a_host_that_was_found_gets_the_request(found: str):
    walk = Walk().go(*ROADS["C1"])
    for channel in ("legal-notice", "rdap-name"):
        searched(walk, channel)
    searched(walk, "rdap-address", found)
    assert "ask them" in refused(walk, "propose-unidentified", OFFICER)
    assert "ask them first" in refused(walk, "propose-request", OFFICER, FormError, capacity="registrar")
    walk.act("propose-request", OFFICER, capacity=found)


def test_owner_unreachable_a_registrar_is_asked_where_nobody_nearer_was_found():
    walk = Walk().go(*ROADS["C1"])
    searched(walk, "rdap-name", "registrar")
    walk.act("propose-request", OFFICER, capacity="registrar")
    assert walk.at.state is State.NOTICE_PENDING


@pytest.mark.parametrize("seat", ["here", "in_the_union", "elsewhere"])
def test_host_abroad_has_the_same_twenty_four_hours_and_it_is_noted(seat: str):
    walk = Walk().go(*ROADS["C1"])
    walk.act("propose-request", OFFICER, seat=seat)
    assert walk.events[-1].data["seat"] == seat
    walk.go(*walking.RECEIVED[3:])
    assert walk.at.deadline == walk.now + timedelta(hours=24)


def test_a_request_needs_a_contact_and_where_it_was_found():
    walk = Walk().go(*ROADS["C1"])
    for field in ("owner_mail", "contact_found", "seat"):
        assert refused(walk, "propose-request", OFFICER, FormError, **{field: ""}).startswith(f"{field}: ")


@pytest.mark.asyncio
async def test_duplicates_same_name_and_ground_open_is_one_case_and_another_ground_is_another(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        first = await desk.act(None, "report", OFFICER, names="one.example\nshared.example domain")
        with pytest.raises(FormError) as caught:
            await desk.act(None, "report", OFFICER, names="other.example\nSHARED.example.")
        assert caught.value.problems == {
            "names": f"“shared.example” is worked in case {first.id} on the same ground: add the evidence there"
        }
        second = await desk.act(None, "report", OFFICER, names="shared.example", ground="child-abuse")
        below = await desk.act(None, "report", OFFICER, names="below.shared.example")
        assert len({first.id, second.id, below.id}) == 3
        await desk.act(first, "withdraw", APPROVER)
        again = await desk.act(None, "report", OFFICER, names="shared.example")
        assert again.id not in {first.id, second.id, below.id}


@pytest.mark.asyncio
async def test_duplicates_sent_at_once_open_one_case(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        reports = (desk.act(None, "report", OFFICER, names="once.example") for _ in range(5))
        made = await asyncio.gather(*reports, return_exceptions=True)
        assert sorted(type(each).__name__ for each in made) == ["Case", *["FormError"] * 4]


def test_mirror_on_a_new_domain_is_a_new_case_that_inherits_nothing():
    other = Walk().go(*ROADS["C7"]).at
    walk = Walk().go(*ROADS["C0"])
    walk.context = replace(walk.context, other=replace(other, id="2026-000077"))
    walk.act("link-case", OFFICER, relation="mirror_of", other="2026-000077")
    assert [(each.kind, each.case) for each in walk.at.links] == [("mirror_of", "2026-000077")]
    assert walk.at.state is State.DRAFT
    assert walk.at.receipt_at is None
    assert workflow.legal(walk.at, APPROVER, walk.now) == tuple(
        row for row in workflow.legal(Walk().go(*ROADS["C0"]).at, APPROVER, walk.now)
    )
