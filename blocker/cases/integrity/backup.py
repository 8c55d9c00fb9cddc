"""A copy of the desk's store that can take its place: made while the desk works, and put back only where none is.

Keeps true: a copy is one state of the database, whole, judged after it was written, and readable by its owner alone; a
database that is there is never overwritten; a copy that does not hold, or is older than a head that somebody kept, is
not put back. What lies beside the database goes with it: the key of the seal and the files of evidence, which are
encrypted as they are (their own hashes stand in the ledger).

A copy is a folder: `database.sqlite3`, `database.sqlite3.seal`, `evidence/`, and `backup.json`, written last, with the
SHA-256 of each file. A folder without it was not finished.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from blocker.cases.integrity import audit, keyfile
from blocker.cases.integrity.audit import Verdict
from blocker.cases.integrity.ledger import Head
from blocker.distribution import durable
from blocker.errors import OperationError

DATABASE = "database.sqlite3"
EVIDENCE = "evidence"
MANIFEST = "backup.json"


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that was made and judged, or put back."""

    verdict: Verdict
    files: int
    """Files of evidence in it."""


def make(database: Path, evidence: Path, folder: Path) -> Copied:
    """Copy a store into a new folder and judge the copy.

    Raises:
        OperationError: if the folder is there, something cannot be read or written, or the copy does not hold.
    """
    if not database.is_file():
        raise OperationError(f"there is no database {database}")
    with _disk(folder):
        folder.mkdir(mode=0o700, parents=True)
        copy = folder / DATABASE
        _empty(copy)
        with (
            closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)  # one snapshot: it holds up no writer (WAL), and no writer makes it begin again
            target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
        _copy(keyfile.of(database), keyfile.of(copy))
        # After the database: whatever evidence an event speaks of was written before the event.
        files = _copy_all(evidence, folder / EVIDENCE)
        verdict = _judged(copy, None)
        digests = {str(path.relative_to(folder)): _digest(path) for path in _files(folder)}
        for path in _files(folder):
            durable.sync_file(path)
        manifest = {"head": str(verdict.head), "key": verdict.key, "files": digests}
        durable.write(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return Copied(verdict, files)


def restore(folder: Path, database: Path, evidence: Path, known: Head | None) -> Copied:
    """Put a copy where no database is, after it was judged (against a head that was kept elsewhere, if there is one).

    Raises:
        OperationError: if there is a database, the copy is unfinished, changed, does not hold or is behind `known`, or
            something cannot be read or written; the place is then as it was, but for files that begin with a dot.
    """
    for path in (database, keyfile.of(database), evidence):
        if path.exists():
            raise OperationError(f"{path} is there: nothing is ever put over it; move it away first")
    with _disk(database):
        _compare(folder, _manifest(folder))
        verdict = _judged(folder / DATABASE, known)
        database.parent.mkdir(parents=True, exist_ok=True)
        part = database.with_name(f".{database.name}.part")
        part.unlink(missing_ok=True)
        _copy(folder / DATABASE, part)
        files = _copy_all(folder / EVIDENCE, evidence)
        _copy(keyfile.of(folder / DATABASE), keyfile.of(database))
        part.rename(database)  # last: what is there under its own name is whole
        durable.sync_folder(database.parent)
    return Copied(verdict, files)


def _judged(copy: Path, known: Head | None) -> Verdict:
    verdict = audit.judge(copy, known, keyfile.read(copy).public)
    if verdict.findings:
        more = f" (and {len(verdict.findings) - 1} more)" if len(verdict.findings) > 1 else ""
        raise OperationError(f"the copy does not hold: {verdict.findings[0]}{more}")
    return verdict


def _manifest(folder: Path) -> Mapping[str, str]:
    try:
        found: Mapping[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return dict(found)
    except FileNotFoundError as error:
        raise OperationError(f"{folder} is no finished copy: it has no {MANIFEST}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise OperationError(f"{folder / MANIFEST} cannot be read") from error


def _compare(folder: Path, digests: Mapping[str, str]) -> None:
    there = {str(path.relative_to(folder)): path for path in _files(folder) if path.name != MANIFEST}
    if missing := sorted(digests.keys() - there.keys()):
        raise OperationError(f"{folder / missing[0]} is missing from the copy")
    for name, path in there.items():
        if _digest(path) != digests.get(name):
            raise OperationError(f"{path} is not what was copied")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy_all(source: Path, target: Path) -> int:
    if not source.is_dir():
        return 0
    files = [path for path in _files(source) if not path.name.startswith(".")]  # a dot: it is being written
    for path in files:
        place = target / path.relative_to(source)
        for parent in reversed(place.relative_to(target).parents):
            (target / parent).mkdir(mode=0o700, exist_ok=True)
        _copy(path, place)
    return len(files)


def _copy(source: Path, target: Path) -> None:
    _empty(target)
    shutil.copyfile(source, target)
    durable.sync_file(target)


def _empty(path: Path) -> None:
    """Make the file for its owner alone before anything is in it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


@contextmanager
def _disk(place: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise OperationError(f"{error.filename or place} is there already: name a new place") from error
    except (OSError, sqlite3.Error) as error:
        what = error.strerror if isinstance(error, OSError) else error
        where = error.filename if isinstance(error, OSError) and error.filename else place
        raise OperationError(f"cannot copy to or from {where}: {what}") from error
