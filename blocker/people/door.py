"""Coming in and leaving: the password first, then what else the account has; pauses for whoever guesses; the audit.

Keeps true: guessing a password, a code or a recovery code meets growing pauses, one count for all of them, and a right
password alone does not take the count back where a second factor is asked for; an account that does not exist takes as
long as one that does; who came and went is on record, by number and never by address. A passkey is no guess: pauses
do not keep its owner out. Sessions are the desk's business (blocker/admin/sessions.py).

Pauses run on the wall's clock also in a scaled trial: guessing is never faster.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from blocker.cases.store import Store
from blocker.errors import FormError
from blocker.people.account import UNKNOWN, Account, SignIn, account_from_row, password_faults
from blocker.people.factors import Factors
from blocker.people.passkeys import Answer, Site
from blocker.people.passwords import Passwords

FREE_FAILURES = 5
"""Wrong passwords or codes in a row before pauses begin."""

LONGEST_LOCK = timedelta(minutes=15)


class Door:
    """The door of one desk."""

    def __init__(self, store: Store, passwords: Passwords, factors: Factors, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._passwords = passwords
        self._factors = factors
        self._wall = wall
        # Held while one is judged: of guesses that come at once, each meets the pause of those before.
        self._guesses = asyncio.Lock()

    async def password(self, number: str, password: str) -> Account | None:
        """Return the account if number and password are right and no pause runs; else None, and no more is said.

        It is not in yet: whoever has a second factor shows it (`code`), whoever has none is let in (`enter`).
        """
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,))
        right = await self._passwords.right(found[0]["password"] if found else None, password)
        if not found:
            await self._note(UNKNOWN, "refused")
            return None
        account = account_from_row(found[0])
        async with self._guesses:
            if await self._paused(number):
                return None
            if not right or account.closed:
                await self._refuse(number)
                return None
        return account

    async def code(self, account: Account, typed: str) -> bool:
        """Let an account in by a code of its app or a recovery code, each of which counts once."""
        async with self._guesses:
            if await self._paused(account.number):
                return False
            if not await self._factors.takes(account.number, typed):
                await self._refuse(account.number)
                return False
        await self.enter(account)
        return True

    async def passkey(self, answer: Answer, site: Site) -> Account | None:
        """Let in whoever's passkey answered the challenge; it proves possession and a person in one."""
        number = await self._factors.holder(answer, site)
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,)) if number else ()
        account = account_from_row(found[0]) if found else None
        if account is None or account.closed:
            await self._note(number or UNKNOWN, "refused")
            return None
        await self.enter(account)
        return account

    async def invited(self, number: str, halves: tuple[str, str], password: str) -> Account | None:
        """Return the account that two halves of an invitation lead into, with the password that its owner chose.

        Raises:
            FormError: if the password is too short; the invitation stands.
        """
        if problems := password_faults(password):
            raise FormError(problems)
        hashed = await self._passwords.hash(password)
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,))
        if not found:
            await self._note(UNKNOWN, "refused")
            return None
        if await self._paused(number):
            return None
        first, second = (hashlib.sha256(half.encode()).hexdigest() for half in halves)
        sql = "DELETE FROM invitations WHERE number = ? AND first = ? AND second = ? AND until > ?"
        async with self._store.transaction() as db:
            taken = (await db.execute(sql, (number, first, second, self._wall().isoformat()))).rowcount
            if taken:
                await db.execute("UPDATE accounts SET password = ? WHERE number = ?", (hashed, number))
        if not taken:
            await self._refuse(number)
            return None
        return account_from_row(found[0])

    async def enter(self, account: Account) -> None:
        """Record that somebody came in; what failed before is forgotten."""
        sql = "UPDATE accounts SET failures = 0, locked_until = NULL WHERE number = ?"
        await self._store.execute(sql, (account.number,))
        await self._note(account.number, "in")

    async def leave(self, number: str) -> None:
        """Record that somebody left."""
        await self._note(number, "out")

    async def sign_ins(self, count: int, before: int | None = None) -> tuple[SignIn, ...]:
        """Return the last lines of the audit, the newest first, those before a place if it is given."""
        older = "" if before is None else "WHERE (at, rowid) < (SELECT at, rowid FROM sign_ins WHERE rowid = :before)"
        sql = f"SELECT rowid, * FROM sign_ins {older} ORDER BY at DESC, rowid DESC LIMIT :count"  # noqa: S608
        return tuple(
            SignIn(datetime.fromisoformat(row["at"]), row["number"], row["outcome"], row["times"], row["rowid"])
            for row in await self._store.fetch(sql, {"before": before, "count": count})
        )

    async def _note(self, number: str, outcome: str) -> None:
        await self._store.execute(_LINE, self._line(number, outcome))

    def _line(self, number: str, outcome: str) -> tuple[str, str, str]:
        now = self._wall().replace(microsecond=0)
        at = now if outcome in {"in", "out"} else now.replace(second=0)
        return at.isoformat(), number, outcome

    async def _paused(self, number: str) -> bool:
        """True while a pause runs; read after whatever took long, so that guesses sent at once all meet it."""
        found = await self._store.fetch("SELECT locked_until FROM accounts WHERE number = ?", (number,))
        until = found[0]["locked_until"] if found else None
        if until is None or datetime.fromisoformat(until) <= self._wall():
            return False
        await self._note(number, "paused")
        return True

    async def _refuse(self, number: str) -> None:
        """Count a failure: one transaction, as for a number that is no account's, so that time tells nothing."""
        async with self._store.transaction() as db:
            await db.execute(_LINE, self._line(number, "refused"))
            sql = "UPDATE accounts SET failures = failures + 1 WHERE number = ? RETURNING failures"
            ((failures,),) = await db.execute_fetchall(sql, (number,))
            if failures >= FREE_FAILURES:
                pause = min(timedelta(seconds=2 ** min(failures - FREE_FAILURES, 20)), LONGEST_LOCK)
                sql = "UPDATE accounts SET locked_until = ? WHERE number = ?"
                await db.execute(sql, ((self._wall() + pause).isoformat(), number))


_LINE = "INSERT INTO sign_ins (at, number, outcome) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET times = times + 1"
