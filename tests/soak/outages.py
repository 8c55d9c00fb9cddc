"""What a resolver goes through in one piece: `python -m tests.soak.outages [--reduced]`.

A thousand questions a second for random labels, whose upstream takes 300 ms, leave names that are known under 100 ms
and lose none. A worker that is killed is replaced within a second, be it young or old, and no question gets lost.
"""

import argparse
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import dns.message

from tests.e2e.assault import flooding, probing
from tests.e2e.resolver_process import ResolverProcess, TrialList, resolver
from tests.e2e.slow_upstream import ADDRESS, slow_upstream
from tests.ports import free_port
from tests.soak.resolver import Report

UPSTREAM_SECONDS = 0.3
A_SECOND = 1000
FLOOD = 20_000
MOST_MS_A_KNOWN_NAME = 100.0
KILLS = 20
MOST_SECONDS_WITHOUT_A_WORKER = 1.0
CLIENTS = 16  # each on a port of its own: the kernel gives them to all workers


def flood(report: Report, folder: Path, lists: TrialList, *, questions: int) -> None:
    """Flood one worker whose upstream is slow, and ask for what it knows meanwhile."""
    with (
        slow_upstream(UPSTREAM_SECONDS) as upstream,
        resolver(folder / "flood", upstreams=[upstream.port], lists=lists, workers=1) as running,
    ):
        report.claim("a clean name resolves", holds=running.data("known.example") == [ADDRESS])
        names = ("known.example", "propaganda.example")
        with probing(running.port, *names) as seen, flooding(running.port, A_SECOND, questions) as flooded:
            pass
    rate = flooded.sent / flooded.seconds
    report.say(f"{flooded.sent} random labels at {rate:.0f}/s, upstream {UPSTREAM_SECONDS * 1000:g} ms: {seen}")
    report.say(f"of the flood itself {flooded.unanswered} were not answered")
    report.claim(f"{A_SECOND} random labels a second", holds=rate > 0.98 * A_SECOND)
    report.claim("no known name is lost under the flood", holds=not seen.lost)
    report.claim(f"every known name within {MOST_MS_A_KNOWN_NAME:g} ms", holds=seen.share(1) < MOST_MS_A_KNOWN_NAME)
    report.claim("every random label is answered", holds=not flooded.unanswered)


def kills(report: Report, running: ResolverProcess, count: int) -> None:
    """Kill workers, old and young, and ask at once through both workers' sockets."""
    took = []
    question = dns.message.make_query("propaganda.example", "A").to_wire()
    with ExitStack() as held:
        clients = [held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(CLIENTS)]
        for number in range(count):
            if number % 2 == 0:  # the next one is killed as soon as it answers
                time.sleep(3)
            victim = max(running.workers())  # the youngest, most likely
            os.kill(victim, signal.SIGKILL)
            began = time.monotonic()
            for client in clients:
                client.connect(("127.0.0.1", running.port))
                client.settimeout(5)
                client.send(question)
            try:
                for client in clients:
                    client.recv(4096)
            except TimeoutError:
                report.claim("no question is lost with a worker", holds=False)
            took.append(time.monotonic() - began)
    took.sort()
    report.say(f"{count} workers killed: replaced after {took[len(took) // 2]:.2f} s (median), {took[-1]:.2f} s (most)")
    report.claim("a dead worker is replaced within a second", holds=took[-1] < MOST_SECONDS_WITHOUT_A_WORKER)


def main() -> int:
    """Run and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reduced", action="store_true", help="a tenth of everything")
    part = 10 if parser.parse_args().reduced else 1
    report = Report("outages")
    with tempfile.TemporaryDirectory() as folder:
        lists = TrialList(Path(folder) / "lists")
        lists.block("propaganda.example")
        flood(report, Path(folder), lists, questions=FLOOD // part)
        with resolver(Path(folder) / "kills", upstreams=[free_port()], lists=lists) as running:
            kills(report, running, KILLS // part)
    return report.verdict()


if __name__ == "__main__":
    sys.exit(main())
