"""`redhand lists check --cases`: a list held against the desk's database, which is read and never written."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from blocker.blocklist.entry import Blocklist, Environment
from blocker.cases import covering, rows
from blocker.errors import ListRefusedError, OperationError


def refuse_uncovered(blocklist: Blocklist, files: Mapping[str, bytes], database: Path) -> None:
    """Refuse a list that its cases do not cover, or that lacks what they decided; the desk may be running.

    Raises:
        ListRefusedError: with every fault.
        OperationError: if the database cannot be read, or is of another kind than the list.
    """
    address = f"file:{quote(str(database.resolve()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
            db.execute("BEGIN")  # one state of the desk, whatever it does meanwhile
            stamp = db.execute("SELECT value FROM meta WHERE key = 'list'").fetchone()
            bodies = db.execute("SELECT body FROM cases WHERE directive IS NOT NULL").fetchall()
            waiting = db.execute("SELECT case_id FROM outbox WHERE NOT done AND kind = 'list'").fetchall()
    except sqlite3.Error as error:
        raise OperationError(f"{database} cannot be read as the desk's database: {error}") from error
    if (stamp == ("trial",)) != (blocklist.environment is Environment.TRIAL):
        raise OperationError(f"{database} and the list are not of one kind: one of them is a trial's")
    cases = [rows.case_from_text(body) for (body,) in bodies]
    found = list(covering.faults(blocklist, files, cases, {case for (case,) in waiting}))
    if found:
        raise ListRefusedError(found)
