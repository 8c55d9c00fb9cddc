"""`redhand lists new`, `fmt` and `schema`."""

import json
import re
from pathlib import Path

import pytest

from blocker.blocklist.schema import schemas
from tests.commands.running import AT, commit, git, make_list, put, run
from tests.needs import needs


@pytest.fixture
def lists(tmp_path):
    return make_list(tmp_path / "lists")


def written(lists: Path) -> list[str]:
    return sorted(path.relative_to(lists).as_posix() for path in lists.rglob("*.yaml"))


def test_new_writes_a_file_that_the_check_asks_to_be_completed(lists):
    result = run("new", "--case", "2026-000140", lists)
    path = next((lists / "terrorism").iterdir())
    assert result.exit_code == 0
    assert str(path) in result.stdout
    assert re.fullmatch(r"FR-20\d\d-0001\.yaml", path.name)
    checked = run("check", lists, *AT)
    assert checked.exit_code == 1
    assert f"terrorism/{path.name}:8:8: schema: the date is empty" in checked.stderr


def test_new_takes_another_ground_and_id(lists):
    assert run("new", "--case", "C-1", "--ground", "child-abuse", "--directive", "BE-7", lists).exit_code == 0
    assert written(lists) == ["child-abuse/BE-7.yaml", "list.yaml"]


def test_new_works_in_the_folder_where_it_is_called(lists, monkeypatch):
    monkeypatch.chdir(lists)
    assert run("new", "--case", "C-1").exit_code == 0
    assert len(written(lists)) == 2


@needs("git")
def test_an_id_that_was_lifted_is_never_given_again(lists):
    year = run("new", "--case", "C-1", lists).stdout.split("FR-")[1][:4]
    path = lists / "terrorism" / f"FR-{year}-0001.yaml"
    path.rename(path.with_name(f"FR-{year}-0007.yaml"))
    commit(lists, "blocks")
    path.with_name(f"FR-{year}-0007.yaml").unlink()
    commit(lists, "lifts")
    assert f"FR-{year}-0008.yaml" in run("new", "--case", "C-2", lists).stdout


@needs("git")
def test_new_works_in_a_repository_without_a_commit(lists):
    git(lists, "init", "--quiet")
    assert run("new", "--case", "C-1", lists).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [["--case", "C 1"], ["--case", "C-1", "--ground", "gossip"], ["--case", "C-1", "--directive", "../x"], []],
)
def test_new_refuses_what_would_be_no_directive_and_writes_nothing(lists, options):
    assert run("new", *options, lists).exit_code == 2
    assert written(lists) == ["list.yaml"]


def test_new_never_overwrites_a_directive(lists):
    before = put(lists, "FR-1", "a.example host").read_bytes()
    result = run("new", "--case", "C-1", "--directive", "FR-1", lists)
    assert result.exit_code == 2
    assert "choose another directive id" in result.stderr
    assert (lists / "terrorism" / "FR-1.yaml").read_bytes() == before


def test_fmt_lays_out_what_is_not_and_says_which(lists):
    good = put(lists, "FR-1", "a.example host").read_bytes()
    bad = put(lists, "FR-2", "B.example host")
    bad.write_bytes(b"\xef\xbb\xbf# kept\r\n" + bad.read_bytes().replace(b"\n", b"  \r\n"))
    (lists / "terrorism" / "FR-2.txt").write_bytes(b"UNTOUCHED.example \r\n")
    assert run("fmt", "--check", lists).exit_code == 1
    assert run("fmt", "--check", lists).stdout == "terrorism/FR-2.yaml\n"
    result = run("fmt", lists)
    assert (result.exit_code, result.stdout) == (0, "terrorism/FR-2.yaml\nlaid out anew: 1\n")
    assert bad.read_bytes() == b"# kept\n" + good.replace(b"FR-1", b"FR-2").replace(b"a.ex", b"b.ex")
    assert (lists / "terrorism" / "FR-1.yaml").read_bytes() == good
    assert (lists / "terrorism" / "FR-2.txt").read_bytes() == b"UNTOUCHED.example \r\n"
    assert run("fmt", "--check", lists).stdout == "nothing to lay out anew\n"


def test_fmt_of_what_is_no_yaml_refuses_and_changes_nothing(lists):
    put(lists, "FR-1", "A.example host")
    (lists / "terrorism" / "FR-2.yaml").write_text("names: [")
    before = (lists / "terrorism" / "FR-1.yaml").read_bytes()
    result = run("fmt", lists)
    assert result.exit_code == 1
    assert "terrorism/FR-2.yaml:2:1: yaml" in result.stderr
    assert (lists / "terrorism" / "FR-1.yaml").read_bytes() == before


def test_schema_writes_the_schemas_of_this_version(lists):
    assert run("schema", lists).exit_code == 0
    assert run("schema", lists).stdout.split() == list(schemas())
    assert json.loads((lists / ".schema" / "directive.json").read_text())["title"] == "DirectiveFile"
    assert run("check", lists).exit_code == 0
