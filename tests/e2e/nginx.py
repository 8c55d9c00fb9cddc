"""The list server as an operator runs it: Debian's nginx with the very file of deploy/, places and ports aside."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.certificates import Authority
from tests.needs import program
from tests.ports import free_twin

DEPLOYED = Path(__file__).parents[2] / "deploy" / "nginx-list-server.conf"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
STARTS_WITHIN = 20.0


@contextmanager
def nginx(folder: Path, public: Path, server: Authority, isps: Authority) -> Iterator[int]:
    """Serve `public` to whoever has a certificate of `isps`, and yield the port on 127.0.0.1 and ::1."""
    port = free_twin()
    config = folder / "nginx.conf"
    config.write_text(_surroundings(folder, _moved(folder, public, server, isps, port)))
    with (folder / "nginx.out").open("wb") as out:
        process = subprocess.Popen([program("nginx"), "-c", config, "-p", folder], stdout=out, stderr=out)
    try:
        _wait(process, port, folder)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _moved(folder: Path, public: Path, server: Authority, isps: Authority, port: int) -> str:
    text = DEPLOYED.read_text()
    for there, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen [::]:443 ssl": f"listen [::1]:{port} ssl",
        "/srv/redhand/repository/public": public,
        "/etc/redhand/lists.example.crt": server.chain,
        "/etc/redhand/lists.example.key": server.chain,
        "/etc/redhand/isp-authority.crt": isps.certificate,
        "/etc/redhand/isp-authority.crl": isps.revoked,
        "/var/log/nginx/redhand-lists.log": folder / "redhand-lists.log",
    }.items():
        assert there in text, f"{there} stands no more in {DEPLOYED.name}"
        text = text.replace(there, str(here))
    return text


def _surroundings(folder: Path, http: str) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""  # as root it would become somebody who may not read our folder
    places = "".join(f"{name}_temp_path {folder}/{name};\n" for name in TEMPORARY)
    return (
        f"{user}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log crit;\n"
        f"events {{}}\nhttp {{\n{places}{http}}}\n"
    )


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        assert process.poll() is None, (folder / "nginx.out").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx does not answer")
