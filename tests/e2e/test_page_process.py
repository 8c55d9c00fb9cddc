"""The page as a real process: it follows the index file, writes nothing of its visitors, and ends when told."""

import http.client
import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.page_process import PATIENCE, page_process, put_index
from tests.warning_page.trial import HOST_ONLY, TERRORISM, blocklist, compiled, without

pytestmark = pytest.mark.e2e


def visit(port: int, host: str, path: str = "/", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": host, **headers})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_for(port: int, host: str, status: int) -> bytes:
    end = time.monotonic() + PATIENCE
    while True:
        found, body = visit(port, host)
        if found == status:
            return body
        assert time.monotonic() < end, f"{host} still answers {found}"
        time.sleep(0.05)


def test_the_page_follows_the_index_file(tmp_path: Path) -> None:
    with page_process(tmp_path) as (port, _):
        assert visit(port, TERRORISM)[0] == 451
        put_index(tmp_path, compiled(without(TERRORISM), serial=13))
        assert b"version 13" in wait_for(port, TERRORISM, 503)
        assert visit(port, HOST_ONLY)[0] == 451


def test_a_damaged_index_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    with page_process(tmp_path) as (port, _):
        put_index(tmp_path, b"REDHAND\x01 but nothing more")
        time.sleep(1)
        assert visit(port, TERRORISM)[0] == 451
    assert "index refused" in (tmp_path / "log").read_text()


def test_a_page_without_a_list_waits_for_one(tmp_path: Path) -> None:
    with page_process(tmp_path, index=b"") as (port, _):
        status, body = visit(port, TERRORISM, **{"Accept-Language": "en"})
        assert (status, b"This server cannot say why you came here" in body) == (503, True)
        put_index(tmp_path, compiled(blocklist()))
        wait_for(port, TERRORISM, 451)


def test_nothing_of_a_visit_is_in_any_file_afterwards(tmp_path: Path) -> None:
    marks = ["marked-path", "marked-agent", "marked-referrer", "marked-cookie", "marked-host", "127.0.0.1:"]
    with page_process(tmp_path) as (port, _):
        for host in (TERRORISM, "marked-host.example", f"marked-host.{TERRORISM}"):
            visit(
                port,
                host,
                "/marked-path?marked-query",
                **{
                    "User-Agent": "marked-agent",
                    "Referer": "http://marked-referrer.example/",
                    "Cookie": "a=marked-cookie",
                },
            )
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in written} == {"log", "redhand.yaml", "current.index", "trial-clock.json"}
    log = (tmp_path / "log").read_text()
    assert not [mark for mark in [*marks, TERRORISM] if mark in log]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_page_ends_cleanly_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with page_process(tmp_path) as (port, process):
        visit(port, TERRORISM)
        os.kill(process.pid, number)
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
