"""The page as a process of its own, started from a configuration file as an operator does."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blocker.clock import TRIAL_CLOCK
from tests.warning_page.trial import NOW, blocklist, compiled

PATIENCE = 20.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
    return port


def put_index(folder: Path, data: bytes) -> None:
    path = folder / "data" / "list" / "current.index"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.replace(path)


def pin_clock(data: Path) -> None:
    """Let the page's day be the trial list's own: its entries end, and these tests should not."""
    clock = {"scale": 1.0, "real_epoch": time.time(), "trial_epoch": NOW.timestamp()}
    (data / TRIAL_CLOCK).write_text(json.dumps(clock))


@contextmanager
def page_process(
    folder: Path, *, index: bytes | None = None, symbol: str = "", files: int | None = None
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run the page on a free port of 127.0.0.1 with the trial list (or `index`); its log is `folder`/log.

    `symbol` is the path of a drawing beside the configuration, `files` the descriptors that the page may have.
    """
    port = free_port()
    put_index(folder, compiled(blocklist()) if index is None else index)
    pin_clock(folder / "data")
    config = folder / "redhand.yaml"
    drawing = f", symbol: {symbol}" if symbol else ""
    listen = f'listen: ["127.0.0.1:{port}"]'
    config.write_text(f'data: ./data\npage: {{{listen}, implementer: "https://isp.example/"{drawing}}}\n')
    limited = ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"] if files else []
    with (folder / "log").open("wb") as log:
        command = [*limited, sys.executable, "-m", "blocker", "page", "--config", str(config)]
        process = subprocess.Popen(command, stderr=log)
        try:
            wait_until_open(port, process)
            yield port, process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "the page ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            assert time.monotonic() < end, "the page did not open its port"
            time.sleep(0.05)
        else:
            return
