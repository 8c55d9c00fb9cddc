"""The list's road at the receiving end: source → check → index → whoever maps it. Real files, real git."""

import asyncio
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocker.clock import Clock
from blocker.commands.trial import lay_trial_list
from blocker.config import Settings, parse
from blocker.distribution import sync as sync_module
from blocker.distribution.current import CurrentIndex
from blocker.distribution.source import read_source
from blocker.distribution.sync import Sync
from blocker.errors import ConfigError, ListRefusedError, OperationError


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    target = tmp_path / "lists"
    lay_trial_list(target, datetime.now(UTC).date())
    return target


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return parse(b"data: ./data\nblocklist: {lists: ./lists}\n", "redhand.yaml", tmp_path)


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@desk.example", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(directory), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(directory: Path) -> str:
    if not (directory / ".git").exists():
        git(directory, "init", "--quiet")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", "--message=change")
    return git(directory, "rev-parse", "HEAD")


def add(lists: Path, name: str, file: str = "FR-2026-0900") -> Path:
    text = (lists / "terrorism" / "FR-2026-0046.yaml").read_text().replace("FR-2026-0046", file)
    head = text.partition("names:")[0]
    path = lists / "terrorism" / f"{file}.yaml"
    path.write_text(f"{head}names:\n  - {{name: {name}, scope: host}}\n")
    return path


def serial(current: CurrentIndex) -> int:
    assert current.index is not None
    return current.index.header.serial


def blocked(current: CurrentIndex, name: str) -> bool:
    assert current.index is not None
    return current.index.match(name, Clock().timestamp()) is not None


def test_a_plain_trial_directory_is_built_as_it_stands(settings, lists):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    assert sync.look(lists)
    assert current.refresh()
    assert serial(current) == 1
    assert blocked(current, "www.propaganda.example")
    assert current.index and current.index.header.commit is None


def test_of_a_git_work_tree_the_head_is_built_and_not_the_work_in_progress(settings, lists):
    head = commit(lists)
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    add(lists, "uncommitted.example")
    sync.look(lists)
    current.refresh()
    assert not blocked(current, "uncommitted.example")
    assert current.index and current.index.header.commit == head
    commit(lists)
    assert sync.look(lists)
    assert current.refresh()
    assert blocked(current, "uncommitted.example")
    assert serial(current) == 2


def test_a_look_at_an_unchanged_source_builds_nothing(settings, lists):
    sync = Sync(settings, Clock())
    assert [sync.look(lists), sync.look(lists)] == [True, False]


def test_a_commit_that_changes_no_entry_keeps_the_serial(settings, lists):
    commit(lists)
    sync = Sync(settings, Clock())
    assert sync.look(lists)
    (lists / "README.md").write_text("Reworded.")
    commit(lists)
    assert not sync.look(lists)


def test_the_serial_only_rises_even_if_the_index_is_lost(settings, lists):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    sync.look(lists)
    settings.blocklist.index.unlink()
    assert Sync(settings, Clock()).look(lists)
    current.refresh()
    assert serial(current) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lists: add(lists, "google.fr"),
        lambda lists: add(lists, "fr"),
        lambda lists: (lists / "list.yaml").write_bytes(b""),
        lambda lists: (lists / "list.yaml").unlink(),
        lambda lists: list(map(shutil.rmtree, (lists / "terrorism", lists / "child-abuse"))),
        lambda lists: (lists / "terrorism" / "FR-2026-0042.yaml").write_bytes(b"\xff\x00"),
        lambda lists: (lists / "terrorism" / "FR-1.yaml").symlink_to("/etc/hostname"),
        shutil.rmtree,
    ],
    ids=["protected", "tld", "zero-bytes", "no-header", "empty", "garbage", "symlink", "gone"],
)
def test_a_list_that_fails_leaves_the_last_good_one_in_force_and_says_so(settings, lists, caplog, spoil):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    sync.look(lists)
    current.refresh()
    before = settings.blocklist.index.read_bytes()
    spoil(lists)
    assert not sync.look(lists)
    assert settings.blocklist.index.read_bytes() == before
    assert not current.refresh()
    assert blocked(current, "propaganda.example")
    assert "what was in force stays" in caplog.text
    assert "google" not in caplog.text  # a log names places in files, never a site


def test_an_index_that_vanishes_or_is_damaged_is_built_again(settings, lists):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    sync.look(lists)
    settings.blocklist.index.unlink()
    assert sync.look(lists)
    data = bytearray(settings.blocklist.index.read_bytes())
    data[-1] ^= 1
    settings.blocklist.index.write_bytes(data)
    assert sync.look(lists)
    assert current.refresh()
    assert serial(current) == 3
    assert not sync.look(lists)


@pytest.mark.parametrize("date", ["9999-12-31", "9999-12-31T23:59-14:00", "0001-01-01"])
def test_a_far_date_is_a_fault_like_any_other(settings, lists, date):
    sync = Sync(settings, Clock())
    sync.look(lists)
    path = lists / "terrorism" / "FR-2026-0046.yaml"
    good = path.read_text()
    path.write_text(re.sub("(review_by|expires): .*", rf"\1: {date}", good))
    assert not sync.look(lists)
    path.write_text(good)
    add(lists, "fine.example")
    assert sync.look(lists)


def test_a_spoilt_serial_is_not_the_end(settings, lists):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    sync.look(lists)
    (settings.data / "list" / "serial").write_text("garbage")
    add(lists, "fine.example")
    assert sync.look(lists)
    current.refresh()
    assert serial(current) == 2


def test_a_refused_list_is_recovered_from_on_the_next_good_version(settings, lists):
    sync = Sync(settings, Clock())
    sync.look(lists)
    bad = add(lists, "google.fr")
    assert not sync.look(lists)
    bad.unlink()
    add(lists, "fine.example")
    assert sync.look(lists)


def test_the_unsigned_road_serves_trial_lists_only(settings, lists, caplog):
    (lists / "list.yaml").write_text("title: {fr: L, en: L}\nenvironment: production\nmay_be_empty: true\n")
    for ground in ("terrorism", "child-abuse"):
        shutil.rmtree(lists / ground)
    assert not Sync(settings, Clock()).look(lists)
    assert "rule=environment" in caplog.text
    commit(lists)
    assert not Sync(settings, Clock()).look(lists)


@pytest.mark.asyncio
async def test_a_source_of_a_real_list_is_a_fault_of_the_configuration(settings, lists):
    (lists / "list.yaml").write_text("title: {fr: L, en: L}\nenvironment: staging\nmay_be_empty: true\n")
    for ground in ("terrorism", "child-abuse"):
        shutil.rmtree(lists / ground)
    commit(lists)
    with pytest.raises(ConfigError, match=r"blocklist\.repositories alone"):
        await Sync(settings, Clock()).first()


def test_a_damaged_index_is_refused_and_the_mapped_one_stays(settings, lists, caplog):
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    sync.look(lists)
    current.refresh()
    data = bytearray(settings.blocklist.index.read_bytes())
    data[-1] ^= 1
    aside = settings.blocklist.index.with_suffix(".new")
    aside.write_bytes(data)
    aside.rename(settings.blocklist.index)
    assert not current.refresh()
    assert "index refused" in caplog.text
    assert blocked(current, "propaganda.example")


def test_without_an_index_there_is_nothing_and_no_error(tmp_path):
    current = CurrentIndex(tmp_path / "none.index")
    assert not current.refresh()
    assert current.index is None


def test_the_index_is_not_for_every_user_of_the_host(settings, lists):
    Sync(settings, Clock()).look(lists)
    assert settings.blocklist.index.stat().st_mode & 0o777 == 0o640


def test_a_source_that_is_no_directory_is_our_error(tmp_path):
    with pytest.raises(OperationError, match="not a directory"):
        read_source(tmp_path / "absent")


def test_a_symbolic_link_in_place_of_a_directive_is_refused(lists):
    (lists / "terrorism" / "FR-1.yaml").symlink_to(lists / "terrorism" / "FR-2026-0042.yaml")
    with pytest.raises(ListRefusedError, match="symbolic link"):
        read_source(lists)


@pytest.mark.asyncio
async def test_who_asks_for_a_look_does_not_wait_for_the_next_one(settings, lists, monkeypatch):
    monkeypatch.setattr(sync_module, "EVERY", 1000.0)
    sync, current = Sync(settings, Clock()), CurrentIndex(settings.blocklist.index)
    await sync.first()
    assert current.refresh()
    changed = asyncio.Event()
    running = [asyncio.create_task(sync.run()), asyncio.create_task(current.watch(lambda _: changed.set()))]
    for number, name in enumerate(("one-more.example", "and-another.example"), 900):
        add(lists, name, file=f"FR-2026-0{number}")
        sync.asked.set()
        async with asyncio.timeout(20):
            await changed.wait()
        changed.clear()
        assert blocked(current, name)
    for task in running:
        task.cancel()
