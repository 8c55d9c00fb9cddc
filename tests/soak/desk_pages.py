"""How long the desk's pages take with 100,000 cases and a million events: `python -m tests.soak.desk_pages`.

A few cases go their road on the real procedure, at times of their own. The others are the same again under other
numbers and names, written in bulk: linked, sealed and folded as the desk does it, and judged (`--reduced`, `--judge`).
Then each page is asked for over HTTP by whoever reads it; p50 and p95 in milliseconds. 1 if one is over the limit.
"""

import argparse
import asyncio
import hashlib
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random  # noqa: TID251 - the same store every time

from blocker.cases import audit, keyfile, ledger, projections, rows, tallies, workflow
from blocker.cases.case import SYSTEM, Actor, Event
from blocker.cases.ledger import NOTHING, Head
from blocker.cases.outbox import RECORDS
from blocker.cases.seal import Seal
from blocker.cases.table import BY_ACT
from blocker.cases.tallies import Tally
from tests.admin.running import APPROVER, AUDITOR, CONTACT, OFFICER, OVERSEER, TRIAL_DAY, Browser, browser, running
from tests.cases.walking import ROADS, Walk

CASES, REDUCED = 100_000, 300
ASKED, ASKED_REDUCED = 60, 3
LIMIT = 100.0
"""Milliseconds, at p95."""

SHARES = {
    "C0": 25,
    "C1": 20,
    "C2": 5,
    "C3": 5,
    "C4": 15,
    "C5": 1,
    "C5d": 1,
    "C6": 1,
    "C7": 12,
    "C9": 1,
    "C10": 9,
    "C12": 5,
}
"""How many of a hundred cases stand where: some ten events each."""

WALKS = 12
"""Roads to each state that are really gone, each begun at another time."""

BATCH = 2000


@dataclass
class Figures:
    """What was made, and how long each page took, in milliseconds."""

    cases: int = 0
    events: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=dict)

    def slow(self) -> list[str]:
        return [page for page, times in self.pages.items() if at(times, 0.95) > LIMIT]


def at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


@dataclass
class Gone(Walk):
    """A walk that keeps each outcome, and after which each letter was sent."""

    outcomes: list[workflow.Outcome] = field(default_factory=list)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds all that differs from one copy to the next."""
        words = [self.at.id, "propaganda.example", *([self.at.directive] if self.at.directive else [])]
        words += [document.number for document in self.documents]
        words += [str(Head(outcome.event.seq - 1, outcome.event.prev_hash)) for outcome in self.outcomes]
        return re.compile("|".join(map(re.escape, words)))

    def act(self, act: str, actor: Actor, **data: str) -> workflow.Outcome:
        outcome = super().act(act, actor, **data)
        self.outcomes.append(replace(outcome, event=self.events[-1]))
        for document in outcome.documents:
            self.act("record-sending", SYSTEM, document=document.number)
        return outcome


@dataclass
class Copier:
    """Writes cases in bulk, each the copy of a walk under a number and a name of its own."""

    db: sqlite3.Connection
    seal: Seal
    head: Head = NOTHING
    letters: int = 0
    directives: int = 0
    told: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    waiting: dict[str, list[rows.Values]] = field(default_factory=dict)
    counts: Counter[Tally] = field(default_factory=Counter)

    def copy(self, number: int, walk: Gone) -> None:
        swaps = {walk.at.id: f"2026-{number:06d}", "propaganda.example": f"site-{number}.example"}
        if walk.at.directive:
            self.directives += 1
            swaps[walk.at.directive] = f"FR-2026-{self.directives + 1000}"
        for document in walk.documents:
            self.letters += 1
            swaps[document.number] = f"D-2026-{self.letters:06d}"
        events = []
        for outcome in walk.outcomes:
            swaps[str(Head(outcome.event.seq - 1, outcome.event.prev_hash))] = str(self.head)
            events.append(self._step(outcome, walk, swaps))
        for before, event, case in workflow.stages(events):
            self.counts.update(tallies.counted(before, event, case))
        self.waiting.setdefault("cases", []).append(rows.case_to_row(case))
        for table, beside in projections.beside(case).items():
            lines = [dict(zip(projections.TABLES[table], row, strict=True)) for row in beside]
            self.waiting.setdefault(table, []).extend(lines)
        self.told.update(projections.tally(case))

    def _step(self, outcome: workflow.Outcome, walk: Gone, swaps: dict[str, str]) -> Event:
        seq, hashes, pattern = self.head.seq + 1, [], walk.pattern
        steps = {event.transition for event in walk.events}
        for document in outcome.documents:
            row = _swapped(rows.document_to_row(document, seq), pattern, swaps)
            row["sha256"] = hashlib.sha256(row["text"].encode()).hexdigest()
            hashes.append(row["sha256"])
            self._put("documents", row)
        raw = _swapped({**rows.event_to_row(outcome.event), "doc_sha256": "[]"}, pattern, swaps)
        event = replace(rows.event_from_row({**raw, "seq": seq}), doc_sha256=tuple(hashes))
        event = ledger.link(event, self.head.hash)
        self.head = Head(event.seq, event.hash)
        self._put("events", rows.event_to_row(event))
        for ordinal, effect in enumerate(outcome.effects, start=1):
            order = _swapped(rows.effect_to_row(effect, event.case, seq, ordinal), pattern, swaps)
            act = RECORDS[effect.kind, effect.payload.get("act", "")]
            self._put("outbox", order, next_at=event.at_utc.isoformat(), done=int(not act or BY_ACT[act].id in steps))
        return event

    def _put(self, table: str, row: rows.Values, **rest: str | int) -> None:
        self.waiting.setdefault(table, []).append({**row, "seal": self.seal.of(table, list(row.values())), **rest})

    def write(self) -> None:
        """Write what waits, in one transaction."""
        with self.db:
            self.waiting["tallies"] = [
                asdict(tally) | {"count": times} for tally, times in self.counts.items() if times
            ]
            self.db.execute("DELETE FROM tallies")
            for table in ("cases", "events", "documents", "outbox", "tallies", *projections.TABLES):
                lines = self.waiting.pop(table, [])
                if lines:
                    marks = ", ".join(f":{name}" for name in lines[0])
                    self.db.executemany(f"INSERT INTO {table} ({', '.join(lines[0])}) VALUES ({marks})", lines)
            told = [(*key, n) for key, n in self.told.items() if n]
            self.db.executemany("INSERT OR REPLACE INTO provider_tallies VALUES (?, ?, ?, ?)", told)


def _swapped(row: rows.Values, pattern: re.Pattern[str], swaps: dict[str, str]) -> rows.Values:
    def other(found: re.Match[str]) -> str:
        return swaps[found[0]]

    return {name: pattern.sub(other, value) if isinstance(value, str) else value for name, value in row.items()}


def walks(random: Random, now: datetime) -> dict[str, list[Gone]]:
    """Go to each state some times, so that the case stands there since another moment."""
    made: dict[str, list[Gone]] = {}
    for state in SHARES:
        for _ in range(WALKS):
            walk = Gone(now=now - timedelta(days=2, seconds=random.randrange(40 * 86400)))
            walk.go(*ROADS[state])
            made.setdefault(state, []).append(walk)
    return made


def fill(database: Path, count: int, now: datetime) -> Head:
    """Write so many cases into an empty store."""
    random = Random(1)
    gone = walks(random, now)
    states = random.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    with closing(sqlite3.connect(database)) as db:
        copier = Copier(db, keyfile.read(database))
        for number, state in enumerate(states, start=1):
            copier.copy(number, random.choice(gone[state]))
            if number % BATCH == 0 or number == count:
                copier.write()
        return copier.head


def asked_for(count: int, events: int) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Who asks for which pages; with a form: a POST."""
    case, middle = f"2026-{count // 2:06d}", events // 2
    cases = ["/cases", "/cases?state=C7", "/cases?awaited=review&open=yes", f"/cases?before={middle}", f"/cases/{case}"]
    found = [{"text": f"site-{count // 2}.ex"}, {"text": "e", "state": "C2"}]
    entries = [f"?case={case}", f"?actor={APPROVER}", "?transition=T12", f"?before={middle}", "/head"]
    return {
        OFFICER: [
            *((path, {}) for path in ("/today", *cases, "/cases/new", "/list", "/matrix", "/isps")),
            *(("/cases/search", form) for form in found),
        ],
        APPROVER: [("/today", {})],
        OVERSEER: [
            *((path, {}) for path in ("/oversight", "/ledger", "/statistics", "/statistics?ground=terrorism")),
            *((f"/ledger{path}", {}) for path in entries),
            ("/statistics.csv", {}),
        ],
        AUDITOR: [("/sign-ins", {})],
        CONTACT: [("/directives", {})],
    }


async def timed(client: Browser, path: str, form: dict[str, str]) -> float:
    began = time.perf_counter()
    answer = await (client.post(path, form) if form else client.request("GET", path))
    taken = 1000 * (time.perf_counter() - began)
    assert answer.status == 200, (path, answer.status)
    return taken


async def measured(folder: Path, count: int, asked: int, figures: Figures, *, judge: bool) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(running(folder))
        began, database = time.perf_counter(), desk.settings.admin.database
        head = await asyncio.to_thread(fill, database, count, TRIAL_DAY)
        figures.cases, figures.events, figures.seconds = count, head.seq, time.perf_counter() - began
        if judge:
            verdict = await asyncio.to_thread(audit.judge, database, head)
            figures.findings = [str(each) for each in verdict.findings]
        for number, pages in asked_for(count, head.seq).items():
            client = await stack.enter_async_context(browser(desk.url))
            await client.sign_in(number)
            await client.get("/")
            for path, form in pages:
                name = f"{number.partition('-')[0]:9} {path} {' '.join(form.values())}"
                await client.get("/cases" if form else "/sign-in")
                figures.pages[name] = [await timed(client, path, form) for _ in range(asked)]


def measure(*, reduced: bool, judge: bool) -> Figures:
    """Fill a store and ask for its pages."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as name:
        count, asked = (REDUCED, ASKED_REDUCED) if reduced else (CASES, ASKED)
        asyncio.run(measured(Path(name), count, asked, figures, judge=judge or reduced))
    return figures


def main() -> int:
    """Print the figures; 1 if a page is too slow or the store does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.desk_pages", description="the desk's pages, full of cases"
    )
    parser.add_argument("--reduced", action="store_true", help=f"{REDUCED} cases instead of {CASES}")
    parser.add_argument("--judge", action="store_true", help="judge the whole store too (minutes)")
    options = parser.parse_args()
    figures = measure(reduced=options.reduced, judge=options.judge)
    print(f"{figures.cases} cases, {figures.events} events, made in {figures.seconds:.0f} s")
    print("    p50     p95  ms")
    for page, times in figures.pages.items():
        print(f"{at(times, 0.5):7.1f} {at(times, 0.95):7.1f}  {page}")
    for each in [*figures.findings[:20], *(f"over {LIMIT:.0f} ms: {page}" for page in figures.slow())]:
        print(f"  {each}")
    return 1 if figures.findings or figures.slow() else 0


if __name__ == "__main__":
    sys.exit(main())
