"""Judges a whole database: the chain and its seals, and whether all else in it is what the chain says.

Keeps true: nothing is changed, and a running desk is not held up (one read-only snapshot); whatever is wrong is named
with its place, and no broken row ends the search. Without a head that somebody kept elsewhere, a ledger that was cut at
its end, or undone whole and written anew by whoever holds the key, looks like one that never was longer.

What is covered: every event; every letter; what was ordered of the outbox, and that what is marked done was recorded;
every case with all that stands beside it (audit_cases.py); the files of evidence, and which accounts there are in which
role (audit_beside.py); the tables, indexes and triggers themselves. Not covered, as the desk itself changes them: how
often an effect was tried and when it is tried next, whether a draft's branch was written, passwords and factors.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blocker.cases import projections, rows, schema
from blocker.cases.case import Event
from blocker.cases.integrity import audit_beside, audit_cases, ledger, seal
from blocker.cases.integrity.alongside import by_seq
from blocker.cases.integrity.audit_cases import UNREADABLE
from blocker.cases.integrity.ledger import NOTHING, Head
from blocker.cases.outbox import BOUNCED, RECORDS
from blocker.cases.table import BY_ACT, BY_ID
from blocker.errors import OperationError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written; `place` says where."""

    place: str
    said: str

    def __str__(self) -> str:
        """Return `place: what is wrong`."""
        return f"{self.place}: {self.said}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the search came to."""

    head: Head
    """Where the ledger ends."""
    key: str
    """The public key that its seals were judged with."""
    findings: tuple[Finding, ...]
    complete: bool
    """True if a head from elsewhere proves that nothing before it is gone."""


def judge(database: Path, known: Head | None = None, key: str | None = None, evidence: Path | None = None) -> Verdict:
    """Judge a database against a head that was kept elsewhere and the public key that was (None: its own).

    `evidence` is the folder of the files of evidence, if they are to be judged too.

    Raises:
        OperationError: if there is no database of ours to judge.
    """
    if not database.is_file():
        raise OperationError(f"there is no database {database}")
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
            db.row_factory = _by_column
            db.execute("BEGIN")  # one snapshot for all that is asked
            return _Audit(db, key, evidence).judge(known)
    except sqlite3.OperationalError as error:
        raise OperationError(f"cannot read {database}: {error}") from error


class _Audit:
    """One search through one database."""

    def __init__(self, db: sqlite3.Connection, key: str | None, evidence: Path | None) -> None:
        self._db = db
        self._evidence = evidence
        self._findings: list[Finding] = []
        self._stamped = self._stamp()
        self._key = key or self._stamped

    def judge(self, known: Head | None) -> Verdict:
        """Look at everything."""
        if self._key != self._stamped:
            self._say("database", "it was sealed with another key than the one that you hold")
        head = NOTHING
        for step in (self._soundness, self._tables):
            self._guarded(step)
        try:
            head = self._chain(known)
        except sqlite3.DatabaseError as error:
            self._say("events", f"cannot be read: {error}")
        for step in (self._records, self._cases, self._beside):
            self._guarded(step)
        if known is not None and known.seq > head.seq:
            self._say("ledger", f"it ends with event {head.seq}; event {known.seq} and what led to it are gone")
        return Verdict(head, self._key, tuple(self._findings), known is not None and known.seq > 0)

    def _stamp(self) -> str:
        try:
            meta = {row["key"]: row["value"] for row in self._db.execute("SELECT key, value FROM meta")}
        except sqlite3.DatabaseError as error:
            raise OperationError(f"this is no database of a desk: {error}") from error
        if meta.get("schema") != schema.VERSION:
            raise OperationError("this database was written by another version of Redhand")
        return str(meta.get("seal"))

    def _say(self, place: str, said: str) -> None:
        self._findings.append(Finding(place, said))

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except sqlite3.DatabaseError as error:
            self._say("database", str(error))

    def _soundness(self) -> None:
        for row in self._db.execute("PRAGMA integrity_check"):
            if row["integrity_check"] != "ok":
                self._say("database", str(row["integrity_check"]))
        for row in self._db.execute("PRAGMA foreign_key_check"):
            self._say(f"{row['table']} row {row['rowid']}", f"what it refers to in {row['parent']} is missing")

    def _tables(self) -> None:
        with closing(sqlite3.connect(":memory:")) as made:
            made.row_factory = _by_column
            made.executescript(schema.script())
            wanted = _definitions(made)
        found = _definitions(self._db)
        for name, sql in wanted.items():
            if name not in found:
                self._say(name, "it is missing from the database")
            elif found[name] != sql:
                self._say(name, "it is not what the desk made")
        for name in found.keys() - wanted.keys():
            if name.startswith("trigger "):
                self._say(name, "the desk made no such trigger")

    def _chain(self, known: Head | None) -> Head:
        """Judge every event, and the letters and orders that it made; return where the ledger ends."""
        head = NOTHING
        letters = by_seq(self._db.execute("SELECT * FROM documents ORDER BY seq, length(number), number"))
        orders = by_seq(self._db.execute("SELECT * FROM outbox ORDER BY seq, ordinal"))
        for row in self._db.execute("SELECT * FROM events ORDER BY seq"):
            seq = row["seq"]
            if known is not None and seq == known.seq and row["hash"] != known.hash:
                self._say(f"event {seq}", "it is not the one whose hash you hold: the past was rewritten")
            event = self._event(row)
            if event is not None:
                if (broken := ledger.judge(event, head)) is not None:
                    self._say(f"event {broken.seq}", broken.reason)
                self._issued(event, letters(seq), orders(seq))
            head = Head(seq, row["hash"])
        return head

    def _event(self, row: rows.Row) -> Event | None:
        place = f"event {row['seq']}"
        try:
            event = rows.event_from_row(row)
            written = rows.event_to_row(event)
        except UNREADABLE as error:
            self._say(place, f"it cannot be read: {type(error).__name__}")
            return None
        self._sealed("events", place, row, written)
        return event

    def _sealed(self, table: str, place: str, row: Mapping[str, Any], written: rows.Values) -> None:
        if any(row[column] != value for column, value in written.items()):
            self._say(place, "it is not spelled as the desk writes")
        if not seal.holds(self._key, table, [row[column] for column in written], str(row["seal"])):
            self._say(place, "its seal does not hold")

    def _issued(self, event: Event, letters: Iterable[rows.Row], orders: Iterable[rows.Row]) -> None:
        hashes, wanted = [], []
        for row in letters:
            place = f"letter {row['number']}"
            self._sealed("documents", place, row, {name: row[name] for name in _DOCUMENT})
            if hashlib.sha256(str(row["text"]).encode("utf-8", "surrogatepass")).hexdigest() != row["sha256"]:
                self._say(place, "its text is not what its SHA-256 is of")
            hashes.append(row["sha256"])
            wanted.append((row["case_id"], "letter", row["number"]))
        if tuple(hashes) != event.doc_sha256:
            self._say(f"event {event.seq}", "the letters that it issued are not those that are kept")
        step = BY_ID.get(event.transition)
        wanted += [(event.case, "list", step.commit)] if step is not None and step.commit else []
        given = []
        for row in orders:
            self._sealed("outbox", f"effect {row['id']}", row, {name: row[name] for name in _ORDER})
            given.append((event.case, row["kind"], _about(row)))
        if given != wanted:
            self._say(f"event {event.seq}", "what it ordered is not what the outbox holds")

    def _records(self) -> None:
        """What is marked done was recorded, and what was recorded is marked done; nothing stands outside the chain."""
        for sql, said in _against_the_record():
            for row in self._db.execute(sql):
                self._say(row["place"], said)

    def _beside(self) -> None:
        for place, said in audit_beside.accounts(self._db):
            self._say(place, said)
        for place, said in audit_beside.files(self._db, self._evidence) if self._evidence else ():
            self._say(place, said)

    def _cases(self) -> None:
        for place, said in audit_cases.judged(self._db):
            self._say(place, said)


_DOCUMENT = ("number", "case_id", "seq", "kind", "recipient", "mail", "subject", "text", "sha256", "issued_at")
_ORDER = ("id", "seq", "ordinal", "case_id", "kind", "payload")

_SAID = {
    "unrecorded": "it is marked as done, and nothing says that it was",
    "repeated": "it was done, and is to be done again",
    "issued": "no event issued it",
    "made": "no event made it",
    "ordered": "no event ordered it",
}


def _against_the_record() -> Iterator[tuple[str, str]]:
    """Yield what to ask for effects that their case says otherwise of, and what that means."""
    for (kind, act), name in RECORDS.items():
        if not name:  # a draft: its branch is the record
            continue
        ids = [BY_ACT[name].id, *([BY_ACT[BOUNCED].id] if kind == "letter" else [])]
        recorded = f"""EXISTS (
            SELECT 1 FROM events AS e WHERE e.case_id = o.case_id AND e.transition IN ({", ".join(map(repr, ids))})
            AND json_extract(e.data, '$.document') IS json_extract(o.payload, '$.document'))"""  # noqa: S608
        # A lift that was decided before the block was done leaves the block undone.
        superseded = """EXISTS (
            SELECT 1 FROM outbox AS r WHERE r.case_id = o.case_id AND json_extract(r.payload, '$.act') = 'remove')"""
        excused = superseded if act in {"add", "renew"} else "FALSE"
        these = (
            f"SELECT 'effect ' || o.id AS place FROM outbox AS o WHERE o.kind = '{kind}' "  # noqa: S608 - no values in it
            f"AND coalesce(json_extract(o.payload, '$.act'), '') = '{act}'"
        )
        yield f"{these} AND o.done AND NOT {recorded} AND NOT {excused}", _SAID["unrecorded"]
        yield f"{these} AND NOT o.done AND {recorded}", _SAID["repeated"]
    orphans = "WHERE seq NOT IN (SELECT seq FROM events)"
    yield f"SELECT 'letter ' || number AS place FROM documents {orphans}", _SAID["issued"]  # noqa: S608
    yield f"SELECT 'effect ' || id AS place FROM outbox {orphans}", _SAID["ordered"]  # noqa: S608
    for column, table in (("id", "cases"), *(("case_id", table) for table in projections.TABLES)):
        made = "(SELECT case_id FROM events WHERE to_state IS NOT NULL)"
        yield f"SELECT 'case ' || {column} AS place FROM {table} WHERE {column} NOT IN {made}", _SAID["made"]  # noqa: S608


def _about(row: rows.Row) -> str | None:
    """What an effect is about: the number of a letter, or what to do with a directive."""
    try:
        payload = json.loads(row["payload"])
        return str(payload.get("document") or payload.get("act"))
    except (ValueError, AttributeError):
        return None


def _by_column(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> rows.Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _definitions(db: sqlite3.Connection) -> dict[str, str]:
    found = db.execute("SELECT type || ' ' || name AS what, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {row["what"]: row["sql"] for row in found}
