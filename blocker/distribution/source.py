"""Where a list is read from: the HEAD of a git work tree, or a plain directory as it stands; and what ships with us.

Only a directory with its own .git counts as a work tree: a list folder that merely lies inside somebody's checkout is
plain. Symbolic links are not followed.
"""

import os
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import publicsuffixlist

from blocker.blocklist.decode import GROUNDS, PROTECTED, Shipped
from blocker.blocklist.suffixes import Suffixes
from blocker.distribution import git
from blocker.errors import Fault, ListRefusedError, OperationError

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The files of a list by relative path, and the commit they come from (None: a plain directory)."""

    files: Mapping[str, bytes]
    commit: str | None


def read_source(directory: Path) -> SourceTree:
    """Read a list's files: what HEAD says in a git work tree, else what lies there.

    Raises:
        OperationError: if the directory or its repository cannot be read.
        ListRefusedError: if a YAML file or a folder is a symbolic link.
    """
    if git.is_work_tree(directory):
        commit, files = git.read_head(directory)
        _refuse_links(path for path in git.links(directory, commit) if path.endswith(_YAML))
        return SourceTree(files, commit)
    return read_directory(directory)


def read_directory(directory: Path) -> SourceTree:
    """Read the files that lie in a directory, its work in progress included.

    Raises:
        OperationError: if it cannot be read.
        ListRefusedError: if a YAML file or a folder is a symbolic link.
    """
    try:
        return SourceTree({path: (directory / path).read_bytes() for path in _paths(directory)}, None)
    except OSError as error:
        raise OperationError(f"cannot read {error.filename or directory}: {error.strerror}") from error


def fingerprint(directory: Path) -> Hashable:
    """Return a value that differs once the source differs; cheap enough to ask every two seconds.

    Raises:
        OperationError, ListRefusedError: as read_source does.
    """
    if git.is_work_tree(directory):
        return git.head(directory)
    try:
        stats = [(path, (directory / path).stat()) for path in _paths(directory)]
    except OSError as error:
        raise OperationError(f"cannot read {error.filename or directory}: {error.strerror}") from error
    return tuple((path, status.st_ino, status.st_mtime_ns, status.st_size) for path, status in stats)


def _paths(directory: Path) -> list[str]:
    if not directory.is_dir():
        raise OperationError(f"{directory} is not a directory")
    paths: list[str] = []
    links: list[str] = []
    for folder, folders, names in os.walk(directory):
        links += [
            Path(folder, name).relative_to(directory).as_posix() for name in folders if Path(folder, name).is_symlink()
        ]
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = Path(folder, name)
            relative = path.relative_to(directory).as_posix()
            if path.is_symlink() and name.lower().endswith(_YAML):
                links.append(relative)
            if path.is_file() and not path.is_symlink():
                paths.append(relative)
    _refuse_links(links)
    return paths


def _refuse_links(paths: Iterable[str]) -> None:
    message = "a symbolic link may point anywhere: put the file or folder itself here"
    faults = [Fault(path, 1, 1, "form", message) for path in paths]
    if faults:
        raise ListRefusedError(faults)


def shipped_lists() -> Path:
    """Return the folder of the trial list that ships with Redhand: in a package, and in a checkout."""
    packaged = Path(str(resources.files("blocker") / "shipped_lists"))
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "lists"


@cache
def shipped() -> Shipped:
    """Return the protected names and grounds that stand under every list."""
    lists = shipped_lists()
    grounds = resources.files("blocker.blocklist") / "grounds.yaml"
    return Shipped(
        protected=(lists / PROTECTED).read_bytes(),
        grounds=grounds.read_bytes(),
        trial_grounds=(lists / GROUNDS).read_bytes(),
    )


@cache
def suffixes() -> Suffixes:
    """Return the edition of the public suffix list that the package publicsuffixlist carries."""
    return Suffixes(Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8"))
