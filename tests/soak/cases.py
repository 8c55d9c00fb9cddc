"""kill -9 at every step of the case road: `python -m tests.soak.cases [--reduced]` prints figures; 1 if a claim fails.

A case is walked from report to lifting by a process that is killed at one of the places where something becomes
durable, once for each place (reduced: for some three of them, evenly spread); each time it is started again, goes on,
and the end is judged: nothing is lost and nothing is doubled. Letters go through a real mail server over TLS.
"""

import argparse
import asyncio
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from blocker.cases import workflow
from blocker.cases.case import State
from blocker.cases.integrity import ledger
from tests.cases.desk import git, make_lists, open_desk
from tests.cases.mail_server import Server, mail_server
from tests.certificates import Authority

ROOT = Path(__file__).parents[2]
REDUCED = 3
STEPS = Counter(
    [
        *("T1", "T2", "T3", "T4", "T4p", "Tv", "T8", "T10", "T10c", "T10d", "Tid", "T11"),
        *("T12p", "T12", "T12c", "T12d", "Tid", "T16"),
    ]
)
"""Every step of the road, once; letters are counted apart."""

LETTERS = 6
"""The request to the owner, information, directive and unblocking directive to the one ISP."""


@dataclass
class Figures:
    """What the kills showed."""

    places: int = 0
    kills: int = 0
    copies: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(data: Path, point: int, server: Server, authority: Authority) -> "subprocess.CompletedProcess[str]":
    """Walk on in a process of its own, which is killed at `point`."""
    command = [sys.executable, "-m", "tests.soak._cases_worker", str(data), str(point)]
    command += [str(server.port), str(authority.certificate)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


async def judged(data: Path, server: Server) -> tuple[list[str], int]:
    """What is wrong with the end, in words; and how many copies of letters the mail server got."""
    async with open_desk(data) as desk:
        ledgered = await desk.road.store.events()
        cases = await desk.road.store.cases()
        events = tuple(event for event in ledgered if any(event.case == case.id for case in cases))
        left = await desk.road.store.effects()
        documents = [number for case in cases for number in await desk.road.store.documents(case.id)]
    wrong = []
    if broken := ledger.verify(ledgered):
        wrong.append(f"the ledger does not hold: {broken}")
    if [case.state for case in cases] != [State.LIFTED] or left:
        wrong.append(f"cases {[case.state for case in cases]}, effects left {len(left)}")
    if cases and workflow.fold(events) != cases[0]:
        wrong.append("the case is not what its events make of it")
    steps = Counter(event.transition for event in events)
    sent = [event.data["document"] for event in events if event.transition == "Ts"]
    if Counter({step: count for step, count in steps.items() if step != "Ts"}) != STEPS:
        wrong.append(f"steps {dict(steps - STEPS)} too many, {dict(STEPS - steps)} missing")
    if sorted(sent) != sorted(document.number for document in documents) or len(sent) != LETTERS:
        wrong.append(f"{len(documents)} letters issued, {len(sent)} recorded as sent")
    taken = Counter(each.message_id for each in server.received)
    if len(taken) != LETTERS or not all(each.tls for each in server.received):
        wrong.append(f"{len(taken)} letters reached the mail server")
    log = git(data / "lists", "log", "--first-parent", "--format=%s").splitlines()
    if [line.split(":")[1].split(",")[0].strip() for line in log[:-1]] != ["lift", "block"]:
        wrong.append(f"commits {log}")
    if git(data / "lists", "status", "--porcelain"):
        wrong.append("the work tree differs from HEAD")
    return wrong, sum(taken.values()) - len(taken)


def killed_at(point: int, folder: Path, authority: Authority, figures: Figures) -> None:
    """One walk with one kill, judged."""
    data = folder / f"at-{point}"
    make_lists(data / "lists")
    with mail_server(authority) as server:
        first = run(data, point, server, authority)
        if point and first.returncode != -signal.SIGKILL:
            figures.wrong.append(f"place {point}: ended with {first.returncode} before the kill: {first.stderr[-300:]}")
        figures.kills += first.returncode == -signal.SIGKILL
        last = run(data, 0, server, authority) if point else first
        if last.returncode:
            figures.wrong.append(f"place {point}: could not go on: {last.stderr[-500:]}")
            return
        if not point:
            figures.places = int(last.stdout)
        wrong, copies = asyncio.run(judged(data, server))
    figures.copies += copies
    figures.wrong += [f"place {point}: {each}" for each in wrong]
    shutil.rmtree(data)


def measure(*, reduced: bool) -> Figures:
    """Kill at every place, or at some of them."""
    began, figures = time.monotonic(), Figures()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = Authority.made(folder / "authority")
        killed_at(0, folder, authority, figures)
        step = max(1, figures.places // REDUCED) if reduced else 1
        for point in range(1, figures.places + 1, step):
            killed_at(point, folder, authority, figures)
    figures.seconds = time.monotonic() - began
    return figures


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.cases", description="kill -9 at every step of the road")
    parser.add_argument("--reduced", action="store_true", help="some three places instead of all")
    figures = measure(reduced=parser.parse_args().reduced)
    sys.stdout.write(
        f"places where a step becomes durable  {figures.places}\n"
        f"kill -9, each then started again     {figures.kills}\n"
        f"steps lost, doubled or half done     {len(figures.wrong)}\n"
        f"letters sent twice (same Message-ID) {figures.copies}\n"
        f"seconds                              {figures.seconds:.0f}\n"
    )
    sys.stdout.writelines(f"  {each}\n" for each in figures.wrong)
    return 1 if figures.wrong or not figures.kills else 0


if __name__ == "__main__":
    sys.exit(main())
