"""The ministry's store: SQLite, one writer.

Keeps true: an event, what it makes of its case, its documents and its effects are written in one transaction or not at
all; events and documents are only ever added; an act that rests on an old view of its case is refused; a database made
for a trial is never opened for a real list, nor the reverse; one process works on it at a time. What a step means is
left to workflow.py, carrying out effects to outbox.py.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiosqlite

from blocker.blocklist.snapshot import canonical
from blocker.cases import ledger, rows, schema
from blocker.cases.case import Case, Document, Event, State
from blocker.cases.context import Numbers
from blocker.cases.rows import OutboxRow
from blocker.cases.workflow import Outcome
from blocker.errors import IllegalStepError, OperationError

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # or REPLACE would get past the triggers that forbid deleting
    "busy_timeout = 10000",
)

Decide = Callable[[Case | None, Numbers], Outcome]


class _NothingToChangeError(Exception):
    """A change outside cases met no row; its transaction is undone."""


class Store:
    """An open store; get one from `Store.open`."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, *, trial: bool) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self.trial = trial
        """True if this database was made for a trial list: then so is everything in it, for good."""

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, trial: bool) -> AsyncIterator[Self]:
        """Open the database, or make it (mode 0600) and stamp it for a trial or for real.

        Raises:
            OperationError: if it cannot be opened, is in use, or its stamp is the other one.
        """
        async with AsyncExitStack() as stack:
            with _failures(path):
                stack.callback(os.close, _lock(path))
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                writer, reader = [
                    await stack.enter_async_context(aiosqlite.connect(path, isolation_level=None)) for _ in range(2)
                ]
                for connection in (writer, reader):
                    connection.row_factory = aiosqlite.Row
                    for pragma in _PRAGMAS:
                        await connection.execute(f"PRAGMA {pragma}")
                await schema.prepare(writer, trial=trial)
            yield cls(writer, reader, trial=trial)

    # -- writing

    async def record(
        self,
        case_id: str | None,
        decide: Decide,
        *,
        year: int,
        turn: int | None = None,
        done: str | None = None,
        mail: str | None = None,
    ) -> Case:
        """Take one step in one transaction and return the case after it.

        `decide` gets the case as it stands now and the next numbers of `year`, and must be pure. `turn` is the turn
        of the case that the actor saw. `done` is the effect that this step completes, `mail` the SHA-256 of the mail
        behind it; if the one is done already or the other was read, the step is not taken a second time.

        Raises:
            IllegalStepError: unknown case, or somebody acted meanwhile; and whatever `decide` raises.
            OperationError: if the database fails; nothing was changed.
        """
        async with self._transaction() as db:
            case = await _case(db, case_id)
            if case_id is not None and case is None:
                raise IllegalStepError("There is no such case.")
            if turn is not None and case is not None and case.turn != turn:
                raise IllegalStepError("This case has moved on meanwhile. Look at it again before you act.")
            if done is not None and not await _finish(db, done):
                return _demanded(case)
            if mail is not None and list(await db.execute_fetchall("SELECT 1 FROM post WHERE sha256 = ?", (mail,))):
                return _demanded(case)
            outcome = decide(case, await _numbers(db, year))
            await _write(db, outcome)
            if mail is not None:
                await db.execute("INSERT INTO post (sha256, seq) VALUES (?, ?)", (mail, outcome.event.seq))
            return outcome.case

    async def note(self, entry: Event, *changes: tuple[str, Sequence[Any]]) -> bool:
        """Make changes outside any case together with their entry in the ledger (case.entry gives it its form).

        `changes` are SQL statements with their values. If one of them finds nothing to change, because somebody was
        quicker, nothing of all this happens and the answer is False.
        """
        with suppress(_NothingToChangeError):
            async with self._transaction() as db:
                for sql, values in changes:
                    if (await db.execute(sql, values)).rowcount == 0:
                        raise _NothingToChangeError
                last = next(iter(await db.execute_fetchall("SELECT coalesce(max(seq), 0) AS n FROM events")))["n"]
                await _append(db, replace(entry, seq=int(last) + 1))
            return True
        return False

    async def finish(self, effect: str) -> None:
        """Mark an effect done that leaves no event: it turned out that there was nothing to do."""
        async with self._transaction() as db:
            await _finish(db, effect)

    async def postpone(self, effect: str, error: str, next_at: datetime) -> None:
        """Note a failed attempt and when to try again."""
        async with self._transaction() as db:
            await db.execute(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?, next_at = ? WHERE id = ?",
                (error, next_at.isoformat(), effect),
            )

    async def execute(self, sql: str, values: Sequence[Any]) -> int:
        """Run one writing statement in a transaction of its own and return the number of rows (for accounts.py)."""
        async with self._transaction() as db:
            return (await db.execute(sql, values)).rowcount

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        # IMMEDIATE: the write lock is taken before anything is read, so what was read still holds when we write.
        async with self._turn:
            with _failures():
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    await self._writer.execute("COMMIT")
                except BaseException:
                    # Also when we were cancelled while BEGIN or COMMIT ran: the connection works its queue in order,
                    # so this comes after it, and without an open transaction it does nothing.
                    await self._writer.rollback()
                    raise

    # -- reading

    async def cases(self, state: State | None = None) -> tuple[Case, ...]:
        """Return all cases, or those in one state, the last moved first."""
        where = "" if state is None else "WHERE state = ?"
        found = await self._read(f"SELECT body FROM cases {where} ORDER BY seq DESC", () if state is None else (state,))  # noqa: S608
        return tuple(rows.case_from_text(row["body"]) for row in found)

    async def case(self, case_id: str) -> Case | None:
        """Return one case."""
        with _failures():
            return await _case(self._reader, case_id)

    async def events(self, case_id: str | None = None) -> tuple[Event, ...]:
        """Return the events of one case, or the whole ledger, oldest first."""
        where, values = ("", ()) if case_id is None else ("WHERE case_id = ?", (case_id,))
        found = await self._read(f"SELECT * FROM events {where} ORDER BY seq", values)  # noqa: S608 - no values in it
        return tuple(rows.event_from_row(row) for row in found)

    async def latest(self, before: int | None, count: int) -> tuple[Event, ...]:
        """Return the last events of all cases, those before the number `before` if there is one, the newest first."""
        found = await self._read(
            "SELECT * FROM events WHERE seq < coalesce(?, seq + 1) ORDER BY seq DESC LIMIT ?", (before, count)
        )
        return tuple(rows.event_from_row(row) for row in found)

    async def issued_as(self, sha256: str) -> Document | None:
        """Return the document of this SHA-256."""
        found = await self._read("SELECT * FROM documents WHERE sha256 = ?", (sha256,))
        return rows.document_from_row(found[0]) if found else None

    async def letters_to(self, recipient: str) -> tuple[Document, ...]:
        """Return the documents issued to one recipient, the newest first."""
        found = await self._read("SELECT * FROM documents WHERE recipient = ? ORDER BY seq DESC, number", (recipient,))
        return tuple(rows.document_from_row(row) for row in found)

    async def documents(self, case_id: str) -> tuple[Document, ...]:
        """Return the documents of one case, oldest first."""
        found = await self._read("SELECT * FROM documents WHERE case_id = ? ORDER BY seq, number", (case_id,))
        return tuple(rows.document_from_row(row) for row in found)

    async def document(self, number: str) -> Document | None:
        """Return one document."""
        found = await self._read("SELECT * FROM documents WHERE number = ?", (number,))
        return rows.document_from_row(found[0]) if found else None

    async def effects(self, case_id: str | None = None) -> tuple[OutboxRow, ...]:
        """Return what is not done yet, of one case or of all, in the order in which it was decided."""
        where, values = ("", ()) if case_id is None else ("AND case_id = ?", (case_id,))
        sql = f"SELECT * FROM outbox WHERE done_at IS NULL {where} ORDER BY seq, ordinal"  # noqa: S608 - no values in it
        return tuple(rows.outbox_from_row(row) for row in await self._read(sql, values))

    async def fetch(self, sql: str, values: Sequence[Any] = ()) -> Sequence[rows.Row]:
        """Run one reading statement (for accounts.py)."""
        return await self._read(sql, values)

    async def _read(self, sql: str, values: Sequence[Any] = ()) -> Sequence[rows.Row]:
        with _failures():
            found: Iterable[Any] = await self._reader.execute_fetchall(sql, values)
            return list(found)


async def _case(db: aiosqlite.Connection, case_id: str | None) -> Case | None:
    if case_id is None:
        return None
    found = list(await db.execute_fetchall("SELECT body FROM cases WHERE id = ?", (case_id,)))
    return rows.case_from_text(found[0]["body"]) if found else None


def _demanded(case: Case | None) -> Case:
    if case is None:
        raise RuntimeError("an effect belongs to a case")
    return case


async def _finish(db: aiosqlite.Connection, effect: str) -> bool:
    sql = "UPDATE outbox SET done_at = strftime('%Y-%m-%dT%H:%M:%fZ') WHERE id = ? AND done_at IS NULL"
    return (await db.execute(sql, (effect,))).rowcount == 1


async def _numbers(db: aiosqlite.Connection, year: int) -> Numbers:
    async def following(column: str, table: str, prefix: str) -> int:
        # Past the prefix, to the end of its range: '.' is the character after '-'.
        tail = f"CAST(substr({column}, {len(prefix) + 1}) AS INTEGER)"
        sql = f"SELECT coalesce(max({tail}), 0) + 1 AS n FROM {table} WHERE {column} >= ? AND {column} < ?"  # noqa: S608
        return int(next(iter(await db.execute_fetchall(sql, (prefix, f"{prefix[:-1]}."))))["n"])

    last = next(iter(await db.execute_fetchall("SELECT coalesce(max(seq), 0) AS n FROM events")))["n"]
    return Numbers(
        seq=int(last) + 1,
        case=await following("id", "cases", f"{year}-"),
        directive=await following("directive", "cases", f"FR-{year}-"),
        document=await following("number", "documents", f"D-{year}-"),
    )


async def _write(db: aiosqlite.Connection, outcome: Outcome) -> None:
    case, event = outcome.case, outcome.event
    await _append(db, event)
    await db.execute(
        "INSERT INTO cases VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "state = excluded.state, directive = excluded.directive, seq = excluded.seq, body = excluded.body",
        (case.id, case.state, case.directive, case.seq, rows.case_to_text(case)),
    )
    for document in outcome.documents:
        values = rows.document_to_row(document, event.seq)
        await db.execute(f"INSERT INTO documents VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
    for ordinal, effect in enumerate(outcome.effects, start=1):
        await db.execute(
            "INSERT INTO outbox (id, seq, ordinal, case_id, kind, payload, next_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(f"{event.seq}.{ordinal}", event.seq, ordinal, case.id, effect.kind),
                *(canonical(dict(effect.payload)), event.at_utc.isoformat()),
            ),
        )


async def _append(db: aiosqlite.Connection, event: Event) -> None:
    """Put an event at the end of the chain."""
    head = list(await db.execute_fetchall("SELECT hash FROM events ORDER BY seq DESC LIMIT 1"))
    sealed = rows.event_to_row(ledger.seal(event, head[0]["hash"] if head else ledger.GENESIS))
    await db.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(sealed))})", sealed)  # noqa: S608


def _lock(path: Path) -> int:
    """Hold the database's lock file: two outboxes on one store could do things twice. A kill lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise OperationError(f"{path} is in use by another desk") from error
    return descriptor


@contextmanager
def _failures(path: Path | None = None) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OperationError(f"the store failed: {error}") from error
    except OSError as error:
        raise OperationError(f"cannot open {path or 'the store'}: {error.strerror}") from error
