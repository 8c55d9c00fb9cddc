"""A running resolver and a signed list: new versions, lifts, a server that is away, and the acknowledgement."""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.exception
import pytest

from tests.distribution.publishing import Ministry, Receiver, serving
from tests.e2e.resolver_process import PAGE, eventually, signed_resolver

pytestmark = pytest.mark.e2e

LIFT_WITHIN = 20.0  # seconds, with the default interval; the TTL comes on top


class Desk(ThreadingHTTPServer):
    """What takes acknowledgements; `status` is what it answers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _DeskHandler)
        self.status = 201
        self.got = []

    @property
    def serials(self):
        return [report["serial"] for report, _ in self.got]


class _DeskHandler(BaseHTTPRequestHandler):
    server: Desk

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((json.loads(body), self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def desk():
    with Desk() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ministry(tmp_path):
    made = Ministry(tmp_path / "ministry").found()
    made.block("propaganda.example", "other.example")
    made.publish()
    return made


def blocked(running, name):
    """A name that is not blocked is asked of the upstream, where nobody is: SERVFAIL, or no answer in time."""
    try:
        return running.data(name) == [PAGE]
    except dns.exception.Timeout:
        return False


def test_a_version_is_acknowledged_once_every_worker_answers_from_it_and_again_while_the_desk_is_down(
    tmp_path, ministry, desk
):
    (tmp_path / "token").write_text("a-token\n")
    url = f"http://127.0.0.1:{desk.server_address[1]}"
    acknowledge = f"{{url: '{url}', key: '{tmp_path / 'token'}', resolver: edge-1}}"
    with serving(ministry.shelf.public) as server:
        running = signed_resolver(tmp_path / "isp", ministry, server.url, f"interval: 0.5, acknowledge: {acknowledge}")
        try:
            running.start()
            eventually(lambda: desk.got, 30)
            report, bearer = desk.got[0]
            assert (report["list"], report["serial"], report["resolver"]) == ("ministry", 2, "edge-1")
            assert len(report["digest"]) == 64
            assert bearer == "Bearer a-token"
            assert running.data("propaganda.example") == [PAGE]
            time.sleep(3)
            assert desk.serials == [2]  # taken once, told once
            desk.status = 503
            ministry.block("propaganda.example", "other.example", "third.example")
            ministry.publish()
            eventually(lambda: desk.serials.count(3) >= 2, 40)
            desk.status = 200
            taken = len(desk.got)
            eventually(lambda: len(desk.got) > taken, 40)
            time.sleep(3)
            assert len(desk.got) == taken + 1
        finally:
            running.stop()


def test_a_lift_is_in_force_within_twenty_seconds_and_a_restart_without_the_server_blocks_from_the_first_answer(
    tmp_path, ministry
):
    with serving(ministry.shelf.public) as server:
        running = signed_resolver(tmp_path / "isp", ministry, server.url, "interval: 10")
        try:
            running.start()
            assert running.data("propaganda.example") == [PAGE]
            ministry.lift("propaganda.example")
            took = eventually(lambda: "serial=3" in running.said(), LIFT_WITHIN)
            assert took < LIFT_WITHIN
            time.sleep(0.6)  # every worker has it
            assert not blocked(running, "propaganda.example")
            assert running.data("other.example") == [PAGE]
        finally:
            running.stop()
    running.log.unlink()  # or its "ready" would pass for that of the next
    began = time.monotonic()
    running = signed_resolver(tmp_path / "isp", ministry, server.url, "interval: 10")
    try:
        running.start()
        assert running.data("other.example") == [PAGE]
        assert time.monotonic() - began < 20
        eventually(lambda: "reason=unreachable" in running.said(), 60)
        assert running.data("other.example") == [PAGE]
    finally:
        running.stop()


def test_without_any_list_the_resolver_is_not_ready_and_says_so(tmp_path, ministry):
    with serving(ministry.shelf.public) as server:
        server.spoil = lambda _path, _data: None
        running = signed_resolver(tmp_path / "isp", ministry, server.url, "interval: 0.5")
        try:
            running.start()
            reply = running.ask("propaganda.example")
            assert (reply.rcode(), [int(option.code) for option in reply.options]) == (2, [14])
            server.spoil = lambda _path, data: data
            eventually(lambda: running.data("propaganda.example") == [PAGE], 30)
        finally:
            running.stop()


def test_sync_as_a_service_beside_another_engine_takes_each_new_version_and_ends_when_asked(tmp_path, ministry):
    with serving(ministry.shelf.public) as server:
        config = signed_resolver(tmp_path / "isp", ministry, server.url, "interval: 0.2").config
        command = [sys.executable, "-m", "blocker", "sync", "--config", str(config)]
        isp = Receiver(tmp_path / "isp" / "data", ("ministry", server.url, ministry.root))
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: isp.names() == {"propaganda.example", "other.example"}, 30)
            ministry.lift("propaganda.example")
            eventually(lambda: isp.names() == {"other.example"}, 30)
        finally:
            process.terminate()
            process.wait(15)
        assert isp.outcome() == ("in-force", "")  # whatever it was doing, the next one goes on
