"""lists/README.md in both languages: every command that it shows is run as it stands there, in a list under git."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from blocker.commands.lists import group
from blocker.distribution.source import shipped_lists
from tests.commands.running import commit, run
from tests.needs import needs

GUIDE = (shipped_lists() / "README.md").read_text(encoding="utf-8")
FRENCH, ENGLISH = GUIDE.split("\n## English\n")
SHOWN = re.compile(r"^(redhand lists [^#\n]+?)\s*(?:#.*)?$|`(redhand lists [^`]+)`", re.MULTILINE)
FILES = {
    "noms.txt": "one.example\n",
    "names.txt": "one.example\n",
    "hosts.txt": "0.0.0.0 one.example\n",
    "zone.txt": "one.example CNAME .\n",
    "regles.txt": "||one.example^\n",
    "rules.txt": "||one.example^\n",
}


def shown(text: str) -> list[str]:
    return list(dict.fromkeys(" ".join((line or inline).split()) for line, inline in SHOWN.findall(text)))


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the trial list of two commits, beside an index of the older one; the working directory."""
    target = tmp_path / "lists"
    shutil.copytree(shipped_lists(), target)
    lifted = target / "terrorism" / "FR-2026-0046.yaml"
    commit(target, "all of it")
    run("build", target, "--out", tmp_path / "current.index")
    lifted.unlink()
    commit(target, "terrorism: lifts FR-2026-0046")
    for name, text in FILES.items():
        (target / name).write_text(text)
    monkeypatch.chdir(target)
    return target


@needs("git")
@pytest.mark.parametrize("line", dict.fromkeys([*shown(FRENCH), *shown(ENGLISH)]))
@pytest.mark.usefixtures("lists")
def test_a_command_of_the_guide_works(line: str) -> None:
    result = run(*shlex.split(line)[2:])
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_guide_shows_every_command_in_each_language(text: str) -> None:
    used = {word for line in shown(text) for word in line.split() if word in group.commands}
    assert used == set(group.commands)


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
def test_the_guide_explains_every_rule_of_which_the_check_can_speak(text: str) -> None:
    expected = Path(__file__).parents[1] / "blocklist"
    said = "".join(pair.read_text(encoding="utf-8").partition("=== expected\n")[2] for pair in expected.glob("*/*.txt"))
    rules = set(re.findall(r"^\S+?:\d+:\d+: (?:warning: )?([a-z-]+): ", said, re.MULTILINE))
    assert len(rules) > 10
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in text] == []
