"""kill -9 of a desk at work: `python -m tests.soak.desk_kills [--reduced] [--seed N]`; 1 if a claim fails.

`redhand admin` runs as its own process; officers and approvers work at it over HTTP, letters go to a real mail server
over TLS, decisions to a real git work tree, whose list another process's work puts in force. At a random moment of all
that it is killed; after each kill the store is judged with the last head that somebody kept, and it is started again, a
day later by its clock. In the end all that was decided has to be done, once.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - the same moments every time

import aiohttp
from click.testing import CliRunner

from blocker.cases.integrity import audit
from blocker.cases.integrity.ledger import Head
from blocker.cases.queries import Queries
from blocker.cli import main as redhand
from blocker.clock import open_clock
from blocker.distribution.sync import Sync
from tests.cases.desk import git
from tests.e2e.desk_process import desk_process, health, pin_clock
from tests.soak._desk_house import SHOWN, House, house
from tests.soak._desk_people import Pair, beside, lost

KILLS, REDUCED = 60, 2
PAIRS, PAIRS_REDUCED = 2, 1
MOST_STEPS = 10
"""Steps that each pair takes before a kill, at most, on average."""
MOMENT = 0.05
"""Seconds within which the kill comes after the last of them."""
A_DAY = timedelta(hours=24, minutes=5)
PATIENCE = 120.0


@dataclass
class Figures:
    """What the kills showed."""

    kills: int = 0
    between: int = 0
    """Kills that left something to do."""
    steps: int = 0
    refused: int = 0
    letters: int = 0
    copies: int = 0
    commits: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def work(pair: Pair, store: Queries, made: House) -> None:
    """Work until the desk is gone."""
    try:
        await pair.sign_in()
        await pair.find_own(store)
        while not pair.wrong:
            await pair.one_step(store, open_clock(made.folder).now())
    except (aiohttp.ClientError, ConnectionError):
        return  # whether the last step was taken, the store will tell


async def put_in_force(made: House) -> None:
    """Put what is on the list in force, as a resolver's parent does beside the desk, until cancelled."""
    sync = Sync(made.settings, open_clock(made.folder))
    lists = made.settings.admin.lists
    while True:
        await asyncio.to_thread(sync.look, lists)
        await asyncio.sleep(0.5)


async def one_life(made: House, random: Random | None) -> Head:
    """Start the desk and work; kill it, or without `random` let it end all that is to be done.

    Returns the last head of the ledger that somebody kept.
    """
    pin_clock(made.folder, made.now)
    with desk_process(made.folder, made.port, made.more) as process:
        await asyncio.to_thread(health, made.port, process)
        async with beside(made.settings.admin.database) as store:
            beside_it = [asyncio.create_task(put_in_force(made))]
            if random is None:
                await all_done(store)
            else:
                beside_it += [asyncio.create_task(work(pair, store, made)) for pair in made.pairs]
                await under_way(made.pairs, random.randint(1, MOST_STEPS) * len(made.pairs))
                await asyncio.sleep(random.uniform(0, MOMENT))
            head = await store.head()
            if random is not None:
                process.kill()
                await asyncio.to_thread(process.wait)
                await asyncio.gather(*beside_it[1:])
            beside_it[0].cancel()
            await asyncio.gather(*beside_it, return_exceptions=True)
    made.now = open_clock(made.folder).now() + A_DAY
    return head


async def under_way(pairs: list[Pair], steps: int) -> None:
    """Wait until so many steps have been answered, or somebody has an answer that nobody should get."""
    wanted = sum(len(pair.taken) for pair in pairs) + steps
    end = time.monotonic() + PATIENCE
    while sum(len(pair.taken) for pair in pairs) < wanted and not any(pair.wrong for pair in pairs):
        assert time.monotonic() < end, "nobody gets on"
        await asyncio.sleep(0.005)


async def all_done(store: Queries) -> None:
    """Wait until nothing is left to do, or nothing has been done for long; the end is judged after it."""
    left, since = len(await store.effects()), time.monotonic()
    while left and time.monotonic() < since + PATIENCE:
        await asyncio.sleep(0.1)
        if (now := len(await store.effects())) != left:
            left, since = now, time.monotonic()


async def judged(made: House, head: Head, figures: Figures) -> None:
    """Judge what a kill left."""
    database = made.settings.admin.database
    verdict = await asyncio.to_thread(audit.judge, database, head)
    figures.wrong += [f"kill {figures.kills}: {finding}" for finding in verdict.findings]
    async with beside(database) as store:
        taken = [each for pair in made.pairs for each in pair.taken]
        figures.wrong += [f"kill {figures.kills}: {each}" for each in await lost(store, taken)]
        figures.between += bool(await store.effects())
    figures.wrong += [f"kill {figures.kills}: {each}" for pair in made.pairs for each in pair.wrong]


async def judged_at_the_end(made: House, head: Head, figures: Figures) -> None:
    """Judge letters, commits and the ledger once all is done."""
    async with beside(made.settings.admin.database) as store:
        events, cases = await store.events(), await store.cases()
        issued = await store.fetch("SELECT number FROM documents ORDER BY number")
        for row in await store.effects():
            figures.wrong.append(f"{row.kind} {row.id}: {row.attempts} tries, {row.last_error}")
    sent = [event.data for event in events if event.transition == "Ts"]
    if sorted(each["document"] for each in sent) != [row["number"] for row in issued]:
        figures.wrong.append(f"{len(issued)} letters issued, {len(sent)} recorded as sent")
    taken = Counter(each.message_id for each in made.server.received)
    if set(taken) != {each["message_id"] for each in sent}:
        figures.wrong.append(f"{len(taken)} letters reached the mail server, {len(sent)} are recorded")
    figures.letters, figures.copies = len(taken), sum(taken.values()) - len(taken)
    wanted = Counter(f"block, {case.directive}" for case in cases if case.commit)
    # A lift that was quicker than the block's commit has nothing to take off the list.
    wanted += Counter(f"lift, {case.directive}" for case in cases if case.commit and case.lift_commit)
    lists = made.settings.admin.lists
    subjects = git(lists, "log", "--first-parent", "--format=%s").splitlines()
    found = Counter(subject.partition(": ")[2] for subject in subjects if ": " in subject)
    if found != wanted:
        figures.wrong.append(f"commits {found - wanted} too many, {wanted - found} missing")
    if unclean := git(lists, "status", "--porcelain"):
        figures.wrong.append(f"the work tree differs from HEAD: {unclean}")
    figures.commits = found.total()
    ran = CliRunner().invoke(redhand, ("cases", "verify", "--head", str(head), "--config", str(made.config)))
    if ran.exit_code:
        figures.wrong.append(f"redhand cases verify: {ran.output}")


async def measure(kills: int, pairs: int, seed: int) -> Figures:
    """Kill so many times, then let the desk end its work."""
    began, figures, random = time.monotonic(), Figures(), Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), pairs) as made:
            for _ in range(kills):
                head = await one_life(made, random)
                figures.kills += 1
                await judged(made, head, figures)
                if figures.wrong:
                    return figures
            head = await one_life(made, None)
            await judged_at_the_end(made, head, figures)
            figures.steps = sum(len(pair.taken) for pair in made.pairs)
            figures.refused = sum(pair.refused for pair in made.pairs)
    figures.seconds = time.monotonic() - began
    return figures


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.desk_kills", description="kill -9 of a desk at work")
    parser.add_argument("--reduced", action="store_true", help=f"{REDUCED} kills instead of {KILLS}")
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args()
    counts = (REDUCED, PAIRS_REDUCED) if wish.reduced else (KILLS, PAIRS)
    figures = asyncio.run(measure(*counts, wish.seed))
    print(
        f"kill -9 of the desk at work            {figures.kills}, {figures.between} of them with something left to do\n"
        f"steps that the desk answered for       {figures.steps}, {figures.refused} refused since the case moved on\n"
        f"letters, each at the mail server       {figures.letters}\n"
        f"copies of letters (same Message-ID)    {figures.copies}\n"
        f"commits to the list                    {figures.commits}\n"
        f"lost, doubled, half done, or broken    {len(figures.wrong)}\n"
        f"seconds                                {figures.seconds:.0f}"
    )
    print(*(f"  {each}" for each in figures.wrong[:SHOWN]), sep="\n")
    return 1 if figures.wrong or not figures.between else 0


if __name__ == "__main__":
    sys.exit(main())
