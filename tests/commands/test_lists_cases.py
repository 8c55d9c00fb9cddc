"""`redhand lists check --cases` on a real desk's database and a real git: what is uncovered, gone or changed."""

from pathlib import Path

import pytest
from click.testing import Result

from blocker.cases.case import State
from tests.cases.desk import git, open_desk
from tests.cases.walking import APPROVER, LIFTING, TO_C5
from tests.commands.running import run

AT = "2026-12-03T20:00:00+01:00"


def check(data: Path) -> Result:
    return run("check", data / "lists", "--at", AT, "--cases", data / "redhand.sqlite3")


async def blocked(data: Path) -> str:
    """A desk with one directive in force; the entry that stood there before any desk is taken away."""
    async with open_desk(data) as desk:
        case = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        case = await desk.work(await desk.work(case))
        assert case.state is State.BLOCK_DIRECTED
        assert case.path is not None
        git(data / "lists", "rm", "-q", "terrorism/FR-2026-0001.yaml")
        git(data / "lists", "commit", "-qm", "what no case covers goes")
        return case.path


@pytest.mark.asyncio
async def test_a_list_of_which_each_entry_has_its_case_is_fine(tmp_path: Path):
    await blocked(tmp_path)
    result = check(tmp_path)
    assert result.exit_code == 0, (result.stdout, result.stderr)
    assert "fine" in result.output


@pytest.mark.asyncio
async def test_an_entry_that_no_case_covers_is_refused(tmp_path: Path):
    path = await blocked(tmp_path)
    other = tmp_path / "lists" / "terrorism" / "FR-2026-0077.yaml"
    text = (tmp_path / "lists" / path).read_text().replace("FR-2026-0002", "FR-2026-0077")
    other.write_text(
        text.replace("propaganda.example", "smuggled.example").replace("videos.hosting", "videos.smuggled")
    )
    result = check(tmp_path)
    assert result.exit_code == 1
    assert "no case of the desk covers FR-2026-0077" in result.output


@pytest.mark.asyncio
@pytest.mark.parametrize("change", ["vanished", "changed"])
async def test_a_case_whose_entry_vanished_or_changed_is_refused(tmp_path: Path, change: str):
    path = await blocked(tmp_path)
    file = tmp_path / "lists" / path
    if change == "vanished":
        file.unlink()
        (tmp_path / "lists" / "list.yaml").write_text(
            (tmp_path / "lists" / "list.yaml").read_text().replace("may_be_empty: false", "may_be_empty: true")
        )
    else:
        file.write_text(file.read_text().replace("scope: host", "scope: domain"))
    result = check(tmp_path)
    assert result.exit_code == 1
    assert {"vanished": "is not on the list", "changed": "not what was approved"}[change] in result.output


@pytest.mark.asyncio
async def test_what_the_desk_has_still_to_commit_is_no_fault_and_what_it_lifted_is_one(tmp_path: Path):
    path = await blocked(tmp_path)
    kept = (tmp_path / "lists" / path).read_text()
    async with open_desk(tmp_path) as desk:
        (case,) = await desk.road.store.cases()
        desk.later(hours=25)
        case = await desk.go(case, *LIFTING)
        assert check(tmp_path).exit_code == 0, "decided, and not committed yet; the desk is running"
        await desk.work(await desk.work(case))
    assert check(tmp_path).exit_code == 0
    (tmp_path / "lists" / path).write_text(kept)
    assert "no case of the desk covers FR-2026-0002" in check(tmp_path).output


def test_a_database_that_is_none_is_an_error_in_words(tmp_path: Path):
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "list.yaml").write_text("title: {fr: a, en: b}\nenvironment: trial\nmay_be_empty: true\n")
    (tmp_path / "redhand.sqlite3").write_text("no database")
    result = check(tmp_path)
    assert result.exit_code != 0
    assert result.exception is not None
    assert "cannot be read as the desk's database" in f"{result.output}{result.exception}"
