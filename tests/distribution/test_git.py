"""blocker/distribution/git.py against real repositories."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from blocker.distribution import git
from blocker.errors import OperationError

TRAILERS = (("Case", "2026-000001"), ("Directive", "FR-2026-0001"), ("Approved-by", "agent-014"))
ENTRY = "terrorism/FR-2026-0001.yaml"


def run(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=Officer", "-c", "user.email=officer@example.org", *arguments],
        cwd=directory,
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    directory = tmp_path / "lists"
    directory.mkdir()
    run(directory, "init", "-q", "-b", "main")
    (directory / "list.yaml").write_text("title: {fr: a, en: b}\n")
    (directory / "csam").mkdir()
    (directory / "csam" / "é name.yaml").write_bytes(b"\xff\x00binary")
    run(directory, "add", ".")
    run(directory, "commit", "-qm", "begin")
    return directory


def add(directory: Path, text: bytes = b"directive: FR-2026-0001\n") -> str:
    return git.commit_change(directory, git.Change({ENTRY: text}, "terrorism: block, FR-2026-0001", TRAILERS))


def test_head_is_read_as_bytes_by_path(lists: Path):
    commit, files = git.read_head(lists)
    assert commit == run(lists, "rev-parse", "HEAD").strip()
    assert files == {"list.yaml": b"title: {fr: a, en: b}\n", "csam/é name.yaml": b"\xff\x00binary"}


def test_what_is_not_committed_is_not_read(lists: Path):
    (lists / "list.yaml").write_text("unfinished")
    (lists / "new.yaml").write_text("unfinished")
    assert git.read_head(lists)[1]["list.yaml"] == b"title: {fr: a, en: b}\n"
    assert "new.yaml" not in git.read_head(lists)[1]


def test_symbolic_links_are_not_followed(lists: Path):
    (lists / "link.yaml").symlink_to("/etc/hostname")
    run(lists, "add", ".")
    run(lists, "commit", "-qm", "a link")
    assert "link.yaml" not in git.read_head(lists)[1]


def test_a_directory_without_its_own_repository_is_no_work_tree(lists: Path):
    assert git.is_work_tree(lists)
    assert not git.is_work_tree(lists / "csam")
    with pytest.raises(OperationError, match="not a git work tree"):
        git.head(lists / "csam")


def test_a_broken_repository_never_falls_back_to_the_one_around_it(lists: Path):
    (lists / "inner" / ".git").mkdir(parents=True)
    with pytest.raises(OperationError):
        git.head(lists / "inner")


def test_a_repository_without_a_commit_is_an_operation_error(tmp_path: Path):
    run(tmp_path, "init", "-q")
    with pytest.raises(OperationError):
        git.read_head(tmp_path)


def test_a_change_becomes_one_commit_with_its_trailers(lists: Path):
    before = git.head(lists)
    commit = add(lists)
    assert run(lists, "rev-parse", "HEAD", "HEAD^").split() == [commit, before]
    assert run(lists, "diff", "--name-status", before, commit) == f"A\t{ENTRY}\n"
    assert run(lists, "log", "-1", "--format=%s|%an|%ae|%(trailers:key=Directive,valueonly)").strip() == (
        "terrorism: block, FR-2026-0001|Redhand desk|desk@redhand.invalid|FR-2026-0001"
    )
    assert run(lists, "symbolic-ref", "HEAD").strip() == "refs/heads/main"


def test_after_refresh_the_work_tree_is_clean_and_holds_the_file(lists: Path):
    commit = add(lists)
    assert git.refresh(lists, commit) == ()
    assert (lists / ENTRY).read_bytes() == b"directive: FR-2026-0001\n"
    assert run(lists, "status", "--porcelain") == ""
    assert git.refresh(lists, commit) == ()


def test_a_removal_takes_the_file_out_of_head_index_and_work_tree(lists: Path):
    git.refresh(lists, add(lists))
    commit = git.commit_change(lists, git.Change({ENTRY: None}, "terrorism: lift, FR-2026-0001"))
    assert git.refresh(lists, commit) == ()
    assert not (lists / ENTRY).exists()
    assert ENTRY not in git.read_head(lists)[1]
    assert run(lists, "status", "--porcelain") == ""


def test_unfinished_work_is_neither_swept_in_nor_lost(lists: Path):
    (lists / "list.yaml").write_text("edited, not staged\n")
    (lists / "staged.yaml").write_text("staged\n")
    run(lists, "add", "staged.yaml")
    (lists / "untracked.txt").write_text("notes\n")
    before = run(lists, "status", "--porcelain")
    commit = add(lists)
    assert git.refresh(lists, commit) == ()
    assert run(lists, "show", "--name-only", "--format=", commit) == f"{ENTRY}\n"
    assert run(lists, "status", "--porcelain") == before
    assert (lists / "list.yaml").read_text() == "edited, not staged\n"


def test_an_unfinished_edit_of_that_very_file_stays_as_it_is(lists: Path):
    git.refresh(lists, add(lists))
    (lists / ENTRY).write_text("an officer is editing this\n")
    commit = git.commit_change(lists, git.Change({ENTRY: None}, "terrorism: lift, FR-2026-0001"))
    assert git.refresh(lists, commit) == (ENTRY,)
    assert (lists / ENTRY).read_text() == "an officer is editing this\n"
    assert ENTRY not in git.read_head(lists)[1]


def test_a_file_that_was_staged_by_somebody_stays_staged(lists: Path):
    (lists / "terrorism").mkdir()
    (lists / ENTRY).write_text("somebody's own\n")
    run(lists, "add", ENTRY)
    assert git.refresh(lists, add(lists)) == (ENTRY,)
    assert (lists / ENTRY).read_text() == "somebody's own\n"
    assert run(lists, "show", f":{ENTRY}") == "somebody's own\n"


def test_a_kill_before_the_refresh_is_made_good_by_repeating_it(lists: Path):
    commit = add(lists)  # and here the process died
    assert git.find_by_trailers(lists, TRAILERS) == commit
    assert git.refresh(lists, commit) == ()
    assert run(lists, "status", "--porcelain") == ""


def test_what_a_kill_left_of_the_file_goes_with_the_next_refresh(lists: Path):
    commit = add(lists)
    (lists / ENTRY).parent.mkdir(exist_ok=True)
    left = (lists / ENTRY).with_name(f".{Path(ENTRY).name}.0afd79aa96d33184.part")
    left.write_bytes(b"directive: FR-")
    assert not git.is_clean(lists)
    assert git.refresh(lists, commit) == ()
    assert git.is_clean(lists)


def test_refreshing_an_old_commit_undoes_nothing_newer(lists: Path):
    old = add(lists)
    git.refresh(lists, old)
    new = add(lists, b"directive: FR-2026-0001\nreviewed: 2026-12-01\n")
    git.refresh(lists, new)
    assert git.refresh(lists, old) == ()
    assert b"reviewed" in (lists / ENTRY).read_bytes()


def test_a_commit_is_found_by_all_of_its_trailers_and_no_other(lists: Path):
    commit = add(lists)
    assert git.find_by_trailers(lists, TRAILERS) == commit
    assert git.find_by_trailers(lists, TRAILERS[:2]) == commit
    assert git.find_by_trailers(lists, (*TRAILERS[:2], ("Lifted-by", "agent-014"))) is None
    assert git.find_by_trailers(lists, (("Case", "2026-00000"),)) is None


def test_a_trailer_quoted_in_prose_is_no_trailer(lists: Path):
    run(lists, "commit", "-q", "--allow-empty", "-m", "note", "-m", "as in\nCase: 2026-000001\n\nand so on")
    assert git.find_by_trailers(lists, TRAILERS[:1]) is None


def test_of_two_commits_at_once_none_is_lost(lists: Path):
    committed: list[str] = []

    def commit(number: int) -> None:
        while True:
            try:
                change = git.Change({f"terrorism/FR-2026-{number:04d}.yaml": b"x\n"}, "add", (("Case", str(number)),))
                committed.append(git.commit_change(lists, change))
            except git.HeadMovedError:
                continue
            return

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([path for path in git.read_head(lists)[1] if path.startswith("terrorism/")]) == 4
    assert int(run(lists, "rev-list", "--count", "HEAD")) == 5
    assert len(set(committed)) == 4


def test_hooks_and_signing_of_people_do_not_stop_a_commit(lists: Path):
    hook = lists / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    run(lists, "config", "commit.gpgsign", "true")
    commit = add(lists)
    assert git.head(lists) == commit


def test_the_environment_cannot_point_git_elsewhere(lists: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run(lists, "clone", "-q", str(lists), str(tmp_path / "other"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    commit = add(lists)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert run(lists, "rev-parse", "HEAD").strip() == commit
    assert run(tmp_path / "other", "rev-parse", "HEAD").strip() != commit


def test_a_linked_work_tree_is_served_too(lists: Path, tmp_path: Path):
    linked = tmp_path / "linked"
    run(lists, "worktree", "add", "-q", "-b", "desk", str(linked))
    commit = add(linked)
    assert git.refresh(linked, commit) == ()
    assert run(linked, "status", "--porcelain") == ""
    assert git.head(lists) != commit


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_repository_of_another_account_is_served(lists: Path):
    for path in (lists, *lists.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    commit, files = add(lists), git.read_head(lists)
    assert files[0] == commit
    assert ENTRY in files[1]


def test_a_failed_commit_changes_nothing(lists: Path):
    before = git.head(lists)
    with pytest.raises(OperationError, match="git update-index failed"):
        git.commit_change(lists, git.Change({"../outside.yaml": b"x"}, "no"))
    assert git.head(lists) == before
    assert not list((lists / ".git").glob("redhand-index*"))
    assert run(lists, "status", "--porcelain") == ""
