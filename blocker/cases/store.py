"""The ministry's store: SQLite, one writer; what is read of it stands in queries.py.

Keeps true: an event, what it makes of its case, its documents and its effects are written in one transaction or not at
all; events and documents are only ever added; an act that rests on an old view of its case is refused; a database made
for a trial is never opened for a real list, nor the reverse; one process works on it at a time. What a step means is
left to workflow.py, carrying out effects to outbox.py.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiosqlite

from blocker.cases import counting, projections, rows, schema, tallies
from blocker.cases.case import Case, Document, Effect, Event, to_post
from blocker.cases.context import Numbers
from blocker.cases.integrity import keyfile, ledger
from blocker.cases.integrity.ledger import Head
from blocker.cases.integrity.seal import Seal
from blocker.cases.queries import Queries, failures, read_case, read_head
from blocker.cases.workflow import Outcome
from blocker.errors import IllegalStepError, OperationError

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # or REPLACE would get past the triggers that forbid deleting
    "busy_timeout = 10000",
    "secure_delete = ON",  # what is erased is written over
)

Decide = Callable[[Case | None, Numbers], Outcome]


@dataclass(frozen=True, slots=True)
class Issue:
    """Letters that go with an entry outside any case."""

    year: int
    """Of the list's calendar, in which they are numbered."""
    write: Callable[[Event, int], Sequence[Document]]
    """Writes them, from the first free number on."""


class _NothingToChangeError(Exception):
    """A change outside cases met no row; its transaction is undone."""


class Store(Queries):
    """An open store; get one from `Store.open`."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection, seal: Seal, *, trial: bool) -> None:
        super().__init__(reader)
        self._writer = writer
        self._turn = asyncio.Lock()
        self.seal = seal
        """What marks all that is written here; its public half is the overseer's to keep."""
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
            with failures(path):
                stack.callback(os.close, _lock(path))
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                writer, reader = [
                    await stack.enter_async_context(aiosqlite.connect(path, isolation_level=None)) for _ in range(2)
                ]
                for connection in (writer, reader):
                    connection.row_factory = aiosqlite.Row
                    for pragma in _PRAGMAS:
                        await connection.execute(f"PRAGMA {pragma}")
                seal = await schema.prepare(writer, trial=trial, key=partial(keyfile.open_or_make, path))
            yield cls(writer, reader, seal, trial=trial)

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
        or of the link behind it; if the one is done or the other was read, the step is not taken a second time.

        Raises:
            IllegalStepError: unknown case, or somebody acted meanwhile; and whatever `decide` raises.
            OperationError: if the database fails; nothing was changed.
        """
        async with self.transaction() as db:
            case = await read_case(db, case_id) if case_id is not None else None
            if case_id is not None and case is None:
                raise IllegalStepError("There is no such case.")
            if turn is not None and case is not None and case.turn != turn:
                raise IllegalStepError("This case has moved on meanwhile. Look at it again before you act.")
            if done is not None and not await _finish(db, done):
                return _demanded(case)
            if mail is not None and list(await db.execute_fetchall("SELECT 1 FROM post WHERE sha256 = ?", (mail,))):
                return _demanded(case)
            outcome = decide(case, await _numbers(db, year))
            await _write(db, case, outcome, self.seal)
            await counting.count(db, tallies.counted(case, outcome.event, outcome.case))
            if case is None:
                # A case whose source is a report is what became of that report.
                sql = "UPDATE reports SET state = 'case', of_number = ? WHERE number = ? AND state = 'received'"
                await db.execute(sql, (outcome.case.id, outcome.event.data.get("source")))
            if mail is not None:
                await db.execute("INSERT INTO post (sha256, seq) VALUES (?, ?)", (mail, outcome.event.seq))
            return outcome.case

    async def note(self, entry: Event, *changes: tuple[str, Sequence[Any]], issue: Issue | None = None) -> bool:
        """Make changes outside any case together with their entry in the ledger (case.entry gives it its form).

        `changes` are SQL statements with their values. If one of them finds nothing to change, because somebody was
        quicker, nothing of all this happens and the answer is False. `issue` are letters that go with it.
        """
        with suppress(_NothingToChangeError):
            async with self.transaction() as db:
                for sql, values in changes:
                    if (await db.execute(sql, values)).rowcount == 0:
                        raise _NothingToChangeError
                head = await read_head(db)
                event = replace(entry, seq=head.seq + 1, prev_hash=head.hash)
                letters = issue.write(event, (await _numbers(db, issue.year)).document) if issue else ()
                event = replace(event, doc_sha256=tuple(letter.sha256 for letter in letters))
                await _append(db, event, head, self.seal)
                await _order(db, event, letters, to_post(letters), self.seal)
            return True
        return False

    async def finish(self, effect: str) -> None:
        """Mark an effect done that leaves no event: it turned out that there was nothing to do."""
        async with self.transaction() as db:
            await _finish(db, effect)

    async def postpone(self, effect: str, error: str, next_at: datetime) -> None:
        """Note a failed attempt and when to try again."""
        async with self.transaction() as db:
            await db.execute(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?, next_at = ? WHERE id = ?",
                (error, next_at.isoformat(), effect),
            )

    async def execute(self, sql: str, values: Sequence[Any]) -> int:
        """Run one writing statement in a transaction of its own and return the number of rows (for blocker/people)."""
        async with self.transaction() as db:
            return (await db.execute(sql, values)).rowcount

    async def forget(self) -> None:
        """Write what was erased over it, in the file and in the log before it: until then it can still be read."""
        with failures():
            async with self._turn:
                await self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """Do all of the body or nothing of it (for blocker/people, which has tables of its own here).

        Raises:
            OperationError: if the database fails; nothing was changed.
        """
        # IMMEDIATE: the write lock is taken before anything is read, so what was read still holds when we write.
        async with self._turn:
            with failures():
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    await self._writer.execute("COMMIT")
                except BaseException:
                    # Also when we were cancelled while BEGIN or COMMIT ran: the connection works its queue in order,
                    # so this comes after it, and without an open transaction it does nothing.
                    await self._writer.rollback()
                    raise


def _demanded(case: Case | None) -> Case:
    if case is None:
        raise RuntimeError("an effect belongs to a case")
    return case


async def _finish(db: aiosqlite.Connection, effect: str) -> bool:
    sql = "UPDATE outbox SET done = 1 WHERE id = ? AND NOT done"
    return (await db.execute(sql, (effect,))).rowcount == 1


async def _numbers(db: aiosqlite.Connection, year: int) -> Numbers:
    prefixes = {"id": f"{year}-", "directive": f"FR-{year}-", "number": f"D-{year}-"}
    (last,) = await db.execute_fetchall(_LAST_NUMBERS, tuple(prefixes.values()))

    def following(column: str) -> int:
        return int(last[column].removeprefix(prefixes[column])) + 1 if last[column] else 1

    return Numbers(
        head=await read_head(db),
        case=following("id"),
        directive=following("directive"),
        document=following("number"),
    )


def _last(column: str, table: str, prefix: int) -> str:
    """Return the query for the last number with a prefix of so many characters: longer numbers follow shorter ones."""
    return (
        f"(SELECT {column} FROM {table} WHERE substr({column}, 1, {prefix}) = ? "  # noqa: S608 - no values in it
        f"ORDER BY length({column}) DESC, {column} DESC LIMIT 1) AS {column}"
    )


_LAST_NUMBERS = f"SELECT {_last('id', 'cases', 5)}, {_last('directive', 'cases', 8)}, {_last('number', 'documents', 7)}"


async def _write(db: aiosqlite.Connection, before: Case | None, outcome: Outcome, seal: Seal) -> None:
    case, event = outcome.case, outcome.event
    await _append(db, event, Head(event.seq - 1, event.prev_hash), seal)
    await _write_case(db, case)
    await _write_beside(db, before, case)
    await _order(db, event, outcome.documents, outcome.effects, seal)


async def _order(
    db: aiosqlite.Connection, event: Event, documents: Iterable[Document], effects: Iterable[Effect], seal: Seal
) -> None:
    """Write what an event issued and what must happen because of it."""
    for document in documents:
        await _insert(db, "documents", rows.document_to_row(document, event.seq), seal)
    for ordinal, effect in enumerate(effects, start=1):
        order = rows.effect_to_row(effect, event.case, event.seq, ordinal)
        await _insert(db, "outbox", order, seal, event.at_utc.isoformat())


async def _append(db: aiosqlite.Connection, event: Event, head: Head, seal: Seal) -> None:
    """Put an event at the end of the chain."""
    await _insert(db, "events", rows.event_to_row(ledger.link(event, head.hash)), seal)


async def _insert(db: aiosqlite.Connection, table: str, row: rows.Values, seal: Seal, *rest: str) -> None:
    """Write a row and the seal on it; what comes after the seal may change later (`next_at` of the outbox)."""
    columns = ", ".join((*row, "seal", *("next_at" for _ in rest)))
    values = (*row.values(), seal.of(table, list(row.values())), *rest)
    await db.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


async def _write_case(db: aiosqlite.Connection, case: Case) -> None:
    values = rows.case_to_row(case)
    changed = ", ".join(f"{name} = excluded.{name}" for name in values)
    await db.execute(
        f"INSERT INTO cases ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "  # noqa: S608
        f"ON CONFLICT (id) DO UPDATE SET {changed}",
        tuple(values.values()),
    )


async def _write_beside(db: aiosqlite.Connection, before: Case | None, case: Case) -> None:
    """Change what stands beside a case where the step changed it: of dozens of rows, it is mostly one or two."""
    known: Mapping[str, set[projections.Row]] = {} if before is None else projections.beside(before)
    for table, wanted in projections.beside(case).items():
        columns, old = projections.TABLES[table], known.get(table, set())
        key = columns[: projections.KEYS[table]]
        if gone := [row[: len(key)] for row in old - wanted]:
            where = " AND ".join(f"{column} = ?" for column in key)
            await db.executemany(f"DELETE FROM {table} WHERE {where}", gone)  # noqa: S608
        if new := wanted - old:
            marks = ", ".join("?" * len(columns))
            await db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", new)  # noqa: S608
    tally = projections.tally(case)
    if before is not None:
        tally.subtract(projections.tally(before))
    await db.executemany(
        "INSERT INTO provider_tallies VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
        [(*key, n) for key, n in tally.items() if n],
    )


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
