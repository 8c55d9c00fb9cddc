"""`redhand lists`, run as people run it."""

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from blocker.blocklist.index import Index
from blocker.distribution.source import shipped_lists
from tests.commands.running import AT, commit, make_list, put, run
from tests.needs import needs


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    target = tmp_path / "lists"
    shutil.copytree(shipped_lists(), target)
    return target


def test_check_says_fine_with_exit_code_0(lists):
    result = run("check", lists, *AT)
    assert result.exit_code == 0
    assert result.stdout.startswith("fine: ")


def test_check_refuses_with_exit_code_1_and_names_the_place(lists):
    path = lists / "terrorism" / "FR-2026-0042.yaml"
    path.write_text(path.read_text().replace("propaganda.example", "google.fr"))
    result = run("check", lists, *AT)
    assert result.exit_code == 1
    assert "terrorism/FR-2026-0042.yaml:13:12: protected: google.fr" in result.stderr


def test_warnings_alone_are_exit_code_0(lists):
    path = lists / "terrorism" / "FR-2026-0042.yaml"
    path.write_text(path.read_text().replace("propaganda.example", "Propaganda.Example"))
    result = run("check", lists, *AT)
    assert result.exit_code == 0
    assert "warning: spelling" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "absent"], ["build", "."], ["nonsense"], ["show", "1.2.3.4", "."]]
)
def test_wrong_usage_is_exit_code_2(arguments):
    assert run(*arguments).exit_code == 2


def test_build_writes_an_index_and_leaves_an_unchanged_one_alone(lists, tmp_path):
    out = tmp_path / "out.index"
    assert run("build", lists, "--out", out, *AT).stdout.startswith("built: serial 1")
    assert run("build", lists, "--out", out, *AT).stdout.startswith("unchanged: serial 1")
    (lists / "terrorism" / "FR-2026-0046.yaml").unlink()
    assert run("build", lists, "--out", out, *AT).stdout.startswith("built: serial 2")
    assert Index.load(out.read_bytes()).header.serial == 2


def real_list(folder: Path) -> Path:
    lists = make_list(folder)
    (lists / "list.yaml").write_text("title: {fr: Liste, en: List}\nenvironment: production\nmay_be_empty: true\n")
    return lists


def test_build_marks_its_output_unsigned_and_says_so(lists, tmp_path):
    out = tmp_path / "out.index"
    assert run("build", lists, "--out", out, *AT).stdout.splitlines()[-1] == "unsigned: it serves a trial only"
    header = Index.load(out.read_bytes()).header
    assert not header.signed
    assert header.sources == ()
    again = run("build", lists, "--out", out, *AT).stdout.splitlines()
    assert again[0].startswith("unchanged")
    assert again[1] == "unsigned: it serves a trial only"


def test_build_of_a_real_list_says_that_nobody_takes_it(tmp_path):
    lists, out = real_list(tmp_path / "real"), tmp_path / "out.index"
    commit(lists, "a list")
    assert "unsigned: no resolver and no page takes it" in run("build", lists, "--out", out, *AT).stdout
    assert not Index.load(out.read_bytes()).header.signed


def test_a_real_list_in_a_plain_folder_is_warned_of_by_check_and_refused_by_build(tmp_path):
    lists, out = real_list(tmp_path / "real"), tmp_path / "out.index"
    checked = run("check", lists, *AT)
    assert checked.exit_code == 0
    assert "list.yaml:1:1: warning: environment: a production list is published from a git commit" in checked.stderr
    built = run("build", lists, "--out", out, *AT)
    assert built.exit_code == 1
    assert "list.yaml:1:1: environment: a production list is published from a git commit" in built.stderr
    assert not out.exists()
    commit(lists, "a list")
    assert run("check", lists, *AT).stderr == ""
    assert run("build", lists, "--out", out, *AT).exit_code == 0


def test_build_replaces_an_index_of_another_version_and_nothing_that_is_no_index(lists, tmp_path):
    out = tmp_path / "out.index"
    out.write_bytes(b"REDHAND\x01 as an older version wrote it")
    assert run("build", lists, "--out", out, *AT).stdout.startswith("built: serial 1")
    out.write_bytes(b"a letter to the mayor")
    assert run("build", lists, "--out", out, *AT).exit_code != 0
    assert out.read_bytes() == b"a letter to the mayor"


def test_build_into_a_folder_that_is_not_there_is_exit_code_2(lists, tmp_path):
    result = run("build", lists, "--out", tmp_path / "absent" / "out.index", *AT)
    assert result.exit_code == 2
    assert "cannot write" in result.stderr


def test_show_says_by_which_directive_how_far_and_until_when(lists):
    said = run("show", "www.Propaganda.example", lists, *AT).stdout
    assert all(part in said for part in ("FR-2026-0042", "terrorism", "scope domain", "until 2027-02-21T00:00+01:00"))
    assert run("show", "www.videos.hosting.example", lists, *AT).stdout == "www.videos.hosting.example: not blocked\n"


DIRTY = """# a list from elsewhere
one.example
Two.EXAMPLE   # with a comment
192.0.2.7
http://three.example/
one.example
google.fr
co.uk
propaganda.example

four.example.
"""


def imported(lists: Path, text: str | bytes, *more: str, format_: str = "domains") -> Result:
    file = lists.parent / "names.txt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    options = ["--format", format_, "--directive", "IMPORT-1", "--ground", "terrorism"]
    return run("import", file, *options, "--into", lists, *more)


def test_import_takes_the_names_and_reports_every_line_that_it_leaves_out(lists):
    result = imported(lists, DIRTY)
    assert result.exit_code == 0
    assert (lists / "terrorism" / "IMPORT-1.txt").read_text() == "one.example\ntwo.example\nfour.example\n"
    left_out = [line.split(": warning: ")[0].rsplit("/", 1)[1] for line in result.stderr.splitlines()]
    assert left_out == [f"names.txt:{line}:1" for line in (4, 5, 6, 7, 8, 9)]
    assert run("check", lists).exit_code == 0
    assert "IMPORT-1" in run("show", "deep.below.two.example", lists).stdout


def test_import_states_the_hash_of_the_names(lists):
    imported(lists, DIRTY)
    names = (lists / "terrorism" / "IMPORT-1.txt").read_bytes()
    assert hashlib.sha256(names).hexdigest() in (lists / "terrorism" / "IMPORT-1.yaml").read_text()


def test_import_takes_a_scope(lists):
    assert imported(lists, "one.example\n", "--scope", "host").exit_code == 0
    assert "scope host" in run("show", "one.example", lists).stdout
    assert "not blocked" in run("show", "below.one.example", lists).stdout


@pytest.mark.parametrize("text", ["", "# nothing\n", "192.0.2.1\n", b"\xff\xfe\x00"])
def test_an_import_of_nothing_is_refused_and_writes_nothing(lists, text):
    assert imported(lists, text).exit_code == 1
    assert not (lists / "terrorism" / "IMPORT-1.yaml").exists()


def test_an_import_never_overwrites_a_directive(lists):
    assert imported(lists, "one.example\n").exit_code == 0
    assert imported(lists, "two.example\n").exit_code == 2
    assert (lists / "terrorism" / "IMPORT-1.txt").read_text() == "one.example\n"


def test_an_import_never_overwrites_names_that_lie_there(lists):
    names = lists / "terrorism" / "IMPORT-1.txt"
    names.write_text("somebody's work\n")
    result = imported(lists, "one.example\n")
    assert result.exit_code == 2
    assert "choose another directive id" in result.stderr
    assert names.read_text() == "somebody's work\n"
    assert not (lists / "terrorism" / "IMPORT-1.yaml").exists()


def test_an_import_under_an_unknown_ground_is_refused(lists):
    result = imported(lists, "one.example\n", "--ground", "gossip")
    assert result.exit_code == 1
    assert "gossip" in result.stderr
    assert not (lists / "gossip").exists()


def test_outside_a_trial_list_nothing_is_assumed(lists):
    (lists / "list.yaml").write_text("title: {fr: L, en: L}\nenvironment: staging\nmay_be_empty: true\n")
    for ground in ("terrorism", "child-abuse"):
        shutil.rmtree(lists / ground)
    assert "--case" in imported(lists, "unlawful-site.fr\n").stderr
    given = [
        "--case",
        "2026-000001",
        "--issued",
        "2026-11-21T10:00Z",
        "--review-by",
        "2027-02-01",
        "--expires",
        "2027-02-01",
    ]
    result = imported(lists, "unlawful-site.fr\n", *given, "--scope", "domain")
    assert result.exit_code == 0
    assert "two different officials" in result.stderr  # what is still to be completed by hand
    assert run("check", lists, *AT).exit_code == 1


def test_a_hosts_file_names_hosts_and_nothing_below_them(lists):
    assert imported(lists, "127.0.0.1 localhost\n0.0.0.0 one.example two.example\n", format_="hosts").exit_code == 0
    assert "scope host" in run("show", "two.example", lists).stdout
    assert "not blocked" in run("show", "below.two.example", lists).stdout


RPZ = "$ORIGIN rpz.example.\n@ SOA a. b. 1 2 3 4 5\none.example CNAME .\n*.one.example CNAME .\ntwo.example CNAME .\n"


def test_a_policy_zone_gives_each_scope_a_file_of_its_own(lists):
    result = imported(lists, RPZ + "three.example CNAME rpz-passthru.\n", format_="rpz")
    assert result.exit_code == 0
    assert "names.txt:6:1: warning: format: `three.example`: an exception of that list" in result.stderr
    assert (lists / "terrorism" / "IMPORT-1.domain.txt").read_text() == "one.example\n"
    assert (lists / "terrorism" / "IMPORT-1.host.txt").read_text() == "two.example\n"
    assert "scope domain" in run("show", "below.one.example", lists).stdout
    assert "scope host" in run("show", "two.example", lists).stdout
    assert run("check", lists).exit_code == 0


def test_a_format_that_says_the_reach_of_names_takes_no_scope(lists):
    result = imported(lists, RPZ, "--scope", "host", format_="rpz")
    assert result.exit_code == 2
    assert "leave --scope out" in result.stderr


def test_rules_of_ad_blockers_block_domains(lists):
    assert imported(lists, "||one.example^\n||two.example^$popup\n", format_="adblock").exit_code == 0
    assert "scope domain" in run("show", "below.one.example", lists).stdout
    assert "not blocked" in run("show", "two.example", lists).stdout


def test_an_import_says_which_names_look_like_others(lists):
    assert "looks like google.fr" in imported(lists, "g\u043eogle.fr\n").stderr


@pytest.mark.parametrize("where", ["terrorism/FR-2.yaml", "gossip"])
def test_a_link_out_of_the_tree_is_refused_in_a_folder(tmp_path, where):
    lists = make_list(tmp_path / "lists")
    outside = put(make_list(tmp_path / "outside"), "FR-2", "a.example host")
    (lists / "terrorism").mkdir()
    (lists / where).symlink_to(outside if where.endswith(".yaml") else outside.parent)
    result = run("check", lists, *AT)
    assert result.exit_code == 1
    assert f"{where}:1:1: form: a symbolic link may point anywhere" in result.stderr


@needs("git")
def test_a_link_out_of_the_tree_is_refused_in_a_commit(tmp_path):
    lists = make_list(tmp_path / "lists")
    (lists / "terrorism").mkdir()
    (lists / "terrorism" / "FR-2.yaml").symlink_to(put(make_list(tmp_path / "outside"), "FR-2", "a.example host"))
    commit(lists, "a link")
    result = run("build", lists, "--out", tmp_path / "index", *AT)
    assert result.exit_code == 1
    assert "terrorism/FR-2.yaml:1:1: form: a symbolic link may point anywhere" in result.stderr


def test_a_link_in_the_place_of_a_file_of_names_does_not_count(lists):
    assert imported(lists, "one.example\n").exit_code == 0
    names = lists / "terrorism" / "IMPORT-1.txt"
    names.rename(lists.parent / "elsewhere.txt")
    names.symlink_to(lists.parent / "elsewhere.txt")
    result = run("check", lists)
    assert result.exit_code == 1
    assert "there is no file terrorism/IMPORT-1.txt (a symbolic link does not count)" in result.stderr


def test_a_bare_date_is_midnight_in_the_lists_own_timezone(lists):
    header = lists / "list.yaml"
    header.write_text(header.read_text().replace("Europe/Paris", "Indian/Reunion"))
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert imported(lists, "one.example\n", "--issued", day).exit_code == 0
    assert f"issued: {day}\n" in (lists / "terrorism" / "IMPORT-1.yaml").read_text()
