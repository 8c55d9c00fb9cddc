"""The list's git work tree: its HEAD as files, and commits that change a few of them.

Keeps true: a commit is made whole or not at all, at any kill; it holds that change and nothing of what people have
unfinished in the work tree or the index, and loses nothing of that either. It is made by plumbing on an index of its
own and becomes real by one compare-and-swap of HEAD. What a commit means is left to blocker/cases/channels.py.

No discovery: a directory counts only with a `.git` of its own, so that a plain list inside another project's clone is
never mistaken for that project. Hooks and signing set up for people do not run: nothing in a clone may stop a lift.
"""

import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from blocker.distribution import durable
from blocker.errors import OperationError

TIMEOUT = 120.0
"""Seconds after which a git that does not answer counts as failed (a dead network file system, say)."""

AUTHOR = ("Redhand desk", "desk@redhand.invalid")

_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsync=all"),  # git's default leaves loose objects to the operating system; HEAD would outlive them
    *("-c", "core.quotePath=false"),
    *("-c", "log.showSignature=false"),
)


class HeadMovedError(OperationError):
    """Somebody else committed at the same instant; nothing was changed, try again."""


@dataclass(frozen=True, slots=True)
class Change:
    """Files to be written (bytes) or removed (None), by path relative to the work tree, in one commit."""

    files: Mapping[str, bytes | None]
    message: str
    trailers: Sequence[tuple[str, str]] = ()


def is_work_tree(directory: Path) -> bool:
    """True when the directory is itself the top of a git work tree."""
    return (directory / ".git").exists()


def head(directory: Path) -> str:
    """Return the id of the commit at HEAD.

    Raises:
        OperationError: if there is none, or git fails.
    """
    return _commit(directory, "HEAD")


def _commit(directory: Path, revision: str) -> str:
    return run(directory, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()


def read_head(directory: Path) -> tuple[str, dict[str, bytes]]:
    """Return HEAD's commit id and every regular file of its tree by path, as read_revision does."""
    return read_revision(directory, "HEAD")


def read_revision(directory: Path, revision: str) -> tuple[str, dict[str, bytes]]:
    """Return the commit that a revision (gitrevisions(7)) means, and every regular file of its tree by path.

    Symbolic links and submodules are left out: a list is read from its own commit and nothing beside it.

    Raises:
        OperationError: if there is no such commit, or git fails.
    """
    commit = _commit(directory, revision)
    blobs: dict[str, str] = {}
    for record in run(directory, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        meta, _tab, path = record.partition(b"\t")
        mode, _space, rest = meta.partition(b" ")
        if mode in {b"100644", b"100755"}:
            blobs[path.decode("utf-8", "surrogateescape")] = rest.split(b" ")[1].decode()
    contents = read_blobs(directory, list(dict.fromkeys(blobs.values())))
    return commit, {path: contents[blob] for path, blob in blobs.items()}


def links(directory: Path, commit: str) -> list[str]:
    """Return the paths of a commit's symbolic links, which read_revision leaves out.

    Raises:
        OperationError: if git fails.
    """
    records = (
        run(directory, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape").split("\0")
    )
    return [record.partition("\t")[2] for record in records if record.startswith("120000 ")]


def is_clean(directory: Path) -> bool:
    """True when the work tree, untracked files included, holds what HEAD says.

    Raises:
        OperationError: if git fails.
    """
    return not run(directory, "--no-optional-locks", "status", "--porcelain", "--untracked-files=all")


def find_by_trailers(directory: Path, trailers: Sequence[tuple[str, str]]) -> str | None:
    """Return the newest commit in HEAD's history that carries all these trailers, or None.

    Raises:
        OperationError: if git fails.
    """
    greps = [f"--grep={key}: {value}" for key, value in trailers]
    form = "--format=%H%x00%(trailers:only,unfold)%x01"
    found = run(directory, "log", "--fixed-strings", "--all-match", *greps, form, "HEAD")
    wanted = {f"{key}: {value}" for key, value in trailers}
    for record in found.decode("utf-8", "replace").split("\x01"):
        commit, _nul, text = record.strip().partition("\0")
        if commit and wanted <= set(text.splitlines()):  # --grep also finds a longer number, or prose
            return commit
    return None


def commit_change(directory: Path, change: Change, merged: str | None = None) -> str:
    """Commit a change on top of HEAD and return the commit's id; the work tree is left to `refresh`.

    `merged` is the end of a branch that the commit merges: its history is kept, and of its files what `change` says.

    Raises:
        HeadMovedError: if HEAD moved meanwhile; nothing was changed.
        OperationError: if git fails; nothing was changed.
    """
    old = head(directory)
    new = commit_tree(directory, old, change, merged)
    try:
        run(directory, "update-ref", "-m", f"redhand: {change.message}", "HEAD", new, old)
    except OperationError as error:
        if head(directory) != old:
            raise HeadMovedError("the list's HEAD moved while a commit was made; nothing was changed") from error
        raise
    return new


def commit_tree(directory: Path, old: str, change: Change, merged: str | None = None) -> str:
    """Make a commit of a change on top of `old` (and of `merged`) and return its id; no branch moves.

    Raises:
        OperationError: if git fails; nothing was changed.
    """
    tree = _tree_with(directory, old, change)
    trailers = "".join(f"{key}: {value}\n" for key, value in change.trailers)
    message = f"{change.message}\n\n{trailers}".encode()
    parents = ["-p", old, *(("-p", merged) if merged else ())]
    return run(directory, "commit-tree", tree, *parents, "-F", "-", feed=message).decode().strip()


def refresh(directory: Path, commit: str) -> tuple[str, ...]:
    """Bring work tree and index to what `commit` (of commit_change) made of its files; safe to repeat.

    Returns the paths that somebody has unfinished changes to: they stay as they are, and the commit stands all the
    same. A path that a later commit changed again is passed over.

    Raises:
        OperationError: if git or the disk fails; the commit stands.
    """
    changed = run(directory, "diff-tree", "--name-only", "-r", "-z", f"{commit}^1", commit).decode()
    return tuple(path for path in changed.split("\0") if path and not _refresh_path(directory, commit, path))


def _refresh_path(directory: Path, commit: str, path: str) -> bool:
    durable.sweep(directory / path)  # what a kill left would count as unfinished work, and hold up the next version
    before, after = _blob(directory, f"{commit}^", path), _blob(directory, commit, path)
    if _blob(directory, "HEAD", path) != after:
        return True
    in_tree = _refresh_file(directory, path, before, after)
    staged = run(directory, "ls-files", "-s", "-z", "--", f":(literal,top){path}").decode().split("\0")[0]
    in_index = staged.split(" ")[1] if staged else None
    if in_index == after:
        return in_tree
    if in_index != before:
        return False
    _stage(directory, path, after)
    return in_tree


def _stage(directory: Path, path: str, blob: str | None, index: Mapping[str, str] | None = None) -> None:
    if blob is None:
        run(directory, "update-index", "--force-remove", "--", path, env=index)
    else:
        run(directory, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)


def _refresh_file(directory: Path, path: str, before: str | None, after: str | None) -> bool:
    file = directory / path
    contents = read_blobs(directory, [blob for blob in (before, after) if blob])
    now = file.read_bytes() if file.is_file() and not file.is_symlink() else None
    if now == (contents[after] if after else None):
        return True
    if now != (contents[before] if before else None) or (now is None and os.path.lexists(file)):
        return False
    if after is None:
        durable.remove(file)
    else:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OperationError(f"cannot make {file.parent}: {error.strerror}") from error
        durable.write(file, contents[after], mode=0o640)  # the list is confidential in bulk
    return True


def _tree_with(directory: Path, commit: str, change: Change) -> str:
    """Write the tree of `commit` with the change applied, through an index that nobody else uses."""
    git_dir = Path(run(directory, "rev-parse", "--absolute-git-dir").decode().strip())
    index = git_dir / f"redhand-index.{secrets.token_hex(8)}"
    own = {"GIT_INDEX_FILE": str(index)}
    try:
        run(directory, "read-tree", commit, env=own)
        for path, content in change.files.items():
            blob = None
            if content is not None:
                blob = run(directory, "hash-object", "-w", "--stdin", feed=content).decode().strip()
            _stage(directory, path, blob, own)
        return run(directory, "write-tree", env=own).decode().strip()
    finally:
        index.unlink(missing_ok=True)


def _blob(directory: Path, commit: str, path: str) -> str | None:
    listed = run(directory, "ls-tree", "-z", "--full-tree", commit, "--", path).decode()
    return listed.split("\t")[0].split(" ")[2] if listed else None


def read_blobs(directory: Path, blobs: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of many blobs, read with one process.

    Raises:
        OperationError: if git fails.
    """
    output = memoryview(run(directory, "cat-file", "--batch", feed="".join(f"{blob}\n" for blob in blobs).encode()))
    contents: dict[str, bytes] = {}
    at = 0
    for blob in blobs:
        end = at + bytes(output[at : at + 200]).index(b"\n")
        answer = bytes(output[at:end]).split(b" ")
        if len(answer) != len(("id", "type", "size")):
            raise OperationError(f"{directory}: the repository has lost the object {blob}")
        size = answer[2]
        contents[blob] = bytes(output[end + 1 : end + 1 + int(size)])
        at = end + 1 + int(size) + 1
    return contents


def run(directory: Path, *arguments: str, feed: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run git in a work tree, in nobody's name but the desk's, and return what it prints.

    Raises:
        OperationError: if it fails.
    """
    name, mail = AUTHOR
    directory = directory.resolve()  # GIT_DIR is read from the directory that git runs in
    # Whatever git was told by the environment that started us is not meant for this repository.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    own = {
        "GIT_DIR": str(directory / ".git"),  # named, not discovered: git then also trusts it, whoever owns it
        "GIT_WORK_TREE": str(directory),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail,
        "LC_ALL": "C",
    }
    if not is_work_tree(directory):
        raise OperationError(f"{directory} is not a git work tree")
    try:
        done = subprocess.run(
            ["git", *_OPTIONS, *arguments],
            cwd=directory,
            env={**clean, **own, **(env or {})},
            input=feed,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OperationError(f"git {arguments[0]} could not be run in {directory}") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise OperationError(f"git {arguments[0]} failed in {directory}: {said}")
    return done.stdout
