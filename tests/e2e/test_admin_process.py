"""`redhand admin` as a process: it starts from a configuration file, says when it is ready, and ends when told to."""

import signal
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.e2e.desk_process import PATIENCE, desk_process, health
from tests.needs import needs
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, needs("git")]


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
