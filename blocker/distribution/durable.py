"""A file is there whole or not at all, and stays there when the power goes.

Keeps true: whoever reads `path`, at any instant and after any kill, reads the old content or the new one. Leaves to
others: what the content is, and who may write the folder (two writers of one path: the later rename wins).
"""

import contextlib
import glob
import os
import secrets
from pathlib import Path

from blocker.errors import OperationError


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` at `path` in one step: temporary file, fsync, rename, fsync of the folder.

    The folder must exist. The temporary name begins with a dot and ends in `.part`, so that no reader takes a
    leftover of a kill for a file. Raises OperationError; the old file, if any, is then still in place.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        _fill(part, data, mode)
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise OperationError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Take `path` away for good; one that is not there is no fault. Raises OperationError."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise OperationError(f"cannot remove {path}: {error.strerror or error}") from error


def keep(path: Path, older: Path) -> None:
    """Let `older` be from now on what `path` is now: the same bytes under a second name, whatever replaces `path`.

    A `path` that is not there is no fault, and leaves `older` as it was. Raises OperationError.
    """
    part = older.with_name(f".{older.name}.{secrets.token_hex(8)}.part")
    try:
        part.hardlink_to(path)
        part.replace(older)
        sync_folder(older.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OperationError(f"cannot write {older}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Take away what kills left of writing `path`; only for its one writer, and only while that writes nothing."""
    with contextlib.suppress(OSError):
        for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
            part.unlink(missing_ok=True)


def _fill(part: Path, data: bytes, mode: int) -> None:
    # O_EXCL: a name that somebody else planted is never followed. fchmod: the umask must not loosen or tighten it.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the rename itself last: without it, the name may be the old one after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content that another wrote to `path` last. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
