"""The channel of letters: each lies in a folder as it was issued, and goes through a mail server if there is one.

Keeps true: the file is there before anybody sends it, and the server's answer is kept beside it, so that a kill after
the answer sends nothing twice. Between the answer and that file lies an instant in which a kill costs a second copy: of
the two mistakes that mail leaves us, a copy (same Message-ID, same number) is the better one.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from blocker.cases.answer_links import LINKED, AnswerLinks
from blocker.cases.case import Document
from blocker.cases.channels import Due
from blocker.cases.post import mail
from blocker.distribution import durable
from blocker.errors import OperationError

IN_THE_FOLDER = "put into the folder of letters"


class MailServer(Protocol):
    """Whoever takes letters for delivery (smtp.py)."""

    async def send(self, number: str, sender: str, to: str, content: bytes) -> str:
        """Take one letter and return the answer; UndeliverableError if never, OperationError if not now."""


class LetterChannel:
    """Letters as RFC 5322 files in a folder, one a document; without a mail server somebody else sends them."""

    def __init__(
        self, folder: Path, sender: str, server: MailServer | None = None, links: AnswerLinks | None = None
    ) -> None:
        self._folder = folder
        self.sender = sender
        self._server = server
        self._links = links

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Write the letter's file, unless it is there, and send it, unless it was sent."""
        if due.document is None:
            raise RuntimeError("a letter has a document")
        path = self._folder / f"{due.document.number}.eml"
        content = await self._written(path, due.document, due.row.id)
        return {
            "document": due.document.number,
            "message_id": mail.message_id(due.document, due.row.id, self.sender),
            "said": IN_THE_FOLDER if self._server is None else await self._sent(self._server, path, due, content),
        }

    async def _written(self, path: Path, letter: Document, effect: str) -> bytes:
        """Return the message as its file has it, which is written the first time: a link is not made twice."""
        if await asyncio.to_thread(path.exists):
            return await asyncio.to_thread(path.read_bytes)
        link = await self._links.issue(letter.number) if self._links and letter.kind in LINKED else None
        content = mail.compose(letter, effect, self.sender, link)
        await asyncio.to_thread(_keep, path, content)
        return content

    async def _sent(self, server: MailServer, path: Path, due: Due, content: bytes) -> str:
        """Send the letter unless its answer lies here already; return the server's answer."""
        if due.document is None:
            raise RuntimeError("a letter has a document")
        answer = path.with_suffix(".sent")
        if await asyncio.to_thread(answer.exists):
            return await asyncio.to_thread(answer.read_text, encoding="utf-8")
        said = await server.send(due.document.number, self.sender, due.document.mail, content)
        await asyncio.to_thread(durable.write, answer, said.encode())
        return said


def _keep(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperationError(f"cannot make {path.parent}: {error.strerror}") from error
    durable.write(path, content)
