"""SIGKILL at random moments of release and of sync: the old state or the new one, and the next run completes it.

The processes are the real commands; each is killed after a random part of the time that it takes undisturbed, from its
first instant to its last (REDHAND_SEED chooses the moments). The suite kills a few times; `python -m
tests.soak.publishing` kills fifty times each and judges how long a restart takes.
"""

import os
import random  # noqa: TID251 - moments that can be chosen again
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import dns.exception
import dns.message
import dns.query
import pytest

from blocker.distribution import keys, metadata
from blocker.distribution.online import make_online, open_online
from blocker.distribution.shelf import Shelf
from tests.distribution.publishing import Ministry, Receiver, serving
from tests.e2e.resolver_process import PAGE, eventually, signed_resolver

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("REDHAND_KILLS", "4"))
MOMENTS = random.Random(os.environ.get("REDHAND_SEED", "2016"))
FULL = KILLS >= 50  # chance evens out, and time is judged, at the full count alone
LOOK = 0.2  # seconds between two looks of the resolver's parent
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
        redhand(*arguments, kill_after=MOMENTS.uniform(0, takes))
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
            redhand("sync", "--once", "--config", str(config), kill_after=MOMENTS.uniform(0, takes))
            killed = isp.digest()
            began = time.monotonic()
            assert redhand("sync", "--once", "--config", str(config)) == 0
            assert not FULL or time.monotonic() - began < max(RESTART_WITHIN, 2 * takes)
            digests.append(isp.digest())
            assert killed in digests[-2:]
            seen["new" if killed == digests[-1] and killed != digests[-2] else "old"] += 1
        assert not FULL or seen["old"]


def test_a_resolver_killed_while_it_syncs_blocks_from_its_first_answer(ministry, tmp_path):
    ministry.block("n0.example")
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp" / "data", ("ministry", server.url, ministry.root))
        running = signed_resolver(tmp_path / "isp", ministry, server.url, f"interval: {LOOK}")
        try:
            running.start()
            before = {"n0.example"}
            for turn in range(1, (KILLS if FULL else 2) + 1):
                after = {f"n{number}.example" for number in range(turn % 15 + 1)}
                ministry.block(*sorted(after))
                ministry.publish()
                time.sleep(MOMENTS.uniform(0, 5 * LOOK))
                kill_all_of(running)
                assert isp.names() in (before, after)
                with ThreadPoolExecutor(1) as asking:
                    began, first = time.monotonic(), asking.submit(first_answer, running.port)
                    running.start()
                    assert first.result() == PAGE
                assert not FULL or time.monotonic() - began < RESTART_WITHIN
                eventually(lambda after=after: isp.names() == after, 30)
                before = after
        finally:
            running.stop()


def kill_all_of(running):
    """Kill parent and workers at once, and forget what they said: the next one's "ready" counts."""
    assert running.process
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait(10)
    running.log.unlink()


def first_answer(port):
    """Ask for a blocked name until somebody answers, and return what was said first."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        question = dns.message.make_query("n0.example", "A")
        try:
            reply = dns.query.udp(question, "127.0.0.1", port=port, timeout=0.1)
        except (dns.exception.Timeout, OSError):
            continue
        return " ".join(str(data) for rrset in reply.answer for data in rrset) or dns.rcode.to_text(reply.rcode())
    return "nobody answered"
