"""One-time links: by the one that came with the request, the owner answers without an account.

Keeps true: a link is 256 random bits, kept as its SHA-256 alone, and stands in no place but the owner's mail: neither
in the letter that staff read nor in the store. It ends with the first answer, and once the case has moved on from the
owner's step; what was never a link and what is none any more look the same. That it was opened proves no receipt:
machines follow links too. Recording the answer is left to road.py.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime

from blocker.cases.case import Case, Document, State
from blocker.cases.store import Store

LINKED = frozenset({"owner-request"})
"""Letters that come with a link."""

ANSWERED_IN = frozenset({State.OWNER_NOTIFIED, State.CLOCK_SUSPENDED})
"""Where a case stands at the owner's step."""

_TOKEN_BYTES = 32


def fingerprint(token: str) -> str:
    """Return what the store knows a link by (it is random, so no slow hash is needed)."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class AnswerLinks:
    """The links of one store."""

    def __init__(self, store: Store, base: str | None) -> None:
        self._store = store
        self.base = base

    async def issue(self, letter: str) -> str | None:
        """Return the address of a new link for a letter, in place of any before; None where the desk has no address."""
        if self.base is None:
            return None
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        sql = "INSERT OR REPLACE INTO answer_links (document, sha256) VALUES (?, ?)"
        await self._store.execute(sql, (letter, fingerprint(token)))
        return f"{self.base}/answer/{token}"

    async def asked(self, token: str) -> tuple[Document, Case] | None:
        """Return the letter and the case that a link is open for, or None."""
        # A used link stands in `post`, written in the transaction that recorded the answer.
        sql = "SELECT document FROM answer_links WHERE sha256 = :link AND :link NOT IN (SELECT sha256 FROM post)"
        found = await self._store.fetch(sql, {"link": fingerprint(token)})
        letter = await self._store.document(found[0]["document"]) if found else None
        case = await self._store.case(letter.case) if letter is not None else None
        if letter is None or case is None or case.state not in ANSWERED_IN:
            return None
        return letter, case

    async def note_opening(self, token: str, now: datetime) -> None:
        """Note when a link was opened first."""
        sql = "UPDATE answer_links SET opened_at = ? WHERE sha256 = ? AND opened_at IS NULL"
        await self._store.execute(sql, (now.isoformat(), fingerprint(token)))

    async def openings(self, case: str) -> Mapping[str, datetime]:
        """Return when the links of a case were opened first, by the number of their letter."""
        sql = """
            SELECT document, opened_at FROM answer_links
            WHERE opened_at IS NOT NULL AND document IN (SELECT number FROM documents WHERE case_id = ?)
        """
        found = await self._store.fetch(sql, (case,))
        return {row["document"]: datetime.fromisoformat(row["opened_at"]) for row in found}
