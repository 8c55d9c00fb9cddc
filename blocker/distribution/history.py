"""The history of a list's git work tree, as values: its commits, and what its files held in each."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from blocker.blocklist.history import Commit
from blocker.distribution import git


def read_commits(directory: Path) -> list[Commit]:
    """Return the commits that led to HEAD, the oldest first; none if there is no commit yet.

    Merges count as one commit of the line that they were merged into.

    Raises:
        OperationError: if the directory is no git work tree, or git fails.
    """
    return list(_commits(_first_parents(directory)))


def read_history(directory: Path) -> tuple[list[Commit], dict[str, bytes]]:
    """Return what read_commits does, and the contents of the list's YAML and text files by blob.

    Raises:
        OperationError: as read_commits does.
    """
    commits = read_commits(directory)
    blobs = {blob for commit in commits for blob in commit.files.values() if blob is not None}
    return commits, git.read_blobs(directory, sorted(blobs))


def _first_parents(directory: Path) -> bytes:
    """Return the list's own line of history, the oldest first, as `git log --raw -z` prints it; or nothing.

    Each record begins with a byte 1 and has the id, the committer's date, the author and the subject, ended by a byte 2
    each, then the trailers, a byte 3 and the raw changes.
    """
    if not git.run(directory, "rev-list", "--all", "--max-count=1"):
        return b""
    form = "--format=%x01%H%x02%cI%x02%an%x02%s%x02%(trailers:only,unfold)%x03"
    options = ("--first-parent", "-m", "--reverse", "--raw", "--no-abbrev", "--no-renames", "-z")
    return git.run(directory, "log", *options, form, "HEAD")


def _commits(log: bytes) -> Iterator[Commit]:
    for record in log.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        head, _, raw = record.partition("\x03")
        name, when, author, subject, trailers = head.split("\x02")
        pairs = (line.partition(":") for line in trailers.splitlines())
        yield Commit(
            id=name,
            when=datetime.fromisoformat(when).astimezone(UTC),
            author=author,
            subject=subject,
            trailers=tuple((key.strip(), value.strip()) for key, _, value in pairs if value),
            files=dict(_changes(raw)),
        )


def _changes(raw: str) -> Iterator[tuple[str, str | None]]:
    """Read `:mode mode blob blob letter` and path, in turn; only a list's own kinds of files count."""
    parts = [part for part in raw.strip("\n").split("\0") if part.strip()]
    for meta, path in zip(parts[::2], parts[1::2], strict=False):
        blob = meta.split(" ")[3]
        if path.endswith((".yaml", ".txt")):
            regular = meta.split(" ")[1].startswith("100")
            yield path, blob if regular and blob.strip("0") else None
