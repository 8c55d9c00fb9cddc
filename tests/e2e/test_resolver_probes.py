"""RFC 8906: whoever probes how well a server speaks DNS gets an answer to everything, from the process as it runs."""

import subprocess
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.e2e.resolver_process import TrialList, resolver
from tests.e2e.unbound import unbound
from tests.needs import needs, program

pytestmark = [pytest.mark.e2e, needs("unbound", "dig")]


def probes() -> list[ParameterSet]:
    found = []
    for block in (Path(__file__).parent / "probes.txt").read_text().split("\n\n"):
        if block.startswith("="):
            what, words, expected = block.rstrip("\n").split("\n")
            assert (what[:2], words[:2], expected[:2]) == ("= ", "? ", "> "), block
            found.append(pytest.param(words[2:].split(), expected[2:].split(" | "), id=what[2:]))
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probed")
    lists = TrialList(folder / "lists")
    lists.block("propaganda.example")
    with unbound(folder / "unbound") as port, resolver(folder / "run", upstreams=[port], lists=lists) as process:
        yield process


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize(("words", "expected"), probes())
def test_every_probe_is_answered(running, words, expected, host):
    command = [program("dig"), "-r", f"@{host}", "-p", str(running.port), "+tries=1", "+time=5", *words]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout
    for part in expected:
        assert (part.removeprefix("!") in said) is not part.startswith("!"), said
