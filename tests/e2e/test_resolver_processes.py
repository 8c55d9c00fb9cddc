"""Parent and workers as processes: killed, ended, orphaned, refused; and what they leave behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import dns.exception
import pytest

from tests.e2e.resolver_process import PAGE, TrialList, eventually, resolver
from tests.ports import free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def running(tmp_path):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists) as process:
        yield process


def test_a_killed_worker_is_replaced_and_the_others_go_on(running):
    before = running.workers()
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    took = eventually(lambda: len(running.workers() - {victim}) == 2, 5)
    assert running.workers() != before
    deadline = time.monotonic() + 5
    answered = 0
    while answered < 30 and time.monotonic() < deadline:  # clients of both workers' sockets
        with suppress(dns.exception.Timeout):
            answered += running.data("propaganda.example") == [PAGE]
    assert answered == 30
    assert took < 2  # the parent starts it at once; Python itself needs a part of a second
    assert "worker died" in running.said()


def test_both_workers_killed_lose_no_question_that_waits(running):
    for pid in running.workers():
        os.kill(pid, signal.SIGKILL)
    assert running.data("propaganda.example") == [PAGE]  # it lay in the parent's socket meanwhile


def test_sigterm_ends_everything_cleanly(running):
    workers = running.workers()
    assert running.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert "Traceback" not in running.said()


def test_ctrl_c_ends_everything_cleanly(running):
    workers = running.workers()
    os.killpg(running.process.pid, signal.SIGINT)  # a terminal tells the whole group
    assert running.process.wait(15) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert "Traceback" not in running.said()
    assert "worker died" not in running.said()


def test_workers_end_when_their_parent_is_killed(running):
    workers = running.workers()
    running.process.kill()
    running.process.wait(5)
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 5)


def test_workers_may_leave_no_core_dump(running):
    for pid in running.workers():
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        (line,) = [line for line in limits if line.startswith("Max core file size")]
        assert line.split()[4:6] == ["0", "0"]


def test_dead_upstreams_cost_clean_names_seconds_and_blocked_names_nothing(running):
    began = time.monotonic()
    reply = running.ask("clean.example")
    assert time.monotonic() - began < 4
    assert (reply.rcode(), [int(option.code) for option in reply.options]) == (2, [23])  # the network refuses
    assert running.data("propaganda.example") == [PAGE]


def test_silent_upstreams_are_given_up_within_four_seconds_while_others_are_answered(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        lists = TrialList(tmp_path / "lists")
        lists.block("propaganda.example")
        with resolver(tmp_path / "run", upstreams=[silent.getsockname()[1]], lists=lists, workers=1) as running:
            took: list[float] = []

            def wait_for_nothing() -> None:
                began = time.monotonic()
                assert running.ask("clean.example").rcode() == 2
                took.append(time.monotonic() - began)

            waiting = threading.Thread(target=wait_for_nothing)
            waiting.start()
            while waiting.is_alive():
                began = time.monotonic()
                assert running.data("propaganda.example") == [PAGE]
                assert time.monotonic() - began < 0.5
                time.sleep(0.01)
            assert took
            assert took[0] < 4.2


def refused_to_start(folder: Path, listen: str) -> subprocess.CompletedProcess[str]:
    config = folder / "redhand.yaml"
    config.write_text(f'resolver: {{listen: ["{listen}"], upstreams: ["127.0.0.1:9"]}}\n')
    command = [sys.executable, "-m", "blocker", "resolver", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("address", ["0.0.0.0:5300", "[::]:5300"])
def test_a_wildcard_address_is_refused_with_a_reason(tmp_path, address):
    ended = refused_to_start(tmp_path, address)
    assert ended.returncode == 2
    assert "name each one" in ended.stderr


def test_a_port_that_is_taken_is_said(tmp_path):
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        ended = refused_to_start(tmp_path, f"127.0.0.1:{port}")
    assert ended.returncode == 2
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr
