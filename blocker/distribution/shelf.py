"""The files of a signed repository: what is served, what awaits signatures, and the step from one to the other.

    public/metadata, public/targets   what any web server serves
    staged/                           a version that awaits signatures, and the signatures as they come in
    releasing/                        what is being served next: the decision to serve it has been taken
    online/                           the keys of snapshot and timestamp, encrypted, or how a token is asked

Keeps true: who fetches from `public` sees the old state or the new one, at any kill: all of what will be served is
written to `releasing` first, one rename decides, and the everyday path of every command completes what was decided
(commit the intent first; recovery is the normal path). `timestamp.json` is written last, because nothing that no
timestamp leads to exists for a client [TUF 5.4]. One process at a time works here. What the files mean: metadata.py.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tuf.api.metadata import Root, Snapshot, Targets, Timestamp

from blocker.distribution import durable, metadata
from blocker.distribution.metadata import LIFTS, LIFTS_FILE, LIST_FILE, Repository
from blocker.errors import OperationError

SERVED = 0o640  # the list is confidential in bulk; the web server reads it as a member of the group
KEPT = 3  # list versions whose files stay: a client may be in the middle of fetching one
_ORDER = "order.json"


class Shelf:
    """One repository's directory; use it inside `locked`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.public = directory / "public"
        self.staged = directory / "staged"
        self.online = directory / "online"
        self._releasing = directory / "releasing"
        self.completed = False
        """True if what was decided before a kill or a full disk has been completed on entering `locked`."""

    @contextmanager
    def locked(self, *, new: bool = False) -> Iterator[None]:
        """Work on the directory alone, after completing whatever was decided before a kill.

        Raises:
            OperationError: if somebody else works on it, or the disk fails.
        """
        try:
            if new:
                self.directory.mkdir(mode=0o750, parents=True, exist_ok=True)
            descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            message = f"{self.directory} is no repository (redhand publish init makes one): {error.strerror}"
            raise OperationError(message) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OperationError(f"another command works on {self.directory}; try again") from error
            self.completed = self._complete()
            yield
        finally:
            os.close(descriptor)

    def read(self) -> Repository | None:
        """Return the state that is served, its chain verified, or None before the first release.

        Raises:
            OperationError: if what lies there does not verify.
        """
        served = self.public / "metadata"
        if not (served / "timestamp.json").exists():
            return None
        try:
            timestamp = metadata.read((served / "timestamp.json").read_bytes(), Timestamp)
            version = timestamp.signed.snapshot_meta.version
            snapshot = metadata.read((served / f"{version}.snapshot.json").read_bytes(), Snapshot)
            versions = {name: meta.version for name, meta in snapshot.signed.meta.items()}
            targets = (served / f"{versions['targets.json']}.targets.json").read_bytes()
            lifts = f"{LIFTS}.json"
            roots = max(int(path.name.split(".")[0]) for path in served.glob("*.root.json"))
            return metadata.verify(
                Repository(
                    root=metadata.read((served / f"{roots}.root.json").read_bytes(), Root),
                    targets=metadata.read(targets, Targets),
                    snapshot=snapshot,
                    timestamp=timestamp,
                    lifts=metadata.read((served / f"{versions[lifts]}.{lifts}").read_bytes(), Targets)
                    if lifts in versions
                    else None,
                )
            )
        except (OSError, KeyError, ValueError) as error:
            raise OperationError(f"the repository at {self.directory} is not whole: {error}") from error

    def target(self, repository: Repository, path: str) -> bytes | None:
        """Return a served target file (LIST_FILE, LIFTS_FILE), verified, or None if there is none."""
        part = repository.lifts if path == LIFTS_FILE else repository.targets
        file = part.signed.targets.get(path) if part else None
        if file is None:
            return None
        data = self.staged_bytes(self.public / "targets" / _prefixed(path, file.hashes["sha256"]))
        file.verify_length_and_hashes(data)
        return data

    @staticmethod
    def staged_bytes(path: Path) -> bytes:
        """Read a file of ours; raises OperationError if it cannot be read."""
        try:
            return path.read_bytes()
        except OSError as error:
            raise OperationError(f"cannot read {path}: {error.strerror}") from error

    def write_staged(self, files: Mapping[str, bytes]) -> None:
        """Put files into a new `staged` folder, in place of one that was there."""
        _write_folder(self.staged, files)

    def drop_staged(self) -> None:
        """Forget what is staged."""
        shutil.rmtree(self.staged, ignore_errors=True)

    def release(self, files: Mapping[str, bytes]) -> None:
        """Serve these files, by path below `public`, in their order; the last one makes them count.

        Raises:
            OperationError: if it cannot be decided (nothing changed), or not be completed (the next command does it).
        """
        numbered = {f"{number:04}": data for number, data in enumerate(files.values())}
        order = json.dumps(list(files)).encode()
        _write_folder(self._releasing, {**numbered, _ORDER: order})
        self._complete()

    def _complete(self) -> bool:
        if not self._releasing.is_dir():
            return False
        try:
            order: list[str] = json.loads((self._releasing / _ORDER).read_bytes())
            for number, path in enumerate(order):
                target = self.public / path
                target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
                data = (self._releasing / f"{number:04}").read_bytes()
                if not target.exists() or target.read_bytes() != data:
                    durable.write(target, data, SERVED)
            self._forget_what_is_served()
            self._prune()
            shutil.rmtree(self._releasing)
        except OSError as error:
            raise OperationError(f"a release is decided but not complete: {error.strerror}; run it again") from error
        return True

    def _forget_what_is_served(self) -> None:
        repository, staged = self.read(), self.staged / "targets.json"
        root = self.staged / "root.json"
        if repository is None:
            return
        waiting = (
            [metadata.read(staged.read_bytes(), Targets).signed.version > repository.targets.signed.version]
            if staged.exists()
            else []
        )
        waiting += (
            [metadata.read(root.read_bytes(), Root).signed.version > repository.root.signed.version]
            if root.exists()
            else []
        )
        if not any(waiting):
            self.drop_staged()

    def _prune(self) -> None:
        """Remove list files that only old versions name; a confidential list is not kept for collectors."""
        served = self.public / "metadata"
        wanted: set[str] = set()
        for role in ("targets", LIFTS):
            versions = sorted(served.glob(f"*.{role}.json"), key=lambda path: int(path.name.split(".")[0]))[-KEPT:]
            for path in versions:
                for name, file in metadata.read(path.read_bytes(), Targets).signed.targets.items():
                    wanted.add(_prefixed(name, file.hashes["sha256"]))
        folder = self.public / "targets"
        for path in [*folder.glob("*"), *folder.glob("*/*")]:
            if path.is_file() and not path.name.startswith(".") and path.relative_to(folder).as_posix() not in wanted:
                with suppress(OSError):
                    path.unlink()


def _prefixed(path: str, digest: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{digest}.{name}"


def target_path(path: str, digest: str) -> str:
    """Return where a target lies below `public` (consistent snapshots, TUF 6.2)."""
    return f"targets/{_prefixed(path, digest)}"


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with these files in one step; one that was there is gone then."""
    part = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        for name, data in files.items():
            durable.write(part / name, data, 0o600)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        durable.sync_folder(folder.parent)
    except OSError as error:
        raise OperationError(f"cannot write {folder}: {error.strerror}") from error


__all__ = ["KEPT", "LIST_FILE", "Shelf", "target_path"]
