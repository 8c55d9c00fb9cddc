"""What the commands of `redhand publish` have in common: where the repository is, how a key is opened, who may see."""

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from blocker.distribution.keys import KeyFile
from blocker.errors import Fault, ListRefusedError, OperationError

CONFIDENTIAL = "confidential: it lists sites; do not mail, print or keep it elsewhere"
FILE = click.Path(path_type=Path, dir_okay=False)
EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

repository_option = click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    envvar="REDHAND_REPOSITORY",
    help="The signed repository's folder (or REDHAND_REPOSITORY).",
)
online_option = click.option(
    "--online-password-file",
    type=EXISTING,
    envvar="REDHAND_ONLINE_PASSWORD_FILE",
    help="Where the password of the online keys stands (or REDHAND_ONLINE_PASSWORD_FILE).",
)


def key_options(command: Decorated) -> Decorated:
    """Add the options that open an official's key."""
    for option in (
        click.option("--password-file", type=EXISTING, help="Read the key's password there instead of asking for it."),
        click.option("--signer", help="A command that signs with --key, a .pub file: for tokens and HSMs."),
        click.option("--key", type=EXISTING, required=True, help="Your key's file, or with --signer its .pub file."),
    ):
        command = option(command)
    return command


def key_file(path: Path, command: str | None) -> KeyFile:
    """Return where a key is."""
    return KeyFile(path, tuple(shlex.split(command)) if command else ())


def password_from(path: Path | None, *, confirm: bool = False) -> bytes:
    """Return a password from a file, or ask for it."""
    if path is None:
        asked: str = click.prompt("Password of the key", hide_input=True, confirmation_prompt=confirm)
        return asked.encode()
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise OperationError(f"cannot read {path}: {error.strerror}") from error


def names_may_be_shown() -> bool:
    """Return False where a machine keeps what is printed."""
    return os.environ.get("CI", "").lower() not in {"true", "1"}


def confidential(error: ListRefusedError) -> ListRefusedError:
    """Return the refusal as it may be shown here: under CI=true its lines keep place and rule, and lose their words."""
    if names_may_be_shown():
        return error
    return ListRefusedError(_bare(fault) for fault in error.faults)


def _bare(fault: Fault) -> Fault:
    return fault if fault.file == "stage" else replace(fault, message="(not shown here: CI=true)")
