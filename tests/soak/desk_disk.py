"""A desk whose disk is full: `python -m tests.soak.desk_disk [--reduced] [--limit]`; 1 if a claim fails.

People and machines go on at a real desk while its file system takes no more than a few pages, or (`--limit`, and where
nobody may mount one) no file longer than that: a case is opened and led to a letter, evidence is uploaded, an address
is reported by the interface, somebody signs in, decisions are carried out. Each time the answer is either the usual
one or one that says what is wrong; what is refused has left nothing; and the same again counts once there is room.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pyrage

from blocker.cases.integrity import audit
from blocker.cases.tokens import Machine, Tokens
from blocker.errors import OperationError
from tests.admin.running import APPROVER, AUDITOR, OFFICER, PASSWORD, Answer, Browser, Running, browser, running
from tests.admin.walking import REPORT, STEPS
from tests.small_disk import Refusing, limited, small
from tests.soak._desk_house import SHOWN, unheard

LEAVES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
LEAVES_REDUCED = (0, 16)
MIB = 20
A_DAY = timedelta(hours=24, minutes=1)
SAYS = ("The list or the disk cannot be used now", "full", "disk I/O error", "No space left", "File too large")
"""The title of the page, and what of the disk it goes on to say: one of these."""
KEYS = [pyrage.x25519.Identity.generate().to_public() for _ in range(2)]
LATER = timedelta(minutes=11)
"""After that, whatever was put off is tried again."""


@dataclass
class Figures:
    """What the full disk showed."""

    tried: int = 0
    refused: int = 0
    failed_rounds: int = 0
    """Rounds of the desk's own work that the disk ended."""
    wrong: list[str] = field(default_factory=list)


@dataclass
class Works:
    """What is tried, each against a disk that takes so many pages."""

    desk: Running
    officer: Browser
    approver: Browser
    guest: Browser
    token: str
    figures: Figures
    number: int = 0
    case: str = ""
    sealed: bytes = b""

    async def open_case(self) -> Answer:
        self.number, self.sealed = self.number + 1, pyrage.encrypt(bytes(200_000), KEYS)
        return await self.open_again()

    async def open_again(self) -> Answer:
        form = await self.officer.get("/cases/new")
        named = {"names": f"disk-{self.number}.example", "capture": hashlib.sha256(self.sealed).hexdigest()}
        answer = await self.officer.post("/cases", {**REPORT, "once": form.hidden("once"), **named})
        self.case = (answer.location or "").removeprefix("/cases/")
        return answer

    def act(self, act: str) -> Callable[[], Awaitable[Answer]]:
        who, entered = STEPS[act]
        return lambda: {"officer": self.officer, "approver": self.approver}[who].act(self.case, act, **entered)

    async def upload(self) -> Answer:
        page = await self.officer.get(f"/cases/{self.case}")
        made = aiohttp.FormData()
        entered = {"shows": "The page", "seen_at": "", "method": "A browser in Paris"}
        for key, value in {"csrf": page.hidden("csrf"), "turn": page.hidden("turn"), **entered}.items():
            made.add_field(key, value)
        made.add_field("file", self.sealed, filename="a.age", content_type="application/octet-stream")
        return await self.officer.request("POST", f"/cases/{self.case}/add-evidence", made)

    async def report(self) -> Answer:
        body = {"url": f"https://disk-{self.number}.example/", "seen_at": "2026-11-22T08:00:00Z"}
        bearer = {"Authorization": f"Bearer {self.token}"}
        async with self.guest.http.post(f"{self.desk.url}/api/v1/reports", json=body, headers=bearer) as answer:
            return Answer(answer.status, answer.headers, await answer.text())

    async def sign_in(self) -> Answer:
        self.guest.http.cookie_jar.clear()
        await self.guest.get("/sign-in")
        return await self.guest.post("/sign-in", {"number": AUDITOR, "password": PASSWORD})

    async def rows(self) -> tuple[int, ...]:
        """Return how much there is of everything that a step or a report leaves."""
        tables = ("events", "documents", "reports")
        counts = [await self.desk.desk.road.store.fetch(f"SELECT count(*) AS n FROM {each}") for each in tables]  # noqa: S608
        return tuple(row["n"] for (row,) in counts)

    def broken_files(self) -> list[str]:
        """Return what among the evidence is no whole file; whole ones whose step was refused wait for the next try."""
        folder = self.desk.settings.admin.evidence
        found = folder.iterdir() if folder.exists() else ()
        return [each.name for each in found if hashlib.sha256(each.read_bytes()).hexdigest() != each.stem]

    async def attempt(self, what: str, work: Callable[[], Awaitable[Answer]], refusing: Refusing, pages: int) -> None:
        """Try something on a full disk, and again with room if it was refused."""
        place = f"{what}, {pages} pages"
        await self.desk.desk.road.store.forget()  # the log before the database keeps no room of its own
        before = await self.rows()
        with refusing(pages):
            answer = await work()
            if (read := await self.officer.request("GET", "/cases")).status != 200:
                self.figures.wrong.append(f"{place}: no page can be read: {read.status}")
        self.figures.tried += 1
        if answer.status == 503:
            self.figures.refused += 1
            if not readable(answer, stranger=what == "sign in"):
                self.figures.wrong.append(f"{place}: {answer.words[:300]}")
            if await self.rows() != before:
                self.figures.wrong.append(f"{place}: refused, and yet {before} became {await self.rows()}")
            self.figures.wrong += [f"{place}: {each} is half a file" for each in self.broken_files()]
            answer = await (self.open_again() if work == self.open_case else work())
        if answer.status not in {200, 201, 303}:
            self.figures.wrong.append(f"{place}: with room {answer.status} {answer.words[:300]}")

    async def carried_out(self, refusing: Refusing, pages: int) -> None:
        """Let the desk carry out what was decided on a full disk, and then with room."""
        try:
            with refusing(pages):
                await self.desk.desk.road.outbox().tick()
        except OperationError as error:
            self.figures.failed_rounds += 1
            if not any(each in str(error) for each in SAYS[1:]):
                self.figures.wrong.append(f"carrying out, {pages} pages: {error}")
        for _ in range(2):
            self.desk.clock.move(LATER)
            await self.desk.carry_out()
        letters = {path.name for path in self.desk.settings.admin.letters.iterdir()}
        issued = await self.desk.desk.road.store.fetch("SELECT number FROM documents")
        if await self.desk.desk.road.store.effects() or letters != {f"{row['number']}.eml" for row in issued}:
            self.figures.wrong.append(f"carrying out, {pages} pages: not all of it is done, or half of it lies there")

    async def round(self, refusing: Refusing, pages: int) -> None:
        """Lead one case to a directive, each step of it on a full disk."""
        for what, work in (("open", self.open_case), ("upload", self.upload), *self._acts("assess", "propose-request")):
            await self.attempt(what, work, refusing, pages)
        await self.attempt("report", self.report, refusing, pages)
        await self.attempt("sign in", self.sign_in, refusing, pages)
        await self.attempt(*self._acts("approve-request")[0], refusing, pages)
        await self.carried_out(refusing, pages)
        await self.attempt(*self._acts("record-receipt")[0], refusing, pages)
        self.desk.clock.move(A_DAY)
        self.sealed = pyrage.encrypt(bytes(1000), KEYS)
        for what, work in (*self._acts("verify"), ("upload", self.upload), *self._acts("propose-directive")):
            await self.attempt(what, work, refusing, pages)
        await self.attempt(*self._acts("approve-directive")[0], refusing, pages)
        await self.carried_out(refusing, pages)

    def _acts(self, *acts: str) -> list[tuple[str, Callable[[], Awaitable[Answer]]]]:
        return [(act, self.act(act)) for act in acts]


def readable(answer: Answer, *, stranger: bool) -> bool:
    """True for a page, or a problem (RFC 9457), that says that the disk is what fails; a stranger learns less."""
    if answer.headers["Content-Type"].startswith("application/problem+json"):
        return bool(json.loads(answer.text)["detail"] == "The store cannot be used now; nothing was recorded.")
    return SAYS[0] in answer.words and any(each in answer.words for each in SAYS[1:]) is not stranger


@contextmanager
def place(folder: Path, *, limit: bool) -> Iterator[tuple[Path, Refusing]]:
    """A folder for the desk, and what makes its disk refuse."""
    if limit:
        yield folder, limited
    else:
        with small(folder / "disk", MIB) as refusing:
            yield folder / "disk", refusing


async def measure(leaves: Sequence[int], *, limit: bool) -> Figures:
    """Lead a case to a directive for each number of pages that the disk leaves."""
    figures = Figures()
    more = f"  evidence_recipients: [{', '.join(map(str, KEYS))}]\n"
    async with AsyncExitStack() as stack:
        stack.enter_context(unheard("redhand.cases", "redhand.admin"))
        folder, refusing = stack.enter_context(
            place(Path(stack.enter_context(tempfile.TemporaryDirectory())), limit=limit)
        )
        desk = await stack.enter_async_context(running(folder, more=more))
        officer, approver, guest = [await stack.enter_async_context(browser(desk.url)) for _ in range(3)]
        await officer.sign_in(OFFICER)
        await approver.sign_in(APPROVER)
        token = await Tokens(desk.desk.road.store, Machine.SOURCE).issue("hotline", datetime.now(UTC))
        works = Works(desk, officer, approver, guest, token, figures)
        for pages in leaves:
            await works.round(refusing, pages)
            figures.wrong += [f"{pages} pages: {each}" for each in audit.judge(desk.settings.admin.database).findings]
    return figures


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.desk_disk", description="a desk whose disk is full")
    parser.add_argument("--reduced", action="store_true", help=f"{len(LEAVES_REDUCED)} sizes instead of {len(LEAVES)}")
    parser.add_argument("--limit", action="store_true", help="limit the size of files; mount nothing")
    wish = parser.parse_args()
    limit = wish.limit or os.geteuid() != 0
    figures = asyncio.run(measure(LEAVES_REDUCED if wish.reduced else LEAVES, limit=limit))
    print(
        f"disk                                     {'no file beyond some pages' if limit else 'full but for some'}\n"
        f"steps, uploads, reports, sign-ins tried  {figures.tried}\n"
        f"refused with a page or problem           {figures.refused}\n"
        f"rounds of the desk's own work that fail  {figures.failed_rounds}\n"
        f"unreadable, half done, not taken after   {len(figures.wrong)}"
    )
    print(*(f"  {each}" for each in figures.wrong[:SHOWN]), sep="\n")
    return 1 if figures.wrong or not figures.refused else 0


if __name__ == "__main__":
    sys.exit(main())
