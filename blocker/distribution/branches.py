"""Branches of the list's git work tree on which single directives are prepared, beside the list itself.

Keeps true: the work tree and HEAD are never touched here; a branch is made, and ends, by one compare-and-swap of its
ref. What lies on one is left to blocker/cases.
"""

from pathlib import Path

from blocker.distribution import git


def tip_of(directory: Path, branch: str) -> str | None:
    """Return the commit that a branch ends in, or None if there is no such branch.

    Raises:
        OperationError: if git fails.
    """
    listed = git.run(directory, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().split()
    return listed[0] if listed else None


def changed(directory: Path, branch: str) -> dict[str, bytes] | None:
    """Return the files that a branch adds or changes beside HEAD, by path; None if there is no such branch.

    Raises:
        OperationError: if git fails.
    """
    tip = tip_of(directory, branch)
    if tip is None:
        return None
    names = git.run(
        directory,
        "diff",
        "--no-ext-diff",
        "-z",
        "--name-only",
        "--no-renames",
        "--diff-filter=AM",
        f"HEAD...{tip}",
        "--",
    )
    files = git.read_revision(directory, tip)[1]
    return {path: files[path] for path in names.decode("utf-8", "surrogateescape").split("\0") if path in files}


def is_ancestor(directory: Path, commit: str, of: str) -> bool:
    """True if the history of `of` holds a commit.

    Raises:
        OperationError: if git fails.
    """
    return not git.run(directory, "rev-list", "--max-count=1", commit, f"^{of}")


def begin(directory: Path, branch: str, change: git.Change) -> None:
    """Make a branch of one commit on top of HEAD; a branch that is there stays as it is.

    Raises:
        OperationError: if git fails; nothing was changed.
    """
    if tip_of(directory, branch) is not None:
        return
    new = git.commit_tree(directory, git.head(directory), change)
    git.run(directory, "update-ref", f"refs/heads/{branch}", new, "0" * len(new))


def end(directory: Path, branch: str, tip: str) -> None:
    """Delete a branch that was merged, unless it has moved on since or is gone.

    Raises:
        OperationError: if git fails.
    """
    if tip_of(directory, branch) == tip:
        git.run(directory, "update-ref", "-d", f"refs/heads/{branch}", tip)
