"""`redhand lists diff` and `log`, over folders, commits and index files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.running import AT, commit, git, make_list, put, run
from tests.needs import needs

pytestmark = needs("git")


def write_bytes(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@pytest.fixture
def lists(tmp_path):
    return make_list(tmp_path / "lists")


@pytest.fixture
def committed(lists):
    """A list of five commits: a name comes, another, one changes its reach and term, one goes, a note."""
    put(lists, "FR-2026-0001", "a.example domain")
    approved = ("Approved-by: agent-014", "Approved-by: agent-022")
    commit(lists, "terrorism: blocks FR-2026-0001", "Case: 2026-000123", "Directive: FR-2026-0001", *approved)
    put(lists, "FR-2026-0002", "b.example host")
    commit(lists, "terrorism: blocks FR-2026-0002")
    put(lists, "FR-2026-0001", "a.example host", expires="2027-03-01")
    commit(lists, "terrorism: narrows FR-2026-0001")
    (lists / "terrorism" / "FR-2026-0002.yaml").unlink()
    commit(lists, "terrorism: lifts FR-2026-0002", "Case: 2026-000123", "Lifted-by: agent-022", "Signed-off-by: x")
    (lists / "notes.txt").write_text("a.example\n")
    commit(lists, "notes")
    return lists


def test_a_list_does_not_differ_from_itself(lists):
    put(lists, "FR-2026-0001", "a.example domain")
    result = run("diff", lists, lists, *AT)
    assert (result.exit_code, result.stdout) == (0, "no difference\n")


def test_diff_tells_what_the_work_tree_adds_to_a_commit(committed):
    put(committed, "FR-2026-0003", "c.example domain")
    result = run("diff", f"{committed}@HEAD", committed, *AT)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "+ c.example  domain  FR-2026-0003  → 2027-02-21T00:00+01:00",
        "added 1, removed 0, changed 0",
    ]


def test_diff_tells_what_went_and_what_changed_between_two_commits(committed):
    assert run("diff", f"{committed}@HEAD~3", f"{committed}@HEAD", *AT).stdout.splitlines() == [
        "- b.example  host  FR-2026-0002  → 2027-02-21T00:00+01:00",
        "~ a.example  FR-2026-0001  scope: domain → host",
        "~ FR-2026-0001  expires: 2027-02-20T23:00:00+00:00 → 2027-02-28T23:00:00+00:00",
        "added 0, removed 1, changed 2",
    ]


def test_diff_reads_index_files_too(committed, tmp_path):
    index = tmp_path / "old.index"
    assert run("build", committed, "--out", index, *AT).exit_code == 0
    assert run("diff", index, f"{committed}@HEAD", *AT).stdout == "no difference\n"
    put(committed, "FR-2026-0003", "c.example domain")
    assert run("diff", index, committed, *AT).stdout.startswith("+ c.example  domain  FR-2026-0003")


def test_diff_judges_dates_as_of_a_moment(committed):
    assert run("diff", f"{committed}@HEAD~1", f"{committed}@HEAD~2", "--at", "2028-01-01").stdout == "no difference\n"


@pytest.mark.parametrize("wrong", ["absent", "absent@HEAD", "{}@no-such-branch", "{}@--output=x"])
def test_diff_of_nothing_is_exit_code_2(committed, wrong):
    result = run("diff", wrong.format(committed), committed)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_diff_of_a_broken_index_is_exit_code_2(lists, tmp_path):
    (tmp_path / "broken").write_bytes(b"nothing")
    assert run("diff", tmp_path / "broken", lists).exit_code == 2


def test_log_tells_when_who_why_and_which_commit(committed):
    result = run("log", "www.a.example", committed)
    first, second = git(committed, "log", "--format=%H", "--reverse").split()[:3:2]
    assert result.exit_code == 0
    told = [line.partition("  ")[2] if line[0] != " " else line.strip() for line in result.stdout.splitlines()]
    assert told == [
        "added: a.example (scope domain, directive FR-2026-0001, until 2027-02-21)",
        f"commit {first} by Agent 014",
        "terrorism: blocks FR-2026-0001",
        "Case: 2026-000123",
        "Directive: FR-2026-0001",
        "Approved-by: agent-014",
        "Approved-by: agent-022",
        "removed: a.example (scope domain, directive FR-2026-0001)",
        f"commit {second} by Agent 014",
        "terrorism: narrows FR-2026-0001",
    ]


def test_log_tells_what_changed_of_an_entry(committed):
    said = run("log", "A.Example.", committed).stdout
    assert "changed: a.example (scope domain → host, expires 2027-02-21 → 2027-03-01)" in said


def test_log_tells_of_a_lift_by_whom(committed):
    said = run("log", "b.example", committed).stdout
    assert "removed: b.example (scope host, directive FR-2026-0002)" in said
    assert "Lifted-by: agent-022" in said
    assert "Signed-off-by" not in said


def test_log_follows_a_file_of_names_and_a_merge(lists, tmp_path):
    file = tmp_path / "names"
    file.write_text("x.example\ny.example\n")
    assert (
        run(
            "import", file, "--format", "domains", "--directive", "BULK-1", "--ground", "terrorism", "--into", lists
        ).exit_code
        == 0
    )
    commit(lists, "bulk")
    git(lists, "switch", "--quiet", "--create", "side")
    put(lists, "FR-2026-0009", "z.example domain")
    commit(lists, "side: z")
    git(lists, "switch", "--quiet", "main")
    git(lists, "merge", "--quiet", "--no-ff", "--message=merge: side", "side")
    assert "BULK-1" in run("log", "deep.below.y.example", lists).stdout
    assert "merge: side" in run("log", "z.example", lists).stdout


def test_log_says_so_of_a_name_that_never_stood_there(committed):
    assert run("log", "never.example", committed).stdout == "never.example has never stood on this list\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_a_letter_ends_no_command(committed, encoding):
    put(committed, "FR-2026-0003", "c.example domain")
    git(committed, "add", "--all")
    git(committed, "commit", "--quiet", "--file", write_bytes(committed.parent / "message", b"bloqu\xe9e\n"))
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "fr_FR.UTF-8"}
    for arguments in (["log", "c.example", committed], ["diff", f"{committed}@HEAD~1", committed]):
        command = [sys.executable, "-m", "blocker", "lists", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert b"c.example" in done.stdout


def test_log_outside_git_is_exit_code_2(lists):
    result = run("log", "a.example", lists)
    assert result.exit_code == 2
    assert "is not a git work tree" in result.stderr
