"""A real BIND as upstream, with zones of its own and no way to the Internet."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.unbound import wait_until_it_answers
from tests.needs import program
from tests.ports import free_port


@contextmanager
def bind(folder: Path, zonefiles: Mapping[str, str]) -> Iterator[int]:
    """Run BIND with zone files (name → text, the root's among them), and yield its port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "named.conf"
    config.write_text(_config(folder, port) + _zones(folder, zonefiles))
    with (folder / "named.log").open("wb") as log:
        process = subprocess.Popen([program("named"), "-g", "-n", "1", "-c", config], stdout=log, stderr=log)
    try:
        wait_until_it_answers(process, port, folder / "named.log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _config(folder: Path, port: int) -> str:
    lines = [
        f'directory "{folder}"',
        f"listen-on port {port} {{ 127.0.0.1; }}",
        "listen-on-v6 { none; }",
        'pid-file "named.pid"',
        'session-keyfile "session.key"',
        "recursion yes",
        "dnssec-validation no",
        "max-udp-size 1232",
        "notify no",
    ]
    return "options {\n" + "".join(f"  {line};\n" for line in lines) + "};\ncontrols { };\n"


def _zones(folder: Path, zonefiles: Mapping[str, str]) -> str:
    clauses = []
    for number, (name, text) in enumerate(zonefiles.items()):
        path = folder / f"{number}.zone"
        path.write_text(text)
        clauses.append(f'zone "{name}" {{ type primary; file "{path}"; check-names ignore; }};\n')
    return "".join(clauses)
