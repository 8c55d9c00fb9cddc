"""One simulation from its seed to what it left: the case road opened on a fresh store, and lived in.

Keeps true: the store, the workflow, the outbox, letters, evidence and the ledger are the real ones, on a real SQLite
file; simulated are time, people, the mail outside and the list's repository.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from blocker.blocklist.dates import add_months
from blocker.blocklist.decode import decode
from blocker.cases import covering
from blocker.cases.case import Case
from blocker.cases.integrity import audit, checkpoint
from blocker.cases.isps.onboardings import Onboardings
from blocker.cases.terms import ABOUT
from blocker.distribution.source import shipped
from blocker.errors import Fault
from blocker.policy import CasesSettings
from blocker.simulation.days import Days
from blocker.simulation.invariants import Record
from blocker.simulation.office import Office
from blocker.simulation.people import People
from blocker.simulation.post import Post
from blocker.simulation.repository import Repository, Ticking
from blocker.simulation.world import World

STARTS = tuple(datetime(*day, 5, tzinfo=UTC) for day in ((2026, 12, 7), (2027, 3, 1), (2027, 10, 4)))
"""Mondays, one for each seed in turn: a month from them has the new year, and each change of the clocks."""
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made there is a private one
ROOM = 1 << 30
"""Bytes that a year may take, with some to spare."""
LAPSES = ("alarm", "auto_propose_lift", "auto_lift")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: from the same plan comes the same ledger, byte for byte but for the keys that seal it."""

    seed: int
    months: int = 1
    days: int | None = None
    """Instead of months, for quick tests."""
    daily: float = 1.2
    first: datetime | None = None
    """When it begins, as aware UTC; None: as the seed has it."""

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.first or STARTS[self.seed % len(STARTS)]

    @property
    def end(self) -> datetime:
        """When it ends."""
        if self.days is not None:
            return self.start + timedelta(days=self.days)
        return add_months(self.start, self.months, ZoneInfo("Europe/Paris"))

    @property
    def policy(self) -> CasesSettings:
        """What the law of this simulation says: three seeds in a row have every choice."""
        return CasesSettings(
            owner_clock_basis="sent" if self.seed % 3 == 0 else "received",
            round_up_hour=self.seed % 3 == 1,
            deemed_service=self.seed % 2 == 0,
            emergency_basis="a law of this simulation",
            on_review_lapse=LAPSES[self.seed % len(LAPSES)],
        )


@dataclass(frozen=True, slots=True)
class Lived:
    """What is left afterwards, and how it went."""

    plan: Plan
    record: Record
    seconds: float
    versions: int
    stops: int
    kills: int
    left: int
    refused: dict[str, int]
    stuck: tuple[str, ...]


def simulate(plan: Plan) -> Lived:
    """Simulate in a folder that is gone afterwards."""
    with scratch() as folder:
        return simulate_in(folder, plan)


def simulate_in(folder: Path, plan: Plan) -> Lived:
    """Simulate in this empty folder."""
    return asyncio.run(_simulate(plan, folder))


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder, in memory where the system has room for one: nothing here has to outlive a power cut."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    with tempfile.TemporaryDirectory(prefix="redhand-simulation-", dir=MEMORY if roomy else None) as folder:
        yield Path(folder)


async def _simulate(plan: Plan, folder: Path) -> Lived:
    began = time.monotonic()
    dice, ticking = Random(plan.seed), Ticking(plan.start)
    post = Post(ticking, dice, folder / "incoming")
    office = Office(folder, plan.policy, ticking, dice, post, Repository(ticking))
    await office.open()
    try:
        world = World(office, People(dice), dice)
        await Days(world, plan.daily).begin(plan.end - plan.start)
        await world.run(plan.end)
        record = await _record(office, world)
    finally:
        await office.close()
    return Lived(
        plan,
        record,
        time.monotonic() - began,
        office.lists.versions,
        office.stops,
        office.kills,
        len(world.people.left),
        dict(world.refused),
        tuple(sorted(world.stuck)),
    )


async def _record(office: Office, world: World) -> Record:
    """Gather what is left; the overseer's head is taken first, and the database judged against it."""
    store, repository = office.road.store, office.repository
    head = checkpoint.read(checkpoint.write(await store.head(), office.time.now, store.seal))
    verdict = await asyncio.to_thread(audit.judge, office.settings.admin.database, head.head, head.key)
    cases = await store.cases()
    joined = {each.order.isp for each in await Onboardings(store).all()}
    told = (ABOUT, *sorted(joined), *(case.id for case in cases))
    return Record(
        now=office.time.now,
        by_sending=office.policy.owner_clock_basis == "sent",
        head=str(head.head),
        events=tuple(await store.events()),
        cases=cases,
        documents=tuple([each for about in told for each in await store.documents(about)]),
        undone=tuple(row.id for row in await store.effects()),
        taken=dict(office.post.taken),
        told=dict(office.post.told),
        commits=tuple((each.at, each.order["act"], each.order["path"], each.order) for each in repository.commits),
        listed=frozenset(path for path in repository.files if "/" in path),
        acknowledged=dict(world.acknowledged),
        faults=tuple(str(each) for each in verdict.findings)
        + (() if verdict.complete else ("the ledger is not proved complete",))
        + tuple(f"the list refuses what was committed: {each}" for each in world.unlisted)
        + tuple(f"{each.file}: {each.message}" for each in _uncovered(repository.files, cases)),
    )


def _uncovered(files: Mapping[str, bytes], cases: Sequence[Case]) -> Iterable[Fault]:
    """Return what `redhand lists check --cases` says."""
    blocklist = decode(files, shipped()).blocklist
    if blocklist is None:
        raise RuntimeError("the list of a simulation can be read")
    return covering.faults(blocklist, files, cases, ())
