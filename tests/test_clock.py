"""Real time, and the time of a scaled trial."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from blocker.clock import TRIAL_CLOCK, Clock, open_clock
from blocker.errors import OperationError


def test_without_a_trial_clock_it_is_the_worlds_time(tmp_path):
    clock = open_clock(tmp_path)
    assert not clock.scaled
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_scaled_time_runs_from_its_epoch():
    clock = Clock(scale=3600.0, real_epoch=time.time() - 24, trial_epoch=1_000_000.0)
    assert clock.scaled
    assert 1_000_000 + 24 * 3600 <= clock.timestamp() < 1_000_000 + 34 * 3600


def test_a_trial_may_outlast_the_century():
    assert Clock(scale=1.0, real_epoch=time.time(), trial_epoch=4_500_000_000.0).now().year == 2112


def test_every_process_of_a_trial_reads_the_same_clock(tmp_path):
    (tmp_path / TRIAL_CLOCK).write_text(json.dumps({"scale": 60, "real_epoch": 5, "trial_epoch": 7}))
    assert open_clock(tmp_path) == Clock(60.0, 5.0, 7.0)


def test_a_broken_trial_clock_is_an_error_and_not_the_worlds_time(tmp_path):
    (tmp_path / TRIAL_CLOCK).write_text("{}")
    with pytest.raises(OperationError, match="trial clock"):
        open_clock(tmp_path)
