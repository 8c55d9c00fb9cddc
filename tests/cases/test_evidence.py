"""The folder of evidence: written whole under its hash, or not at all."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pyrage
import pytest

from blocker.cases.evidence import Evidence
from blocker.errors import FormError, OperationError

pytestmark = pytest.mark.asyncio

KEY = pyrage.x25519.Identity.generate()
SEALED = pyrage.encrypt(b"what was seen" * 20_000, [KEY.to_public()])


async def arriving(data: bytes, size: int = 1000, *, fails: bool = False) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]
    if fails:
        raise ConnectionResetError


def folder(path: Path, limit: int = 1 << 20) -> Evidence:
    return Evidence(path / "evidence", 1, limit)


async def test_a_sealed_file_is_kept_under_its_hash_for_its_owner_alone(tmp_path: Path):
    kept = folder(tmp_path)
    digest = await kept.take("file", arriving(SEALED))
    path = kept.find(digest)
    assert digest == hashlib.sha256(SEALED).hexdigest()
    assert path is not None
    assert path.read_bytes() == SEALED
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert pyrage.decrypt(path.read_bytes(), [KEY]) == b"what was seen" * 20_000


async def test_the_same_file_twice_is_one_file(tmp_path: Path):
    kept = folder(tmp_path)
    assert await kept.take("file", arriving(SEALED)) == await kept.take("file", arriving(SEALED, 77))
    assert len(list(kept.folder.iterdir())) == 1


@pytest.mark.parametrize(
    ("data", "limit", "said"),
    [(b"plain", 1 << 20, "not encrypted"), (SEALED, 1000, "more than"), (b"", 1 << 20, "not encrypted")],
)
async def test_what_is_refused_leaves_nothing(tmp_path: Path, data: bytes, limit: int, said: str):
    kept = folder(tmp_path, limit)
    with pytest.raises(FormError) as caught:
        await kept.take("file", arriving(data))
    assert said in caught.value.problems["file"]
    assert list(kept.folder.iterdir()) == []


async def test_a_connection_that_breaks_leaves_nothing(tmp_path: Path):
    kept = folder(tmp_path)
    with pytest.raises(OperationError):
        await kept.take("file", arriving(SEALED, fails=True))
    assert list(kept.folder.iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_said_to_be(tmp_path: Path):
    (tmp_path / "evidence").write_text("a file")
    with pytest.raises(OperationError, match="could not be kept"):
        await folder(tmp_path).take("file", arriving(SEALED))


async def test_what_is_not_there_is_not_found(tmp_path: Path):
    assert folder(tmp_path).find("0" * 64) is None
