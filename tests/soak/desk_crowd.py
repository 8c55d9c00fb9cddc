"""Fifty officers at one desk at once: `python -m tests.soak.desk_crowd [--reduced]` prints figures; 1 if a claim fails.

Each has an approver, and all work the same cases over HTTP at a real `redhand admin`, reading pages all the while: so
many of them send a form for a case that has moved on. Nobody may get an answer that is none, nor the store say that it
is locked; of each step that was answered for, the ledger has to know.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from blocker.cases.integrity import audit
from blocker.clock import open_clock
from tests.admin.walking import STEPS as WALK
from tests.e2e.desk_process import desk_process, health, pin_clock
from tests.soak._desk_house import SHOWN, House, house
from tests.soak._desk_people import Pair, beside, lost

OFFICERS, REDUCED = 50, 6
STEPS, STEPS_REDUCED = 20, 4
PAGES = ("/today", "/cases", "/reports", "/list", "/matrix", "/isps")
UNHEARD_OF = ("locked", "Traceback", "request failed")
"""What the desk's log must not say."""


@dataclass
class Figures:
    """What the crowd got."""

    officers: int = 0
    steps: int = 0
    refused: int = 0
    pages: list[float] = field(default_factory=list)
    """Seconds that each page took."""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def work(pair: Pair, made: House, steps: int, figures: Figures) -> None:
    """Try so many steps, on whatever case comes next, while looking at pages."""
    pages = cycle(PAGES)
    async with beside(made.settings.admin.database) as store:
        for _ in range(steps):
            await asyncio.gather(
                pair.one_step(store, open_clock(made.folder).now()),
                look(pair, next(pages), figures),
                look(pair, next(pages), figures),
            )


async def look(pair: Pair, path: str, figures: Figures) -> None:
    began = time.monotonic()
    page = await pair.officer.request("GET", path)
    figures.pages.append(time.monotonic() - began)
    if page.status != 200:
        figures.wrong.append(f"{path}: {page.status} {page.words[:200]}")


async def rush(pairs: list[Pair], case: str, figures: Figures) -> None:
    """Let all of them see the same page, and then take the same step at once: one takes it, the others are told."""
    act, (_, entered) = "assess", WALK["assess"]
    turns = [(await pair.officer.get(f"/cases/{case}")).hidden("turn") for pair in pairs]
    answers = await asyncio.gather(
        *(
            pair.officer.post(f"/cases/{case}/{act}", {"turn": turn, **entered})
            for pair, turn in zip(pairs, turns, strict=True)
        )
    )
    late = [answer for answer in answers if answer.status == 409 and "Nothing was changed" in answer.words]
    figures.refused += len(late)
    if [answer.status for answer in answers].count(303) != 1 or len(late) != len(pairs) - 1:
        figures.wrong.append(f"the same step at once: {sorted(answer.status for answer in answers)}")


async def measure(officers: int, steps: int) -> Figures:
    """Let so many officers try so many steps each, all at once."""
    figures = Figures(officers)
    with tempfile.TemporaryDirectory() as folder:
        async with house(Path(folder), officers) as made:
            pin_clock(made.folder, made.now)
            shared: list[str] = []
            with desk_process(made.folder, made.port, made.more) as process:
                await asyncio.to_thread(health, made.port, process)
                for pair in made.pairs:
                    pair.cases = shared
                    await pair.sign_in()
                began = time.monotonic()
                await asyncio.gather(*(work(pair, made, steps, figures) for pair in made.pairs))
                figures.seconds = time.monotonic() - began
                await rush(made.pairs, await made.pairs[0].open_case(), figures)
            figures.wrong += [wrong for pair in made.pairs for wrong in pair.wrong]
            figures.wrong += [str(finding) for finding in audit.judge(made.settings.admin.database).findings]
            async with beside(made.settings.admin.database) as store:
                figures.wrong += await lost(store, [each for pair in made.pairs for each in pair.taken])
            log = (made.folder / "log").read_text()
            figures.wrong += [f"the log says {word!r}" for word in UNHEARD_OF if word in log]
            figures.steps = sum(len(pair.taken) for pair in made.pairs)
            figures.refused = sum(pair.refused for pair in made.pairs)
    return figures


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.desk_crowd", description="fifty officers at once")
    parser.add_argument("--reduced", action="store_true", help=f"{REDUCED} officers")
    counts = (REDUCED, STEPS_REDUCED) if parser.parse_args().reduced else (OFFICERS, STEPS)
    figures = asyncio.run(measure(*counts))
    times = sorted(figures.pages)
    print(
        f"officers at once, each with an approver  {figures.officers}\n"
        f"steps answered for                       {figures.steps}\n"
        f"refused, since the case had moved on     {figures.refused}\n"
        f"pages looked at meanwhile                {len(times)}, p95 {times[int(0.95 * len(times))] * 1000:.0f} ms\n"
        f"answers that are none, steps lost        {len(figures.wrong)}\n"
        f"seconds                                  {figures.seconds:.0f}"
    )
    print(*(f"  {each}" for each in figures.wrong[:SHOWN]), sep="\n")
    return 1 if figures.wrong or not figures.refused else 0


if __name__ == "__main__":
    sys.exit(main())
