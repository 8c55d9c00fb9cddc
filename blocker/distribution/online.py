"""The two keys that sign without a person: made with the repository, opened by whoever releases or refreshes.

Keeps true: they lie encrypted beside the repository, or in a token that a command speaks to; a description says which.
With both of them an intruder can withhold new versions for a while (a freeze, until the timestamp expires), or let lost
ones pass for new; they cannot put a name on a list [TUF 1.5.2, 4.3, 4.4].
"""

import json
from dataclasses import dataclass
from pathlib import Path

from securesystemslib.signer import Key, Signer

from blocker.distribution import durable, keys
from blocker.distribution.keys import KeyFile
from blocker.distribution.metadata import SNAPSHOT, TIMESTAMP
from blocker.distribution.shelf import Shelf
from blocker.errors import OperationError

_DESCRIPTION = "how.json"


@dataclass(frozen=True, slots=True)
class Online:
    """The two keys that sign without a person."""

    snapshot: Signer
    timestamp: Signer


def make_online(shelf: Shelf, role: str, password: bytes | None, token: KeyFile | None = None) -> Key:
    """Give an online role its key: a new one, encrypted with `password`, or one that a command has."""
    shelf.online.mkdir(mode=0o700, exist_ok=True)
    base = shelf.online / role
    if token is not None:
        key = keys.read_public(token.public)
        durable.write(KeyFile(base).public, keys.public_text(key))
        durable.write(base.with_name(f"{role}.{_DESCRIPTION}"), json.dumps(list(token.command)).encode())
        return key
    if password is None:
        raise OperationError("the online keys need a password, or a command that signs")
    base.unlink(missing_ok=True)
    base.with_name(f"{role}.{_DESCRIPTION}").unlink(missing_ok=True)
    return keys.make(base, password)


def open_online(shelf: Shelf, password: bytes | None) -> Online:
    """Return the signers of snapshot and timestamp."""
    opened = []
    for role in (SNAPSHOT, TIMESTAMP):
        how: Path = shelf.online / f"{role}.{_DESCRIPTION}"
        command = tuple(json.loads(how.read_bytes())) if how.exists() else ()
        opened.append(keys.open_signer(KeyFile(shelf.online / role, command), password))
    return Online(*opened)
