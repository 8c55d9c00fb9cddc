"""The page as a real process: it follows the index file, writes nothing of its visitors, and ends when told."""

import http.client
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.page_process import PATIENCE, page_process, put_index
from tests.warning_page.trial import HOST_ONLY, TERRORISM, blocklist, compiled, without

pytestmark = pytest.mark.e2e


def visit(port: int, host: str, path: str = "/", source: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(source, 0))
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


def test_a_symbol_of_ones_own_is_shown(tmp_path: Path) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle cx="2" cy="2" r="1.5"/></svg>'
    (tmp_path / "sun.svg").write_text(drawing)
    with page_process(tmp_path, symbol="sun.svg") as (port, _):
        _, body = visit(port, TERRORISM)
    assert b'<circle cx="2" cy="2" r="1.5">' in body
    assert b'class="palm"' not in body


def test_a_symbol_that_is_more_than_a_drawing_keeps_the_page_from_starting(tmp_path: Path) -> None:
    (tmp_path / "bad.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><script/></svg>')
    with pytest.raises(AssertionError, match="the page ended"), page_process(tmp_path, symbol="bad.svg"):
        pass
    log = (tmp_path / "log").read_text()
    assert "bad.svg:1:1: symbol: <script> is no shape" in log
    assert "Traceback" not in log


def hold(port: int, source: str, count: int) -> list[socket.socket]:
    """Open connections that begin a request and never end it."""
    held = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0))
        sock.send(b"GET / HTTP/1.1\r\nHost: ")
        held.append(sock)
    return held


def test_a_flood_keeps_nobody_waiting_even_where_descriptors_are_few(tmp_path: Path) -> None:
    with page_process(tmp_path, files=400) as (port, process):
        flood = [sock for last in range(10, 16) for sock in hold(port, f"127.0.0.{last}", 100)]
        for last in (2, 3, 10):
            begun = time.monotonic()
            assert visit(port, TERRORISM, source=f"127.0.0.{last}")[0] == 451
            assert time.monotonic() - begun < 1
        assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 400
        for sock in flood:
            sock.close()
    assert (tmp_path / "log").read_text().endswith("ready sockets=1\n")  # and nothing of the flood


def test_slow_visitors_are_cut_within_fifteen_seconds(tmp_path: Path) -> None:
    with page_process(tmp_path) as (port, _):
        head = f"POST / HTTP/1.1\r\nHost: {TERRORISM}\r\nContent-Length: 9000\r\n\r\n".encode()
        begun = time.monotonic()
        (headers,) = hold(port, "127.0.0.2", 1)
        body, silent = (socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(2))
        body.send(head)
        with ThreadPoolExecutor() as pool:
            list(pool.map(drip_until_cut, (headers, body, silent)))
        assert time.monotonic() - begun < 15


def drip_until_cut(sock: socket.socket) -> None:
    """Send a byte now and then, as slow clients do, until the server ends the connection."""
    sock.settimeout(0.2)
    with sock:
        while True:
            try:
                sock.send(b"x")
                if not sock.recv(65536):
                    return
            except TimeoutError:
                continue
            except ConnectionError:
                return
