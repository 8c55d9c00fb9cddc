"""Servers under measurement: started on one core, asked until they answer, and what they cost."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.peers import PAGE, PAGE6, PEERS, RPZ_LUA, write_zone

TICK = os.sysconf("SC_CLK_TCK")  # of /proc/PID/stat, per second
SERVER_CORE = 0
LOAD_CORE = (os.cpu_count() or 1) - 1
READY_WITHIN = 60.0  # seconds
LOOPBACK = "127.0.0.1"
SOME_OTHER_HOST = ("198.51.100.1", 53)
HERE = Path(__file__).parent
DIRECTIVE = """directive: BENCH-1
case: trial
ground: terrorism
issued: {today}
review_by: {end}
expires: {end}
names_file: {{file: BENCH-1.txt, scope: domain, sha256: {digest}}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its first process, where it listens, and how it was made."""

    name: str
    version: str
    pid: int
    port: int
    config: str


def make_list(folder: Path, names: list[str]) -> None:
    """Lay a trial list with one bulk directive into `folder`."""
    (folder / "terrorism").mkdir(parents=True)
    (folder / "list.yaml").write_text("title: {fr: Mesure, en: Bench}\nenvironment: trial\n")
    data = "".join(f"{name}\n" for name in names).encode()
    (folder / "terrorism" / "BENCH-1.txt").write_bytes(data)
    today = datetime.now(UTC).date()
    end = today + timedelta(days=80)
    text = DIRECTIVE.format(today=today, end=end, digest=hashlib.sha256(data).hexdigest())
    (folder / "terrorism" / "BENCH-1.yaml").write_text(text)


def compiled(program: str, folder: Path) -> Path:
    """Compile one of the bench's C programs and return it."""
    out = folder / program
    subprocess.run(["gcc", "-O2", "-o", out, HERE / f"{program}.c"], check=True)
    return out


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of an address of this host that is free for UDP and TCP now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((host, 0))
            with suppress(OSError):
                udp.bind(tcp.getsockname())
                return int(tcp.getsockname()[1])


def elsewhere() -> str | None:
    """Return an address of this host that is not its loopback, or None if it has none: to us that is a stranger's."""
    with socket.socket(type=socket.SOCK_DGRAM) as route, suppress(OSError):
        route.connect(SOME_OTHER_HOST)  # sends nothing
        host: str = route.getsockname()[0]
        return host
    return None


@contextmanager
def running(command: list[str], core: int, log: Path) -> Iterator[int]:
    """Run a command on one core; end it afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(["taskset", "-c", str(core), *command], stdout=output, stderr=output)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def upstream(folder: Path, host: str = LOOPBACK) -> Iterator[str]:
    """Answer every question at an address of this host, on the core of the load; the context is HOST:PORT."""
    port = free_port(host)
    with running([str(folder / "echo"), str(port), host], LOAD_CORE, folder / f"upstream-{host}.log"):
        yield f"{host}:{port}"


@contextmanager
def echo(folder: Path) -> Iterator[Server]:
    """Run the bare echo."""
    port = free_port()
    with running([str(folder / "echo"), str(port)], SERVER_CORE, folder / "echo.log") as pid:
        yield Server("echo", "", pid, port, "echo.c")


@contextmanager
def redhand(folder: Path, upstream_at: str) -> Iterator[Server]:
    """Run `redhand resolver` over the list in `folder`/lists."""
    port = free_port()
    config, log = folder / f"redhand-{port}.yaml", folder / f"redhand-{port}.log"
    config.write_text(
        f"data: ./data-{port}\nresolver: {{listen: ['{LOOPBACK}:{port}'], upstreams: ['{upstream_at}']}}\n"
        f"blocklist: {{lists: ./lists}}\npage: {{ipv4: ['{PAGE}'], ipv6: ['{PAGE6}']}}\n"
    )
    command = [sys.executable, "-m", "blocker", "resolver", "--config", str(config)]
    with running(command, SERVER_CORE, log) as pid:
        wait_until_ready(port, log)
        yield Server("Redhand", "", pid, port, config.read_text())


@contextmanager
def peer(name: str, names: list[str], folder: Path, upstream_at: str) -> Iterator[Server]:
    """Run one of the peers with the same names."""
    (chosen,) = [each for each in PEERS if each.name == name]
    folder.mkdir()
    write_zone(names, folder / "rpz.zone")
    (folder / "names").write_text("\n".join(names) + "\n")
    (folder / "rpz.lua").write_text(RPZ_LUA.replace("{folder}", str(folder)))
    port = free_port()
    command = chosen.prepare(folder, port, int(upstream_at.rpartition(":")[2]))
    with running(command, SERVER_CORE, folder / "log") as pid:
        wait_until_ready(port, folder / "log")
        yield Server(name, version(chosen.package), pid, port, (folder / chosen.file).read_text())


def installed() -> list[str]:
    """Return the names of the peers that are installed here."""
    return [each.name for each in PEERS if shutil.which(each.command[0])]


def version(package: str) -> str:
    """Return the version of a Debian package."""
    query = ["dpkg-query", "--showformat=${Version}", "--show", package]
    return subprocess.run(query, check=False, capture_output=True, text=True).stdout


def wait_until_ready(port: int, log: Path) -> None:
    """Wait until a blocked name is answered with the page."""
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0\x09blocked-7\7example\0\0\1\0\1"
    deadline = time.monotonic() + READY_WITHIN
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.2)
        while time.monotonic() < deadline:
            with suppress(OSError):
                asking.sendto(question, (LOOPBACK, port))
                if socket.inet_aton(PAGE) in asking.recv(512):
                    return
    raise SystemExit(f"a server did not become ready; it said:\n{log.read_text(errors='replace')[-2000:]}")


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
    """Return the resident memory of the processes that is theirs alone or their share of, in megabytes."""
    kilobytes = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kilobytes += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024
