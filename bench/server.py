"""The resolver under measurement, an upstream that answers everything, and the CPU time that processes took."""

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")  # of /proc/PID/stat, per second
SERVER_CORE = 0
LOAD_CORE = (os.cpu_count() or 1) - 1
READY_WITHIN = 60.0  # seconds
DIRECTIVE = """directive: BENCH-1
case: trial
ground: terrorism
issued: {today}
review_by: {end}
expires: {end}
names_file: {{file: BENCH-1.txt, scope: domain, sha256: {digest}}}
"""


def make_list(folder: Path, names: list[str], today: str, end: str) -> None:
    """Lay a trial list with one bulk directive into `folder`."""
    (folder / "terrorism").mkdir(parents=True)
    (folder / "list.yaml").write_text("title: {fr: Mesure, en: Bench}\nenvironment: trial\n")
    data = "".join(f"{name}\n" for name in names).encode()
    (folder / "terrorism" / "BENCH-1.txt").write_bytes(data)
    text = DIRECTIVE.format(today=today, end=end, digest=hashlib.sha256(data).hexdigest())
    (folder / "terrorism" / "BENCH-1.yaml").write_text(text)


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free for UDP and TCP now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            with suppress(OSError):
                udp.bind(tcp.getsockname())
                return int(tcp.getsockname()[1])


@contextmanager
def upstream() -> Iterator[int]:
    """Answer every question with one A record of 192.0.2.1, TTL an hour, on a port of 127.0.0.1."""
    listening = socket.socket(type=socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    closing = threading.Event()

    def serve() -> None:
        while not closing.is_set():
            packet, client = listening.recvfrom(4096)
            end = packet.find(b"\0", 12) + 5
            head = packet[:2] + b"\x81\x80\0\1\0\1\0\0\0\0"
            answer = b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1"
            with suppress(OSError):
                listening.sendto(head + packet[12:end] + answer, client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        closing.set()
        listening.sendto(b"\0" * 12 + b"\0", listening.getsockname())
        thread.join()
        listening.close()


@contextmanager
def resolver(folder: Path, upstream_port: int) -> Iterator[tuple[int, int]]:
    """Run `redhand resolver` over the list in `folder`/lists, pinned to one core; yield (pid, port)."""
    port = free_port()
    config = folder / "redhand.yaml"
    config.write_text(
        f"data: ./data\nresolver: {{listen: ['127.0.0.1:{port}'], upstreams: ['127.0.0.1:{upstream_port}']}}\n"
        "blocklist: {lists: ./lists}\n"
    )
    command = [sys.executable, "-m", "blocker", "resolver", "--config", str(config)]
    with (folder / "resolver.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    os.sched_setaffinity(process.pid, {SERVER_CORE})  # inherited by the workers, which start later
    try:
        _wait_until_ready(process, port)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0\7version\6server\0\0\x10\0\3"
    deadline = time.monotonic() + READY_WITHIN
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        while process.poll() is None and time.monotonic() < deadline:
            asking.sendto(question, ("127.0.0.1", port))
            with suppress(OSError):
                asking.recv(512)
                return
    raise SystemExit("the resolver did not become ready; see its log")


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Return user and system time that the processes have taken so far, in seconds."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICK


def memory_mb(pids: list[int]) -> float:
    """Return the proportional set size of the processes, in megabytes."""
    kilobytes = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kilobytes += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024
