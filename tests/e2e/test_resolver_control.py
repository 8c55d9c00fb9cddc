"""`redhand control` beside a running resolver."""

import re
import subprocess
import sys

import pytest

from tests.e2e.resolver_process import TrialList, resolver
from tests.e2e.slow_upstream import slow_upstream
from tests.ports import free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def running(tmp_path):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists) as process:
        yield process


def control(running, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "blocker", "control", *words, "--config", str(running.config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_every_worker_says_how_it_is(running):
    said = control(running, "status").stdout
    assert all(f"pid: {pid}" in said for pid in running.workers())
    assert said.count("serial: 1") == 2
    assert "127.0.0.1" in said


def test_a_blocked_name_is_explained(running):
    said = control(running, "explain", "www.propaganda.example", "AAAA").stdout
    assert "verdict: the warning page's addresses" in said
    assert "directive: FR-2026-0042" in said
    assert "listed: propaganda.example (domain)" in said


def test_a_clean_name_is_explained_with_what_its_upstreams_say(running):
    said = control(running, "explain", "clean.example").stdout
    assert "verdict: clean" in said
    assert "directive: null" in said
    assert "upstream: no upstream can be reached" in said


def test_what_is_kept_of_a_name_and_what_its_upstream_says_are_told_and_the_question_leaves_nothing(tmp_path):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with (
        slow_upstream(0.0) as upstream,
        resolver(tmp_path / "run", upstreams=[upstream.port], lists=lists, workers=1) as running,
    ):
        for _ in range(2):
            said = control(running, "explain", "clean.example").stdout
            assert "kept: {}" in said  # not for having been explained before
            assert re.search(r'upstream: \{"rcode": 0, .*"192\.0\.2\.1"', said)
        running.ask("clean.example", want_dnssec=True)
        said = control(running, "explain", "clean.example").stdout
        assert re.search(r'kept: \{"DO": \{"seconds_left": \d+, "rcode": 0, .*"192\.0\.2\.1"', said)
        assert "answers: 1" in control(running, "status").stdout
        private = control(running, "explain", "printer.local").stdout
        assert "a special-use name" in private
        assert "upstream: not asked" in private


def test_a_name_is_forgotten_by_every_worker_with_all_below(running):
    for number in range(40):
        running.ask(f"n{number}.www.clean.example")  # fails, which is kept for two seconds
    running.ask("clean.example")
    said = control(running, "flush", "www.clean.example").stdout
    assert 0 < sum(int(line.split()[-1]) for line in said.splitlines() if "forgotten" in line) <= 40


def test_nothing_that_is_asked_is_kept(running):
    control(running, "explain", "secret.propaganda.example")
    control(running, "flush", "secret.propaganda.example")
    files = [path for path in running.config.parent.rglob("*") if path.is_file()]
    assert files
    assert not any(b"secret" in path.read_bytes() for path in files)


def test_only_the_resolvers_user_may_ask(running):
    sockets = sorted((running.config.parent / "data" / "control").iterdir())
    assert [path.name for path in sockets] == ["0.sock", "1.sock"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in sockets)
    assert sockets[0].parent.stat().st_mode & 0o777 == 0o700


def test_what_is_wrong_is_said(running):
    assert control(running, "explain", "no..name").returncode == 2
    assert control(running, "explain", "www.example", "NOPE").returncode == 2
    running.stop()
    ended = control(running, "status")
    assert (ended.returncode, "does not answer" in ended.stderr) == (2, True)
