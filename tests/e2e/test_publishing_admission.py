"""An index of staging or production serves only as sync wrote it; resolver and page say so and end with exit code 2."""

import subprocess
import sys
from dataclasses import replace

import pytest

from blocker.blocklist.admission import refusal
from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.clock import Clock
from blocker.distribution.current import CurrentIndex
from blocker.distribution.source import read_directory
from blocker.distribution.sync import build
from tests.distribution.publishing import Ministry, Receiver, serving
from tests.ports import free_port

pytestmark = pytest.mark.e2e


def hand_built(tmp_path, environment):
    """What `lists build` could make of a real list: marked unsigned."""
    ministry = Ministry(tmp_path / "by-hand").found()
    ministry.block("propaganda.example")
    snapshot = build(read_directory(ministry.lists), 1, Clock()).snapshot
    blocklist = replace(snapshot.blocklist, environment=environment)
    return compile_index(Snapshot(blocklist, 1, "0" * 40, snapshot.built_at))


def run(tmp_path, role, *, index=None, lists=None, environment=None):
    config = tmp_path / "redhand.yaml"
    blocklist = {"index": index, "lists": lists, "environment": environment}
    given = ", ".join(f"{key}: {value}" for key, value in blocklist.items() if value)
    config.write_text(
        f"data: {tmp_path / 'data'}\nblocklist: {{{given}}}\n"
        f"resolver: {{listen: ['127.0.0.1:{free_port()}'], upstreams: ['127.0.0.1:9']}}\n"
        f"page: {{listen: ['127.0.0.1:{free_port()}']}}\n"
    )
    command = [sys.executable, "-m", "blocker", role, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("role", ["resolver", "page"])
@pytest.mark.parametrize("environment", [Environment.STAGING, Environment.PRODUCTION])
def test_a_hand_built_index_of_a_real_list_is_exit_code_2(tmp_path, role, environment):
    index = tmp_path / "by-hand.index"
    index.write_bytes(hand_built(tmp_path, environment))
    ended = run(tmp_path, role, index=index)
    assert ended.returncode == 2
    assert "counts only if sync wrote it" in ended.stderr


@pytest.mark.parametrize("role", ["resolver", "page"])
def test_an_index_of_another_environment_than_the_pinned_one_is_exit_code_2(tmp_path, role):
    index = tmp_path / "by-hand.index"
    index.write_bytes(hand_built(tmp_path, Environment.TRIAL))
    ended = run(tmp_path, role, index=index, environment="production")
    assert ended.returncode == 2
    assert "production lists alone" in ended.stderr


def test_a_source_of_a_real_list_is_exit_code_2(tmp_path):
    ministry = Ministry(tmp_path / "ministry", environment=Environment.PRODUCTION).found()
    ended = run(tmp_path, "resolver", lists=ministry.lists)
    assert ended.returncode == 2
    assert "blocklist.repositories alone" in ended.stderr


def test_what_sync_wrote_of_a_production_list_is_admitted(tmp_path):
    ministry = Ministry(tmp_path / "ministry", environment=Environment.PRODUCTION).found()
    ministry.block("really-bad-site-of-a-test.com")
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), environment="production")
        assert isp.outcome() == ("in-force", "")
    current = CurrentIndex(isp.settings.blocklist.index, "production")
    assert current.refresh()
    assert current.index and current.index.header.sources[0].environment is Environment.PRODUCTION


def test_an_index_that_turns_inadmissible_while_we_run_leaves_the_last_good_one(tmp_path, caplog):
    path = tmp_path / "x.index"
    path.write_bytes(hand_built(tmp_path, Environment.TRIAL))
    current = CurrentIndex(path)
    assert current.refresh()
    (tmp_path / "y.index").write_bytes(hand_built(tmp_path / "again", Environment.PRODUCTION))
    (tmp_path / "y.index").rename(path)
    assert not current.refresh()
    assert "counts only if sync wrote it" in caplog.text
    assert current.index and current.index.header.environment is Environment.TRIAL


def test_an_unsigned_trial_index_stays_good(tmp_path):
    assert refusal(Index.load(hand_built(tmp_path, Environment.TRIAL)).header) is None
