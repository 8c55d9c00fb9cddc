"""`redhand evidence`: evidence is sealed and opened on a workstation, never on the desk's machine.

Keeps true: what is written here is written whole, readable by its owner alone, and never over something else; a key is
kept under a password or, for a trial, in clear by an option that says so.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
import pyrage

from blocker.commands.language import language_option, say
from blocker.commands.output import SpokenGroup
from blocker.commands.publish_options import EXISTING, FILE, password_from
from blocker.config import load
from blocker.distribution import durable
from blocker.errors import OperationError

HEADING = "# The private half of an evidence key (age). Whoever has it can open what was sealed to it.\n"


@click.group(name="evidence", cls=SpokenGroup)
@language_option
def group() -> None:
    """Seal evidence to keys that the desk lacks, and open it again."""


@group.command()
@click.argument("key", type=FILE)
@click.option("--password-file", type=EXISTING, help="Read the key's password there instead of asking for it.")
@click.option("--unprotected", is_flag=True, help="Write the key without a password: for a trial.")
def keygen(key: Path, password_file: Path | None, unprotected: bool) -> None:
    """Make a key for evidence: the private half into KEY, the public half printed for the desk's configuration."""
    click.echo(make_key(key, None if unprotected else password_from(password_file, confirm=True)))


@group.command()
@click.argument("files", type=EXISTING, nargs=-1, required=True)
@click.option("--to", "to", multiple=True, metavar="age1…", help="A public key to seal to (more than once).")
@click.option("--config", "config", type=EXISTING, help="Seal to the keys of this configuration.")
def seal(files: tuple[Path, ...], to: tuple[str, ...], config: Path | None) -> None:
    """Seal each of FILES into FILE.age beside it, and print the SHA-256 of what was made."""
    keys = (*to, *(load(config).admin.evidence_recipients if config else ()))
    if not keys:
        raise click.UsageError("give the keys to seal to: --to, or --config with admin.evidence_recipients")
    recipients = [_recipient(key) for key in dict.fromkeys(keys)]
    for file in files:
        target = file.with_name(f"{file.name}.age")
        with _new(target) as sealed, file.open("rb") as plain:
            pyrage.encrypt_io(plain, sealed, recipients)
        with target.open("rb") as sealed:
            click.echo(f"{hashlib.file_digest(sealed, 'sha256').hexdigest()}  {target}")


@group.command("open")
@click.argument("file", type=EXISTING)
@click.option("--key", type=EXISTING, required=True, help="The file that holds your key.")
@click.option("--out", type=FILE, required=True, help="Where to write what was sealed; it must not exist.")
@click.option("--password-file", type=EXISTING, help="Read the key's password there instead of asking for it.")
def open_(file: Path, key: Path, out: Path, password_file: Path | None) -> None:
    """Open the sealed FILE with your key. Nothing is written unless the whole of it is authentic."""
    identity = _identity(key, password_file)
    try:
        with _new(out) as plain, file.open("rb") as sealed:
            pyrage.decrypt_io(sealed, plain, [identity])
    except pyrage.DecryptError as error:
        raise OperationError(f"{file} does not open with this key, or it was changed") from error
    say(f"opened: {out}")


def make_key(path: Path, password: bytes | None) -> str:
    """Write a new private key to `path`, which must not exist, and return its public half.

    Raises:
        OperationError: if there is something already, or it cannot be written.
    """
    if path.exists():
        raise OperationError(f"{path} exists: a key is never overwritten")
    identity = pyrage.x25519.Identity.generate()
    text = f"{HEADING}# public key: {identity.to_public()}\n{identity}\n".encode()
    durable.write(path, text if password is None else pyrage.passphrase.encrypt(text, password.decode()))
    return str(identity.to_public())


def public_half(path: Path) -> str:
    """Return the public half of an unprotected key.

    Raises:
        OperationError: if there is none in this file.
    """
    return str(_identity(path, None).to_public())


def _identity(path: Path, password_file: Path | None) -> pyrage.x25519.Identity:
    try:
        data = path.read_bytes()
        if data.startswith(b"age-encryption.org/v1\n"):
            data = pyrage.passphrase.decrypt(data, password_from(password_file).decode())
        lines = [line for line in data.decode().splitlines() if line and not line.startswith("#")]
        return pyrage.x25519.Identity.from_str("".join(lines))
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError) as error:
        raise OperationError(f"{path} is no evidence key, or the password is wrong") from error


def _recipient(text: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise OperationError(f"{text} is no age public key") from error


@contextmanager
def _new(path: Path) -> Iterator[BinaryIO]:
    """Yield a file that becomes `path` once all went well; what is there is never overwritten."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # unlike a rename it refuses to overwrite
        except FileExistsError as error:
            raise OperationError(f"{path} exists: choose another place") from error
        durable.sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
