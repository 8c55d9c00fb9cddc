"""What attackers do to a running resolver: `make test` and `make soak` do the same, in different numbers.

The probes that go on meanwhile are asked by another process. How long they took is for `make soak` to judge; the suite
only wants each of them answered.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

import hypothesis
from hypothesis import HealthCheck, Phase

from tests.dns.mutations import mutated

A_ROUND = 1000  # mutations drawn from one seed


@dataclass
class Probes:
    """What clients saw while something else went on: milliseconds for each answer, and how many never came."""

    took: list[float] = field(default_factory=list)
    lost: int = 0

    def share(self, part: float) -> float:
        """Return the time within which this part of the answers came."""
        return sorted(self.took)[min(int(len(self.took) * part), len(self.took) - 1)]

    def __str__(self) -> str:
        figures = f"p50 {self.share(0.5):.1f} ms, p99 {self.share(0.99):.1f} ms, max {max(self.took):.1f} ms"
        return f"{len(self.took)} probes meanwhile: {figures}, {self.lost} lost"


@contextmanager
def probing(port: int, *names: str) -> Iterator[Probes]:
    """Ask for names as long as the block runs, by default such as the resolver answers by itself.

    The figures are there afterwards.
    """
    command = [sys.executable, "-m", "tests.soak._prober", str(port), *names]
    seen = Probes()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as prober:
        try:
            time.sleep(0.5)  # for Python to start
            yield seen
            time.sleep(0.1)
        finally:
            said, _ = prober.communicate(timeout=10)
    told = json.loads(said)
    seen.took, seen.lost = told["took"], told["lost"]


def mutations(corpus: Sequence[bytes], seeds: Sequence[int], each: Callable[[bytes], object], a_round: int) -> int:
    """Give `each` the mutations of a corpus that these seeds lead to, and return how many they were."""
    count = 0

    def take(packet: bytes) -> None:
        nonlocal count
        count += 1
        each(packet)

    for seed in seeds:
        drawn = hypothesis.given(mutated(corpus))(take)
        drawn = hypothesis.settings(
            max_examples=a_round,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(drawn)
        hypothesis.seed(seed)(drawn)()
    return count


class Attacker:
    """Sends what it is given to a resolver on 127.0.0.1; does not wait for answers."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.connect(("127.0.0.1", port))
        self._udp.setblocking(False)  # noqa: FBT003 - the socket's own signature

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._udp.close()

    def datagram(self, packet: bytes) -> None:
        with suppress(OSError):  # larger than a datagram can be
            self._udp.send(packet[:65507])
        with suppress(BlockingIOError):
            while self._udp.recv(65535):
                pass

    def message(self, packet: bytes) -> None:
        """Send a message over a TCP connection of its own and hang up."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5) as tcp:
            tcp.sendall(len(packet).to_bytes(2, "big") + packet)

    def half_a_message(self, packet: bytes) -> None:
        """Promise more octets than come, and hang up."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5) as tcp:
            tcp.sendall(b"\xff\xff" + packet[: len(packet) // 2])

    def messages_that_nobody_reads(self, packet: bytes) -> None:
        """Send as many questions as fit, read nothing, and hang up."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=5) as tcp:
            tcp.setblocking(False)  # noqa: FBT003
            tcp.send((len(packet).to_bytes(2, "big") + packet) * 2000)


@dataclass
class Flood:
    """Questions for random labels: how many were sent, in how many seconds, and which of them nobody has answered."""

    sent: int = 0
    seconds: float = 0.0
    unanswered: int = 0


@contextmanager
def flooding(port: int, a_second: int, count: int) -> Iterator[Flood]:
    """Ask for `count` names that nobody asked for before, and wait until each is answered; figures as in probing."""
    command = [sys.executable, "-m", "tests.soak._flooder", str(port), str(a_second), str(count)]
    seen = Flood()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as flooder:
        yield seen
        assert flooder.stdout
        told = json.loads(flooder.stdout.read())
    seen.sent, seen.seconds, seen.unanswered = told["sent"], told["seconds"], told["unanswered"]


def from_port_zero(packet: bytes, port: int) -> None:
    """Send a datagram whose source port is 0, to which no answer can be sent; needs root."""
    udp = bytes(2) + port.to_bytes(2, "big") + (8 + len(packet)).to_bytes(2, "big") + bytes(2)  # no checksum
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(udp + packet, ("127.0.0.1", 0))


@contextmanager
def idle_connections(count: int, port: int) -> Iterator[list[socket.socket]]:
    """Hold connections over which nothing is asked."""
    with ExitStack() as held:
        yield [held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in range(count)]
