"""The store's tables: made once, led on from every earlier version, and stamped for a trial or for real.

Keeps true: a database of the other stamp, or of a version that we do not know, is refused before anything in it is
changed; each version's script runs whole or not at all.
"""

from importlib import resources

import aiosqlite

from blocker.errors import OperationError

_SCRIPTS = {"1": "schema.sql", "2": "schema-2.sql"}
"""For each version the script that leads to it from the one before; a new database takes them all."""


async def prepare(db: aiosqlite.Connection, *, trial: bool) -> None:
    """Bring the database to this version.

    Raises:
        OperationError: if it is another version's, or its stamp is the other one.
    """
    known = await _meta(db)
    if known:
        _judge(known, trial=trial)
    version = known.get("schema", "0")
    for number, name in _SCRIPTS.items():
        if int(number) <= int(version):
            continue
        script = resources.files("blocker.cases").joinpath(name).read_text(encoding="utf-8")
        await db.executescript(f"BEGIN IMMEDIATE;\n{script}")
        await db.execute("INSERT INTO meta VALUES ('list', ?) ON CONFLICT DO NOTHING", ("trial" if trial else "real",))
        await db.execute("COMMIT")


async def _meta(db: aiosqlite.Connection) -> dict[str, str]:
    if not list(await db.execute_fetchall("SELECT 1 FROM sqlite_master WHERE name = 'meta'")):
        return {}
    return {row["key"]: row["value"] for row in await db.execute_fetchall("SELECT key, value FROM meta")}


def _judge(known: dict[str, str], *, trial: bool) -> None:
    if known.get("schema") not in _SCRIPTS:
        raise OperationError("this database was written by another version of Redhand")
    stamped = known.get("list") == "trial"
    if stamped and not trial:
        raise OperationError("this database was made for a trial; it can never serve a real list: name a new one")
    if trial and not stamped:
        raise OperationError("this database holds real cases; it can never serve a trial list: name another one")
