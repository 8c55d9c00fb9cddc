"""Which settings of the procedure are in force: what the ledger says, whatever a file says.

Keeps true: the first start records what its file said; after that a file only proposes (blocker/people/agreement.py).
An entry counts with the desk's own seal and hash, so whoever writes into the database without its key changes nothing.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker.cases import rows
from blocker.cases.case import SYSTEM, entry
from blocker.cases.integrity import seal
from blocker.cases.store import Store
from blocker.cases.terms import ABOUT, Terms
from blocker.errors import OperationError

BEGUN, APPROVED = "settings-begun", "settings-approved"
"""The entries that put settings in force: of the first start, and of two people."""

PROPOSED, REFUSED = "settings-proposed", "settings-refused"

_LAST = "SELECT * FROM events WHERE case_id = ? AND transition IN (?, ?) ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Agreed:
    """Settings in force, and what put them there."""

    terms: Terms
    seq: int
    """The number of the entry in the ledger."""
    by: tuple[str, ...]
    """Who proposed and who approved them; nobody at the first start."""
    at: datetime


async def in_force(store: Store) -> Agreed | None:
    """Return what the ledger says; None before the first start.

    Raises:
        OperationError: if the entry is not what this desk wrote.
    """
    found = await store.fetch(_LAST, (ABOUT, BEGUN, APPROVED))
    return _agreed(found[0], store.seal.public) if found else None


def seen_from_beside(database: Path) -> Agreed | None:
    """Return the same of a database that a desk may be at work on; None too where there is no database.

    Raises:
        OperationError: if it cannot be read, or the entry is not what the desk wrote.
    """
    if not database.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            found = db.execute(_LAST, (ABOUT, BEGUN, APPROVED)).fetchone()
            key = db.execute("SELECT value FROM meta WHERE key = 'seal'").fetchone()
    except sqlite3.DatabaseError as error:
        raise OperationError(f"cannot read {database}: {error}") from error
    return _agreed(found, key["value"]) if found else None


async def begin(store: Store, terms: Terms, now: datetime) -> Agreed:
    """Return what is in force; where nothing is yet, record what the file of this first start says."""
    found = await in_force(store)
    if found is None:
        await store.note(entry(ABOUT, BEGUN, SYSTEM, now, recorded(terms)))
        found = await in_force(store)
    if found is None:
        raise RuntimeError("what was recorded can be read")
    return found


def recorded(terms: Terms) -> Mapping[str, str]:
    """Return settings as an entry of the ledger holds them: whole, and their SHA-256."""
    text = terms.text()
    return {"terms": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _agreed(row: rows.Row, key: str) -> Agreed:
    event = rows.event_from_row(row)
    if not seal.holds(key, "events", list(rows.event_to_row(event).values()), row["seal"]):
        raise OperationError("the settings in the ledger are not what this desk wrote: see `redhand cases verify`")
    try:
        terms = Terms.read(event.data["terms"])
    except (ValueError, LookupError) as error:
        raise OperationError("the settings in the ledger are of another version of Redhand") from error
    by = (event.data["proposed_by"], event.actor) if event.transition == APPROVED else ()
    return Agreed(terms, event.seq, by, event.at_utc)
