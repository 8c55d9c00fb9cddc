"""Tokens of machines: providers that report what is in force at theirs, sources that report what was seen.

Keeps true: a token is kept as its SHA-256 alone (it is 256 random bits, so no slow hash is needed) and shown once; a
new one ends the one before; one of a provider is none of a source.
"""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum

from blocker.cases.store import Store

TOKEN_BYTES = 32


class Machine(StrEnum):
    """What a machine may do: nothing but this."""

    PROVIDER = "provider"
    SOURCE = "source"


class Tokens:
    """The tokens in one store, of one kind of machine."""

    def __init__(self, store: Store, kind: Machine) -> None:
        self._store = store
        self._kind = kind

    async def issue(self, machine: str, now: datetime) -> str:
        """Return a new token for a machine; the one before it no longer counts."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        sql = "INSERT OR REPLACE INTO machines (kind, id, sha256, created_at) VALUES (?, ?, ?, ?)"
        await self._store.execute(sql, (self._kind, machine, _hashed(token), now.isoformat()))
        return token

    async def whose(self, token: str) -> str | None:
        """Return the machine that a token is of, or None."""
        sql = "SELECT id FROM machines WHERE kind = ? AND sha256 = ?"
        found = await self._store.fetch(sql, (self._kind, _hashed(token)))
        return str(found[0]["id"]) if found else None

    async def holders(self) -> frozenset[str]:
        """Return the machines that have a token."""
        found = await self._store.fetch("SELECT id FROM machines WHERE kind = ?", (self._kind,))
        return frozenset(row["id"] for row in found)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
