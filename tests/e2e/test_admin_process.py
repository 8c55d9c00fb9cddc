"""`redhand admin` as a process: it starts from a configuration file, says when it is ready, and ends when told to."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.admin.running import config_text, lay_lists
from tests.e2e.page_process import free_port
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("git")]

PATIENCE = 30.0  # seconds


@contextmanager
def desk_process(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the desk on a port of 127.0.0.1 until the block ends; its log is `folder`/log."""
    config = folder / "redhand.yaml"
    lists = folder / "lists" if (folder / "lists").exists() else lay_lists(folder)
    config.write_text(config_text(folder, lists, f"127.0.0.1:{port}"))
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "blocker", "admin", "--config", str(config)], stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def health(port: int, process: "subprocess.Popen[bytes]") -> dict[str, object]:
    end = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "the desk ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                told: dict[str, object] = json.load(answer)
                return told
        except urllib.error.URLError:
            assert time.monotonic() < end, "the desk did not answer"
            time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_desk_answers_and_ends_cleanly_when_told_to(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with desk_process(tmp_path, port) as process:
        assert health(port, process) == {"ready": True, "serial": None}
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    with sqlite3.connect(tmp_path / "redhand.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_second_desk_on_the_same_store_does_not_start(tmp_path: Path) -> None:
    first, second = free_port(), free_port()
    with desk_process(tmp_path, first) as process:
        health(first, process)
        with desk_process(tmp_path, second) as other:
            assert other.wait(PATIENCE) == 2
    assert "in use" in (tmp_path / "log").read_text()


def test_no_request_leaves_a_trace_in_the_log(tmp_path: Path) -> None:
    port = free_port()
    with desk_process(tmp_path, port) as process:
        health(port, process)
        for path in ("/cases/2026-424242", "/marked-path?marked=query"):
            send(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: marked-agent\r\n\r\n".encode())
        send(port, b"\x16\x03\x01NONSENSE /\r\n\r\n")
    log = (tmp_path / "log").read_text()
    assert "ready" in log
    for trace in ("marked", "424242", "NONSENSE", "GET", "/health"):
        assert trace not in log
    assert "127.0.0.1" not in log.replace(f"127.0.0.1:{port}", "")


def send(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(data)
        assert connection.recv(1000).startswith(b"HTTP/1.")
