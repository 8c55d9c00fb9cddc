"""A disk that is really full: the error says so, nothing is lost, and it goes on by itself once there is room."""

import os
import shutil
import subprocess
import sys

import pytest

from blocker.distribution import metadata
from blocker.distribution.online import make_online, open_online
from blocker.distribution.shelf import Shelf
from blocker.errors import OperationError
from tests.distribution.publishing import Ministry, Receiver, serving
from tests.small_disk import limited, needs_root, small

LISTED = [f"name-{number:04}.example" for number in range(1500)]
LEAVES = (0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 24, 48, 96, 200)
"""Pages that the disk still takes: each write of a release and of a look fails for one of them."""
SAYS = ("No space left on device", "File too large")

# On a full file system and on one that is not; what the second refuses is the file that grows too long.
disks = pytest.mark.parametrize("disk", [pytest.param("full", marks=needs_root), "limited"])


@pytest.fixture
def place(tmp_path, disk):
    """A folder, and what makes its disk refuse."""
    if disk == "limited":
        yield tmp_path / "disk", limited
        return
    with small(tmp_path / "disk") as full:
        yield tmp_path / "disk", full


def served(ministry):
    """What a client finds, verified from the root down: the version, and whether its list is there."""
    copy = ministry.folder.parent.parent / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ministry.shelf.public, copy / "public", ignore=shutil.ignore_patterns(".*"))
    shelf = Shelf(copy)
    repository = shelf.read()
    assert repository is not None
    assert shelf.target(repository, metadata.LIST_FILE) is not None
    return repository.targets.signed.version


@disks
def test_a_release_on_a_full_disk_serves_the_old_version_and_completes_when_there_is_room(place):
    folder, refusing = place
    ministry = Ministry(folder / "ministry").found()
    ministry.block(*LISTED)
    ministry.publish()
    ministry.block(*LISTED, "one-more.example")
    ministry.stage()
    ministry.sign()
    before, failures = served(ministry), 0
    for pages in LEAVES:
        try:
            with refusing(pages):
                ministry.release()
        except OperationError as error:
            failures += 1
            assert any(each in str(error) for each in SAYS), error
            assert served(ministry) in {before, before + 1}
        else:
            break
    assert failures >= 2
    with ministry.shelf.locked():  # what every command does first
        assert ministry.publisher.in_force().targets.signed.version == before + 1
    assert served(ministry) == before + 1


@disks
def test_a_look_on_a_full_disk_keeps_what_is_in_force_and_the_next_one_takes_the_version(place, tmp_path):
    folder, refusing = place
    ministry = Ministry(tmp_path / "ministry").found()
    ministry.block(*LISTED)
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(folder / "isp", ("ministry", server.url, ministry.root))
        assert isp.outcome() == ("in-force", "")
        old, new = set(LISTED), {*LISTED[1:], "one-more.example"}
        ministry.block(*LISTED[1:], "one-more.example")
        ministry.publish()
        failures = 0
        for pages in LEAVES:
            try:
                with refusing(pages):
                    (outcome,) = isp.look()
                said = outcome.message
            except OperationError as error:
                said = str(error)
            if not said:
                break
            failures += 1
            assert any(each in said for each in SAYS), said
            assert isp.names() in (old, new)
            isp.restart()
        assert failures >= 2
        assert isp.outcome() == ("in-force", "")
        assert isp.names() == new
        assert [path.name for path in (folder / "isp" / "list").rglob(".*.part")] == []


@needs_root
def test_the_commands_say_that_the_disk_is_full_and_end_with_exit_code_2(tmp_path):
    def redhand(*arguments):
        command = [sys.executable, "-m", "blocker", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ})

    with small(tmp_path / "disk") as full:
        ministry = Ministry(tmp_path / "disk" / "ministry")
        ministry.shelf.directory.mkdir(parents=True)
        for role in (metadata.SNAPSHOT, metadata.TIMESTAMP):
            make_online(ministry.shelf, role, b"a password for tests")
        ministry.online = open_online(ministry.shelf, b"a password for tests")
        ministry.found()
        ministry.block(*LISTED)
        ministry.stage()
        ministry.sign()
        password = tmp_path / "password"
        password.write_bytes(b"a password for tests")
        release = ("publish", "release", "--repository", ministry.shelf.directory, "--online-password-file", password)
        with full(2):
            ended = redhand(*release)
        assert ended.returncode == 2
        assert "No space left on device" in ended.stderr
        assert redhand(*release).returncode == 0
        with serving(ministry.shelf.public) as server:
            config = tmp_path / "redhand.yaml"
            source = f"{{name: ministry, url: '{server.url}', root: '{ministry.root}'}}"
            config.write_text(f"data: {tmp_path / 'disk' / 'isp'}\nblocklist: {{repositories: [{source}]}}\n")
            with full(4):
                ended = redhand("sync", "--once", "--config", config)
            assert ended.returncode == 2
            assert "No space left on device" in ended.stderr
            assert redhand("sync", "--once", "--config", config).returncode == 0
