"""Judges what the ledger speaks of and does not hold itself: the files of evidence, and who may sign in.

Keeps true: a file that was uploaded lies there under its hash, and is what was uploaded; outside a trial an account is
one that two people opened, with the role that they gave it, and open or closed as they left it. A trial's accounts are
made by a command, which no entry tells of. Passwords and factors are their owners' own and stand in no entry.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_UPLOADED = """
    SELECT DISTINCT json_extract(data, '$.file') AS sha256 FROM events WHERE transition = 'Te' ORDER BY sha256
"""
_POWERS = ("open-approved", "close-approved", "reopen-approved")
_FIRST = "first-administrators"


def files(db: sqlite3.Connection, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the files of evidence in a folder; rows of `db` are mappings."""
    for row in db.execute(_UPLOADED):
        place, path = f"evidence {row['sha256']}", folder / f"{row['sha256']}.age"
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            yield place, "its file is missing"
        except OSError as error:
            yield place, f"cannot be read: {error.strerror}"
        else:
            if found != row["sha256"]:
                yield place, "its file is not what was uploaded"


def accounts(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the accounts of a database that is no trial's; rows of `db` are mappings."""
    (stamp,) = db.execute("SELECT value FROM meta WHERE key = 'list'")
    if stamp["value"] == "trial":
        return
    opened, closed = _as_decided(db)
    for row in db.execute("SELECT number, role, closed_at FROM accounts ORDER BY number"):
        place, number = f"account {row['number']}", row["number"]
        if opened.pop(number, None) != row["role"]:
            yield place, "no two people opened it with this role"
        elif (row["closed_at"] is not None) is not (number in closed):
            yield place, "it is not open or closed as two people left it"
    yield from ((f"account {number}", "it was opened and is gone") for number in sorted(opened))


def _as_decided(db: sqlite3.Connection) -> tuple[dict[str, str], set[str]]:
    """Return who has an account in which role, and whose is closed, as the ledger has it."""
    opened: dict[str, str] = {}
    closed: set[str] = set()
    marks = ", ".join("?" * (len(_POWERS) + 1))
    sql = f"SELECT case_id, transition, data FROM events WHERE transition IN ({marks}) ORDER BY seq"  # noqa: S608
    for row in db.execute(sql, (*_POWERS, _FIRST)):
        data, number = json.loads(row["data"]), row["case_id"]
        match row["transition"]:
            case "close-approved":
                closed.add(number)
            case "reopen-approved":
                closed.discard(number)
            case "open-approved":
                opened[number] = data["role"]
            case _:
                opened |= dict.fromkeys(data["accounts"].split(), "administrator")
    return opened, closed
