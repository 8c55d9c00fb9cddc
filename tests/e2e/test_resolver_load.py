"""The resolver under steady load while it is reloaded, drained and given new lists: no question may get lost."""

import itertools
import os
import signal
import socket
import threading
import time
from typing import Self

import dns.message
import pytest

from blocker.dns.answers import encode_query, encode_question
from blocker.dns.codes import Type
from tests.e2e.resolver_process import PAGE, ResolverProcess, TrialList, eventually, resolver
from tests.ports import free_port

pytestmark = pytest.mark.e2e


class Load:
    """Blocked names asked at a steady pace; counts what was answered, and with what."""

    def __init__(self, port: int, pace: float = 0.004) -> None:
        self.port, self.pace = port, pace
        self.sent = 0
        self.heard: list[bytes] = []
        self._end = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0.2)
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._hear)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _send(self) -> None:
        while not self._end.is_set():
            question = encode_query(encode_question(f"n{self.sent}.propaganda.example", Type.A), edns=False)
            self._socket.send((self.sent % 65536).to_bytes(2, "big") + question[2:])
            self.sent += 1
            time.sleep(self.pace)

    def _hear(self) -> None:
        quiet_since = time.monotonic()
        while not self._end.is_set() or (len(self.heard) < self.sent and time.monotonic() - quiet_since < 3):
            try:
                self.heard.append(self._socket.recv(4096))
                quiet_since = time.monotonic()
            except TimeoutError:
                continue

    def blocked(self) -> int:
        return sum(reply.endswith(socket.inet_aton(PAGE)) for reply in self.heard)


class Witness:
    """Clients of several ports, and so of every worker, that note by which list each answer was given."""

    def __init__(self, port: int, clients: int = 8) -> None:
        self.lost = 0
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(clients)]
        self.seen: list[list[int]] = [[] for _ in self._sockets]
        for one in self._sockets:
            one.connect(("127.0.0.1", port))
            one.settimeout(3)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        for one in self._sockets:
            one.close()

    def _ask(self) -> None:
        for number in itertools.count():
            # What a worker has kept, and what it has never been asked; both carry the serial of the list in the SOA.
            name = "propaganda.example" if number % 2 else f"w{number}.propaganda.example"
            question = dns.message.make_query(name, "HTTPS").to_wire()
            for one, seen in zip(self._sockets, self.seen, strict=True):
                one.send(question)
                try:
                    seen.append(dns.message.from_wire(one.recv(4096)).authority[0][0].serial)
                except TimeoutError:
                    self.lost += 1
            if self._end.is_set():
                return
            time.sleep(0.005)

    def went_back(self) -> bool:
        """True if a client, whose worker is always the same, heard of an older list after a newer one."""
        return any(seen != sorted(seen) for seen in self.seen)


def tell(running: ResolverProcess, number: signal.Signals) -> None:
    assert running.process
    os.kill(running.process.pid, number)


@pytest.fixture
def lists(tmp_path):
    made = TrialList(tmp_path / "lists")
    made.block("propaganda.example")
    return made


def test_a_reload_loses_no_query_and_takes_the_new_settings(tmp_path, lists):
    with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists) as running:
        before = running.workers()
        with Load(running.port) as load:
            time.sleep(0.3)
            running.config.write_text(running.config.read_text().replace(PAGE, "192.0.2.77"))
            tell(running, signal.SIGHUP)
            eventually(lambda: "redhand.resolver reloaded" in running.said(), 15)
            time.sleep(0.3)
        assert len(load.heard) == load.sent
        assert 0 < load.blocked() < load.sent
        assert not before & running.workers()
        assert running.data("propaganda.example") == ["192.0.2.77"]
        assert "worker died" not in running.said()


def test_a_reload_of_a_broken_configuration_changes_nothing(tmp_path, lists):
    with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists, workers=1) as running:
        before = running.workers()
        running.config.write_text(running.config.read_text() + "nonsense: 1\n")
        tell(running, signal.SIGHUP)
        eventually(lambda: "not reloaded" in running.said(), 10)
        assert running.workers() == before
        assert running.data("propaganda.example") == [PAGE]


def test_queries_are_answered_while_it_drains(tmp_path, lists):
    with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists, workers=1) as running:
        running.config.write_text(running.config.read_text().replace("resolver:", "resolver:\n  drain_seconds: 1.5"))
        assert running.stop() == 0
        running.log.unlink()
        running.start()
        tell(running, signal.SIGTERM)
        began = time.monotonic()
        eventually(lambda: "ending drain_seconds=1.5" in running.said(), 5)
        assert running.data("propaganda.example") == [PAGE]
        eventually(running.process_ended, 10)
        assert time.monotonic() - began >= 1.5


def test_new_lists_under_load_lose_no_query_and_no_worker_goes_back_to_an_older_one(tmp_path, lists):
    """The counts of the long run (50 lists of 100,000 names, 500 a second) are those of tests/soak."""
    with (
        resolver(tmp_path / "run", upstreams=[free_port()], lists=lists) as running,
        Load(running.port) as load,
        Witness(running.port) as witness,
    ):
        for number in range(3):
            lists.block("propaganda.example", f"new-{number}.example")
            # New sockets reach both workers: the kernel spreads clients by their ports.
            eventually(lambda: all(running.data(f"new-{number}.example") == [PAGE] for _ in range(8)), 10)  # noqa: B023
    assert len(load.heard) == load.sent
    assert load.blocked() == load.sent
    assert not witness.lost
    assert not witness.went_back()
    assert all(set(seen) == {1, 2, 3, 4} for seen in witness.seen)
