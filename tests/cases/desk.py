"""A whole case road on one machine: a real list repository and database, letters in a folder, a clock that is set."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from blocker.cases.case import Actor, Case
from blocker.cases.road import Road, open_road
from blocker.clock import Clock
from blocker.config import BlocklistSettings, Settings
from blocker.desk_settings import AdminSettings, Isp
from blocker.distribution.sync import Sync
from tests.cases.walking import START, entered

LIST = "title: {fr: essai, en: trial}\nenvironment: trial\ntimezone: Europe/Paris\nmay_be_empty: false\n"
STANDING = """directive: FR-2026-0001
case: trial
ground: terrorism
issued: 2026-11-20T00:00:00Z
review_by: 2027-02-01
expires: 2027-02-01
names: [{name: standing.example, scope: domain}]
"""


def git(directory: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Officer", "-c", "user.email=officer@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=directory, capture_output=True, check=True, text=True)
    return done.stdout


def make_lists(directory: Path) -> Path:
    (directory / "terrorism").mkdir(parents=True)
    (directory / "list.yaml").write_text(LIST)
    (directory / "terrorism" / "FR-2026-0001.yaml").write_text(STANDING)
    git(directory, "init", "-q", "-b", "main")
    git(directory, "add", ".")
    git(directory, "commit", "-qm", "begin")
    return directory


def settings(data: Path) -> Settings:
    return Settings(
        data=data,
        blocklist=BlocklistSettings(index=data / "list" / "current.index", lists=data / "lists"),
        admin=AdminSettings(
            database=data / "redhand.sqlite3",
            lists=data / "lists",
            letters=data / "letters",
            incoming=data / "incoming",
            evidence=data / "evidence",
            isps=(Isp(id="isp-a", name="First Provider", mail="noc@isp-a.example"),),
        ),
    )


def clock_at(now: datetime) -> Clock:
    """A clock that stands still."""
    return Clock(scale=0.0, trial_epoch=now.timestamp())


@dataclass
class Desk:
    """An open road whose time the test moves, and whose outbox and list works when told to."""

    road: Road
    settings: Settings
    sync: Sync

    def later(self, **delta: float) -> None:
        self.road.clock = self.sync.clock = clock_at(self.road.now() + timedelta(**delta))

    async def act(self, case: Case | None, act: str, actor: Actor, **data: str) -> Case:
        values = {**entered(act, self.road.now()), **data}
        return await self.road.act(case.id if case else None, act, actor, values, turn=case.turn if case else None)

    async def go(self, case: Case | None, *steps: tuple[str, Actor]) -> Case:
        """Take steps; whatever the system itself would do in between is left out."""
        for act, actor in steps:
            if act == "24h":
                self.later(hours=24)
            else:
                name, _, chosen = act.partition(" ")
                field = "channel" if name == "record-search" else "isp"
                case = await self.act(case, name, actor, **({field: chosen} if chosen else {}))
        assert case is not None
        return case

    async def work(self, case: Case) -> Case:
        """One round of the outbox, after the list was built anew if it changed."""
        self.sync.look(self.settings.admin.lists)
        await self.road.outbox().tick()
        return await self.see(case)

    async def see(self, case: Case) -> Case:
        found = await self.road.store.case(case.id)
        assert found is not None
        return found

    def letters(self) -> list[str]:
        return sorted(
            path.name for path in self.settings.admin.letters.glob("*.eml")
        )  # a kill may leave a .part behind

    def log(self) -> list[str]:
        return git(self.settings.admin.lists, "log", "--first-parent", "--format=%s").splitlines()


@asynccontextmanager
async def open_desk(data: Path, now: datetime = START) -> AsyncIterator[Desk]:
    if not (data / "lists").exists():
        make_lists(data / "lists")
    made = settings(data)
    async with open_road(made, clock_at(now)) as road:
        yield Desk(road, made, Sync(made, clock_at(now)))


def agreed(desk: Desk, **terms: object) -> None:
    """Let the desk work under other settings, as if two people had approved them."""
    desk.road.agreed = replace(desk.road.agreed, terms=desk.road.terms.model_copy(update=terms))
