"""What is asked of the store: one case, its events and letters, and searches among many, page by page.

Keeps true: no page costs more the more there is, since every search stands on an index (schema.sql) and ends after a
page; a name that somebody looks for goes to the database as a value and nowhere else. Writing is left to store.py.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosqlite

from blocker.cases import rows
from blocker.cases.case import ENDED, Case, Document, Event, State
from blocker.cases.integrity.ledger import NOTHING, Head
from blocker.cases.rows import OutboxRow, instant
from blocker.errors import OperationError

FULL = "the disk is full: make room, then try again"

_AWAITED = "CASE WHEN awaited_until IS NULL OR awaited_until > :now THEN awaited ELSE awaited_then END"
"""Whose turn it is at `now`, as awaited.Turn has it."""

_ENDED = ", ".join(f"'{state}'" for state in sorted(ENDED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which cases somebody looks for; what is None or empty excludes none."""

    text: str = ""
    """A part of a name, or of a case's or a directive's number."""
    ground: str | None = None
    state: State | None = None
    awaited: str | None = None
    """Whose turn it is (awaited.EVERYBODY)."""
    open: bool | None = None
    """True for cases that have not ended, False for those that have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """Which events somebody looks for; what is None excludes none."""

    case: str | None = None
    transition: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """In how many cases somebody is awaited, and since when in the one that waits longest."""

    count: int
    since: datetime
    longest: str


class Queries:
    """What an open store can be asked; store.Store is one."""

    def __init__(self, reader: aiosqlite.Connection) -> None:
        self._reader = reader

    # -- people

    async def closed_accounts(self) -> frozenset[str]:
        """Return the numbers of accounts that were closed."""
        found = await self.fetch("SELECT number FROM accounts WHERE closed_at IS NOT NULL")
        return frozenset(row["number"] for row in found)

    # -- cases

    async def cases(self, *states: State) -> tuple[Case, ...]:
        """Return all cases, or those in some states, the last moved first: for states that few cases are in."""
        where = f"WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        return cases_of(await self.fetch(f"SELECT body FROM cases {where} ORDER BY seq DESC", states))  # noqa: S608

    async def case(self, case_id: str) -> Case | None:
        """Return one case."""
        with failures():
            return await read_case(self._reader, case_id)

    async def numbered(self, numbers: Collection[str]) -> Mapping[str, Case]:
        """Return these cases, by number."""
        marks = ", ".join("?" * len(numbers))
        found = await self.fetch(f"SELECT body FROM cases WHERE id IN ({marks})", tuple(numbers))  # noqa: S608
        return {case.id: case for case in cases_of(found)}

    async def with_directive(self, directive: str) -> tuple[Case, ...]:
        """Return the case that has this directive, if there is one."""
        return cases_of(await self.fetch("SELECT body FROM cases WHERE directive = ?", (directive,)))

    async def open_with(self, names: Collection[str], ground: str) -> Mapping[str, str]:
        """Return which of these names an open case on this ground has, with the case's number."""
        marks = ", ".join("?" * len(names))
        sql = (
            "SELECT name, id FROM case_names JOIN cases ON id = case_id "  # noqa: S608 - no values in it
            f"WHERE name IN ({marks}) AND ground = ? AND state NOT IN ({_ENDED}) ORDER BY id"
        )
        return {row["name"]: row["id"] for row in await self.fetch(sql, (*names, ground))}

    async def existing(self, case_ids: Collection[str]) -> frozenset[str]:
        """Return which of these numbers are cases of ours."""
        marks = ", ".join("?" * len(case_ids))
        found = await self.fetch(f"SELECT id FROM cases WHERE id IN ({marks})", tuple(case_ids))  # noqa: S608
        return frozenset(row["id"] for row in found)

    async def found(self, search: Search, now: datetime, *, before: int | None, count: int) -> tuple[Case, ...]:
        """Return cases that a search finds, the last moved first, those that moved before the event `before`."""
        where, values = _where(search, now)
        sql = (
            f"SELECT body FROM cases WHERE seq IN (SELECT seq FROM cases {where} "  # noqa: S608 - no values in it
            "AND seq < :before ORDER BY seq DESC LIMIT :count) ORDER BY seq DESC"
        )
        return cases_of(await self.fetch(sql, values | {"before": LAST if before is None else before, "count": count}))

    async def count(self, search: Search, now: datetime) -> int:
        """Return how many cases a search finds."""
        where, values = _where(search, now)
        return int((await self.fetch(f"SELECT count(*) AS n FROM cases {where}", values))[0]["n"])  # noqa: S608

    async def awaiting(self, whom: str, now: datetime, count: int) -> tuple[Case, ...]:
        """Return cases in which it is somebody's turn: those with a clock first, the one that ends next first."""
        first = (
            "awaited = :whom AND (awaited_until IS NULL OR awaited_until > :now) AND due_at IS NOT NULL",
            "awaited = :whom AND (awaited_until IS NULL OR awaited_until > :now) AND due_at IS NULL",
            "awaited_then = :whom AND awaited_until <= :now AND due_at IS NOT NULL",
            "awaited_then = :whom AND awaited_until <= :now AND due_at IS NULL",
        )
        # Each on its index, which is in order already: of many thousand, no more is read than is shown.
        each = (
            f"SELECT * FROM (SELECT rowid FROM cases WHERE {where} ORDER BY due_at, turned_at LIMIT :count)"  # noqa: S608
            for where in first
        )
        sql = (
            f"SELECT body FROM cases WHERE rowid IN ({' UNION ALL '.join(each)}) "  # noqa: S608 - no values in it
            "ORDER BY due_at IS NULL, due_at, turned_at LIMIT :count"
        )
        return cases_of(await self.fetch(sql, {"whom": whom, "now": instant(now), "count": count}))

    async def awaited(self, now: datetime) -> Mapping[str, Waiting]:
        """Return for everybody who is awaited in how many cases, and in which one since when."""
        sql = """
            SELECT awaited AS whose, count(*) AS n, min(turned_at) AS since, id FROM cases INDEXED BY cases_by_wait
            WHERE awaited IS NOT NULL AND (awaited_until IS NULL OR awaited_until > :now) GROUP BY awaited
            UNION ALL
            SELECT awaited_then, count(*), min(max(awaited_until, turned_at)), id FROM cases
            WHERE awaited_then IS NOT NULL AND awaited_until <= :now GROUP BY awaited_then
        """  # SQLite: `id` is that of the row with the minimum
        found: dict[str, Waiting] = {}
        for row in await self.fetch(sql, {"now": instant(now)}):
            its = Waiting(row["n"], datetime.fromisoformat(row["since"]), row["id"])
            other = found.get(row["whose"], its)
            first = min(its, other, key=lambda waiting: waiting.since)
            found[row["whose"]] = its if other is its else replace(first, count=its.count + other.count)
        return found

    async def due(self, after: datetime | None, until: datetime, count: int) -> tuple[Case, ...]:
        """Return cases whose clock ends after `after` (None: at any time) and not after `until`, the next one first."""
        sql = "SELECT body FROM cases WHERE due_at > ? AND due_at <= ? ORDER BY due_at LIMIT ?"
        return cases_of(await self.fetch(sql, ("" if after is None else instant(after), instant(until), count)))

    # -- events

    async def events(self, case_id: str | None = None) -> tuple[Event, ...]:
        """Return the events of one case, or the whole ledger, oldest first."""
        where, values = ("", ()) if case_id is None else ("WHERE case_id = ?", (case_id,))
        found = await self.fetch(f"SELECT * FROM events {where} ORDER BY seq", values)  # noqa: S608 - no values in it
        return tuple(rows.event_from_row(row) for row in found)

    async def latest(self, search: EventSearch, before: int | None, count: int) -> tuple[Event, ...]:
        """Return the last events that a search finds, those before the number `before`, the newest first."""
        terms = {"case_id": search.case, "transition": search.transition, "actor": search.actor}
        given = {column: value for column, value in terms.items() if value is not None}
        where = "".join(f" AND {column} = ?" for column in given)
        sql = f"SELECT * FROM events WHERE seq < ?{where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - no values in it
        found = await self.fetch(sql, (LAST if before is None else before, *given.values(), count))
        return tuple(rows.event_from_row(row) for row in found)

    async def head(self) -> Head:
        """Return where the ledger ends."""
        with failures():
            return await read_head(self._reader)

    # -- documents and effects

    async def issued_with(self, events: Iterable[Event]) -> Mapping[str, Document]:
        """Return the documents that were issued with these events, by their SHA-256."""
        numbers = tuple(event.seq for event in events if event.doc_sha256)
        if not numbers:
            return {}
        sql = f"SELECT * FROM documents WHERE seq IN ({', '.join('?' * len(numbers))})"  # noqa: S608 - no values in it
        return {row["sha256"]: rows.document_from_row(row) for row in await self.fetch(sql, numbers)}

    async def letters_to(self, recipient: str, before: str | None, count: int) -> tuple[Document, ...]:
        """Return documents issued to one recipient, the newest first, those before the number `before` if given."""
        sql = """
            SELECT * FROM documents
            WHERE recipient = ? AND seq < coalesce((SELECT seq FROM documents WHERE number = ?), ?)
            ORDER BY seq DESC, number LIMIT ?
        """
        found = await self.fetch(sql, (recipient, before, LAST, count))
        return tuple(rows.document_from_row(row) for row in found)

    async def documents(self, case_id: str) -> tuple[Document, ...]:
        """Return the documents of one case, oldest first."""
        found = await self.fetch("SELECT * FROM documents WHERE case_id = ? ORDER BY seq, number", (case_id,))
        return tuple(rows.document_from_row(row) for row in found)

    async def document(self, number: str) -> Document | None:
        """Return one document."""
        found = await self.fetch("SELECT * FROM documents WHERE number = ?", (number,))
        return rows.document_from_row(found[0]) if found else None

    async def effects(self, case_id: str | None = None, *, kind: str | None = None) -> tuple[OutboxRow, ...]:
        """Return what is not done yet, of one case and of one kind or of all, in the order in which it was decided."""
        given = {column: value for column, value in (("case_id", case_id), ("kind", kind)) if value is not None}
        where = "".join(f" AND {column} = ?" for column in given)
        sql = f"SELECT * FROM outbox WHERE NOT done{where} ORDER BY seq, ordinal"  # noqa: S608 - no values in it
        return tuple(rows.outbox_from_row(row) for row in await self.fetch(sql, tuple(given.values())))

    async def stuck(self, count: int) -> tuple[OutboxRow, ...]:
        """Return what failed so often that a person should look, in the order in which it was decided."""
        sql = "SELECT * FROM outbox WHERE NOT done AND attempts >= ? ORDER BY seq, ordinal LIMIT ?"
        return tuple(rows.outbox_from_row(row) for row in await self.fetch(sql, (rows.STUCK, count)))

    async def fetch(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Sequence[rows.Row]:
        """Run one reading statement."""
        with failures():
            found: Iterable[Any] = await self._reader.execute_fetchall(sql, values)
            return list(found)


LAST = 2**62
"""After every event."""


async def read_case(db: aiosqlite.Connection, case_id: str) -> Case | None:
    """Return one case as a connection sees it."""
    found = list(await db.execute_fetchall("SELECT body FROM cases WHERE id = ?", (case_id,)))
    return rows.case_from_text(found[0]["body"]) if found else None


async def read_head(db: aiosqlite.Connection) -> Head:
    """Return where the ledger ends as a connection sees it."""
    found = list(await db.execute_fetchall("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"))
    return Head(found[0]["seq"], found[0]["hash"]) if found else NOTHING


def cases_of(found: Iterable[rows.Row]) -> tuple[Case, ...]:
    """Read cases from their rows."""
    return tuple(rows.case_from_text(row["body"]) for row in found)


def _where(search: Search, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return the condition of a search, with the index that holds all that it looks at, and its values."""
    terms = ["TRUE"]
    if search.text:
        terms.append("instr(sought, :text) > 0")
    if search.ground is not None:
        terms.append("ground = :ground")
    if search.state is not None:
        terms.append("state = :state")
    if search.awaited is not None:
        terms.append(f"{_AWAITED} = :awaited")
    if search.open is not None:
        terms.append(f"state {'NOT IN' if search.open else 'IN'} ({_ENDED})")
    values = {
        "text": search.text.lower(),
        "ground": search.ground,
        "state": search.state,
        "awaited": search.awaited,
        "now": instant(now),
    }
    index = "cases_by_text" if search.text else "cases_by_move"
    return f"INDEXED BY {index} WHERE {' AND '.join(terms)}", values


@contextmanager
def failures(path: Path | None = None) -> Iterator[None]:
    """Turn what SQLite and the disk raise into OperationError."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            raise OperationError(FULL) from error
        raise OperationError(f"the store failed: {error}") from error
    except OSError as error:
        raise OperationError(f"cannot open {path or 'the store'}: {error.strerror}") from error
