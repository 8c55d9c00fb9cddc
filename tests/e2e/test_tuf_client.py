"""The front that the public conformance suite drives, driven here the way the suite does it."""

import subprocess
import sys

import pytest

from tests.distribution.publishing import Ministry, serving

pytestmark = pytest.mark.e2e


@pytest.fixture
def ministry(tmp_path):
    made = Ministry(tmp_path / "ministry").found()
    made.block("propaganda.example")
    made.publish()
    return made


def client(folder, server, *command):
    options = ["--metadata-dir", folder / "metadata", "--metadata-url", f"{server.url}metadata"]
    options += ["--target-name", "list.redhand", "--target-base-url", f"{server.url}targets"]
    options += ["--target-dir", folder / "targets"]
    arguments = [sys.executable, "-m", "blocker.commands.tuf_client", *map(str, [*options, *command])]
    return subprocess.run(arguments, capture_output=True, check=False).returncode


def test_init_asks_nothing_refresh_keeps_metadata_and_download_keeps_the_target(ministry, tmp_path):
    with serving(ministry.shelf.public) as server:
        assert client(tmp_path, server, "init", ministry.root) == 0
        assert server.requests == 0
        assert client(tmp_path, server, "refresh") == 0
        kept = {path.name for path in (tmp_path / "metadata").glob("*.json")}
        assert kept == {"root.json", "timestamp.json", "snapshot.json", "targets.json"}
        assert client(tmp_path, server, "download") == 0
        (target,) = (tmp_path / "targets").iterdir()
        assert target.read_bytes() == next((ministry.shelf.public / "targets").glob("*.list.redhand")).read_bytes()


def test_a_target_that_is_there_is_not_fetched_again(ministry, tmp_path):
    with serving(ministry.shelf.public) as server:
        client(tmp_path, server, "init", ministry.root)
        assert client(tmp_path, server, "download") == 0
        server.spoil = lambda path, data: None if "targets/" in path else data
        assert client(tmp_path, server, "download") == 0


def test_any_failure_is_exit_code_1_and_changes_no_metadata(ministry, tmp_path):
    with serving(ministry.shelf.public) as server:
        client(tmp_path, server, "init", ministry.root)
        assert client(tmp_path, server, "refresh") == 0
        before = (tmp_path / "metadata" / "timestamp.json").read_bytes()
        ministry.block("propaganda.example", "more.example")
        ministry.publish()
        server.spoil = lambda path, data: data.replace(b'"version":3', b'"version":9') if "timestamp" in path else data
        assert client(tmp_path, server, "refresh") == 1
        assert (tmp_path / "metadata" / "timestamp.json").read_bytes() == before
