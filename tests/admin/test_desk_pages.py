"""What the soak of the desk's pages asks for: every path of the route table that is read, where it is served."""

from collections import defaultdict

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from blocker.admin.routes import ROUTES, install
from tests.soak.desk_pages import addresses, asked_for

LETTERS: dict[str, str] = defaultdict(lambda: "D-2026-000001")


@pytest.mark.asyncio
async def test_each_address_leads_to_the_row_of_the_table_that_it_stands_for():
    app = web.Application()
    install(app)
    known = addresses(300, 3000, LETTERS)
    assert set(known) == {row.path for row in ROUTES if row.method == "GET"}
    for path, asked in known.items():
        for address in asked:
            found = await app.router.resolve(make_mocked_request("GET", address))
            assert found.http_exception is None, address
            resource, wanted = found.route.resource, web.Application().router.add_get(path, found.route.handler)
            assert resource is not None
            assert wanted.resource is not None
            assert resource.canonical == wanted.resource.canonical, address


def test_whoever_may_read_a_page_asks_for_it():
    asked = {(role, path) for role, path, _ in asked_for(300, 3000, LETTERS)}
    for row in ROUTES:
        if row.method == "GET" and "{" not in row.path:
            assert {(role, row.path) for role in row.roles} <= asked
