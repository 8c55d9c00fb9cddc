"""kill -9 of the process that carries decisions out: nothing is lost and nothing is doubled."""

import asyncio
import fcntl
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from blocker.cases import workflow
from blocker.cases.case import Case
from blocker.cases.channels import Due
from blocker.cases.integrity import ledger
from tests.cases.desk import Desk, git, open_desk
from tests.cases.walking import APPROVER, LIFTING, START, TO_C3, TO_C5

pytestmark = pytest.mark.e2e

KILLS = tuple(number * 0.006 for number in range(24))
"""Seconds after "ready": spread over the whole of what the worker does at its first round."""


def work_and_kill(data: Path, now: datetime, after: float) -> None:
    command = [sys.executable, "-m", "tests.e2e.cases_worker", str(data), now.isoformat()]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
            time.sleep(after)
        finally:
            worker.kill()
    _let_go(data)


def _let_go(data: Path) -> None:
    """Wait until a git that was just being started, and had no time to become git, holds the desk's lock no longer."""
    deadline = time.monotonic() + 10
    with (data / "redhand.sqlite3.lock").open("rb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                assert time.monotonic() < deadline, "somebody else holds the store"
                time.sleep(0.01)
            else:
                return


async def left_to_do(data: Path, now: datetime) -> int:
    async with open_desk(data, now) as desk:
        return len(await desk.road.store.effects())


async def prepared(data: Path) -> tuple[Case, datetime]:
    """Two cases with letters to write and a directive to commit, none of it done."""
    async with open_desk(data) as desk:
        other = await desk.act(None, "report", TO_C3[0][1], names="other.example")
        await desk.go(other, *TO_C3[1:])
        case = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        return case, desk.road.now()


async def judged(data: Path, now: datetime) -> Counter[str]:
    """All effects are done, once each; returns how often each step stands in the ledger."""
    async with open_desk(data, now) as desk:
        while await desk.road.store.effects():
            await desk.road.outbox().tick()
        events = await desk.road.store.events()
        assert ledger.verify(events) is None
        for case in await desk.road.store.cases():
            assert workflow.fold(await desk.road.store.events(case.id)) == case
        sent = [event.data["document"] for event in events if event.transition == "Ts"]
        assert sorted(sent) == sorted(set(sent)) == [name.removesuffix(".eml") for name in desk.letters()]
        return Counter(event.transition for event in events)


def test_no_kill_loses_or_doubles_a_letter_or_a_commit(tmp_path: Path):
    case, now = asyncio.run(prepared(tmp_path))
    interrupted = 0
    for after in KILLS:
        work_and_kill(tmp_path, now, after)
        left = asyncio.run(left_to_do(tmp_path, now))
        interrupted += left > 0
        if not left:
            break
    assert interrupted, "no kill came in between: the test shows nothing"
    steps = asyncio.run(judged(tmp_path, now))
    assert (steps["T10"], steps["T10c"], steps["Ts"]) == (1, 1, 4)
    assert git(tmp_path / "lists", "log", "--first-parent", "--format=%s").splitlines() == [
        f"terrorism: block, {case.directive}",
        "begin",
    ]
    assert git(tmp_path / "lists", "status", "--porcelain") == ""


async def killed_before_the_record(desk: Desk) -> None:
    """Carry out whatever is due and record nothing of it: what a kill just before the record leaves."""
    for row in await desk.road.store.effects():
        document = await desk.road.store.document(row.payload["document"]) if row.kind == "letter" else None
        await desk.road.channels[row.kind].carry_out(Due(row, document))


@pytest.mark.asyncio
async def test_a_commit_without_its_record_is_found_and_recorded_once(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        await killed_before_the_record(desk)
        now, commit = desk.road.now(), git(tmp_path / "lists", "rev-parse", "HEAD").strip()
        assert (await desk.see(case)).commit is None
    async with open_desk(tmp_path, now) as desk:
        for _ in range(3):
            await desk.road.outbox().tick()
        assert (await desk.see(case)).commit == commit
        assert [event.transition for event in await desk.road.store.events(case.id)].count("T10c") == 1
        assert git(tmp_path / "lists", "rev-parse", "HEAD").strip() == commit


@pytest.mark.asyncio
async def test_a_removal_without_its_record_is_found_and_recorded_once(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        case = await desk.work(await desk.work(case))
        case = await desk.go(case, *LIFTING)
        await killed_before_the_record(desk)
        now, commit = desk.road.now(), git(tmp_path / "lists", "rev-parse", "HEAD").strip()
    async with open_desk(tmp_path, now) as desk:
        for _ in range(3):
            await desk.road.outbox().tick()
        assert (await desk.see(case)).lift_commit == commit
        assert [event.transition for event in await desk.road.store.events(case.id)].count("T12c") == 1
        assert git(tmp_path / "lists", "rev-parse", "HEAD").strip() == commit


@pytest.mark.asyncio
async def test_a_lift_decided_after_a_commit_that_was_not_recorded_still_takes_it_off_the_list(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        await killed_before_the_record(desk)
        case = await desk.go(case, *LIFTING)
        now = desk.road.now()
    async with open_desk(tmp_path, now) as desk:
        case = await desk.work(await desk.work(case))
        assert case.withdrawn_at is not None
        steps = [event.transition for event in await desk.road.store.events(case.id)]
        assert (steps.count("T10c"), steps.count("T12c")) == (1, 1)
        assert not (tmp_path / "lists" / "terrorism" / f"{case.directive}.yaml").exists()


@pytest.mark.asyncio
async def test_letters_without_their_record_are_not_written_again(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        await desk.go(None, *TO_C3)
        await killed_before_the_record(desk)
    first = asyncio.to_thread(_inodes, tmp_path / "letters")
    before = await first
    async with open_desk(tmp_path, START) as desk:
        await desk.road.outbox().tick()
        assert await desk.road.store.effects() == ()
    assert await asyncio.to_thread(_inodes, tmp_path / "letters") == before
    assert len(before) == 2


def _inodes(folder: Path) -> dict[str, tuple[int, int]]:
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}
