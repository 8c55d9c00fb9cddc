"""`redhand control`: asks all workers of a running resolver, through the sockets in `<data>/control`."""

import json
import socket
from pathlib import Path
from typing import Any

import click

from blocker.commands.roles import config_option
from blocker.config import load
from blocker.errors import OperationError

SECONDS = 15.0


@click.group()
def group() -> None:
    """Ask the workers of the resolver that runs on this machine; nothing that is asked is kept."""


@group.command()
@config_option
def status(path: Path) -> None:
    """Say of each worker which list it has in force, what it keeps, and how its upstreams are."""
    _show(_asked(path, command="status"))


@group.command()
@click.argument("name")
@config_option
def flush(name: str, path: Path) -> None:
    """Forget what is kept about NAME and all names below it."""
    _show(_asked(path, command="flush", name=name))


@group.command()
@click.argument("name")
@click.argument("qtype", metavar="TYPE", default="A")
@config_option
def explain(name: str, qtype: str, path: Path) -> None:
    """Say why NAME is answered as it is for TYPE (A): verdict, directive, list, what is kept, what an upstream says."""
    _show(_asked(path, command="explain", name=name, type=qtype))


def _asked(config: Path, **question: str) -> dict[str, dict[str, Any]]:
    folder = load(config).data / "control"
    answers = {path.stem: _answer(path, question) for path in sorted(folder.glob("*.sock"))}
    if not answers:
        raise OperationError(f"no resolver has run with {config}: {folder} has no sockets")
    errors = {answer["error"] for answer in answers.values() if "error" in answer}
    if errors:
        raise OperationError("; ".join(sorted(errors)))
    return answers


def _answer(path: Path, question: dict[str, str]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as worker:
        worker.settimeout(SECONDS)
        try:
            worker.connect(str(path))
            worker.sendall(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(worker.makefile("rb").readline())
        except (OSError, ValueError):
            return {"error": f"worker {path.stem} does not answer; does the resolver run, and are you its user?"}
    return answer


def _show(answers: dict[str, dict[str, Any]]) -> None:
    for worker, answer in answers.items():
        click.echo(f"worker {worker}:")
        for key, value in answer.items():
            said = value if isinstance(value, str) else json.dumps(value)
            click.echo(f"  {key.replace('_', ' ')}: {said}")
