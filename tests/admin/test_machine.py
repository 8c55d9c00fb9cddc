"""The acknowledgement: who may send one, what it must say, and that the same one counts once."""

from datetime import UTC, datetime

import aiohttp
import pytest

from blocker.admin.isps import issue_token
from blocker.cases.isps.acknowledgements import Acknowledgements
from blocker.cases.tokens import Machine, Tokens
from blocker.errors import OperationError

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

PATH = "/api/v1/acknowledgements"
REPORT = {
    "list": "ministry",
    "serial": 7,
    "digest": "ab" * 32,
    "in_force_at": "2026-11-22T02:00:00+00:00",
    "resolver": "resolver-1",
}


async def send(desk, token, report=REPORT, **headers):
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers={**sent, **headers}) as http,
        http.post(desk.url + PATH, json=report) as answer,
    ):
        return answer.status


async def test_a_report_is_recorded_once_and_the_same_again_changes_nothing(desk):
    tokens = Tokens(desk.desk.road.store, Machine.PROVIDER)
    token = await tokens.issue("isp-a", datetime.now(UTC))
    assert [await send(desk, token), await send(desk, token)] == [201, 200]
    assert await send(desk, token, {**REPORT, "resolver": "resolver-2"}) == 201
    assert await send(desk, token, {**REPORT, "serial": 8, "digest": "cd" * 32}) == 201
    newest = await Acknowledgements(desk.desk.road.store).newest()
    assert {each.resolver: each.serial for each in newest if each.isp == "isp-a"} == {"resolver-1": 8, "resolver-2": 7}


async def test_without_the_newest_token_nothing_is_recorded(desk):
    tokens = Tokens(desk.desk.road.store, Machine.PROVIDER)
    old = await tokens.issue("isp-b", datetime.now(UTC))
    new = await tokens.issue("isp-b", datetime.now(UTC))
    source = await Tokens(desk.desk.road.store, Machine.SOURCE).issue("hotline", datetime.now(UTC))
    statuses = [await send(desk, token) for token in ("", "wrong", source, old, new)]
    assert statuses == [401, 401, 401, 401, 201]


async def test_a_token_is_kept_as_its_hash_alone(desk):
    tokens = Tokens(desk.desk.road.store, Machine.PROVIDER)
    token = await tokens.issue("isp-a", datetime.now(UTC))
    rows = await desk.desk.road.store.fetch("SELECT * FROM machines")
    assert rows
    assert all(token not in tuple(row) for row in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"serial": "7"},
        {"serial": 0},
        {"serial": True},
        {"digest": "xyz"},
        {"in_force_at": "2026-11-22T02:00:00"},
        {"in_force_at": 5},
        {"resolver": "Resolver One"},
        {"list": "../x"},
        {"more": "of it"},
    ],
    ids=str,
)
async def test_a_report_of_another_form_is_refused(desk, wrong):
    tokens = Tokens(desk.desk.road.store, Machine.PROVIDER)
    token = await tokens.issue("isp-a", datetime.now(UTC))
    assert await send(desk, token, {**REPORT, **wrong}) == 422


async def test_a_token_opens_nothing_else(desk):
    tokens = Tokens(desk.desk.road.store, Machine.PROVIDER)
    token = await tokens.issue("isp-a", datetime.now(UTC))
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http,
        http.get(desk.url + "/list", allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")


async def test_only_a_provider_that_is_in_force_gets_a_token(desk, tmp_path):
    edited = desk.settings.admin.model_copy(update={"database": tmp_path / "redhand.sqlite3"})
    settings = desk.settings.model_copy(update={"admin": edited})
    with pytest.raises(OperationError, match="no provider"):
        await issue_token(settings, "isp-z")
    assert await issue_token(settings, "isp-a")
    isps = tuple(isp.model_copy(update={"id": "isp-z"}) for isp in edited.isps[:1])
    proposed = settings.model_copy(update={"admin": edited.model_copy(update={"isps": isps})})
    with pytest.raises(OperationError, match="no provider"):
        await issue_token(proposed, "isp-z")
    assert await issue_token(proposed, "isp-a"), "the file proposes, no more"
