"""A desk's store with as many cases as a ministry has in years, each event linked and folded as the desk does it.

A few cases go their road on the real procedure, at times of their own and with twenty providers; the others are the
same again under other numbers and names, written in bulk. Reports, accounts, sign-ins and what resolvers reported are
rows that nothing follows from.
"""

import hashlib
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random  # noqa: TID251 - the same store every time

from blocker.cases import projections, rows, tallies, workflow
from blocker.cases.answer_links import fingerprint
from blocker.cases.case import SYSTEM, Actor, Event
from blocker.cases.context import Context, Recipient
from blocker.cases.integrity import keyfile, ledger
from blocker.cases.integrity.ledger import NOTHING, Head
from blocker.cases.integrity.seal import Seal
from blocker.cases.outbox import RECORDS
from blocker.cases.table import BY_ACT
from blocker.cases.tallies import Tally
from blocker.cases.terms import ABOUT
from tests.cases.walking import ROADS, Walk, context

ISPS = tuple(f"isp-{letter}" for letter in "abcdefghijklmnopqrst")
PROVIDERS = tuple(Recipient(isp, isp.upper().replace("-", " "), f"noc@{isp}.example") for isp in ISPS)

SHARES = {
    "C0": 26,
    "C1": 22,
    "C2": 10,
    "C3": 4,
    "C4": 8,
    "C5": 1,
    "C5d": 0.5,
    "C6": 0.5,
    "C7": 3,
    "C9": 0.3,
    "C10": 0.7,
    "C12": 24,
}
"""How many of a hundred cases stand where: some ten events each, a hundred where twenty providers have blocked."""

FIRST = {state: f"2026-{number:06d}" for number, state in enumerate(SHARES, start=1)}
"""The first case in each state."""

WALKS = 12
"""Roads to each state that are really gone, each begun at another time."""

BATCH = 2000
SETTINGS_LETTER = "D-2025-000001"
LINK = "a-link-that-an-owner-was-given"
VERSIONS = 200
"""Versions of the list that each of two resolvers of each provider has reported, of a hundred thousand cases."""
ACCOUNTS, SIGN_INS = 300, 50_000


@dataclass
class Gone(Walk):
    """A walk that keeps each outcome, after which each letter was sent, and on which all providers do what one does."""

    context: Context = field(default_factory=lambda: context(letterhead=replace(context().letterhead, isps=PROVIDERS)))
    outcomes: list[workflow.Outcome] = field(default_factory=list)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds all that differs from one copy to the next."""
        words = [self.at.id, "propaganda.example", *([self.at.directive] if self.at.directive else [])]
        words += [document.number for document in self.documents]
        words += [str(Head(outcome.event.seq - 1, outcome.event.prev_hash)) for outcome in self.outcomes]
        return re.compile(f"({'|'.join(map(re.escape, words))})")

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        return {}

    def swapped(self, row: rows.Values, swaps: dict[str, str]) -> rows.Values:
        """Return a row of the walk as the copy has it; where its texts are to be cut is found once."""
        return {name: self._swapped(value, swaps) if isinstance(value, str) else value for name, value in row.items()}

    def _swapped(self, text: str, swaps: dict[str, str]) -> str:
        parts = self._parts.get(text)
        if parts is None:
            parts = self._parts[text] = self.pattern.split(text)
        if len(parts) == 1:
            return text
        return "".join(swaps[part] if number % 2 else part for number, part in enumerate(parts))

    @cached_property
    def steps(self) -> frozenset[str]:
        return frozenset(event.transition for event in self.events)

    @cached_property
    def counts(self) -> Counter[Tally]:
        """What the walk adds to the statistics, and so each copy: they hold no name and no number."""
        counted: Counter[Tally] = Counter()
        for before, event, case in workflow.stages(self.events):
            counted.update(tallies.counted(before, event, case))
        return counted

    def go(self, *steps: tuple[str, Actor]) -> "Gone":
        for act, actor in steps:
            if act == "isp-applied isp-a":
                for isp in PROVIDERS:
                    self.now += timedelta(minutes=1)
                    super().go((f"isp-received {isp.id}", SYSTEM), (f"isp-applied {isp.id}", SYSTEM))
            elif act != "isp-applied isp-b":
                super().go((act, actor))
        return self

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
    seal: Seal | None
    """None where nobody judges the store: seals are half of the work."""
    head: Head
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
        case = workflow.fold(tuple(events))
        assert case is not None
        self.counts.update(walk.counts)
        self.waiting.setdefault("cases", []).append(rows.case_to_row(case))
        for table, beside in projections.beside(case).items():
            lines = [dict(zip(projections.TABLES[table], row, strict=True)) for row in beside]
            self.waiting.setdefault(table, []).extend(lines)
        self.told.update(projections.tally(case))

    def _step(self, outcome: workflow.Outcome, walk: Gone, swaps: dict[str, str]) -> Event:
        seq, hashes = self.head.seq + 1, list[str]()
        for document in outcome.documents:
            row = walk.swapped(rows.document_to_row(document, seq), swaps)
            row["sha256"] = hashlib.sha256(row["text"].encode()).hexdigest()
            hashes.append(row["sha256"])
            self._put("documents", row)
        raw = walk.swapped({**rows.event_to_row(outcome.event), "doc_sha256": "[]"}, swaps)
        event = replace(rows.event_from_row({**raw, "seq": seq}), doc_sha256=tuple(hashes))
        event = ledger.link(event, self.head.hash)
        self.head = Head(event.seq, event.hash)
        self._put("events", rows.event_to_row(event))
        for ordinal, effect in enumerate(outcome.effects, start=1):
            order = walk.swapped(rows.effect_to_row(effect, walk.at.id, 0, ordinal), swaps)
            order |= {"id": f"{seq}.{ordinal}", "seq": seq}
            act = RECORDS[effect.kind, effect.payload.get("act", "")]
            self._put(
                "outbox", order, next_at=event.at_utc.isoformat(), done=int(not act or BY_ACT[act].id in walk.steps)
            )
        return event

    def _put(self, table: str, row: rows.Values, **rest: str | int) -> None:
        seal = "" if self.seal is None else self.seal.of(table, list(row.values()))
        self.waiting.setdefault(table, []).append({**row, "seal": seal, **rest})

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


def walks(random: Random, now: datetime) -> dict[str, list[Gone]]:
    """Go to each state some times, so that the case stands there since another moment."""
    made: dict[str, list[Gone]] = {}
    for state in SHARES:
        for _ in range(WALKS):
            ago = timedelta(days=2, seconds=random.randrange(40 * 86400))
            if state == "C6":  # told within the hour: what is over time is the system's to do, and it would be at it
                ago = timedelta(hours=24, minutes=random.randrange(5, 50))
            made.setdefault(state, []).append(Gone(now=now - ago).go(*ROADS[state]))
    return made


def fill(database: Path, count: int, now: datetime, *, sealed: bool) -> Head:
    """Write so many cases, and all else, into a store without any; return the head of its ledger."""
    random = Random(1)
    gone = walks(random, now)
    states = [*SHARES, *random.choices(list(SHARES), weights=list(SHARES.values()), k=count - len(SHARES))]
    with closing(sqlite3.connect(database)) as db:
        last = db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        copier = Copier(db, keyfile.read(database) if sealed else None, Head(*last) if last else NOTHING)
        for number, state in enumerate(states, start=1):
            copier.copy(number, random.choice(gone[state]))
            if number % BATCH == 0 or number == count:
                copier.write()
        # What was not done is tried again tomorrow.
        later = (now + timedelta(days=1)).isoformat()
        db.execute("UPDATE outbox SET next_at = ? WHERE NOT done", (later,))
        _fill_the_rest(db, random, count, now)
        db.commit()
        return copier.head


def _fill_the_rest(db: sqlite3.Connection, random: Random, count: int, now: datetime) -> None:
    scale, at = count / 100_000, now.isoformat()
    states = random.choices(
        [*("received", "duplicate", "dismissed"), "referred"], weights=[4, 50, 40, 6], k=max(10, count)
    )
    db.executemany(
        "INSERT INTO reports (source, note, number, reference, url, key, seen_at, received_at, state, of_number, "
        "platform, channel, sent_at, referral_state) VALUES ('hotline', 'seen', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (f"R-2026-{n:06d}", f"h-{n}", f"https://site-{n}.example/a", f"site-{n}.example/a", at, at, state)
            + (("R-2026-000001",) if state == "duplicate" and n > 1 else (None,))
            + (("platform", "form", at, "sent") if state == "referred" else (None,) * 4)
            for n, state in enumerate(states, start=1)
        ],
    )
    db.executemany(
        "INSERT INTO acknowledgements VALUES (?, ?, ?, 'national', ?, ?, ?)",
        [
            (isp, f"resolver-{resolver}", f"{serial:064x}", serial, at, at)
            for isp in ISPS
            for resolver in (1, 2)
            for serial in range(1, 6 + int(VERSIONS * scale))
        ],
    )
    people = [f"agent-{number}" for number in range(1000, 1000 + max(10, int(ACCOUNTS * scale)))]
    db.executemany(
        "INSERT INTO accounts (number, role, created_at) VALUES (?, 'officer', ?)", [(each, at) for each in people]
    )
    db.executemany(
        "INSERT INTO sign_ins (at, number, outcome) VALUES (?, ?, 'in')",
        [
            ((now - timedelta(minutes=n)).isoformat(), random.choice(people))
            for n in range(max(10, int(SIGN_INS * scale)))
        ],
    )
    db.execute(
        "INSERT INTO answer_links (document, sha256) SELECT min(number), ? FROM documents WHERE case_id = ?",
        (fingerprint(LINK), FIRST["C3"]),
    )


def add_letter_of_settings(database: Path) -> None:
    """Add one, under its number: after judging, since nothing issued it."""
    with closing(sqlite3.connect(database)) as db:
        db.execute(
            "INSERT INTO documents SELECT ?, ?, seq, kind, recipient, mail, subject, text, sha256, issued_at, seal "
            "FROM documents LIMIT 1",
            (SETTINGS_LETTER, ABOUT),
        )
        db.commit()
