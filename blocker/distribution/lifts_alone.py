"""The lifts of a repository, believed on a chain of their own: they count even if the list beside them does not.

Keeps true: a lift waits for nothing but what makes it one. Timestamp and snapshot say, freshly, which lifts are the
newest [TUF 5.4-5.5]; the newest targets that we believe say whose keys may lift, be they those of this look or, if
these are withheld or broken, those before. Both are needed. Without targets of this look nobody gains more than the
host's own keys give; without a fresh timestamp and snapshot, however, one stolen key for lifts and a place on the
network would empty the list of whoever had not yet heard that the key was revoked. Names are taken off the list
elsewhere (signed.py).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api import exceptions as tuf
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from blocker.distribution import durable, lifts, metadata
from blocker.distribution.fetch import Fetcher
from blocker.distribution.lifts import Lift, open_lifts
from blocker.distribution.metadata import LIFTS, LIFTS_FILE, SNAPSHOT, TARGETS, TIMESTAMP
from blocker.distribution.shelf import target_path
from blocker.errors import OperationError

MAX_METADATA = 256_000
MAX_LIFTS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """The lifts that count, and what vouches for them: the targets of a version, and the serial of both together."""

    lifts: tuple[Lift, ...]
    version: int
    serial: int
    metadata: bytes


def take(folder: Path, url: str, fetcher: Fetcher, now: datetime) -> Taken:
    """Fetch the newest lifts, if we do not have them; `folder` is where ngclient keeps what it believes.

    Raises:
        RepositoryError, DownloadError: of the TUF library, if there are none that can be believed.
        OperationError, ListRefusedError: if what is kept cannot be read, or the file of lifts cannot.
    """
    snapshot, targets = _chain(folder, now)
    version, vouching = targets.signed.version, targets_bytes(folder)
    settled = (metadata.list_custom(targets) or {}).get("settled", ())
    meta = snapshot.meta.get(f"{LIFTS}.json")
    if meta is None:
        return Taken((), version, version, vouching)
    data = _kept_or_fetched(folder / f"{LIFTS}.json", meta, fetcher, f"{url}metadata/{meta.version}.{LIFTS}.json")
    part = _lifts_metadata(data, targets, meta.version, now)
    file = part.signed.targets.get(LIFTS_FILE)
    if file is None:
        raise tuf.RepositoryError("the role for lifts names no file")
    where = url + target_path(LIFTS_FILE, file.hashes["sha256"])
    listed = lifts.decode(_kept_or_fetched(folder / "lifts.list", file, fetcher, where))
    return Taken(open_lifts(listed, settled), version, version + meta.version, vouching + data)


def targets_bytes(folder: Path) -> bytes:
    """Return the newest targets metadata that we believe, as they were signed."""
    return (folder / f"{TARGETS}.json").read_bytes()


def _chain(folder: Path, now: datetime) -> tuple[Snapshot, Metadata[Targets]]:
    """Return what ngclient believes, if it is fresh and hangs together; it may have given up half way."""
    root = metadata.read((folder / "root.json").read_bytes(), Root)
    timestamp = metadata.read((folder / "timestamp.json").read_bytes(), Timestamp)
    snapshot = metadata.read((folder / "snapshot.json").read_bytes(), Snapshot)
    targets = metadata.read(targets_bytes(folder), Targets)
    parts: tuple[tuple[str, Metadata[Any]], ...] = ((TIMESTAMP, timestamp), (SNAPSHOT, snapshot), (TARGETS, targets))
    for role, part in parts:
        root.signed.verify_delegate(role, part.signed_bytes, part.signatures)
    for role, part in parts[:2]:
        if part.signed.is_expired(now):
            raise tuf.ExpiredMetadataError(f"the {role} has expired")
    if snapshot.signed.version != timestamp.signed.snapshot_meta.version:
        raise tuf.BadVersionNumberError("the snapshot is not the one that the timestamp names")
    return snapshot.signed, targets


def _lifts_metadata(data: bytes, targets: Metadata[Targets], version: int, now: datetime) -> Metadata[Targets]:
    try:
        part = metadata.read(data, Targets)
        targets.signed.verify_delegate(LIFTS, part.signed_bytes, part.signatures)
    except (OperationError, ValueError) as error:
        raise tuf.RepositoryError(f"the lifts cannot be read: {error}") from error
    if part.signed.version != version:
        raise tuf.BadVersionNumberError("the lifts are not those that the snapshot names")
    if part.signed.is_expired(now):
        raise tuf.ExpiredMetadataError("the lifts have expired")
    return part


def _kept_or_fetched(path: Path, meta: MetaFile | TargetFile, fetcher: Fetcher, url: str) -> bytes:
    """Return the bytes that signed metadata name by their digest, from our folder or from the server."""
    if not meta.hashes:
        raise tuf.RepositoryError("what is named without its digest cannot be believed")
    try:
        data = path.read_bytes()
        meta.verify_length_and_hashes(data)
    except (OSError, tuf.LengthOrHashMismatchError):
        most = MAX_LIFTS if isinstance(meta, TargetFile) else MAX_METADATA
        data = fetcher.download_bytes(url, min(meta.length or most, most))
        meta.verify_length_and_hashes(data)
        durable.write(path, data, 0o600)
    return data
