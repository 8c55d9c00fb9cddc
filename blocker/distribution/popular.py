"""The file of names that many people use, as it lies beside a repository, or at an ISP."""

import csv
import io
from pathlib import Path

from blocker.distribution import durable
from blocker.distribution.gate import Popular
from blocker.errors import InvalidNameError, OperationError
from blocker.names import DomainName

NAME = "popular.txt"
MAX_BYTES = 64 * 1024 * 1024


def read_popular(repository: Path) -> Popular:
    """Return the popularity file of a repository's folder; without one nothing is popular."""
    path = repository / NAME
    return read_file(path) if path.exists() else Popular()


def read_file(path: Path) -> Popular:
    """Return a file with a name a line, or CSV with the name in its last column.

    Raises:
        OperationError: if it cannot be read.
    """
    try:
        return Popular(_names(path.read_bytes()))
    except OSError as error:
        raise OperationError(f"cannot read {path}: {error.strerror}") from error


def write_popular(repository: Path, data: bytes) -> int:
    """Keep the names of a CSV file as the repository's popularity file; return how many they are.

    Raises:
        OperationError: if there is none in it, or the disk fails.
    """
    names = sorted(set(_names(data)))
    if not names:
        raise OperationError("this file holds no names; expected `name` or `rank,name` a line")
    durable.write(repository / NAME, "".join(f"{name}\n" for name in names).encode())
    return len(names)


def _names(data: bytes) -> list[str]:
    if len(data) > MAX_BYTES:
        raise OperationError(f"the popularity file has {len(data)} bytes; {MAX_BYTES} are the most")
    found: list[str] = []
    for row in csv.reader(io.StringIO(data.decode("utf-8", "replace"))):
        try:
            name = DomainName.parse(row[-1].strip())
        except (InvalidNameError, IndexError):
            continue  # a blank line, an address: not a name that a list could hold
        if "." in name:  # a heading has none
            found.append(name)
    return found
