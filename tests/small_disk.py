"""Disks that really refuse a write: a full file system, and a limit on the size of files."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

PAGE = 4096
MIB = 1024 * 1024

Refusing = Callable[[int], AbstractContextManager[None]]
"""Given a number of pages: while it lasts, the disk takes no more than so many."""

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 and os.environ.get("CI") != "true", reason="needs root, to mount a small file system"
)


@contextmanager
def small(folder: Path, mib: int = 8) -> Iterator[Refusing]:
    """Mount a small file system at a folder, and yield what fills it but for a few pages."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib * MIB}", "tmpfs", str(folder)], check=True)
    try:
        yield lambda pages: _full(folder, pages)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _full(folder: Path, pages: int) -> Iterator[None]:
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(folder).f_bavail
        file.write(bytes((free - pages) * PAGE))
    assert os.statvfs(folder).f_bavail == pages
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def limited(pages: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many pages (RLIMIT_FSIZE; Python ignores the signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (pages * PAGE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
