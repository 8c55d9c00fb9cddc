"""Nothing that ties a client to a name is written, ever: all of Redhand runs, marked, and is searched afterwards.

Every address, name, URL, Referer and User-Agent that this test sends carries a mark. When all is over, no mark stands
in any file that any process wrote: no log, database, index, letter, git object, clock or core.
"""

import http.client
import os
import re
import signal
import socket
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest

from tests.e2e.road import Road
from tests.e2e.unbound import unbound
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("unbound", "git")]

CLIENT = "127.99.88.77"  # a source address that nobody else on the machine uses
MARK = "zq7marked"
BLOCKED, CLEAN = "propaganda.example", "clean.example"
# In every spelling in which a careless program would leave it.
MARKS = [
    MARK.encode(),
    CLIENT.encode(),
    socket.inet_aton(CLIENT),
    socket.inet_aton(CLIENT)[::-1],
    str(int.from_bytes(socket.inet_aton(CLIENT), "big")).encode(),
    f"::ffff:{CLIENT}".encode(),
]


def ask(road: Road, name: str, kind: str = "A", *, tcp: bool = False) -> dns.message.Message:
    question = dns.message.make_query(name, kind, use_edns=0)
    exchange = dns.query.tcp if tcp else dns.query.udp
    return exchange(question, "127.0.0.1", port=road.dns, source=CLIENT, timeout=5)


def ask_in_every_way(road: Road) -> None:
    for name in (f"{MARK}.{BLOCKED}", f"{MARK.upper()}.{BLOCKED}", f"{MARK}.{CLEAN}", f"{MARK}.nowhere.example"):
        for kind in ("A", "AAAA", "HTTPS", "TXT", "ANY", "TYPE65280"):
            ask(road, name, kind)
            ask(road, name, kind, tcp=True)
    with socket.socket(type=socket.SOCK_DGRAM) as raw:
        raw.bind((CLIENT, 0))
        for junk in (
            b"",
            MARK.encode(),
            b"\0" * 12 + MARK.encode(),
            b"\xff" * 600,
            b"\1\2\1\0\0\1\0\0\0\0\0\0\x09" + MARK.encode(),
        ):
            raw.sendto(junk, ("127.0.0.1", road.dns))


def visit(port: int, host: str, method: str, path: str) -> int:
    headers = {
        "Host": host,
        "User-Agent": f"{MARK}-agent",
        "Referer": f"http://{MARK}.referrer.example/{MARK}",
        "Cookie": f"session={MARK}",
        "X-Forwarded-For": CLIENT,
        "Accept-Language": "fr",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(CLIENT, 0))
    connection.request(method, path, body=f"field={MARK}", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def visit_in_every_way(road: Road) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        assert visit(road.page, BLOCKED, method, f"/{MARK}?q={MARK}") == 451
    assert visit(road.page, f"{MARK}.unlisted.example", "GET", f"/{MARK}") == 503
    for path in ("/sign-in", f"/cases/{MARK}", f"/{MARK}", "/health"):
        visit(road.admin, f"127.0.0.1:{road.admin}", "GET", path)
    visit(road.admin, f"{MARK}.rebinding.example", "POST", "/sign-in")
    with socket.create_connection(("127.0.0.1", road.page), source_address=(CLIENT, 0)) as raw:
        raw.sendall(f"{MARK} / NONSENSE\r\n\r\n".encode())
        raw.recv(4096)


def written(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below `root`; what git has packed is read as what it holds."""
    for path in root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield path, data
            if "objects" in path.parts and re.fullmatch("[0-9a-f]{38}", path.name):
                yield path, zlib.decompress(data)


def test_no_file_tells_who_asked_for_what(tmp_path, make_road, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # whatever a library writes for a moment is looked at too
    with unbound(tmp_path / "unbound") as upstream:
        road = make_road(upstream)
        road.start()
        assert ask(road, f"{MARK}.{BLOCKED}").answer
        ask_in_every_way(road)
        visit_in_every_way(road)
        # A crash with clients' packets in memory leaves no core, and its successor answers.
        workers = [int(pid) for pid in children(road.role_pid("resolver"))]
        for pid in workers:
            os.kill(pid, signal.SIGSEGV)
        time.sleep(1.5)
        assert ask(road, f"{MARK}.{BLOCKED}").answer
        os.kill(road.role_pid("page"), signal.SIGSEGV)
        assert road.process is not None
        road.process.wait(30)  # `up` ends with a role that ends by itself, and says so
        road.process = None
    found = [
        (str(path.relative_to(tmp_path)), mark)
        for path, data in written(tmp_path)
        for mark in MARKS
        if mark in data and path.parts[-2] != "unbound"  # the upstream is not Redhand
    ]
    assert found == []
    assert [path for path in tmp_path.rglob("*") if path.name.startswith("core")] == []


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_search_would_find_a_mark(tmp_path):
    (tmp_path / "log").write_bytes(b"client " + CLIENT.encode())
    assert [path.name for path, data in written(tmp_path) if any(mark in data for mark in MARKS)] == ["log"]
