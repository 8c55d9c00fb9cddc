"""SIGKILL at random moments of release and of sync: the old state or the new one, and the next run completes it.

The processes are the real commands; each is killed after a random part of the time that it takes undisturbed. The
suite kills a few times; `python -m tests.soak.publishing` kills fifty times each and judges how long a restart takes.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time

import pytest

from blocker.distribution import keys, metadata
from blocker.distribution.online import make_online, open_online
from blocker.distribution.shelf import Shelf
from tests.distribution.publishing import Ministry, Receiver, serving

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("REDHAND_KILLS", "4"))
FULL = KILLS >= 50  # chance evens out, and time is judged, at the full count alone
PASSWORD = b"a password for tests"
RESTART_WITHIN = 5.0  # seconds, on a machine that is not busy with other things (then: twice an undisturbed run)


def redhand(*arguments, kill_after=None):
    process = subprocess.Popen(
        [sys.executable, "-m", "blocker", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if kill_after is not None:
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    return process.wait(60)


def random_part(of):
    return of * secrets.randbelow(1000) / 1000


@pytest.fixture
def ministry(tmp_path):
    """A ministry whose online keys lie on disk, as the command needs them."""
    made = Ministry(tmp_path / "ministry")
    made.shelf.directory.mkdir(parents=True)
    for role in ("snapshot", "timestamp"):
        make_online(made.shelf, role, PASSWORD)
    made.online = open_online(made.shelf, PASSWORD)
    assert isinstance(made.online.snapshot, keys.CheckedSigner)
    return made.found()


def test_release_killed_at_random_moments_serves_the_old_or_the_new_version(ministry, tmp_path):
    password = tmp_path / "password"
    password.write_bytes(PASSWORD)
    arguments = (
        *("publish", "release", "--repository", str(ministry.shelf.directory)),
        *("--online-password-file", str(password)),
    )
    ministry.block("n0.example")
    ministry.stage()
    ministry.sign()
    began = time.monotonic()
    assert redhand(*arguments) == 0
    takes = time.monotonic() - began
    seen = {"old": 0, "new": 0}
    for turn in range(1, KILLS + 1):
        ministry.block(*(f"n{number}.example" for number in range(turn % 15 + 1)), directive=f"FR-2026-{turn:04}")
        if turn > 1:
            ministry.block(directive=f"FR-2026-{turn - 1:04}")
        else:
            ministry.block(directive="FR-2026-0042")
        ministry.stage()
        ministry.sign()
        before = served_version(ministry)
        redhand(*arguments, kill_after=takes * 0.3 + random_part(takes * 0.7))
        after = served_version(ministry)
        assert after in (before, before + 1)
        seen["new" if after > before else "old"] += 1
        began = time.monotonic()
        redhand(*arguments)
        assert not FULL or time.monotonic() - began < max(RESTART_WITHIN, 2 * takes)
        assert served_version(ministry) == before + 1
    assert not FULL or (seen["old"] and seen["new"])


def served_version(ministry):
    """What a client finds; read without completing anything, as the web server would hand it out."""
    copy = ministry.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ministry.shelf.public, copy / "public")
    shelf = Shelf(copy)
    repository = shelf.read()  # verified from the root down
    assert repository is not None
    assert shelf.target(repository, metadata.LIST_FILE) is not None
    return repository.targets.signed.version


def test_sync_killed_at_random_moments_leaves_the_old_or_the_new_digest(ministry, tmp_path):
    ministry.block("n0.example")
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        config = tmp_path / "redhand.yaml"
        source = f"{{name: ministry, url: '{server.url}', root: '{ministry.root}'}}"
        config.write_text(f"data: {tmp_path / 'isp'}\nblocklist: {{repositories: [{source}]}}\n")
        began = time.monotonic()
        assert redhand("sync", "--once", "--config", str(config)) == 0
        takes = time.monotonic() - began
        digests = [isp.digest()]
        assert digests[0]
        seen = {"old": 0, "new": 0}
        for turn in range(1, KILLS + 1):
            ministry.block(*(f"n{number}.example" for number in range(turn % 15 + 1)))
            ministry.publish()
            redhand("sync", "--once", "--config", str(config), kill_after=takes * 0.4 + random_part(takes * 0.6))
            killed = isp.digest()
            began = time.monotonic()
            assert redhand("sync", "--once", "--config", str(config)) == 0
            assert not FULL or time.monotonic() - began < max(RESTART_WITHIN, 2 * takes)
            digests.append(isp.digest())
            assert killed in digests[-2:]
            seen["new" if killed == digests[-1] and killed != digests[-2] else "old"] += 1
        assert not FULL or seen["old"]
