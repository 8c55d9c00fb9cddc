"""The store's tables: made once and stamped: for a trial or for real, and with its seal's public key.

Keeps true: a database of the other stamp, or of another version, is refused before anything in it is changed; all
tables are made or none.
"""

from collections.abc import Callable
from importlib import resources

import aiosqlite

from blocker.cases.integrity.seal import Seal
from blocker.errors import OperationError

VERSION = "5"
"""Of schema.sql, which writes it into the database."""

_SCRIPTS = ("schema.sql", "schema-statistics.sql", "schema-people.sql")


async def prepare(db: aiosqlite.Connection, *, trial: bool, key: Callable[[str | None], Seal]) -> Seal:
    """Make the tables, unless they are there, and return the seal.

    `key` is given the public key that the ledger was sealed with (None: a new one) and opens the private one.

    Raises:
        OperationError: if the tables are another version's, the stamp or the key is another one.
    """
    known = await _meta(db)
    if known:
        _judge(known, trial=trial)
        return key(known["seal"])
    seal = key(None)
    await db.executescript(f"BEGIN IMMEDIATE;\n{script()}")
    for stamp in (("list", "trial" if trial else "real"), ("seal", seal.public)):
        await db.execute("INSERT INTO meta VALUES (?, ?)", stamp)
    await db.execute("COMMIT")
    return seal


def script() -> str:
    """Return the script that makes the tables: those of the cases, what is counted of them, those of the people."""
    folder = resources.files("blocker.cases")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS)


async def _meta(db: aiosqlite.Connection) -> dict[str, str]:
    if not list(await db.execute_fetchall("SELECT 1 FROM sqlite_master WHERE name = 'meta'")):
        return {}
    return {row["key"]: row["value"] for row in await db.execute_fetchall("SELECT key, value FROM meta")}


def _judge(known: dict[str, str], *, trial: bool) -> None:
    if known.get("schema") != VERSION:
        raise OperationError("this database was written by another version of Redhand")
    stamped = known.get("list") == "trial"
    if stamped and not trial:
        raise OperationError("this database was made for a trial; it can never serve a real list: name a new one")
    if trial and not stamped:
        raise OperationError("this database holds real cases; it can never serve a trial list: name another one")
