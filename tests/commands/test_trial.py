"""What `redhand up` lays down before it starts anything."""

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from blocker.addresses import Address
from blocker.blocklist.check import check
from blocker.blocklist.entry import Environment
from blocker.clock import TRIAL_CLOCK, open_clock
from blocker.commands import trial
from blocker.config import load
from blocker.distribution.source import read_directory, read_source, shipped, suffixes
from blocker.errors import OperationError


def wishes(data: Path, **given) -> trial.Wishes:
    ports = {"dns": Address("127.0.0.1", 1053), "page": Address("127.0.0.1", 1080), "admin": Address("127.0.0.1", 1084)}
    return trial.Wishes(data=data, **{**ports, "lists": None, "upstream": None, "time_scale": None, **given})


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2027, 3, 2), date(2028, 2, 29), date(2031, 7, 14)])
def test_the_trial_list_is_in_force_whenever_it_is_laid(tmp_path, today):
    trial.lay_trial_list(tmp_path / "lists", today)
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    checked = check(read_directory(tmp_path / "lists").files, shipped(), suffixes(), noon)
    assert checked.blocklist.entries
    assert all(entry.directive.expires > noon for entry in checked.blocklist.entries)
    assert not [fault for fault in checked.warnings if fault.rule == "ended"]


def test_the_trial_list_becomes_a_git_repository_once_and_is_kept(tmp_path):
    lists = trial.prepare_lists(wishes(tmp_path))
    (lists / "note.md").write_text("kept")
    assert trial.prepare_lists(wishes(tmp_path)) == lists
    assert (lists / "note.md").read_text() == "kept"
    assert read_source(lists).commit is not None
    log = subprocess.run(["git", "-C", lists, "log", "--format=%an"], capture_output=True, text=True, check=True)
    assert log.stdout == "Redhand trial\n"


def test_a_half_copy_from_a_kill_is_never_taken_for_a_list(tmp_path):
    (tmp_path / ".lists.part").mkdir()
    (tmp_path / ".lists.part" / "list.yaml").write_text("half")
    assert trial.environment_of(trial.prepare_lists(wishes(tmp_path))) is Environment.TRIAL


def test_the_configuration_that_is_written_can_be_read(tmp_path):
    lists = tmp_path / "a list: with # odd 'name"
    path = trial.write_config(wishes(tmp_path, upstream=Address("127.0.0.1", 53)), lists)
    settings = load(path)
    assert settings.blocklist.lists == settings.admin.lists == lists
    assert [str(address) for address in settings.resolver.listen] == ["127.0.0.1:1053", "[::1]:1053"]
    assert [one.address for one in settings.resolver.upstreams] == [Address("127.0.0.1", 53)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_trial_has_one_evidence_key_that_only_its_owner_reads(tmp_path):
    public = trial.evidence_key(wishes(tmp_path))
    assert trial.evidence_key(wishes(tmp_path)) == public
    settings = load(trial.write_config(wishes(tmp_path), tmp_path / "lists", recipient=public))
    assert settings.admin.evidence_recipients == (public,)
    assert settings.admin.evidence == tmp_path / "evidence"
    assert (tmp_path / "demo-evidence.key").stat().st_mode & 0o777 == 0o600


def test_without_a_time_scale_time_is_the_worlds(tmp_path):
    trial.start_clock(wishes(tmp_path), Environment.TRIAL)
    assert not open_clock(tmp_path).scaled


def test_scaled_time_goes_on_where_it_stopped(tmp_path):
    trial.start_clock(wishes(tmp_path, time_scale=3600.0), Environment.TRIAL)
    stopped = 4_000_000_000.0
    values = json.loads((tmp_path / TRIAL_CLOCK).read_text())
    (tmp_path / TRIAL_CLOCK).write_text(json.dumps({**values, "stopped": stopped}))
    trial.start_clock(wishes(tmp_path), Environment.TRIAL)
    resumed = open_clock(tmp_path)
    assert resumed.scaled and resumed.scale == 1.0
    assert stopped <= resumed.timestamp() < stopped + 60


def test_after_a_kill_scaled_time_never_goes_back(tmp_path):
    trial.start_clock(wishes(tmp_path, time_scale=100_000.0), Environment.TRIAL)
    reached = open_clock(tmp_path).now()
    trial.start_clock(wishes(tmp_path, time_scale=1.0), Environment.TRIAL)
    assert open_clock(tmp_path).now() >= reached


def test_stopping_notes_the_time(tmp_path):
    trial.start_clock(wishes(tmp_path, time_scale=60.0), Environment.TRIAL)
    trial.stop_clock(tmp_path)
    noted = json.loads((tmp_path / TRIAL_CLOCK).read_text())["stopped"]
    assert timedelta() <= open_clock(tmp_path).now() - datetime.fromtimestamp(noted, UTC) < timedelta(minutes=10)


@pytest.mark.parametrize("environment", [Environment.STAGING, Environment.PRODUCTION])
def test_time_is_scaled_for_trial_lists_only(tmp_path, environment):
    with pytest.raises(OperationError, match="trial list only"):
        trial.start_clock(wishes(tmp_path, time_scale=60.0), environment)
