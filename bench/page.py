"""What the warning page can take: requests a second and CPU a request, `python -m bench.page`.

The page runs on one core, the visitors on the other. On 17 October 2016 a name that half a country uses was listed by
mistake for an hour, and the page's server fell over; so what counts is how many visits a second one core of one machine
can answer, by the kinds of visit that such a crowd makes, and whether a flood keeps others waiting meanwhile.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench import server

NAME = "propaganda.example"
VISITORS = 8  # connections at once, each asking again when it has its answer
BROWSER = "User-Agent: Mozilla/5.0\r\nAccept-Language: fr,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n"
NAVIGATION = f"{BROWSER}Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
KINDS = {
    "page, a connection each": (f"{NAVIGATION}Connection: close\r\n", False),
    "page": (NAVIGATION, True),
    "page, not compressed": ("Accept: text/html\r\n", True),
    "part of a page (image, script)": (f"{BROWSER}Accept: */*\r\n", True),
    "problem+json": ("Accept: application/json\r\n", True),
}
FLOOD = 2000  # connections that begin a request and never end it, from twenty addresses
READY_WITHIN = 20.0  # seconds


def visit(port: int, request: bytes, seconds: float, keep: bool) -> list[float]:
    """Ask again and again for some seconds; return how long each answer took, in seconds."""
    os.sched_setaffinity(0, {server.LOAD_CORE})
    took: list[float] = []
    end = time.perf_counter() + seconds
    sock: socket.socket | None = None
    while (begun := time.perf_counter()) < end:
        if sock is None:
            sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(request)
        read_answer(sock)
        took.append(time.perf_counter() - begun)
        if not keep or len(took) % 500 == 0:  # a connection lives ten seconds at most
            sock.close()
            sock = None
    return took


def read_answer(sock: socket.socket) -> None:
    """Read one whole answer.

    Raises:
        ConnectionError: if it ends before its end.
    """
    data = sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    wanted = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    have = len(body)
    while have < wanted:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError("the answer is cut off")
        have += len(more)


def flood(port: int) -> list[socket.socket]:
    """Open connections that never finish their request."""
    held = []
    for number in range(FLOOD):
        source = (f"127.0.1.{number % 20 + 1}", 0)
        sock = socket.create_connection(("127.0.0.1", port), source_address=source)
        sock.sendall(b"GET / HTTP/1.1\r\nHost: ")
        held.append(sock)
    return held


def measure(pool: ProcessPoolExecutor, pid: int, port: int, kind: tuple[str, bool], seconds: float) -> str:
    """Return a row of the table: visits a second, CPU a visit, median and 99th percentile of their time."""
    headers, keep = kind
    request = f"GET / HTTP/1.1\r\nHost: {NAME}\r\n{headers}\r\n".encode()
    before = server.cpu_seconds([pid])
    runs = [pool.submit(visit, port, request, seconds, keep) for _ in range(VISITORS)]
    took = sorted(each for run in runs for each in run.result())
    spent = server.cpu_seconds([pid]) - before
    tail = took[int(len(took) * 0.99)]
    return (
        f"{len(took) / seconds:,.0f} | {spent / len(took) * 1e6:.0f} µs | "
        f"{statistics.median(took) * 1e3:.1f} ms | {tail * 1e3:.1f} ms"
    )


def start(stack: ExitStack, folder: Path) -> tuple[int, int]:
    """Build a list, start the page on a core of its own, and return its process and port."""
    server.make_list(folder / "lists", [NAME])
    python = [sys.executable, "-m", "blocker"]
    index = folder / "data" / "list" / "current.index"
    index.parent.mkdir(parents=True)
    subprocess.run([*python, "lists", "build", str(folder / "lists"), "--out", str(index)], check=True)
    port = server.free_port()
    config = folder / "redhand.yaml"
    config.write_text(f'data: ./data\npage: {{listen: ["127.0.0.1:{port}"], implementer: "https://isp.example/"}}\n')
    command = [*python, "page", "--config", str(config)]
    pid = stack.enter_context(server.running(command, server.SERVER_CORE, folder / "log"))
    end = time.monotonic() + READY_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                sys.exit(f"the page did not open its port:\n{(folder / 'log').read_text()}")
            time.sleep(0.05)
        else:
            return pid, port


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="redhand-bench-") as folder, ExitStack() as stack:
        pid, port = start(stack, Path(folder))
        pool = stack.enter_context(ProcessPoolExecutor(VISITORS))
        print("| visit | a second | CPU each | median | 99 % |\n|---|---|---|---|---|")
        for name, kind in KINDS.items():
            print(f"| {name} | {measure(pool, pid, port, kind, seconds)} |", flush=True)
        held = flood(port)
        kind = KINDS["page, a connection each"]
        print(f"| the first, under {FLOOD:,} idle connections | {measure(pool, pid, port, kind, seconds)} |")
        for sock in held:
            sock.close()
        print(f"\nmemory afterwards: {server.memory_mb([pid]):.0f} MB; load before: {os.getloadavg()[2]:.1f}")


if __name__ == "__main__":
    main()
