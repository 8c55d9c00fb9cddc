"""Where reports come in and wait: stored, deduplicated, decided; and who reported, apart and only for a while.

Keeps true: a report is stored before its sender is told so; the same reference from the same source is one report; what
an officer decides stands in the ledger in the transaction that changes the report; a reporter is erased on time, from
the write-ahead log too. What may be decided is left to reports.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiosqlite

from blocker.cases.case import Actor, entry
from blocker.cases.forms import clean
from blocker.cases.intake.reports import (
    BY_NAME,
    REPORTER_TIME,
    SAME_AGAIN,
    Act,
    NewReport,
    Referral,
    ReferralState,
    Report,
    ReportState,
    check,
    key_of,
    possible,
)
from blocker.cases.queries import LAST
from blocker.cases.rows import Row
from blocker.cases.store import Store
from blocker.errors import FormError, IllegalStepError


@dataclass(frozen=True, slots=True)
class Received:
    """What its sender is told: `fresh` is False where the same reference was received before."""

    number: str
    state: ReportState
    of: str | None
    fresh: bool


class Intake:
    """The reports in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def receive(self, report: NewReport, now: datetime, year: int) -> Received:
        """Store a report, numbered within `year` of the list's calendar.

        Raises:
            FormError: if its address is none.
            OperationError: if the store fails; nothing was stored.
        """
        key = key_of(report.url)
        async with self._store.transaction() as db:
            if report.reference is not None:
                sql = "SELECT number, state, of_number FROM reports WHERE source = ? AND reference = ?"
                for row in await db.execute_fetchall(sql, (report.source, report.reference)):
                    return Received(row["number"], ReportState(row["state"]), row["of_number"], fresh=False)
            first = await _first(db, key, (now - SAME_AGAIN).isoformat())
            state = ReportState.RECEIVED if first is None else ReportState.DUPLICATE
            number = f"R-{year}-{await _next(db, f'R-{year}-'):06d}"
            values = (
                *(number, report.source, report.reference, report.url, key, report.ground, report.note),
                *(report.seen_at.isoformat(), now.isoformat(), state, first),
            )
            await db.execute(_INSERT, values)
            await db.execute("UPDATE reports SET times = times + 1 WHERE number = ?", (first,))
            if report.reporter:
                reaching = (number, report.reporter, (now + REPORTER_TIME).isoformat())
                await db.execute("INSERT INTO reporters (report, reach, erase_at) VALUES (?, ?, ?)", reaching)
        return Received(number, state, first, fresh=True)

    async def report(self, number: str) -> Report | None:
        """Return one report."""
        found = await self._store.fetch("SELECT * FROM reports WHERE number = ?", (number,))
        return _report(found[0]) if found else None

    async def page(self, state: ReportState, before: int | None, count: int) -> tuple[tuple[int, Report], ...]:
        """Return reports of one state with their places, the newest first, those before a place if it is given."""
        sql = "SELECT * FROM reports WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?"
        found = await self._store.fetch(sql, (state, LAST if before is None else before, count))
        return tuple((row["id"], _report(row)) for row in found)

    async def referrals(self, after: int | None, count: int) -> tuple[tuple[int, Report], ...]:
        """Return the reports that platforms were asked about with their places, those after a place if it is given.

        Those without an answer come first, the oldest of them first; then the others, the newest first.
        """
        place = "iif(referral_ended_at IS NULL, id, 9007199254740992 - id)"
        sql = (
            f"SELECT *, {place} AS place FROM reports WHERE referral_state IS NOT NULL AND {place} > ? "  # noqa: S608
            f"ORDER BY {place} LIMIT ?"
        )
        return tuple((row["place"], _report(row)) for row in await self._store.fetch(sql, (after or 0, count)))

    async def removals(self, count: int) -> tuple[Report, ...]:
        """Return the last reports of what a platform removed, the newest first."""
        sql = "SELECT * FROM reports WHERE referral_state = 'removed' ORDER BY id DESC LIMIT ?"
        return tuple(_report(row) for row in await self._store.fetch(sql, (count,)))

    async def counts(self) -> Mapping[str, int]:
        """Return how many reports stand at each state."""
        found = await self._store.fetch("SELECT state, count(*) AS n FROM reports GROUP BY state")
        return {row["state"]: row["n"] for row in found}

    async def reporter(self, number: str) -> str | None:
        """Return how to reach whoever reported, until that is erased."""
        found = await self._store.fetch("SELECT reach FROM reporters WHERE report = ?", (number,))
        return str(found[0]["reach"]) if found else None

    async def decide(self, report: Report, act: str, actor: Actor, data: Mapping[str, str], now: datetime) -> None:
        """Do with a report what an officer decided, and say so in the ledger.

        Raises:
            IllegalStepError: the report may not go this way now, or somebody was quicker.
            FormError: what was entered is incomplete or wrong.
        """
        row = BY_NAME.get(act)
        if row is None or row not in possible(report, now):
            raise IllegalStepError("This is not possible where this report stands.")
        entered = clean(row.fields, data)
        check(report, entered, now)
        if row.target is ReportState.DUPLICATE:
            await self._demand(entered["of"], report)
        if not await self._store.note(
            entry(report.number, row.act, actor, now, entered), _change(report, row, entered, now)
        ):
            raise IllegalStepError("Somebody else has decided on this report meanwhile.")

    async def forget_reporters(self, now: datetime) -> int:
        """Erase whoever reported long enough ago, and return how many."""
        erased = await self._store.execute("DELETE FROM reporters WHERE erase_at <= ?", (now.isoformat(),))
        if erased:
            await self._store.forget()
        return erased

    async def _demand(self, number: str, report: Report) -> None:
        sql = "SELECT 1 FROM reports WHERE number = :number UNION SELECT 1 FROM cases WHERE id = :number"
        if number == report.number or not await self._store.fetch(sql, {"number": number}):
            raise FormError({"of": "there is no other report and no case of this number"})


_INSERT = (
    "INSERT INTO reports (number, source, reference, url, key, ground, note, seen_at, received_at, state, of_number) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


async def _first(db: aiosqlite.Connection, key: str, since: str) -> str | None:
    """Return the report that one of this key repeats: whatever became of it, unless it was dismissed."""
    sql = (
        "SELECT number FROM reports WHERE key = ? AND received_at >= ? AND state NOT IN ('duplicate', 'dismissed') "
        "ORDER BY id LIMIT 1"
    )
    return next((str(row["number"]) for row in await db.execute_fetchall(sql, (key, since))), None)


async def _next(db: aiosqlite.Connection, prefix: str) -> int:
    found = list(await db.execute_fetchall("SELECT number FROM reports ORDER BY id DESC LIMIT 1"))
    last = str(found[0]["number"]) if found else ""
    return int(last.removeprefix(prefix)) + 1 if last.startswith(prefix) else 1


def _change(report: Report, row: Act, entered: Mapping[str, str], now: datetime) -> tuple[str, Sequence[Any]]:
    """Return the statement that does it: it finds no row if the report has moved on meanwhile."""
    if report.referral is not None:
        column = "referral_acknowledged_at" if row.target is ReferralState.ACKNOWLEDGED else "referral_ended_at"
        sql = f"UPDATE reports SET referral_state = ?, {column} = ? WHERE number = ? AND referral_state = ?"  # noqa: S608
        return sql, (row.target, entered.get("at", now.isoformat()), report.number, report.referral.state)
    if row.target is ReportState.REFERRED:
        sql = (
            "UPDATE reports SET state = 'referred', of_number = NULL, platform = ?, channel = ?, sent_at = ?, "
            "referral_state = 'sent' WHERE number = ? AND state = ?"
        )
        return sql, (entered["platform"], entered["channel"], entered["sent_at"], report.number, report.state)
    sql = "UPDATE reports SET state = ?, of_number = ? WHERE number = ? AND state = ?"
    return sql, (row.target, entered.get("of"), report.number, report.state)


def _report(row: Row) -> Report:
    referral = None
    if row["referral_state"] is not None:
        referral = Referral(
            platform=row["platform"],
            channel=row["channel"],
            sent_at=datetime.fromisoformat(row["sent_at"]),
            state=ReferralState(row["referral_state"]),
            acknowledged_at=_instant(row["referral_acknowledged_at"]),
            ended_at=_instant(row["referral_ended_at"]),
        )
    return Report(
        number=row["number"],
        source=row["source"],
        reference=row["reference"],
        url=row["url"],
        ground=row["ground"],
        note=row["note"],
        seen_at=datetime.fromisoformat(row["seen_at"]),
        received_at=datetime.fromisoformat(row["received_at"]),
        state=ReportState(row["state"]),
        of=row["of_number"],
        times=row["times"],
        referral=referral,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
