"""What an account shows beside its password: codes of an app, recovery codes, passkeys.

Keeps true: a code, a recovery code and an answer of a passkey count once, also when two requests bring them at the
same time; the secret of an app is stored sealed, recovery codes as hashes; where a factor is demanded, the last one is
not taken away. Pauses and the audit are left to door.py.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiosqlite

from blocker.cases.rows import Row
from blocker.cases.store import Store
from blocker.errors import FormError, IllegalStepError
from blocker.people import codes, passkeys
from blocker.people.passkeys import Answer, Passkey, Site
from blocker.people.vault import Vault

LONGEST_NAME = 40
"""Characters of what somebody calls a passkey."""


@dataclass(frozen=True, slots=True)
class Held:
    """The factors of one account."""

    app_since: datetime | None
    """When the app that makes codes was enrolled."""
    passkeys: tuple[Passkey, ...]
    recovery_codes: int
    """How many are left."""

    @property
    def any(self) -> bool:
        """True where sign-in asks for more than the password; recovery codes alone are no factor."""
        return self.app_since is not None or bool(self.passkeys)

    @property
    def count(self) -> int:
        """How many factors there are."""
        return len(self.passkeys) + (self.app_since is not None)


class Factors:
    """The factors of all accounts of one store."""

    def __init__(self, store: Store, vault: Vault, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._vault = vault
        self._wall = wall

    async def held(self, number: str) -> Held:
        """Return what an account has."""
        app = await self._store.fetch("SELECT made_at FROM one_time_codes WHERE number = ?", (number,))
        keys = await self._store.fetch("SELECT * FROM passkeys WHERE number = ? ORDER BY made_at, id", (number,))
        left = await self._store.fetch("SELECT count(*) AS n FROM recovery_codes WHERE number = ?", (number,))
        since = datetime.fromisoformat(app[0]["made_at"]) if app else None
        return Held(since, tuple(map(_passkey, keys)), left[0]["n"])

    async def counts(self) -> Mapping[str, int]:
        """Return how many factors each account has, of those that have any."""
        known = "SELECT number FROM one_time_codes UNION ALL SELECT number FROM passkeys"
        found = await self._store.fetch(f"SELECT number, count(*) AS n FROM ({known}) GROUP BY number")  # noqa: S608
        return {row["number"]: row["n"] for row in found}

    # -- codes

    def new_secret(self) -> bytes:
        """Return a secret for an app; it counts once a code of it was typed (`enrol_app`)."""
        return secrets.token_bytes(codes.SECRET_BYTES)

    async def enrol_app(self, number: str, secret: bytes, typed: str) -> None:
        """Take an app in place of the one before; the code shows that it has the secret and the right time.

        Raises:
            FormError: if the code is not one of this minute; nothing was changed.
        """
        step = codes.taken_step(secret, typed, self._wall(), after=0)
        if step is None:
            raise FormError({"code": "this is not the code that belongs to this secret now"})
        await self._store.execute(
            "INSERT INTO one_time_codes VALUES (?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
            "secret = excluded.secret, step = excluded.step, made_at = excluded.made_at",
            (number, self._vault.seal(secret, number), step, self._wall().isoformat()),
        )

    async def takes(self, number: str, typed: str) -> bool:
        """True when this is the account's code of now, or a recovery code of its; it is worth nothing afterwards."""
        found = await self._store.fetch("SELECT secret, step FROM one_time_codes WHERE number = ?", (number,))
        if found:
            secret = self._vault.open(found[0]["secret"], number)
            step = codes.taken_step(secret, typed, self._wall(), found[0]["step"])
            if step is not None:
                sql = "UPDATE one_time_codes SET step = ? WHERE number = ? AND step < ?"
                return await self._store.execute(sql, (step, number, step)) == 1
        sql = "DELETE FROM recovery_codes WHERE sha256 = ? AND number = ?"
        return await self._store.execute(sql, (codes.recovery_hash(typed), number)) == 1

    async def new_recovery_codes(self, number: str) -> tuple[str, ...]:
        """Return new recovery codes, to be shown once; those before are worth nothing any more.

        Raises:
            IllegalStepError: if there is no factor that they would stand in for.
        """
        fresh = [secrets.token_bytes(codes.RECOVERY_BYTES) for _ in range(codes.RECOVERY_CODES)]
        spelled = tuple(map(codes.spelled, fresh))
        async with self._store.transaction() as db:
            if not await _count(db, number):
                raise IllegalStepError("There is no second factor that recovery codes would stand in for.")
            await db.execute("DELETE FROM recovery_codes WHERE number = ?", (number,))
            rows = [(codes.recovery_hash(code), number) for code in spelled]
            await db.executemany("INSERT INTO recovery_codes VALUES (?, ?)", rows)
        return spelled

    # -- passkeys

    async def add_passkey(self, number: str, name: str, answer: Answer, site: Site) -> None:
        """Keep the passkey that an authenticator made.

        Raises:
            FormError: if it cannot be taken, or has no name.
        """
        if not 0 < len(name) <= LONGEST_NAME:
            raise FormError({"name": f"a name has from 1 to {LONGEST_NAME} characters"})
        key = passkeys.made(answer, site, number, name, self._wall())
        sql = "INSERT INTO passkeys VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        values = (key.id, number, name, key.public_key, key.counter, key.made_at.isoformat())
        if not await self._store.execute(sql, values):
            raise FormError({"passkey": "this passkey is enrolled already"})

    async def holder(self, answer: Answer, site: Site) -> str | None:
        """Return whose passkey answered, if the answer holds; the same answer does not hold again."""
        found = await self._store.fetch("SELECT * FROM passkeys WHERE id = ?", (answer.key,))
        key = _passkey(found[0]) if found else None
        counter = passkeys.counter_after(answer, site, key) if key else None
        if key is None or counter is None:
            return None
        sql = "UPDATE passkeys SET counter = ? WHERE id = ? AND counter = ?"
        return key.number if await self._store.execute(sql, (counter, key.id, key.counter)) else None

    # -- taking away

    async def drop_app(self, number: str, *, demanded: bool) -> None:
        """Take the app's codes away.

        Raises:
            IllegalStepError: if it is the last factor and one is demanded.
        """
        await self._drop("DELETE FROM one_time_codes WHERE number = ?", (number,), number, demanded=demanded)

    async def drop_passkey(self, number: str, key: bytes, *, demanded: bool) -> None:
        """Take a passkey away.

        Raises:
            IllegalStepError: if it is the last factor and one is demanded.
        """
        sql = "DELETE FROM passkeys WHERE number = ? AND id = ?"
        await self._drop(sql, (number, key), number, demanded=demanded)

    async def _drop(self, sql: str, values: tuple[object, ...], number: str, *, demanded: bool) -> None:
        async with self._store.transaction() as db:
            await db.execute(sql, values)
            if not await _count(db, number):
                if demanded:  # what was done is rolled back
                    raise IllegalStepError("This is the last second factor. Enrol another one first.")
                await clear(db, number)


async def clear(db: aiosqlite.Connection, number: str) -> None:
    """Take every factor of an account away, within a transaction of the caller's."""
    for table in ("one_time_codes", "recovery_codes", "passkeys"):
        await db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))  # noqa: S608 - three names of ours


async def _count(db: aiosqlite.Connection, number: str) -> int:
    sql = (
        "SELECT (SELECT count(*) FROM one_time_codes WHERE number = ?1) + "
        "(SELECT count(*) FROM passkeys WHERE number = ?1) AS n"
    )
    return int(next(iter(await db.execute_fetchall(sql, (number,))))["n"])


def _passkey(row: Row) -> Passkey:
    made_at = datetime.fromisoformat(row["made_at"])
    return Passkey(row["id"], row["number"], row["name"], row["public_key"], row["counter"], made_at)
