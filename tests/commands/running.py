"""`redhand lists`, run as people run it, in English unless a test asks otherwise."""

import subprocess
from pathlib import Path

from click.testing import CliRunner, Result

from blocker.cli import main

ENGLISH = {"LC_ALL": "C"}
TRIAL = "title: {fr: Essai, en: Trial}\nenvironment: trial\nmay_be_empty: true\n"
DIRECTIVE = """directive: {name}
case: 2026-000123
ground: terrorism
issued: 2026-11-21T14:05:00+01:00
review_by: 2027-02-21
expires: {expires}
names:
"""
AT = ("--at", "2026-11-22T12:00Z")


def run(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(main, ["lists", *map(str, arguments)], env=ENGLISH if env is None else env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def make_list(folder: Path) -> Path:
    folder.mkdir()
    (folder / "list.yaml").write_text(TRIAL)
    return folder


def put(lists: Path, name: str, *names: str, expires: str = "2027-02-21") -> Path:
    """Write a directive; each of `names` is a name, a space and a scope."""
    path = lists / "terrorism" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    pairs = (each.split() for each in names)
    entries = "".join(f"  - {{name: {host}, scope: {scope}}}\n" for host, scope in pairs)
    path.write_text(DIRECTIVE.format(name=name, expires=expires) + entries)
    return path


def git(lists: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Agent 014", "-c", "user.email=agent-014@desk.example", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(lists), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(lists: Path, subject: str, *trailers: str) -> str:
    if not (lists / ".git").exists():
        git(lists, "init", "--quiet")
    git(lists, "add", "--all")
    git(lists, "commit", "--quiet", "--message", subject, *(f"--trailer={trailer}" for trailer in trailers))
    return git(lists, "rev-parse", "HEAD")
