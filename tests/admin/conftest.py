"""One running desk a module, an officer and an approver who have signed in, and browsers that have not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.admin.running import APPROVER, AUDITOR, CONTACT, OFFICER, OVERSEER, Browser, Running, browser, running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with running(Path(tmp_path_factory.mktemp("desk"))) as running_desk:
        yield running_desk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def officer(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(OFFICER)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def approver(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(APPROVER)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def overseer(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(OVERSEER)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def auditor(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(AUDITOR)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def contact(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(CONTACT)
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        yield opened
