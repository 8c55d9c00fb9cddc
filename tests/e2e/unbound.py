"""A real Unbound as upstream, with answers of its own for example names and no way to the Internet.

By default it holds ZONES as local data; given zone files, it resolves in those and nowhere else.
"""

import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.needs import program
from tests.ports import free_port

ZONES = {
    # Names of the trial list, as they would be without it; names beside them; one answer too long for a datagram.
    "propaganda.example": ["3600 A 198.51.100.1", "3600 AAAA 2001:db8::1", "3600 MX 10 mail.propaganda.example."],
    "www.propaganda.example": ["3600 A 198.51.100.1"],
    "mail.propaganda.example": ["3600 A 198.51.100.25"],
    "clean.example": ["300 A 192.0.2.10", "300 AAAA 2001:db8::10", "300 MX 10 clean.example."],
    "www.clean.example": ["300 CNAME clean.example."],
    "cdn.clean.example": ["300 CNAME propaganda.example."],
    "long.example": [f"300 TXT {'x' * 200}{number}" for number in range(30)],
}


@contextmanager
def unbound(folder: Path, zonefiles: Mapping[str, str] | None = None, more: Iterable[str] = ()) -> Iterator[int]:
    """Run Unbound with ZONES, or with zone files (name → text, the root's among them), and yield its port.

    `more` are lines of its server clause.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "unbound.conf"
    config.write_text(_config(folder, port, more) + (_auth_zones(folder, zonefiles) if zonefiles else _local_data()))
    with (folder / "unbound.log").open("wb") as log:
        process = subprocess.Popen([program("unbound"), "-d", "-c", config], stdout=log, stderr=log)
    try:
        wait_until_it_answers(process, port, folder / "unbound.log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _config(folder: Path, port: int, more: Iterable[str]) -> str:
    lines = [
        "interface: 127.0.0.1",
        f"port: {port}",
        f'directory: "{folder}"',
        'username: ""',
        'chroot: ""',
        'pidfile: ""',
        "do-daemonize: no",
        "use-syslog: no",
        "num-threads: 1",
        "module-config: iterator",
        "access-control: 127.0.0.0/8 allow",
        "max-udp-size: 1232",
        *more,
    ]
    return "server:\n" + "".join(f"  {line}\n" for line in lines)


def _local_data() -> str:
    # Static, each in one zone: what is not written here does not exist, and nothing is asked elsewhere.
    lines = ['local-zone: "." static', "local-data: '. 300 SOA ns.example. mail.example. 1 3600 600 86400 60'"]
    lines += [f"local-data: '{name}. {record}'" for name, records in ZONES.items() for record in records]
    return "".join(f"  {line}\n" for line in lines)


def _auth_zones(folder: Path, zonefiles: Mapping[str, str]) -> str:
    clauses = []
    for number, (name, text) in enumerate(zonefiles.items()):
        path = folder / f"{number}.zone"
        path.write_text(text)
        clauses.append(
            f'auth-zone:\n  name: "{name}"\n  zonefile: "{path}"\n  for-downstream: no\n  for-upstream: yes\n'
        )
    return "".join(clauses)


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once a server answers at `port`; what it wrote to `log` is the reason if it never does."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            dns.query.udp(dns.message.make_query("clean.example", "A"), "127.0.0.1", port=port, timeout=0.3)
        except (dns.exception.Timeout, OSError):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
