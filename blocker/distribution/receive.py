"""One look at one signed repository: fetched, verified, and read; or refused, with the reason.

Keeps true: nothing leaves here that the pinned root does not vouch for [TUF 5.3-5.7; python-tuf's ngclient does the
workflow], of an environment that the root does not name, or older than what is in force. The client's folder persists,
so that versions once seen are never gone back on; even if it is lost, the index in force remembers the serial. Lifts
are taken first, and by themselves (lifts_alone.py): what is wrong with the version beside them does not delay them.
Whether the entries may be blocked here is judged in judgement.py.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api import exceptions as tuf
from tuf.api.metadata import Root, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from blocker.blocklist.entry import Environment
from blocker.config import SignedRepository
from blocker.distribution import durable, lifts_alone, metadata
from blocker.distribution.fetch import Fetcher
from blocker.distribution.lifts import Lift
from blocker.distribution.lifts_alone import Taken
from blocker.distribution.metadata import LIST_FILE, SIGNED_AT, TARGETS
from blocker.errors import Fault, ListRefusedError, OperationError, UnreachableError

MAX_LIST = 64 * 1024 * 1024
CLOCK_GRACE = timedelta(minutes=5)

CONFIG = UpdaterConfig(
    max_root_rotations=64,
    root_max_length=256_000,
    timestamp_max_length=16_384,
    snapshot_max_length=64_000,
    targets_max_length=4_000_000,
    app_user_agent="redhand",
)

# From python-tuf's errors to the reason that a log line, a metric and an operator are told; the first that fits.
REASONS: tuple[tuple[type[Exception], str, str], ...] = (
    (tuf.ExpiredMetadataError, "expired", "its metadata expired: somebody withholds newer ones, or a clock is wrong"),
    (tuf.BadVersionNumberError, "rollback", "it is older than what was seen before"),
    (tuf.UnsignedMetadataError, "signatures", "it does not have the signatures that its root asks for"),
    (tuf.LengthOrHashMismatchError, "tampered", "a file is not the one that the signed metadata name"),
    (tuf.DownloadLengthMismatchError, "too-long", "a file is longer than it may be"),
    (tuf.RepositoryError, "metadata", "its metadata cannot be believed"),
)


@dataclass(frozen=True, slots=True)
class Verified:
    """A version that a repository vouches for; `metadata` is the SHA-256 over the metadata that do.

    `signers` are the ids of the keys that root lets sign versions and whose signatures under this one verify.
    """

    serial: int
    version: int
    environment: Environment
    metadata: str
    signers: tuple[str, ...]
    custom: dict[str, Any]
    list_file: Path


@dataclass(frozen=True, slots=True)
class Received:
    """What one look brought: the lifts that count whatever else is wrong, and a version, or why there is none."""

    lifts: tuple[Lift, ...]
    version: Verified | ListRefusedError | OperationError


def receive(source: SignedRepository, folder: Path, fetcher: Fetcher, now: datetime, known: int) -> Received:
    """Fetch and verify; `now` is the world's, `known` the serial in force here (0: none)."""
    tuf_folder, targets_folder = folder / "tuf", folder / "targets"
    lifts: tuple[Lift, ...] = ()
    try:
        for each in (folder, tuf_folder, targets_folder):
            each.mkdir(mode=0o750, parents=True, exist_ok=True)
        updater = Updater(
            metadata_dir=str(tuf_folder),
            metadata_base_url=f"{source.url.rstrip('/')}/metadata/",
            target_dir=str(targets_folder),
            target_base_url=f"{source.url.rstrip('/')}/targets/",
            fetcher=fetcher,
            config=CONFIG,
            bootstrap=source.root.read_bytes(),
        )
        failure = _refresh(updater)
        taken = _lifts(source, tuf_folder, fetcher, now, failure)
        if taken.serial < known:  # nor do old lifts count: some of them may have been undone since
            message = f"serial {taken.serial} is older than {known}, which was in force here"
            raise refused(source.name, "rollback", message)
        lifts = taken.lifts
        if failure is not None:
            raise failure
        return Received(lifts, _verified(source, updater, tuf_folder, taken, now))
    except (ListRefusedError, OperationError) as error:
        return Received(lifts, error)
    except (tuf.DownloadError, tuf.RepositoryError) as error:
        return Received(lifts, _explained(source.name, error))
    except OSError as error:
        return Received(lifts, OperationError(f"{source.name}: {error.strerror or error} ({error.filename or folder})"))


def _refresh(updater: Updater) -> Exception | None:
    """Bring root, timestamp, snapshot and targets up to date as far as it goes; return why it went no further."""
    try:
        updater.refresh()
    except (tuf.DownloadError, tuf.RepositoryError) as error:
        return error
    return None


def _lifts(source: SignedRepository, folder: Path, fetcher: Fetcher, now: datetime, failure: Exception | None) -> Taken:
    try:
        return lifts_alone.take(folder, f"{source.url.rstrip('/')}/", fetcher, now)
    except (tuf.DownloadError, tuf.RepositoryError, ListRefusedError, OperationError, OSError):
        if failure is not None:  # what went wrong first says more
            raise failure from None
        raise


def _verified(source: SignedRepository, updater: Updater, folder: Path, taken: Taken, now: datetime) -> Verified:
    file = updater.get_targetinfo(LIST_FILE)
    custom = file.custom if file else None
    if file is None or not isinstance(custom, dict):
        raise refused(source.name, "absent", "no list has been released there yet")
    list_file = _target(source.name, updater, file, MAX_LIST)
    _keep(folder)
    _check_clock(source.name, folder, now)
    # What ngclient has just verified and kept; read back, because the library does not hand it out.
    root = metadata.read((folder / "root.json").read_bytes(), Root)
    targets = metadata.read(lifts_alone.targets_bytes(folder), Targets)
    signed = root.signed.get_verification_result(TARGETS, targets.signed_bytes, targets.signatures).signed
    environment = metadata.environment_of(root)
    if custom.get("environment") != environment:
        raise refused(source.name, "environment", "the list is of another environment than the root")
    return Verified(
        serial=taken.serial,
        version=taken.version,
        environment=environment,
        metadata=hashlib.sha256(taken.metadata).hexdigest(),
        signers=tuple(sorted(signed)),
        custom=custom,
        list_file=list_file,
    )


def _target(name: str, updater: Updater, file: TargetFile, most: int) -> Path:
    if file.length > most:
        raise refused(name, "too-long", f"a file of {file.length} bytes; {most} are the most")
    return Path(updater.find_cached_target(file) or updater.download_target(file))


def _keep(folder: Path) -> None:
    """Make what ngclient wrote outlive a power cut: it renames, but does not sync."""
    for path in folder.glob("*.json"):
        durable.sync_file(path)
    durable.sync_folder(folder)


def _signed_at(folder: Path) -> datetime | None:
    try:
        timestamp = metadata.read((folder / "timestamp.json").read_bytes(), Timestamp)
        return datetime.fromisoformat(str(timestamp.signed.unrecognized_fields[SIGNED_AT]))
    except (OSError, KeyError, ValueError, OperationError):
        return None


def _check_clock(name: str, folder: Path, now: datetime) -> None:
    signed_at = _signed_at(folder)
    if signed_at is not None and signed_at > now + CLOCK_GRACE:
        message = f"it was signed at {signed_at:%Y-%m-%d %H:%MZ}, which is in the future here: set this host's clock"
        raise refused(name, "clock", message)


def _explained(name: str, error: Exception) -> ListRefusedError | OperationError:
    for kind, reason, message in REASONS:
        if isinstance(error, kind):
            return refused(name, reason, f"{message} ({error})")
    return UnreachableError(f"{name}: {error}")


def refused(name: str, reason: str, message: str) -> ListRefusedError:
    """Return the refusal of a repository's version as a whole."""
    return ListRefusedError([Fault(name, 1, 1, reason, message)])
