"""Reports and referrals at the desk, and the interface that reports come in by."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from blocker.admin.desk import MACHINE
from blocker.admin.openapi import OPERATIONS
from blocker.admin.paces import Paces
from blocker.admin.routes import ROUTES
from blocker.cases.tokens import Machine, Tokens

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

REPORTS = "/api/v1/reports"
SEEN = "2026-11-22T08:00:00+01:00"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def token(desk):
    return await Tokens(desk.desk.road.store, Machine.SOURCE).issue("hotline", datetime.now(UTC))


async def call(desk, token, method="POST", path=REPORTS, **sent):
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=bearer) as http, http.request(method, desk.url + path, **sent) as answer:
        return answer.status, await answer.json()


async def test_a_report_is_taken_once_and_its_sender_learns_what_becomes_of_it(desk, token, officer):
    body = {
        "url": "https://videos.example/watch?v=7",
        "seen_at": SEEN,
        "reference": "h7",
        "reporter": "w@home.example",
    }
    status, told = await call(desk, token, json=body)
    assert (status, told["state"]) == (201, "received")
    assert (await call(desk, token, json=body))[0] == 200
    page = await officer.get(f"/reports/{told['number']}")
    assert "videos.example" in page.words and "w@home.example" in page.words
    await officer.post(f"/reports/{told['number']}/dismiss", {"reason_code": "unclear", "reason": "Too little."})
    assert (await call(desk, token, "GET", f"{REPORTS}/{told['number']}"))[1]["state"] == "dismissed"


async def test_a_source_learns_nothing_of_the_reports_of_others(desk, token):
    own = {"url": "https://videos.example/shared", "seen_at": SEEN}
    number = (await call(desk, token, json=own))[1]["number"]
    other = await Tokens(desk.desk.road.store, Machine.SOURCE).issue("partner", datetime.now(UTC))
    status, told = await call(desk, other, json=own)
    assert (status, told["state"], told["of"]) == (201, "duplicate", None)
    assert (await call(desk, other, "GET", f"{REPORTS}/{number}"))[0] == 404


async def test_the_reporter_is_for_officers_alone(desk, token, overseer, auditor):
    body = {"url": "https://videos.example/told", "seen_at": SEEN, "reporter": "somebody@home.example"}
    number = (await call(desk, token, json=body))[1]["number"]
    for reader in (overseer, auditor):
        page = await reader.get(f"/reports/{number}")
        assert page.status == 200 and "somebody@home.example" not in page.text


async def test_content_on_a_platform_is_proposed_for_referral_with_its_form(desk, token, officer):
    body = {"url": "https://www.youtube.com/watch?v=abc", "seen_at": SEEN}
    number = (await call(desk, token, json=body))[1]["number"]
    page = await officer.get(f"/reports/{number}")
    assert "ask the platform" in page.words and 'value="YouTube"' in page.text
    sent = {"platform": "YouTube", "channel": "form", "sent_at": ""}
    assert (await officer.post(f"/reports/{number}/refer", sent)).status == 303
    assert "YouTube" in (await officer.get("/referrals")).words


async def test_an_officer_is_asked_to_look_at_a_contact_that_nobody_checked_and_says_so_on_record(
    desk, token, officer, approver
):
    body = {"url": "https://www.dailymotion.com/video/x", "seen_at": SEEN}
    number = (await call(desk, token, json=body))[1]["number"]
    page = await officer.get(f"/reports/{number}")
    assert "Nobody has looked at this contact yet. Look first" in page.words
    refused = await approver.get(f"/reports/{number}")
    assert "/platforms/dailymotion/checked" not in refused.text
    assert (await approver.post("/platforms/dailymotion/checked")).status == 403
    page = await officer.get(f"/reports/{number}")
    answer = await officer.post("/platforms/dailymotion/checked", {"report": number})
    assert answer.location == f"/reports/{number}"
    page = await officer.get(f"/reports/{number}")
    today = desk.desk.road.now().date().isoformat()
    assert f"Looked at on {today}. (agent-014)" in page.words
    assert "Look first" not in page.words
    assert "/checked" not in page.text
    overview = await officer.get("/referrals")
    assert overview.text.count("/checked") == len(desk.desk.platforms) - 1
    assert (await officer.post("/platforms/dailymotion/checked", {"report": "//evil.example"})).location == "/referrals"
    assert (await officer.post("/platforms/nothing/checked")).status == 404
    desk.desk.road.clock.move(timedelta(days=366))
    try:
        page = await officer.get(f"/reports/{number}")
        assert f"Somebody last looked on {today}, over a year ago. Look again first." in page.words
    finally:
        desk.desk.road.clock.move(timedelta(days=-366))


async def test_a_case_opened_from_a_report_is_what_became_of_it(desk, token, officer):
    body = {"url": "https://fresh.example/a", "seen_at": SEEN, "ground": "terrorism"}
    number = (await call(desk, token, json=body))[1]["number"]
    page = await officer.get(f"/cases/new?report={number}")
    assert f'value="{number}"' in page.text and "fresh.example" in page.text
    filled = {"names": "fresh.example", "urls": body["url"], "source": number, "seen_at": "", "ground": "terrorism"}
    data = {"once": page.hidden("once"), "capture": "ab" * 32, "seen_from": "ISP A", **filled}
    opened = await officer.post("/cases", data)
    assert opened.status == 303
    report = await desk.desk.intake.report(number)
    assert (report.state, report.of) == ("case", opened.location.removeprefix("/cases/"))


async def test_a_wrong_form_comes_back_with_its_mistake_and_changes_nothing(desk, token, officer):
    number = (await call(desk, token, json={"url": "https://videos.example/kept", "seen_at": SEEN}))[1]["number"]
    await officer.get(f"/reports/{number}")
    answer = await officer.post(f"/reports/{number}/dismiss", {"reason_code": "unclear", "reason": ""})
    assert answer.status == 422 and 'aria-invalid="true"' in answer.text
    assert (await desk.desk.intake.report(number)).state == "received"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"[" * 40_000, "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b" " * 70_000, "headers": {"Content-Type": "application/json"}}, 413),
        ({"data": b"url=x"}, 415),
        ({"json": {"url": "ftp://videos.example/", "seen_at": SEEN}}, 422),
        ({"json": {"url": "https://videos.example/", "seen_at": "2026-11-22T08:00:00"}}, 422),
        ({"json": {"url": "https://videos.example/", "seen_at": "2126-11-22T08:00:00Z"}}, 422),
        ({"json": {"url": "https://videos.example/", "seen_at": SEEN, "more": 1}}, 422),
        ({"json": {"url": "https://videos.example/", "seen_at": SEEN, "note": "\u0000"}}, 422),
    ],
    ids=["no JSON", "deep", "long", "a form", "no web address", "no offset", "to come", "more", "a control character"],
)
async def test_a_body_of_another_form_is_refused_with_a_problem(desk, token, sent, status):
    answered, problem = await call(desk, token, **sent)
    assert (answered, problem["status"]) == (status, status)


async def test_without_a_token_of_a_source_nothing_is_taken(desk):
    provider = await Tokens(desk.desk.road.store, Machine.PROVIDER).issue("isp-a", datetime.now(UTC))
    body = {"url": "https://videos.example/none", "seen_at": SEEN}
    assert [(await call(desk, each, json=body))[0] for each in ("", "wrong", provider)] == [401, 401, 401]


async def test_a_source_has_its_measure_a_minute_and_holds_up_nobody_else():
    paces = Paces(60)
    assert [paces.wait("hotline", 0.0) for _ in range(60)] == [0.0] * 60
    assert paces.wait("hotline", 0.0) == 1.0
    assert paces.wait("partner", 0.0) == 0.0
    assert paces.wait("hotline", 1.0) == 0.0


async def test_the_document_names_every_route_for_machines_and_no_other():
    told = {(row.method.upper(), row.path) for row in OPERATIONS}
    machines = {(row.method, re.sub(r"{(\w+):[^/]*}", r"{\1}", row.path)) for row in ROUTES if MACHINE in row.roles}
    assert told == machines


@pytest.mark.parametrize("kind", ["nobody", *Machine])
async def test_nothing_that_the_document_allows_or_forbids_is_a_fault_of_ours(desk, kind, tmp_path):
    tokens = None if kind == "nobody" else Tokens(desk.desk.road.store, kind)
    known = {Machine.SOURCE: "hotline", Machine.PROVIDER: "isp-a"}
    bearer = [f"--header=Authorization: Bearer {await tokens.issue(known[kind], datetime.now(UTC))}"] if tokens else []
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("run", f"{desk.url}/api/v1/openapi.json", f"--checks={checks}"),
        *("--phases=examples,coverage,fuzzing", "--max-examples=15", "--seed=1", "--no-color", *bearer),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-4000:]
