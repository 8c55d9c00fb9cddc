"""`redhand up` walks commit, stage, two signatures, release, in force, acknowledged, and says each once."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.distribution.publishing import directive_text, now
from tests.e2e.resolver_process import eventually
from tests.needs import needs
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, needs("git")]


@contextmanager
def up(data, log):
    ports = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    options = [*zip(("--dns", "--page", "--admin"), ports, strict=True), ("--data", str(data))]
    command = [sys.executable, "-m", "blocker", "up", *(word for option in options for word in option)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def stages(log):
    return re.findall(r"^ +list +((?:commit|signed|released|in force|acknowledged).*)$", log.read_text(), re.MULTILINE)


def test_a_commit_is_staged_signed_by_two_released_in_force_and_acknowledged_and_a_restart_goes_on(tmp_path):
    data, log = tmp_path / "data", tmp_path / "up.log"
    with up(data, log) as process:
        eventually(lambda: "acknowledged, serial 2" in log.read_text() or process.poll() is not None, 60)
        assert [re.sub(r" [0-9a-f]{12} .*", "", stage) for stage in stages(log)] == [
            "commit",
            "signed by official-1",
            "signed by official-2",
            "released, serial 2",
            "in force, serial 2",
            "acknowledged, serial 2",
        ]
        path = data / "lists" / "terrorism" / "FR-2026-0777.yaml"
        path.write_text(directive_text("FR-2026-0777", ["brand-new.example"], "domain", now()))
        git = ["git", "-C", str(data / "lists"), "-c", "user.name=t", "-c", "user.email=t@t.invalid"]
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message=one more"], check=True)
        eventually(lambda: "acknowledged, serial 3" in log.read_text(), 60)
        assert stages(log)[6].endswith("staged: FR-2026-0777: 1 name blocked")
        assert len(stages(log)) == 12
    with up(data, log) as process:
        eventually(lambda: log.read_text().count("\nready\n") == 2 or process.poll() is not None, 60)
    assert sum(stage.startswith("released") for stage in stages(log)) == 2  # nothing is released twice
    assert process.returncode == 0
    shutil.rmtree(data)
