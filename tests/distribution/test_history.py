"""The history of a list's work tree, against real repositories."""

import subprocess
from pathlib import Path

import pytest

from blocker.distribution.history import read_commits, read_history
from blocker.errors import OperationError
from tests.needs import needs

pytestmark = needs("git")


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Agent 014", "-c", "user.email=agent-014@desk.example", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(directory), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def commit(lists: Path, files: dict[str, str | None], message: str = "change", *trailers: str) -> None:
    for path, text in files.items():
        file = lists / path
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True) if text is None else file.write_text(text)
    git(lists, "add", "--all")
    git(lists, "commit", "--quiet", "--allow-empty", "-m", message, *(f"--trailer={each}" for each in trailers))


def test_commits_come_oldest_first_with_who_why_and_what(lists):
    commit(
        lists,
        {"terrorism/FR-1.yaml": "a", "terrorism/été.txt": "b", "image.png": "c"},
        "blocks",
        "Case: C-1",
        "Approved-by: x-1",
    )
    commit(lists, {"terrorism/FR-1.yaml": None}, "lifts")
    commits, contents = read_history(lists)
    assert [each.subject for each in commits] == ["blocks", "lifts"]
    assert commits[0].author == "Agent 014"
    assert commits[0].trailers == (("Case", "C-1"), ("Approved-by", "x-1"))
    held = {path: contents[blob] for path, blob in commits[0].files.items() if blob is not None}
    assert held == {"terrorism/FR-1.yaml": b"a", "terrorism/été.txt": b"b"}
    assert commits[1].files == {"terrorism/FR-1.yaml": None}
    assert commits[0].when <= commits[1].when


def test_a_merge_is_one_commit_of_the_line_it_was_merged_into(lists):
    commit(lists, {"list.yaml": "a"}, "first")
    git(lists, "switch", "--quiet", "--create", "side")
    commit(lists, {"terrorism/FR-2.yaml": "b"}, "on the side")
    git(lists, "switch", "--quiet", "main")
    commit(lists, {"terrorism/FR-3.yaml": "c"}, "meanwhile")
    git(lists, "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    assert [each.subject for each in read_commits(lists)] == ["first", "meanwhile", "merged"]
    assert list(read_commits(lists)[-1].files) == ["terrorism/FR-2.yaml"]


def test_a_commit_that_changes_no_file_of_a_list_and_one_that_makes_a_link(lists):
    commit(lists, {"list.yaml": "a"})
    commit(lists, {}, "nothing")
    (lists / "list.yaml").unlink()
    (lists / "list.yaml").symlink_to("elsewhere")
    commit(lists, {}, "a link")
    assert [dict(each.files) for each in read_commits(lists)[1:]] == [{}, {"list.yaml": None}]


def test_a_repository_without_a_commit_has_no_history(lists):
    assert read_history(lists) == ([], {})


def test_a_folder_outside_git_is_refused(tmp_path):
    with pytest.raises(OperationError, match="not a git work tree"):
        read_commits(tmp_path)
