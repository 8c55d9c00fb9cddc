"""500 ways to change the past: `python -m tests.soak.ledger [--reduced] [--seed N]`; 1 if one is not found.

A real desk works a few cases from report to lifting; then its database is copied, changed by somebody who has the file
but neither the seal's key nor the last head that the overseer keeps, and judged. What that somebody can do is tried:
one character of one column, a row taken away, two rows exchanged, the last events cut off and every case made to fit,
the chain linked anew after a change, an event of one's own at the end.
"""

import argparse
import asyncio
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from random import Random  # noqa: TID251 - the same changes every time
from typing import Any

from blocker.cases import projections, rows, tallies, workflow
from blocker.cases.case import Case
from blocker.cases.integrity import audit, keyfile, ledger
from blocker.cases.integrity.ledger import Head
from blocker.cases.tallies import Tally
from tests.cases.desk import Desk, open_desk
from tests.cases.walking import APPROVER, OFFICER

COUNT, REDUCED = 500, 40
COVERED = {
    "events": None,
    "documents": None,
    "outbox": ("id", "seq", "ordinal", "case_id", "kind", "payload", "seal", "done"),
    "cases": None,
    **dict.fromkeys((*projections.TABLES, "provider_tallies", "tallies")),
}
"""Tables whose every change must be found; of the outbox, what the desk does not change itself."""


@dataclass
class Figures:
    """What the changes showed."""

    tried: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def worked(data: Path) -> Head:
    """Let a desk work until its database holds every kind of row, and return the head that the overseer keeps."""
    async with open_desk(data) as desk:
        await _lifted(desk)
        refused = await desk.act(None, "report", OFFICER, names="refused.example")
        await desk.go(refused, ("assess", OFFICER), ("withdraw", APPROVER))
        await desk.go(
            await desk.act(None, "report", OFFICER, names="other.example domain"),
            ("assess", OFFICER),
            ("propose-request", OFFICER),
            ("approve-request", APPROVER),
        )
        return await desk.road.store.head()


async def _lifted(desk: Desk) -> Case:
    case = await desk.go(None, ("report", OFFICER), ("assess", OFFICER), ("propose-request", OFFICER))
    case = await desk.work(await desk.go(case, ("approve-request", APPROVER)))
    case = await desk.go(case, ("record-receipt", OFFICER), ("24h", OFFICER), ("verify", OFFICER))
    case = await desk.go(case, ("propose-directive", OFFICER), ("approve-directive", APPROVER))
    case = await desk.work(await desk.work(case))
    case = await desk.act(case, "isp-applied", OFFICER, isp="isp-a")
    case = await desk.go(case, ("confirm-block", OFFICER), ("propose-lift", OFFICER), ("approve-lift", APPROVER))
    return await desk.work(await desk.work(case))


def one_character(db: sqlite3.Connection, random: Random) -> str:
    """Another character, or another number, in one column of one row."""
    while True:
        table = random.choice(sorted(COVERED))
        columns = COVERED[table] or tuple(row["name"] for row in db.execute(f"PRAGMA table_info({table})"))
        column, row = random.choice(columns), _row(db, table, random)
        if column == "done" and '"draft"' in row["payload"]:
            continue  # the branch of the list's repository is its record, not the ledger
        old = row[column]
        new: Any = "x" if old is None else old + random.choice((-1, 1)) if isinstance(old, int) else None
        if new is None:
            at = random.randrange(len(old) + 1)
            new = old[:at] + random.choice("aA0 ,:") + old[at + random.randrange(2) :]
        if new != old and _changed(db, table, row, {column: new}):
            return f"one character of {table}.{column}"


def taken_away(db: sqlite3.Connection, random: Random) -> str:
    """One row less."""
    table = random.choice(sorted(COVERED))
    row = _row(db, table, random)
    db.execute(f"DELETE FROM {table} WHERE {_same(row)}", list(row.values()))
    return f"a row of {table} taken away"


def exchanged(db: sqlite3.Connection, random: Random) -> str:
    """Two events, or two letters, in each other's place."""
    table, key = random.choice((("events", "seq"), ("documents", "number")))
    one, other = random.sample(db.execute(f"SELECT * FROM {table}").fetchall(), 2)
    db.execute(f"DELETE FROM {table} WHERE {key} IN (?, ?)", (one[key], other[key]))
    for row, at in ((one, other[key]), (other, one[key])):
        _insert(db, table, {**row, key: at})
    return f"two rows of {table} exchanged"


def cut_off(db: sqlite3.Connection, random: Random) -> str:
    """The last events gone with all that came of them, and every case made to fit what is left."""
    last = db.execute("SELECT max(seq) AS n FROM events").fetchone()["n"]
    keep = random.randrange(last)
    for table in ("documents", "outbox", "post", "events"):
        db.execute(f"DELETE FROM {table} WHERE seq > ?", (keep,))
    for table in ("cases", *projections.TABLES, "provider_tallies", "tallies"):
        db.execute(f"DELETE FROM {table}")
    counts: Counter[Tally] = Counter()
    told: Counter[tuple[str, str, int]] = Counter()
    left = [rows.event_from_row(row) for row in db.execute("SELECT * FROM events ORDER BY seq")]
    for case_id in {event.case for event in left if event.to_state is not None}:
        for before, event, case in workflow.stages(event for event in left if event.case == case_id):
            counts.update(tallies.counted(before, event, case))
        _insert(db, "cases", rows.case_to_row(case))
        for table, beside in projections.beside(case).items():
            for row in beside:
                _insert(db, table, dict(zip(projections.TABLES[table], row, strict=True)))
        told += projections.tally(case)
    db.executemany("INSERT INTO tallies VALUES (?, ?, ?, ?, ?)", [(*astuple(one), n) for one, n in counts.items()])
    db.executemany("INSERT INTO provider_tallies VALUES (?, ?, ?, ?)", [(*key, n) for key, n in told.items()])
    sent = {event.data["document"] for event in left if event.transition in {"Ts", "Tb"}}
    for row in db.execute("SELECT * FROM outbox WHERE kind = 'letter'").fetchall():
        if not any(number in row["payload"] for number in sent):
            db.execute("UPDATE outbox SET done = 0 WHERE id = ?", (row["id"],))
    return "the end cut off"


def linked_anew(db: sqlite3.Connection, random: Random) -> str:
    """One event changed, and the whole chain after it linked anew so that it holds."""
    events = [rows.event_from_row(row) for row in db.execute("SELECT * FROM events ORDER BY seq")]
    at = random.randrange(len(events))
    events[at] = replace(events[at], actor="agent-999")
    for number in range(at, len(events)):
        events[number] = ledger.link(events[number], events[number - 1].hash if number else ledger.GENESIS)
    assert ledger.verify(events) is None
    db.execute("UPDATE events SET hash = 'was ' || hash")
    for event in events:
        db.execute(
            "UPDATE events SET actor = ?, prev_hash = ?, hash = ? WHERE seq = ?",
            (event.actor, event.prev_hash, event.hash, event.seq),
        )
    return "an event changed and the chain linked anew"


def added(db: sqlite3.Connection, random: Random) -> str:
    """An event of one's own at the end, linked as it should be, with a seal from elsewhere."""
    found = random.choice(db.execute("SELECT * FROM events WHERE transition IN ('Ts', 'T4p', 'Tv')").fetchall())
    last = db.execute("SELECT * FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    event = ledger.link(replace(rows.event_from_row(found), seq=last["seq"] + 1), last["hash"])
    _insert(db, "events", {**rows.event_to_row(event), "seal": found["seal"]})
    return "an event added at the end"


CHANGES: tuple[tuple[Callable[[sqlite3.Connection, Random], str], int], ...] = (
    *((one_character, 10), (taken_away, 4), (exchanged, 2), (cut_off, 2), (linked_anew, 1), (added, 1)),
)
"""Each with how often it comes among the others."""


def _row(db: sqlite3.Connection, table: str, random: Random) -> dict[str, Any]:
    found: dict[str, Any] = random.choice(db.execute(f"SELECT * FROM {table}").fetchall())
    return found


def _same(row: dict[str, Any]) -> str:
    return " AND ".join(f"{column} IS ?" for column in row)


def _changed(db: sqlite3.Connection, table: str, row: dict[str, Any], new: dict[str, Any]) -> bool:
    assigned = ", ".join(f"{column} = ?" for column in new)
    try:
        db.execute(f"UPDATE {table} SET {assigned} WHERE {_same(row)}", (*new.values(), *row.values()))
    except sqlite3.IntegrityError:  # the table itself does not take it: two rows of one key
        return False
    return True


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def change(database: Path, how: Callable[[sqlite3.Connection, Random], str], random: Random) -> str:
    """Change a database as its file's owner can: without its triggers, which are put back as they were."""
    with closing(sqlite3.connect(database)) as db:
        db.row_factory = lambda cursor, row: dict(zip((column[0] for column in cursor.description), row, strict=True))
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for trigger in triggers:
            db.execute(f"DROP TRIGGER {trigger['name']}")
        said = how(db, random)
        for trigger in triggers:
            db.execute(trigger["sql"])
        db.commit()
    return said


def measure(count: int, seed: int = 1) -> Figures:
    """Make so many changes, each to a fresh copy, and count those that are found."""
    began, figures, random = time.monotonic(), Figures(), Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        head = asyncio.run(worked(folder))
        database, copy = folder / "redhand.sqlite3", folder / "copy.sqlite3"
        key = keyfile.read(database).public
        untouched = audit.judge(database, head, key)
        assert (untouched.findings, untouched.head, untouched.complete) == ((), head, True), untouched.findings
        ways, weights = zip(*CHANGES, strict=True)
        first = list(ways[: max(0, count)])  # every kind once, whatever the dice say
        for way in (*first, *random.choices(ways, weights, k=count - len(first))):
            shutil.copyfile(database, copy)
            said = change(copy, way, random)
            figures.tried[said.partition(".")[0]] += 1
            if not audit.judge(copy, head, key).findings:
                figures.missed.append(said)
    figures.seconds = time.monotonic() - began
    return figures


def main() -> int:
    """Print the figures; 1 if a change was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.ledger", description="changes of the past, all found")
    parser.add_argument("--reduced", action="store_true", help=f"{REDUCED} changes instead of {COUNT}")
    parser.add_argument("--seed", type=int, default=1, help="which changes")
    options = parser.parse_args()
    figures = measure(REDUCED if options.reduced else COUNT, options.seed)
    total = figures.tried.total()
    sys.stdout.writelines(f"{count:5d}  {kind}\n" for kind, count in sorted(figures.tried.items()))
    sys.stdout.write(f"found  {total - len(figures.missed)} of {total} in {figures.seconds:.0f} s\n")
    sys.stdout.writelines(f"  missed: {each}\n" for each in figures.missed)
    return 1 if figures.missed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
