"""What the list page says of a signed version: who signed it, what it changed, who has it since when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from blocker.cases.isps.acknowledgements import Acknowledgement, Acknowledgements
from blocker.distribution.runner import SignedRunner
from tests.admin.running import OFFICER, Browser, Running, browser, running
from tests.distribution.publishing import Ministry, serving

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


@pytest.fixture
def ministry(tmp_path: Path) -> Ministry:
    made = Ministry(tmp_path / "ministry").found()
    made.block("gone.example", "stays.example")
    made.publish()
    return made


@pytest_asyncio.fixture
async def desk(tmp_path: Path, ministry: Ministry) -> AsyncIterator[Running]:
    with serving(ministry.shelf.public) as server:
        source = f"repositories: [{{name: ministry, url: '{server.url}', root: '{ministry.root}'}}]"
        async with running(tmp_path / "desk", blocklist=source) as running_desk:
            yield running_desk


@pytest_asyncio.fixture
async def officer(desk: Running) -> AsyncIterator[Browser]:
    async with browser(desk.url) as opened:
        await opened.sign_in(OFFICER)
        yield opened


async def look(desk: Running) -> None:
    """Let the desk's own host fetch what the ministry released."""
    assert isinstance(desk.sync, SignedRunner)
    await asyncio.to_thread(desk.sync.sync.look)
    desk.desk.current.refresh()


async def test_the_first_version_has_none_before_it_and_names_its_two_signers(
    officer: Browser, ministry: Ministry
) -> None:
    page = await officer.get("/list")
    assert "No other version was in force here before." in page.words
    assert "ministry: version 2, serial 2. Signed by the keys:" in page.words
    signed = [signer.public_key.keyid for signer in ministry.people["targets"]]
    assert [keyid[:16] in page.text for keyid in signed] == [True, True, False]


async def test_what_a_version_changed_is_shown_name_by_name(
    desk: Running, officer: Browser, ministry: Ministry
) -> None:
    ministry.block("stays.example", "comes.example")
    ministry.publish()
    await look(desk)
    page = await officer.get("/list")
    assert "Compared with version 2," in page.words
    assert "comes comes.example" in page.words
    assert "goes gone.example" in page.words
    assert "goes stays.example" not in page.words


async def test_a_lift_is_a_change_too_and_nobody_signed_the_version_anew(
    desk: Running, officer: Browser, ministry: Ministry
) -> None:
    ministry.lift("gone.example")
    await look(desk)
    page = await officer.get("/list")
    assert "goes gone.example" in page.words
    assert "ministry: version 2, serial 3. Signed by the keys:" in page.words


async def test_who_has_the_version_since_when_and_who_has_another_or_said_nothing(
    desk: Running, officer: Browser
) -> None:
    assert "ISP A has reported nothing yet" in (await officer.get("/list")).words
    index = desk.desk.index
    assert index is not None
    (source,) = index.header.sources
    reports, since = Acknowledgements(desk.desk.road.store), datetime(2026, 11, 22, 2, tzinfo=UTC)
    for isp, serial, digest in (
        ("isp-a", source.serial - 1, "ab" * 32),
        ("isp-a", source.serial, source.metadata),
        ("isp-x", source.serial + 1, "ab" * 32),
    ):
        await reports.record(isp, Acknowledgement("ministry", serial, digest, since, "resolver-1"), since)
    words = (await officer.get("/list")).words
    assert f"ISP A resolver-1 {source.serial} this version" in words
    assert f"isp-x resolver-1 {source.serial + 1} another version" in words
    assert "ISP B has reported nothing yet" in words
    assert "03:00" in words.partition("ISP A resolver-1")[2][:120]  # in Paris, where the list's calendar is


async def test_the_page_says_all_of_it_in_french(desk: Running, officer: Browser, ministry: Ministry) -> None:
    ministry.block("stays.example", "comes.example")
    ministry.publish()
    await look(desk)
    await officer.post("/language", {"language": "fr", "back": "/list"})
    words = (await officer.get("/list")).words
    assert "Ce que cette version a changé" in words
    assert "sort gone.example" in words
    assert "Signée par les clés" in words
    assert "Qui a cette version" in words
    assert "ISP A n’a encore rien signalé" in words
