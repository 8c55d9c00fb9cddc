"""Upstreams that are slow or dead, beside names that are known."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.dns.scripted import good
from tests.e2e.resolver_process import PAGE, TrialList, resolver
from tests.resolver.questions import packet

pytestmark = pytest.mark.e2e


class SlowUpstream:
    """Answers each question after `delay` seconds, or not at all while `silent`."""

    def __init__(self, delay: float) -> None:
        self.delay, self.silent = delay, False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._waiting: list[tuple[float, bytes, tuple[str, int]]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.socket.settimeout(0.01)
        while not self._end.is_set():
            try:
                heard, client = self.socket.recvfrom(4096)
                self._waiting.append((time.monotonic() + self.delay, heard, client))
            except TimeoutError:
                pass
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, heard, client = self._waiting.pop(0)
                if not self.silent:
                    # A name that asks for no record gets a quick "no such data".
                    answer = good(heard) if b"\5known" in heard else heard[:2] + b"\x81\x80" + heard[4:]
                    self.socket.sendto(answer, client)

    def close(self) -> None:
        self._end.set()
        self._thread.join()
        self.socket.close()


@pytest.fixture
def upstream() -> Iterator[SlowUpstream]:
    made = SlowUpstream(0.3)
    yield made
    made.close()


def test_a_flood_of_random_labels_leaves_known_names_quick_and_loses_none(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[upstream.port], lists=lists, workers=1) as running:
        assert running.data("known.example") == ["192.0.2.1"]
        end = threading.Event()

        def flood() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.connect(("127.0.0.1", running.port))
                number = 0
                while not end.is_set():
                    client.send(packet(f"r{number}.flooded.example"))
                    number += 1
                    time.sleep(0.001)

        flooding = threading.Thread(target=flood)
        flooding.start()
        try:
            for _ in range(100):
                began = time.monotonic()
                assert running.data("known.example") == ["192.0.2.1"]
                assert running.data("propaganda.example") == [PAGE]
                assert time.monotonic() - began < 2  # make bench has the figures; a test shares its cores
                time.sleep(0.01)
        finally:
            end.set()
            flooding.join()


def test_when_every_upstream_is_dead_blocked_names_are_answered_and_the_rest_is_said(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[upstream.port], lists=lists, workers=1) as running:
        assert running.data("known.example") == ["192.0.2.1"]
        upstream.silent = True
        reply = running.ask("never-asked.example")
        assert (reply.rcode(), [int(option.code) for option in reply.options]) == (2, [22])
        assert running.data("propaganda.example") == [PAGE]
        assert running.data("known.example") == ["192.0.2.1"]  # kept
