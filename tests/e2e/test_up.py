"""`redhand up` where things are not as they should be."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocker.commands.trial import lay_trial_list
from tests.ports import free_twin

pytestmark = pytest.mark.e2e


def up(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "blocker", "up", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def lists(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    lay_trial_list(folder, datetime.now(UTC).date())
    return folder


def spoil(folder: Path) -> None:
    path = folder / "terrorism" / "FR-2026-0042.yaml"
    path.write_text(path.read_text().replace("propaganda.example", "google.fr"))


def test_a_refused_list_is_said_so_with_exit_code_1_and_nothing_starts(tmp_path):
    folder = lists(tmp_path)
    spoil(folder)
    ran = up("--data", tmp_path / "data", "--lists", folder)
    assert ran.returncode == 1
    assert "terrorism/FR-2026-0042.yaml:13:12: protected: google.fr" in ran.stderr
    assert "ready" not in ran.stdout


def test_scaled_time_is_refused_for_a_list_that_is_no_trial(tmp_path):
    folder = lists(tmp_path)
    (folder / "list.yaml").write_text("title: {fr: L, en: L}\nenvironment: staging\nmay_be_empty: true\n")
    ran = up("--data", tmp_path / "data", "--lists", folder, "--time-scale", "60")
    assert ran.returncode == 2
    assert "trial list only" in ran.stderr


def test_a_port_that_is_taken_is_said_so_and_everything_ends(tmp_path, road):
    road.start()
    ran = up("--data", tmp_path / "other", "--dns", f"127.0.0.1:{road.dns}", "--page", f"127.0.0.1:{road.page}")
    assert ran.returncode == 2
    assert "cannot listen on 127.0.0.1" in ran.stderr
    assert road.addresses("propaganda.example") == ["127.0.0.1"]
    assert road.stop() == 0


def test_a_list_of_ones_own_is_served_in_place_and_an_edit_is_in_force_soon(tmp_path, road):
    folder = lists(tmp_path)
    road.start("--lists", str(folder))
    assert "is no git work tree" in road.said()
    path = folder / "terrorism" / "FR-2026-0042.yaml"
    path.write_text(path.read_text().replace("propaganda.example", "renamed.example"))
    deadline = time.monotonic() + 20
    while road.addresses("renamed.example") != ["127.0.0.1"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    spoil_after = path.read_text().replace("renamed.example", "google.fr")
    path.write_text(spoil_after)
    time.sleep(5)
    assert road.addresses("renamed.example") == ["127.0.0.1"]
    assert "list refused" in road.said()
    assert "google" not in road.said()
    assert road.stop() == 0
    assert not (folder / ".git").exists()


def test_started_again_it_goes_on_with_the_last_good_list_even_if_the_source_is_spoilt(tmp_path, road):
    folder = lists(tmp_path)
    road.start("--lists", str(folder))
    assert road.stop() == 0
    accounts = road.accounts()
    spoil(folder)
    road.start("--lists", str(folder))
    assert road.accounts() == accounts
    assert road.addresses("propaganda.example") == ["127.0.0.1"]
    assert "the version that was in force stays" in road.said()
    assert road.stop() == 0


def test_nothing_outlives_it(road):
    road.start()
    pids = [road.role_pid(role) for role in ("resolver", "page", "admin")]
    assert road.stop() == 0
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_a_hook_that_runs_it_does_not_lend_it_its_repository(tmp_path, road, monkeypatch):
    stranger = tmp_path / "stranger"
    subprocess.run(["git", "init", "--quiet", stranger], check=True)
    monkeypatch.setenv("GIT_DIR", str(stranger / ".git"))
    road.start()
    assert (road.data / "lists" / ".git").is_dir()
    log = subprocess.run(["git", "--git-dir", stranger / ".git", "log"], capture_output=True, text=True, check=False)
    assert log.returncode != 0  # no commit there
    assert road.stop() == 0


@pytest.mark.parametrize("role", ["page", "admin"])
def test_it_is_not_ready_with_somebody_elses_page_or_desk(tmp_path, road, role):
    road.start()
    ports = {"dns": free_twin(), "page": free_twin(), "admin": free_twin(), role: getattr(road, role)}
    options = [word for name, port in ports.items() for word in (f"--{name}", f"127.0.0.1:{port}")]
    ran = up("--data", tmp_path / "other", *options)
    assert ran.returncode == 2
    assert "cannot listen" in ran.stderr
    assert "ready" not in ran.stdout
    assert road.stop() == 0


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_however_it_ends_its_roles_end_with_it(road, signum):
    road.start()
    pids = [road.role_pid(role) for role in ("resolver", "page", "admin")]
    assert road.process is not None
    road.process.send_signal(signum)
    road.process.wait(30)
    road.process = None
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)
