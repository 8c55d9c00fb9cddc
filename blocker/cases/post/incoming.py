"""Mail that came back: files that a mail system puts into a folder, read once each and filed.

Keeps true: a mail is recorded once, whatever is killed when; one that says nothing of a letter of ours is kept, in
`unmatched/` below the folder, for people to read; none is ever deleted. What a mail means is mail.py's business, what
follows from it people's.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker.cases.case import Document
from blocker.cases.post import mail
from blocker.cases.post.mail import News
from blocker.cases.store import Store
from blocker.distribution import durable
from blocker.errors import OperationError, RedhandError

log = logging.getLogger("redhand.cases")

LARGEST = 5 * 1024 * 1024
"""Bytes of a mail that is read; a report is a few thousand."""

MATCHED, UNMATCHED = "matched", "unmatched"

Record = Callable[[str, str, Mapping[str, str], str], Awaitable[object]]
"""Records a step of the system: case id, act, data, and the SHA-256 of the mail behind it."""


@dataclass(slots=True)
class Incoming:
    """One folder of mail."""

    folder: Path
    store: Store
    record: Record
    now: Callable[[], datetime]

    async def tick(self) -> None:
        """Read and file all that lies there."""
        for path in await asyncio.to_thread(self._waiting):
            try:
                await self._take(path)
            except RedhandError as error:
                log.warning("a mail waits reason=%s", error)
            except Exception:  # one mail, written by anybody, must not stop the others
                log.exception("a mail could not be read; it is kept with the unmatched ones")
                await asyncio.to_thread(_file, path, UNMATCHED)

    async def unmatched(self) -> int:
        """Return how many mails wait for people to read them."""
        return await asyncio.to_thread(lambda: sum(1 for _ in (self.folder / UNMATCHED).glob("*.eml")))

    def _waiting(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.glob("[!.]*.eml") if path.is_file() and not path.is_symlink())
        except OSError as error:
            raise OperationError(f"cannot read {self.folder}: {error.strerror}") from error

    async def _take(self, path: Path) -> None:
        content = await asyncio.to_thread(_content, path)
        news = mail.read(content)
        letter = None if news is None else await self._letter(news)
        if news is None or letter is None:
            await asyncio.to_thread(_file, path, UNMATCHED)
            return
        data = {"document": letter.number, "said": f"{news.news}: {news.said}"}
        if news.news is not News.FAILED:
            data["arrived_at"] = self.now().isoformat()
        act = "record-bounce" if news.news is News.FAILED else "propose-receipt"
        await self.record(letter.case, act, data, hashlib.sha256(content).hexdigest())
        await asyncio.to_thread(_file, path, MATCHED)

    async def _letter(self, news: mail.Incoming) -> Document | None:
        if news.effect is not None:
            sql = "SELECT payload ->> 'document' AS number FROM outbox WHERE id = ? AND case_id = ? AND kind = 'letter'"
            found = await self.store.fetch(sql, (news.effect, news.case))
            return await self.store.document(found[0]["number"]) if found else None
        return await self.store.document(news.document or "")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise OperationError(f"cannot read {path}: {error.strerror}") from error


def _file(path: Path, shelf: str) -> None:
    """Move a mail to its shelf; of two with one name, the second gets the hash of its bytes beside it."""
    target = path.parent / shelf / path.name
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            target = target.with_stem(f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}")
        path.rename(target)
        durable.sync_folder(target.parent)
    except OSError as error:
        raise OperationError(f"cannot file {path}: {error.strerror}") from error
