"""`redhand admin` as a process of its own, started from a configuration file as an operator does."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from blocker.clock import TRIAL_CLOCK
from tests.admin.running import config_text, lay_lists

PATIENCE = 120.0  # seconds; soaks run where others work too


def pin_clock(data: Path, now: datetime) -> None:
    """Let a desk that is started from now on believe that it is `now`, and go on from there at the world's pace."""
    clock = {"scale": 1.0, "real_epoch": time.time(), "trial_epoch": now.timestamp()}
    (data / TRIAL_CLOCK).write_text(json.dumps(clock))


def configured(folder: Path, port: int, more: str = "") -> Path:
    """Write the configuration of a desk on a port of 127.0.0.1, `more` settings of it included, and lay its list."""
    config = folder / "redhand.yaml"
    lists = folder / "lists" if (folder / "lists").exists() else lay_lists(folder)
    config.write_text(config_text(folder, lists, f"127.0.0.1:{port}") + more)
    return config


@contextmanager
def desk_process(folder: Path, port: int, more: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """Run the desk until the block ends; its log is `folder`/log."""
    config = configured(folder, port, more)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "blocker", "admin", "--config", str(config)], stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def health(port: int, process: "subprocess.Popen[bytes]") -> dict[str, object]:
    """Return what the desk says of itself, as soon as it answers."""
    end = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "the desk ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                told: dict[str, object] = json.load(answer)
                return told
        except urllib.error.URLError:
            assert time.monotonic() < end, "the desk did not answer"
            time.sleep(0.05)
