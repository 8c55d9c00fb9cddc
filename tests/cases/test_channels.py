"""Directives into a real repository: done twice is done once."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from blocker.cases.channels import Due, ListChannel
from blocker.cases.rows import OutboxRow
from blocker.distribution.git import read_head
from blocker.errors import OperationError
from tests.cases.desk import git, make_lists
from tests.cases.walking import START

ENTRY = "terrorism/FR-2026-0001.yaml"
NEW = "terrorism/FR-2026-0002.yaml"


def due(payload: Mapping[str, str], *, kind: str = "list", superseded: bool = False) -> Due:
    row = OutboxRow(
        id="7.1", case="2026-000001", kind=kind, payload=payload, attempts=0, next_at=START, last_error=None
    )
    return Due(row, None, superseded)


ADD = {
    "act": "add",
    "path": NEW,
    "text": "directive: FR-2026-0002\n",
    "message": "terrorism: block, FR-2026-0002",
    "case": "2026-000001",
    "directive": "FR-2026-0002",
    "by": "agent-014 agent-022",
    "branch": "case/2026-000001",
    "file": hashlib.sha256(b"directive: FR-2026-0002\n").hexdigest(),
}
DRAFT = {**ADD, "act": "draft", "message": "terrorism: draft, FR-2026-0002", "by": "agent-014"}
REMOVE = {**ADD, "act": "remove", "text": "", "message": "terrorism: lift, FR-2026-0002"}


@pytest.mark.asyncio
async def test_a_directive_is_committed_once(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    first = await ListChannel(lists).carry_out(due(ADD))
    again = await ListChannel(lists).carry_out(due(ADD))
    assert first == again == {"commit": git(lists, "rev-parse", "HEAD").strip()}
    assert git(lists, "rev-list", "--count", "HEAD").strip() == "2"
    assert (lists / NEW).read_text() == ADD["text"]
    assert git(lists, "log", "-1", "--format=%(trailers:only)").split() == [
        *("Case:", "2026-000001", "Directive:", "FR-2026-0002"),
        *("Approved-by:", "agent-014", "Approved-by:", "agent-022"),
    ]


@pytest.mark.asyncio
async def test_a_commit_is_known_again_below_others(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    first = await ListChannel(lists).carry_out(due(ADD))
    git(lists, "commit", "-q", "--allow-empty", "-m", "something else")
    assert await ListChannel(lists).carry_out(due(ADD)) == first


@pytest.mark.asyncio
async def test_a_directive_that_was_lifted_meanwhile_is_not_added_any_more(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    assert await ListChannel(lists).carry_out(due(ADD, superseded=True)) is None
    assert NEW not in read_head(lists)[1]


@pytest.mark.asyncio
async def test_a_commit_that_was_made_is_recorded_though_a_lift_was_decided_meanwhile(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    first = await ListChannel(lists).carry_out(due(ADD))
    assert await ListChannel(lists).carry_out(due(ADD, superseded=True)) == first


@pytest.mark.asyncio
async def test_a_lift_removes_the_file_once_and_says_by_whom(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    await ListChannel(lists).carry_out(due(ADD))
    first = await ListChannel(lists).carry_out(due(REMOVE))
    assert await ListChannel(lists).carry_out(due(REMOVE)) == first
    assert not (lists / NEW).exists()
    assert git(lists, "log", "-1", "--format=%(trailers:key=Lifted-by,valueonly)").split() == ["agent-014", "agent-022"]
    assert git(lists, "rev-list", "--count", "HEAD").strip() == "3"
    assert (lists / ENTRY).exists()


@pytest.mark.asyncio
async def test_a_lift_of_what_somebody_removed_already_is_done(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    assert await ListChannel(lists).carry_out(due(REMOVE)) == {"commit": git(lists, "rev-parse", "HEAD").strip()}


@pytest.mark.asyncio
async def test_a_lift_ends_with_the_file_gone_even_if_it_was_put_back(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    channel = ListChannel(lists)
    await channel.carry_out(due(ADD))
    await channel.carry_out(due(REMOVE))
    git(lists, "revert", "--no-edit", "HEAD")
    await channel.carry_out(due(REMOVE))
    assert NEW not in read_head(lists)[1]


@pytest.mark.asyncio
@pytest.mark.parametrize("line", ["may_be_empty: false\n", ""])
async def test_lifting_the_last_entry_lets_the_list_be_empty(tmp_path: Path, line: str):
    lists = make_lists(tmp_path / "lists")
    text = (lists / "list.yaml").read_text().replace("may_be_empty: false\n", line)
    (lists / "list.yaml").write_text(text)
    git(lists, "commit", "-q", "--allow-empty", "-am", "as the test wants it")
    await ListChannel(lists).carry_out(due({**REMOVE, "path": ENTRY, "directive": "FR-2026-0001"}))
    files = read_head(lists)[1]
    assert files == {"list.yaml": text.replace(line, "").encode() + b"may_be_empty: true\n"}
    assert git(lists, "status", "--porcelain") == ""


@pytest.mark.asyncio
async def test_unfinished_work_of_officers_survives_a_lift(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    channel = ListChannel(lists)
    await channel.carry_out(due(ADD))
    (lists / NEW).write_text("an officer is editing this\n")
    (lists / "notes.txt").write_text("notes\n")
    await channel.carry_out(due(REMOVE))
    assert NEW not in read_head(lists)[1]
    assert (lists / NEW).read_text() == "an officer is editing this\n"
    assert (lists / "notes.txt").exists()


@pytest.mark.asyncio
async def test_a_lock_that_was_left_in_the_work_tree_holds_up_no_lift(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    channel = ListChannel(lists)
    await channel.carry_out(due(ADD))
    (lists / ".git" / "index.lock").touch()
    lifted = await channel.carry_out(due(REMOVE))
    assert lifted == {"commit": git(lists, "rev-parse", "HEAD").strip()}
    assert NEW not in read_head(lists)[1]


@pytest.mark.asyncio
async def test_a_plain_directory_is_never_committed_to(tmp_path: Path):
    (tmp_path / "terrorism").mkdir()
    with pytest.raises(OperationError, match="not a git work tree"):
        await ListChannel(tmp_path).carry_out(due(ADD))
    assert list((tmp_path / "terrorism").iterdir()) == []


@pytest.mark.asyncio
async def test_a_draft_lies_on_its_own_branch_and_is_merged_once_and_whole(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    before = git(lists, "rev-parse", "HEAD").strip()
    for _ in range(2):
        assert await ListChannel(lists).carry_out(due(DRAFT)) is None
    assert git(lists, "rev-parse", "HEAD").strip() == before
    assert git(lists, "status", "--porcelain") == ""
    tip = git(lists, "rev-parse", "case/2026-000001").strip()
    assert git(lists, "show", f"{tip}:{NEW}") == DRAFT["text"]
    complete = {**ADD, "text": "directive: FR-2026-0002\nissued: 2026-12-01\n"}
    first = await ListChannel(lists).carry_out(due(complete))
    assert await ListChannel(lists).carry_out(due(complete)) == first
    assert git(lists, "log", "-1", "--format=%P").split() == [before, tip]
    assert git(lists, "show", f"HEAD:{NEW}") == complete["text"]
    assert git(lists, "branch", "--list", "case/*") == ""
    assert git(lists, "status", "--porcelain") == ""


@pytest.mark.asyncio
async def test_a_branch_that_holds_something_else_than_was_approved_is_not_merged(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    await ListChannel(lists).carry_out(due(DRAFT))
    git(lists, "worktree", "add", "-q", str(tmp_path / "own"), "case/2026-000001")
    (tmp_path / "own" / NEW).write_text("directive: FR-2026-0002\n# changed\n")
    git(tmp_path / "own", "commit", "-qam", "change my mind")
    await ListChannel(lists).carry_out(due(ADD))
    assert git(lists, "show", f"HEAD:{NEW}") == ADD["text"]
    assert len(git(lists, "log", "-1", "--format=%P").split()) == 1
    assert "case/2026-000001" in git(lists, "branch", "--list", "case/*")


@pytest.mark.asyncio
async def test_a_kill_between_merge_and_the_end_of_its_branch_leaves_no_branch_behind(tmp_path: Path):
    lists = make_lists(tmp_path / "lists")
    await ListChannel(lists).carry_out(due(DRAFT))
    tip = git(lists, "rev-parse", "case/2026-000001").strip()
    done = await ListChannel(lists).carry_out(due(ADD))
    git(lists, "update-ref", "refs/heads/case/2026-000001", tip)
    assert await ListChannel(lists).carry_out(due(ADD)) == done
    assert git(lists, "branch", "--list", "case/*") == ""
