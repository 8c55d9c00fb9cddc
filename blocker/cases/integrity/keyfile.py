"""The file of the seal's key: beside the database, readable by its owner alone, made once and never replaced.

Keeps true: a database that was sealed with one key is never gone on with another, so that a lost key is noticed and
brought back from a backup (docs/COMMANDS.md, `redhand cases backup`) and no ledger has two.
"""

import os
from pathlib import Path

from blocker.cases.integrity.seal import Seal
from blocker.distribution import durable
from blocker.errors import OperationError


def of(database: Path) -> Path:
    """Return where the key of a database lies."""
    return database.with_name(f"{database.name}.seal")


def read(database: Path) -> Seal:
    """Read the key of a database.

    Raises:
        OperationError: if it is missing, others may read it, or it is none.
    """
    path = of(database)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            others = os.fstat(descriptor).st_mode & 0o077
            pem = file.read()
    except FileNotFoundError as error:
        raise OperationError(f"{path}, the key that seals this ledger, is missing: bring it back") from error
    except OSError as error:
        raise OperationError(f"cannot read {path}: {error.strerror}") from error
    if others:
        raise OperationError(f"others may read {path}, the key that seals this ledger: chmod 600 it")
    return Seal.read(pem)


def open_or_make(database: Path, sealed_with: str | None) -> Seal:
    """Read the key of a database, or make it if nothing was sealed yet (`sealed_with` is the public key of what was).

    Raises:
        OperationError: if it cannot be read or written, or is another than the ledger was sealed with.
    """
    if sealed_with is None and not of(database).exists():
        durable.write(of(database), Seal.new().pem(), 0o600)
    seal = read(database)
    if sealed_with not in (None, seal.public):
        raise OperationError(f"{of(database)} is another key than the one that this ledger was sealed with")
    return seal
