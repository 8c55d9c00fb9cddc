"""What an operator starts from: the units as systemd reads them, and what they start as systemd would."""

import shlex
import socket
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.e2e.resolver_process import PAGE, TrialList, eventually, resolver
from tests.needs import needs, program
from tests.ports import free_port

pytestmark = pytest.mark.e2e

UNIT = Path(__file__).parents[2] / "deploy" / "redhand-resolver.service"
MOST_EXPOSED = 2.5  # of 10, as systemd-analyze counts; 2.0 was measured, and other versions count a little otherwise


def service() -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # the keys' case is theirs
    parser.read(UNIT)
    return dict(parser["Service"])


@needs("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    here = Path(sys.executable).with_name("redhand")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/redhand/bin/redhand", str(here)))
    ended = subprocess.run([program("systemd-analyze"), "verify", copy], capture_output=True, text=True, check=False)
    assert UNIT.name not in ended.stderr  # of other units it may complain
    assert ended.returncode == 0


@needs("systemd-analyze")
def test_the_unit_leaves_the_resolver_little_that_it_may_do():
    threshold = str(round(MOST_EXPOSED * 10))
    command = [
        program("systemd-analyze"),
        "security",
        "--offline=true",
        f"--threshold={threshold}",
        "--no-pager",
        str(UNIT),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-300:]


def test_what_the_unit_starts_tells_its_manager_how_it_is(tmp_path, monkeypatch):
    unit = service()
    assert unit["Type"] == "notify"
    started, *words, config = shlex.split(unit["ExecStart"])
    assert (Path(started).name, words) == ("redhand", ["resolver", "--config"])  # as ResolverProcess starts it
    assert Path(config).is_absolute()
    address = str(tmp_path / "notify")
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setenv("WATCHDOG_USEC", str(int(unit["WatchdogSec"]) * 10_000))  # a hundredth of its time
        with resolver(tmp_path / "run", upstreams=[free_port()], lists=lists, workers=1) as running:
            assert running.process
            heard = {manager.recv(200) for _ in range(10)}
            assert heard == {b"READY=1", b"WATCHDOG=1"}
            subprocess.run(shlex.split(unit["ExecReload"].replace("$MAINPID", str(running.process.pid))), check=True)
            eventually(lambda: manager.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC="), 10)
            eventually(lambda: manager.recv(200) == b"READY=1", 20)
            assert running.data("propaganda.example") == [PAGE]
            running.process.terminate()
            eventually(lambda: manager.recv(200) == b"STOPPING=1", 10)
            assert running.process.wait(10) == 0
