"""Every page in both languages, the list in all its conditions, and what every page must say of a trial."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from blocker.admin import list_page
from blocker.commands.trial import IDENTITY
from tests.admin.running import APPROVER, OFFICER, Browser, Running, browser, git, running
from tests.admin.walking import REPORT, STEPS, opened, walked

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = {"fr": "Se déconnecter", "en": "Sign out"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cases(desk: Running, officer: Browser, approver: Browser) -> list[str]:
    """One case at every step of the road, so that every state's page is there."""
    return [await walked(desk, officer, approver, until=act, names=f"{act}.example") for act in STEPS]


@pytest.mark.parametrize("spoken", ["fr", "en"])
async def test_every_page_is_whole_in_both_languages(
    spoken: str, desk: Running, officer: Browser, approver: Browser, cases: list[str]
) -> None:
    letters = [letter for case in cases for letter in await desk.desk.road.store.documents(case)]
    paths = ["/today", "/cases", "/cases?awaited=officer&open=yes", "/list", *(f"/cases/{case}" for case in cases)]
    paths += [f"/cases/{letter.case}/letters/{letter.number}" for letter in letters]
    for client in (officer, approver):
        await client.get("/cases")
        await client.post("/language", {"language": spoken, "back": "/cases"})
        for path in [*paths, *(["/cases/new"] if client is officer else [])]:
            page = await client.get(path)
            assert page.status == 200, (path, page.words)
            assert f'<html lang="{spoken}">' in page.text
            assert WORDS[spoken] in page.words
            assert {"fr": "ESSAI", "en": "TRIAL"}[spoken] in page.words, "every page of a trial says so"
            assert page.headers["Content-Language"] == spoken
            assert "<script" not in page.text
            assert "style=" not in page.text, "the policy forbids styles in the page"
        for path, status in (("/nowhere", 404), ("/static/none", 404)):
            failed = await client.get(path)
            assert (failed.status, f'<html lang="{spoken}">' in failed.text) == (status, True)
    for client in (officer, approver):
        await client.get("/cases")
        await client.post("/language", {"language": "en", "back": "/cases"})


async def test_a_french_page_has_no_english_of_the_core(officer: Browser, cases: list[str]) -> None:
    await officer.get("/cases")
    await officer.post("/language", {"language": "fr", "back": "/cases"})
    try:
        for case in cases:
            page = await officer.get(f"/cases/{case}")
            for english in ("The owner", "Record that", "Propose the", "Approve the", "Reasons", "There is", "This is"):
                assert english not in page.words, (case, english)
        answer = await officer.get("/cases/new")
        wrong = await officer.post("/cases", {**REPORT, "names": "a b c", "source": "", "once": answer.hidden("once")})
        assert "ce champ doit être rempli" in wrong.words
        assert "écrire un nom, puis host ou domain" in wrong.words
    finally:
        await officer.get("/cases")
        await officer.post("/language", {"language": "en", "back": "/cases"})


async def test_the_browser_s_language_is_spoken_before_anybody_chose(stranger: Browser) -> None:
    assert "Service number" in (await stranger.get("/sign-in", Accept_Language="en-GB,fr;q=0.5")).words
    assert "Matricule" in (await stranger.get("/sign-in", Accept_Language="fr-BE,en;q=0.5")).words


async def test_health_tells_whoever_asks_which_version_is_in_force(desk: Running, stranger: Browser) -> None:
    answer = await stranger.get("/health")
    assert answer.status == 200
    index = desk.desk.index
    assert index is not None
    assert answer.text == f'{{"ready": true, "serial": {index.header.serial}}}'


async def test_the_list_page_shows_the_version_in_force_and_every_entry(desk: Running, officer: Browser) -> None:
    index = desk.desk.index
    assert index is not None
    page = await officer.get("/list")
    assert index.header.digest in page.text
    assert index.header.commit is not None
    assert index.header.commit in page.text
    assert f"Version {index.header.serial}" in page.words
    assert f"Source git, HEAD {index.header.commit}" in page.words
    assert str(desk.settings.data) not in page.text, "where it lies on the server is nobody's business"
    for name, _, directive in index.entries():
        assert f'<span class="name">{name}</span>' in page.text
        assert directive.id in page.words
    assert index.header.names < list_page.SHOWN


async def test_a_long_list_goes_on_page_by_page(
    desk: Running, officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = desk.desk.index
    assert index is not None
    monkeypatch.setattr(list_page, "SHOWN", 2)
    found: list[str] = []
    for start in range(0, index.header.names, 2):
        page = await officer.get(f"/list?from={start}")
        found += re.findall(r'<th scope="row"><span class="name">([^<]*)', page.text)
        assert ('href="/list"' in page.text.partition('id="holders"')[2]) is (start > 0)
        assert (f'href="/list?from={start + 2}"' in page.text) is (start + 2 < index.header.names)
    assert found == [name for name, _, _ in index.entries()]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Propaganda.Example.", "propaganda.example : blocked by directive"),
        ("nothing-there.example", "nothing-there.example : not blocked by this list."),
    ],
)
async def test_a_name_can_be_looked_up(officer: Browser, asked: str, said: str) -> None:
    await officer.get("/list")
    answer = await officer.post("/list", {"name": asked})
    assert answer.status == 200
    assert said in answer.words


async def test_what_is_no_name_is_explained_beside_the_field(officer: Browser) -> None:
    await officer.get("/list")
    answer = await officer.post("/list", {"name": 'http://x.example/"><b>'})
    assert answer.status == 422
    assert "this is a URL: write the host name alone" in answer.words
    assert 'value="http://x.example/&#34;&gt;&lt;b&gt;"' in answer.text


async def test_a_source_that_is_refused_is_told_with_its_faults_and_what_is_in_force_stays(
    desk: Running, officer: Browser
) -> None:
    lists = desk.settings.admin.lists
    git(lists, "mv", "terrorism/FR-2026-0042.yaml", "terrorism/other.yaml")
    git(lists, *IDENTITY, "commit", "--quiet", "--message=a mistake")
    try:
        page = await officer.get("/list")
        assert page.status == 200
        assert "The source of the list is refused" in page.words
        assert "terrorism/other.yaml:" in page.words
        assert "In force" in page.words
    finally:
        git(lists, "reset", "--quiet", "--hard", "HEAD~1")
    assert "is refused" not in (await officer.get("/list")).words


async def test_static_files_may_be_kept_for_good_under_the_address_that_names_their_content(stranger: Browser) -> None:
    page = await stranger.get("/sign-in")
    address = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    style = await stranger.get(address)
    assert style.status == 200
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert style.headers["Content-Type"].startswith("text/css")
    assert (await stranger.get("/static/..%2fapp.py")).status == 404


async def test_a_plain_directory_is_said_to_be_one_and_no_directive_is_approved(tmp_path: Path) -> None:
    async with running(tmp_path, plain=True) as desk, browser(desk.url) as officer, browser(desk.url) as approver:
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        page = await officer.get("/list")
        assert "The list is a plain directory" in page.words
        assert "none (built from a plain directory)" in page.words
        number = await walked(desk, officer, approver, until="propose-directive")
        refused = await approver.act(number, "approve-directive")
        assert refused.status == 409
        assert "never committed to" in refused.words


async def test_without_a_list_in_force_every_page_still_stands(tmp_path: Path) -> None:
    async with running(tmp_path) as desk, browser(desk.url) as officer:
        desk.desk.current.index = None
        await officer.sign_in(OFFICER)
        number = await opened(officer)
        for path in ("/cases", f"/cases/{number}", "/cases/new"):
            assert (await officer.get(path)).status == 200
        assert "No list is in force" in (await officer.get("/list")).words
        assert (await officer.get("/health")).text == '{"ready": true, "serial": null}'


async def test_a_scaled_clock_is_told_on_every_page(tmp_path: Path) -> None:
    async with running(tmp_path, scale=3600.0) as desk, browser(desk.url) as officer:
        desk.clock.move(timedelta(days=2))
        sign_in = await officer.get("/sign-in")
        await officer.sign_in(OFFICER)
        for page in (sign_in, await officer.get("/cases"), await officer.get("/list"), await officer.get("/nowhere")):
            now = desk.desk.moments(desk.desk.languages["en"]).full(desk.clock.now())[:15]
            assert f"Trial: time runs 3600 times faster; it is now {now}" in page.words
