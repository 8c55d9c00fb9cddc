"""Who may sign in at the desk: service numbers, one role each for good, and passwords as argon2id.

Keeps true: a password is never stored or compared but as argon2id (RFC 9106), off the event loop; an account that does
not exist takes as long as one that does; guessing meets growing pauses; who came and went is on record, by number and
never by address. Nobody holds two roles in a case, since nobody has two. Sessions are the desk's business
(blocker/admin/sessions.py), and so is what a role may do in a case (table.py).
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from blocker.cases.case import Actor, Role
from blocker.cases.rows import Row
from blocker.cases.store import Store
from blocker.errors import FormError

FREE_FAILURES = 5
"""Wrong passwords in a row before pauses begin."""

LONGEST_LOCK = timedelta(minutes=15)

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024

_NUMBER = re.compile(r"[a-z]{1,20}-[0-9]{1,10}\Z")
_PARALLEL = 2
"""Hashes at a time: each takes 64 MiB, and strangers can ask for them."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    number: str
    role: Role
    isp: str | None = None
    """The id of the provider that an ISP contact speaks for."""

    @property
    def actor(self) -> Actor:
        """Who acts when this account acts."""
        return Actor(self.number, self.role, self.isp)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of the audit: `at` is aware UTC; refusals of one minute are one line, with how many there were."""

    at: datetime
    number: str
    """An account's number, or UNKNOWN."""
    outcome: str
    times: int


UNKNOWN = "unknown"
"""What stands for a number that is no account's: somebody may have typed a password there."""


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The accounts of one store. Pauses run on the wall's clock also in a scaled trial: guessing is never faster."""

    def __init__(self, store: Store, wall: Callable[[], datetime] = _wall_clock) -> None:
        self._store = store
        self._wall = wall
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash("a password that nobody has")
        self._slots = asyncio.Semaphore(_PARALLEL)

    async def create(self, number: str, role: Role, password: str, isp: str | None = None) -> Account:
        """Make an account; a contact of a provider names it.

        Raises:
            FormError: if the number is taken or malformed, the role is none of a person, its provider is missing, or
                the password too short.
        """
        problems = {}
        if not _NUMBER.match(number):
            problems["number"] = "a number has the form agent-014"
        if role is Role.SYSTEM:
            problems["role"] = "this is the role of no person"
        if (role is Role.ISP) != (isp is not None):
            problems["isp"] = "an ISP contact, and nobody else, belongs to a provider"
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            problems["password"] = f"a password has from {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        if problems:
            raise FormError(problems)
        hashed = await self._hash(password)
        sql = (
            "INSERT INTO accounts (number, role, isp, password, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING"
        )
        if not await self._store.execute(sql, (number, role, isp, hashed, self._wall().isoformat())):
            raise FormError({"number": "this number is taken"})
        return Account(number, role, isp)

    async def sign_in(self, number: str, password: str) -> Account | None:
        """Return the account if number and password are right and no pause runs; else None, and no more is said."""
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,))
        hashed = found[0]["password"] if found else self._nobody
        right = await self._verify(hashed, password[: LONGEST_PASSWORD + 1])
        if not found or self._paused(found[0]["locked_until"]):
            await self._note(number if found else UNKNOWN, "paused" if found else "refused")
            return None
        if not right:
            await self._note(number, "refused")
            await self._count_failure(number)
            return None
        await self._store.execute("UPDATE accounts SET failures = 0, locked_until = NULL WHERE number = ?", (number,))
        await self._note(number, "in")
        return _account(found[0])

    async def sign_out(self, number: str) -> None:
        """Record that somebody left."""
        await self._note(number, "out")

    async def sign_ins(self, count: int) -> tuple[SignIn, ...]:
        """Return the last lines of the audit, the newest first."""
        found = await self._store.fetch("SELECT * FROM sign_ins ORDER BY at DESC, rowid DESC LIMIT ?", (count,))
        return tuple(
            SignIn(datetime.fromisoformat(row["at"]), row["number"], row["outcome"], row["times"]) for row in found
        )

    async def account(self, number: str) -> Account | None:
        """Return an account as it is now."""
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,))
        return _account(found[0]) if found else None

    async def all(self) -> tuple[Account, ...]:
        """Return every account, by number."""
        return tuple(map(_account, await self._store.fetch("SELECT * FROM accounts ORDER BY number")))

    async def _note(self, number: str, outcome: str) -> None:
        now = self._wall().replace(microsecond=0)
        at = now if outcome in {"in", "out"} else now.replace(second=0)
        sql = "INSERT INTO sign_ins (at, number, outcome) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET times = times + 1"
        await self._store.execute(sql, (at.isoformat(), number, outcome))

    def _paused(self, until: str | None) -> bool:
        return until is not None and datetime.fromisoformat(until) > self._wall()

    async def _count_failure(self, number: str) -> None:
        sql = "UPDATE accounts SET failures = failures + 1 WHERE number = ?"
        await self._store.execute(sql, (number,))
        failures = (await self._store.fetch("SELECT failures FROM accounts WHERE number = ?", (number,)))[0]["failures"]
        if failures >= FREE_FAILURES:
            pause = min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), LONGEST_LOCK)
            sql = "UPDATE accounts SET locked_until = ? WHERE number = ?"
            await self._store.execute(sql, ((self._wall() + pause).isoformat(), number))

    async def _hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _verify(self, hashed: str, password: str) -> bool:
        async with self._slots:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, password)
            except (VerificationError, InvalidHashError):
                return False


def _account(row: Row) -> Account:
    return Account(row["number"], Role(row["role"]), row["isp"])
