"""People at a desk over HTTP alone: an officer and an approver, who take cases from report to lifting.

What they take next is read from the store beside the desk, so that they can go on after a kill of which they do not
know whether it came before or after their last step. What the desk has answered for is kept in `taken`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import aiosqlite

from blocker.cases.case import ENDED, Actor, Case, Role
from blocker.cases.isps.order import current
from blocker.cases.queries import Queries
from blocker.cases.table import BY_ACT
from blocker.cases.workflow import legal
from tests.admin.running import Answer, Browser
from tests.admin.walking import REPORT, STEPS

OPEN_AT_MOST = 6
"""Cases that a pair works on at a time."""

WISHED = ("approve-request", "approve-directive", "approve-lift", "assess", "propose-request", "propose-directive")
ISP_REPORT = {"applied_at": "", "where": "All resolvers"}


class Taken(NamedTuple):
    """A step that the desk has answered for."""

    case: str
    transition: str
    actor: str


@asynccontextmanager
async def beside(database: Path) -> AsyncIterator[Queries]:
    """Read the store of a desk that may be running, as of each question."""
    async with aiosqlite.connect(f"{database.as_uri()}?mode=ro", uri=True, isolation_level=None) as reader:
        reader.row_factory = aiosqlite.Row
        yield Queries(reader)


@dataclass
class Pair:
    """One officer and one approver, who each have a browser."""

    name: str
    officer: Browser
    approver: Browser
    numbers: Mapping[Role, str]
    taken: list[Taken] = field(default_factory=list)
    refused: int = 0
    moved: int = 0
    """Cases that had moved on when their page was opened."""
    wrong: list[str] = field(default_factory=list)
    """Answers that are none of those that a person should ever get."""
    cases: list[str] = field(default_factory=list)
    _asked: int = 0

    async def sign_in(self) -> None:
        for role, browser in ((Role.OFFICER, self.officer), (Role.APPROVER, self.approver)):
            answer = await browser.sign_in(self.numbers[role])
            assert answer.status == 303, answer.words

    async def one_step(self, store: Queries, now: datetime) -> None:
        """Take the next step of one of our cases, or report a new one."""
        known = [case for number in self.cases if (case := await store.case(number)) and case.state not in ENDED]
        self._asked += 1
        for case in known[self._asked % len(known) :] + known[: self._asked % len(known)] if known else []:
            if step := self._next(case, now):
                await self._act(case, *step)
                return
        if len(known) < OPEN_AT_MOST:
            await self.open_case()

    async def find_own(self, store: Queries) -> None:
        """Take up what we opened, whether or not we heard of it."""
        mine = [case for case in await store.cases() if case.names[0].name.startswith(f"{self.name}-")]
        self.cases = [case.id for case in mine]

    def _next(self, case: Case, now: datetime) -> tuple[str, Role, str | None] | None:
        may = {
            role: {row.act for row in legal(case, Actor(number, role), now)} for role, number in self.numbers.items()
        }
        for act in WISHED:
            for role, acts in may.items():
                if act in acts:
                    return act, role, None
        officer = may[Role.OFFICER]
        if "record-receipt" in officer and case.receipt_at is None:
            return "record-receipt", Role.OFFICER, None
        if "verify" in officer and (case.fresh_until is None or case.fresh_until <= now):
            return "verify", Role.OFFICER, None
        if "isp-applied" in officer:
            return next((("isp-applied", Role.OFFICER, each.isp) for each in current(case.served) if each.open), None)
        # Most lifts come once the block is on the list, some before.
        lifts = "propose-lift" in officer and case.lift is None and (case.commit is not None or self._asked % 4 == 0)
        return ("propose-lift", Role.OFFICER, None) if lifts else None

    async def _act(self, case: Case, act: str, role: Role, isp: str | None) -> None:
        browser = self.officer if role is Role.OFFICER else self.approver
        page = await browser.get(f"/cases/{case.id}/isps/{isp}" if isp else f"/cases/{case.id}")
        if page.status != 200:
            self._unforeseen(act, page)
            return
        if page.hidden("turn") != str(case.turn):
            self.moved += 1  # somebody was quicker, and the page says so: what comes next is another step
            return
        entered = {"isp": isp, **ISP_REPORT} if isp else STEPS[act][1]
        answer = await browser.post(f"/cases/{case.id}/{act}", {"turn": page.hidden("turn"), **entered})
        if answer.status == 303:
            self.taken.append(Taken(case.id, BY_ACT[act].id, self.numbers[role]))
        elif answer.status == 409 and "Nothing was changed" in answer.words:
            self.refused += 1
        else:
            self._unforeseen(act, answer)

    async def open_case(self) -> str:
        """Report something new, and return the case's number if that was taken."""
        number = f"{self.name}-{self._asked}-{len(self.cases)}"
        form = await self.officer.get("/cases/new")
        entered = {**REPORT, "names": f"{number}.example", "once": form.hidden("once")}
        answer = await self.officer.post("/cases", entered)
        if answer.status == 303 and answer.location is not None:
            self.cases.append(answer.location.removeprefix("/cases/"))
            self.taken.append(Taken(self.cases[-1], BY_ACT["report"].id, self.numbers[Role.OFFICER]))
            return self.cases[-1]
        self._unforeseen("report", answer)
        return ""

    def _unforeseen(self, act: str, answer: Answer) -> None:
        self.wrong.append(f"{act}: {answer.status} {answer.words[:300]}")


async def lost(store: Queries, taken: Iterable[Taken]) -> list[str]:
    """Return which of the steps that the desk has answered for are not in its ledger, in words."""
    kept = Counter(Taken(event.case, event.transition, event.actor) for event in await store.events())
    return [f"{each}: answered for and gone" for each in Counter(taken) - kept]
