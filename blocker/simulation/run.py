"""One simulation from its seed to what it left: the case road opened on a fresh store, and lived in.

Keeps true: the store, the workflow, the outbox, the letters' folder and the ledger are the real ones, on a real SQLite
file; simulated are time, people, the mail server and the list's repository.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from blocker.blocklist.dates import add_months
from blocker.cases import audit, checkpoint
from blocker.cases.letters import LetterChannel
from blocker.cases.road import Road, open_road
from blocker.config import BlocklistSettings, Settings
from blocker.desk_settings import AdminSettings, Overseer
from blocker.policy import CasesSettings
from blocker.simulation.invariants import Record
from blocker.simulation.people import People
from blocker.simulation.post import Interrupted, Post
from blocker.simulation.providers import PROVIDERS
from blocker.simulation.repository import Repository, RepositoryView, Ticking
from blocker.simulation.world import World

START = datetime(2026, 3, 2, 5, tzinfo=UTC)
"""A Monday: the first month has the clocks' change of March, and a year both."""

INTERRUPTED = 0.01
"""Of a hundred effects so many are carried out and not recorded, and so are carried out again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: from the same plan comes the same ledger, byte for byte."""

    seed: int
    months: int = 1
    days: int | None = None
    """Instead of months, for quick tests."""
    daily: float = 1.2

    @property
    def end(self) -> datetime:
        """When it ends."""
        if self.days is not None:
            return START + timedelta(days=self.days)
        return add_months(START, self.months, ZoneInfo("Europe/Paris"))


@dataclass(frozen=True, slots=True)
class Lived:
    """What is left afterwards, and how it went."""

    record: Record
    seconds: float
    versions: int
    interruptions: int
    replaced: int
    refused: dict[str, int]
    stuck: tuple[str, ...]


def simulate(plan: Plan, folder: Path) -> Lived:
    """Simulate in this empty folder."""
    return asyncio.run(_simulate(plan, folder))


async def _simulate(plan: Plan, folder: Path) -> Lived:
    began = time.monotonic()
    dice, ticking = Random(plan.seed), Ticking(START)
    repository, post = Repository(ticking), Post(ticking)
    view, settings = RepositoryView(repository), _settings(folder, dice)
    async with open_road(settings, ticking.clock, view) as road:
        letters = LetterChannel(settings.admin.letters, settings.admin.sender, post)
        channels = {
            "letter": Interrupted(letters, dice, INTERRUPTED),
            "list": Interrupted(repository, dice, INTERRUPTED),
        }
        road.channels = channels
        world = World(road, view, post, ticking, plan.end, dice, People(dice), plan.daily)
        await world.run()
        record = await _record(road, world, repository, settings)
    return Lived(
        record,
        time.monotonic() - began,
        view.versions,
        sum(each.lost for each in channels.values()),
        world.people.left,
        dict(world.refused),
        tuple(sorted(world.stuck)),
    )


def _settings(folder: Path, dice: Random) -> Settings:
    return Settings(
        data=folder,
        blocklist=BlocklistSettings(index=folder / "list" / "current.index"),
        admin=AdminSettings(
            database=folder / "redhand.sqlite3",
            letters=folder / "letters",
            isps=tuple(each.isp for each in PROVIDERS),
            overseer=Overseer(mail="overseer@oversight.example"),
        ),
        cases=CasesSettings(
            round_up_hour=dice.random() < 0.5,
            deemed_service=dice.random() < 0.5,
            emergency_basis="a law of this simulation",
            on_review_lapse=dice.choice(("alarm", "auto_propose_lift", "auto_lift")),
        ),
    )


async def _record(road: Road, world: World, repository: Repository, settings: Settings) -> Record:
    """Gather what is left; the overseer's head is taken first, and the database judged against it."""
    store = road.store
    head = checkpoint.read(checkpoint.write(await store.head(), world.time.now, store.seal))
    verdict = await asyncio.to_thread(audit.judge, settings.admin.database, head.head, head.key)
    cases = await store.cases()
    return Record(
        now=world.time.now,
        head=str(head.head),
        events=tuple(await store.events()),
        cases=cases,
        documents=tuple([document for case in cases for document in await store.documents(case.id)]),
        undone=tuple(row.id for row in await store.effects()),
        taken=dict(world.post.taken),
        commits=tuple((each.at, each.order["act"], each.order["path"], each.order) for each in repository.commits),
        listed=frozenset(path for path in repository.files if "/" in path),
        faults=tuple(str(each) for each in verdict.findings)
        + (() if verdict.complete else ("the ledger is not proved complete",))
        + tuple(f"the list refuses what was committed: {each}" for each in world.unlisted),
    )
