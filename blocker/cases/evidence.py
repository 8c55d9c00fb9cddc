"""The folder of sealed evidence: files under the SHA-256 of their bytes, written once and never changed or deleted.

Keeps true: nothing is kept that encrypted.py refuses; a file is there whole or not at all; what cannot be read here
cannot leak from here, for no key that opens it is on this machine. That a file belongs to a case, and each look at it,
stands in the ledger; deciding who may look is left to the procedure.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from blocker.cases import encrypted
from blocker.distribution.durable import sync_folder
from blocker.errors import FormError, OperationError


class Evidence:
    """One folder, the number of keys that its files are encrypted to, and how large a file may be, in bytes."""

    def __init__(self, folder: Path, recipients: int, limit: int) -> None:
        self.folder = folder
        self.recipients = recipients
        self.limit = limit

    async def take(self, field: str, chunks: AsyncIterator[bytes]) -> str:
        """Keep what arrives, chunk by chunk, and return its SHA-256 in hexadecimal.

        Raises:
            FormError: for `field`: it is too large, or not sealed as it must be; nothing is kept.
            OperationError: if the disk fails; nothing is kept.
        """
        part = self.folder / f".{secrets.token_hex(16)}.part"
        try:
            await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)
            digest = await self._receive(field, part, chunks)
            await asyncio.to_thread(self._keep, part, digest)
        except OSError as error:
            raise OperationError(f"the evidence could not be kept: {error.strerror or error}") from error
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(part.unlink, missing_ok=True)
        return digest

    def find(self, sha256: str) -> Path | None:
        """Return the file with this SHA-256, which must be one: 64 hexadecimal digits."""
        path = self._path(sha256)
        return path if path.is_file() else None

    def _path(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.age"

    async def _receive(self, field: str, part: Path, chunks: AsyncIterator[bytes]) -> str:
        digest, head, size = hashlib.sha256(), b"", 0
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > self.limit:
                    raise FormError(
                        {field: f"this file has more than {self.limit >> 20} MiB: share it out over several"}
                    )
                if len(head) < encrypted.HEAD:
                    head += chunk[: encrypted.HEAD - len(head)]
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
            try:
                encrypted.judge(head, size, self.recipients)
            except ValueError as error:
                raise FormError({field: str(error)}) from error
            await asyncio.to_thread(_settle, file)
        return digest.hexdigest()

    def _keep(self, part: Path, digest: str) -> None:
        part.replace(self._path(digest))  # the same bytes, if it was there already
        sync_folder(self.folder)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
