"""The store's tables: made once, by one script, and stamped for a trial or for real.

Keeps true: a database of the other stamp, or of another version, is refused before anything in it is changed; the
script runs whole or not at all.
"""

from importlib import resources

import aiosqlite

from blocker.errors import OperationError

VERSION = "3"
"""Of schema.sql, which writes it into the database."""


async def prepare(db: aiosqlite.Connection, *, trial: bool) -> None:
    """Make the tables, unless they are there.

    Raises:
        OperationError: if they are another version's, or the stamp is the other one.
    """
    known = await _meta(db)
    if known:
        _judge(known, trial=trial)
        return
    await db.executescript(f"BEGIN IMMEDIATE;\n{script()}")
    await db.execute("INSERT INTO meta VALUES ('list', ?)", ("trial" if trial else "real",))
    await db.execute("COMMIT")


def script() -> str:
    """Return the script that makes the tables."""
    return resources.files("blocker.cases").joinpath("schema.sql").read_text(encoding="utf-8")


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
