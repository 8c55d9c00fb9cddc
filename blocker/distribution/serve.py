"""What goes out together: new parts, and over them a snapshot and a timestamp that say that they belong together.

Keeps true: snapshot and timestamp name the very bytes that are served, verify under the root that is served with them,
and come last (shelf.py). What the parts are, and who signed them, is decided in publish.py.
"""

from collections.abc import Mapping
from datetime import datetime

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root

from blocker.distribution import metadata
from blocker.distribution.metadata import LIFTS, SNAPSHOT, TARGETS, TIMESTAMP, Repository
from blocker.distribution.online import Online
from blocker.distribution.shelf import Shelf
from blocker.errors import OperationError


def serve(
    shelf: Shelf,
    before: Repository | None,
    files: Mapping[str, bytes],
    online: Online,
    now: datetime,
    *,
    root: Metadata[Root] | None = None,
) -> None:
    """Serve new files, by path below `public`, and what stays of `before`; `root` is the new one, if there is one.

    Raises:
        OperationError: if an online key is not the one that root names, or the disk fails; what was served stays.
    """
    root = root or (before.root if before else None)
    if root is None:
        raise RuntimeError("a release has a root")
    found = {role: _served(shelf, before, files, role) for role in (TARGETS, LIFTS)}
    parts = {role: data for role, data in found.items() if data is not None}
    snapshot = metadata.next_snapshot(before, parts, now)
    metadata.sign(snapshot, online.snapshot)
    timestamp = metadata.next_timestamp(before, snapshot.to_bytes(), now)
    metadata.sign(timestamp, online.timestamp)
    for role, part in ((SNAPSHOT, snapshot), (TIMESTAMP, timestamp)):
        try:
            root.signed.verify_delegate(role, part.signed_bytes, part.signatures)
        except RepositoryError as error:
            raise OperationError(f"the online key of {role} is not the one that root names") from error
    last = {
        f"metadata/{snapshot.signed.version}.snapshot.json": snapshot.to_bytes(),
        "metadata/timestamp.json": timestamp.to_bytes(),
    }
    shelf.release({**files, **last})


def _served(shelf: Shelf, before: Repository | None, files: Mapping[str, bytes], role: str) -> bytes | None:
    """Return the bytes of a part as they will be served: the new ones, or those that are there."""
    fresh = next((data for path, data in files.items() if path.endswith(f".{role}.json")), None)
    part = getattr(before, role) if before else None
    if fresh is not None or part is None:
        return fresh
    return shelf.staged_bytes(shelf.public / "metadata" / f"{part.signed.version}.{role}.json")
