"""How long the desk's pages take with 100,000 cases and a million events: `python -m tests.soak.desk_pages`.

The store is that of _desk_store.py, with twenty providers; it is judged too where asked (`--reduced`, `--judge`). Then
every page of the route table is asked for over HTTP, by each role that may see it: the least, p50 and p95 by the
wall, and the processor's time of desk and client together, in milliseconds; and so is one round of the desk's own work.
1 if one is over the limit at p95. Where others use the machine, the least and the processor's time still tell.
"""

import argparse
import asyncio
import gc
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from blocker.admin.desk import ANYONE, LINK, MACHINE
from blocker.admin.routes import ROUTES
from blocker.cases.case import Role, State
from blocker.cases.integrity import audit
from blocker.cases.integrity.ledger import Head
from blocker.cases.isps.carried import UNSIGNED
from blocker.cases.isps.onboardings import Onboardings
from blocker.cases.queries import Search
from blocker.cases.tokens import Machine, Tokens
from tests.admin.running import APPROVER, NUMBERS, TRIAL_DAY, Browser, Running, browser, running
from tests.soak import _desk_store as filled

CASES, REDUCED = 100_000, 300
ASKED, ASKED_REDUCED = 60, 3
LIMIT = 100.0
"""Milliseconds, at p95."""

ROUND = "one round of the desk's own work"


@dataclass
class Figures:
    """What was made, and how long each page took, in milliseconds: by the wall, and of the processor on average."""

    cases: int = 0
    events: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)

    def slow(self) -> list[str]:
        return [page for page, times in self.pages.items() if at(times, 0.95) > LIMIT]

    async def measure(self, name: str, ask: Callable[[], Awaitable[None]], times: int) -> None:
        """Do it so many times, after once that does not count."""
        await ask()
        taken, spent = [], time.process_time()
        for _ in range(times):
            began = time.perf_counter()
            await ask()
            taken.append(1000 * (time.perf_counter() - began))
        self.pages[name], self.processor[name] = taken, 1000 * (time.process_time() - spent) / times


def at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def addresses(count: int, events: int, letters: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return for every path of the table that is read what is asked for there; `letters` by case and recipient."""
    cases, first, middle = filled.FIRST, f"?before={events // 2}", f"2026-{count // 2:06d}"
    owner, isp = letters[f"{cases['C3']} owner"], letters[f"{cases['C10']} isp-a"]
    report = "R-2026-000001"
    known = {
        "/cases": ("", "?state=C7", "?awaited=review&open=yes", first),
        "/cases/{case}": tuple(f"/{case}" for case in (*reversed(cases.values()), middle)),
        "/cases/{case}/letters/{letter}": (f"/{cases['C3']}/letters/{owner}",),
        "/cases/{case}/letters/{letter}/text": (f"/{cases['C3']}/letters/{owner}/text",),
        "/cases/{case}/isps/{isp}": (f"/{cases['C7']}/isps/isp-t", f"/{cases['C6']}/isps/isp-a"),
        "/isps/{isp}/letters/{letter}": (f"/isp-a/letters/{letters['onboarding']}",),
        "/isps/{isp}/letters/{letter}/text": (f"/isp-a/letters/{letters['onboarding']}/text",),
        "/matrix": ("", first, "?after=2026-11-24T00:00:00%2B00:00%20"),
        "/ledger": ("", f"?case={cases['C10']}", f"?actor={APPROVER}", "?transition=T12", first),
        "/oversight": ("", first),
        "/directives/{letter}": (f"/{isp}",),
        "/directives/{letter}/text": (f"/{isp}/text",),
        "/settings/letters/{letter}": (f"/{filled.SETTINGS_LETTER}",),
        "/settings/letters/{letter}/text": (f"/{filled.SETTINGS_LETTER}/text",),
        "/reports": ("", *(f"?state={state}" for state in ("duplicate", "dismissed", "referred")), "?before=9"),
        "/reports/{number}": (f"/{report}",),
        "/api/v1/reports/{number}": (f"/{report}",),
        "/static/{name}": ("/desk.css",),
        "/answer/{link}": (f"/{filled.LINK}",),
        "/sign-ins": ("", "?before=100"),
        "/statistics": ("", "?ground=terrorism"),
    }
    read = {row.path: re.sub(r":(?:[^{}]|{[^{}]*})+}", "}", row.path) for row in ROUTES if row.method == "GET"}
    return {
        path: tuple(plain.partition("/{")[0] + end for end in known.get(plain, ("",))) for path, plain in read.items()
    }


def asked_for(
    count: int, events: int, letters: Mapping[str, str]
) -> Iterator[tuple[str, str, Mapping[str, str] | None]]:
    """Yield who asks for what, one of them for every address of a path; with a form: a POST."""
    known = addresses(count, events, letters)
    for row in ROUTES:
        if row.method == "GET":
            first, *others = known[row.path]
            everybody = sorted(row.roles, key=lambda role: (role != Role.OFFICER, role))
            yield from ((role, first, None) for role in everybody)
            yield from ((everybody[0], address, None) for address in others)
    for form in ({"text": f"site-{count // 2}.ex"}, {"text": "e", "state": "C2"}, {"text": "nowhere.example"}):
        yield "officer", "/cases/search", form


async def ask(client: Browser, path: str, form: Mapping[str, str] | None) -> None:
    answer = await (client.request("GET", path) if form is None else client.post(path, dict(form)))
    assert answer.status == 200 or (answer.status == 303 and path in {"/", "/sign-in", "/sign-in/code"}), answer.status


async def clients(desk: Running, stack: AsyncExitStack) -> dict[str, Browser]:
    """Return a browser for every role, signed in where it is one of people, and a machine with its token."""
    made = {role: await stack.enter_async_context(browser(desk.url)) for role in (*NUMBERS, ANYONE, LINK, MACHINE)}
    for role, number in NUMBERS.items():
        await made[role].sign_in(number)
    token = await Tokens(desk.desk.road.store, Machine.SOURCE).issue("hotline", TRIAL_DAY)
    made[MACHINE].headers["Authorization"] = f"Bearer {token}"
    await made[ANYONE].get("/sign-in")
    return made


async def letters(desk: Running) -> dict[str, str]:
    """Return a letter of the first cases to each of their recipients, and one that tells a provider of fifty blocks."""
    sql = "SELECT case_id, recipient, max(number) AS number FROM documents WHERE case_id <= ? GROUP BY 1, 2"
    found = await desk.desk.road.store.fetch(sql, (max(filled.FIRST.values()),))
    known = {f"{row['case_id']} {row['recipient']}": row["number"] for row in found}
    road, told = desk.desk.road, Onboardings(desk.desk.road.store)
    blocks = await road.store.found(Search(state=State.IN_FORCE), TRIAL_DAY, before=None, count=50)
    version = {"serial": "7", "digest": "ab" * 32, "source": UNSIGNED}
    await told.issue(road.letterhead.isps[0], blocks, version, await road._context(), road.now())
    return known | {"onboarding": (await told.all())[-1].document}


async def measured(folder: Path, count: int, asked: int, figures: Figures, *, judge: bool) -> None:
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(running(folder, isps=filled.ISPS))
        began, database = time.perf_counter(), desk.settings.admin.database
        head = await asyncio.to_thread(filled.fill, database, count, TRIAL_DAY, sealed=judge)
        figures.cases, figures.events, figures.seconds = count, head.seq, time.perf_counter() - began
        if judge:
            verdict = await asyncio.to_thread(audit.judge, database, head)
            figures.findings = [str(each) for each in verdict.findings]
        await asyncio.to_thread(filled.add_letter_of_settings, database)
        gc.collect()
        gc.freeze()  # what filling left behind is no part of a desk, and must not be looked through while it answers
        await ask_all(desk, stack, figures, head, asked)


async def ask_all(desk: Running, stack: AsyncExitStack, figures: Figures, head: Head, asked: int) -> None:
    known = await clients(desk, stack)
    for role, path, form in asked_for(figures.cases, head.seq, await letters(desk)):
        client = known[role]
        if form is not None:
            await client.get("/cases")  # whose form it is
        name = f"{role:13} {path} {' '.join((form or {}).values())}"
        await figures.measure(name, lambda: ask(client, path, form), asked)  # noqa: B023 - called before the next one
    await figures.measure(ROUND, desk.desk.road.outbox().tick, asked)


def measure(*, reduced: bool, judge: bool) -> Figures:
    """Fill a store and ask for its pages."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as name:
        count, asked = (REDUCED, ASKED_REDUCED) if reduced else (CASES, ASKED)
        asyncio.run(measured(Path(name), count, asked, figures, judge=judge or reduced))
    return figures


def main() -> int:
    """Print the figures; 1 if a page is too slow or the store does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.desk_pages", description="the desk's pages, full of cases"
    )
    parser.add_argument("--reduced", action="store_true", help=f"{REDUCED} cases instead of {CASES}")
    parser.add_argument("--judge", action="store_true", help="judge the whole store too (minutes)")
    options = parser.parse_args()
    figures = measure(reduced=options.reduced, judge=options.judge)
    print(f"{figures.cases} cases, {figures.events} events, made in {figures.seconds:.0f} s")
    print("   least     p50     p95  processor  ms")
    for page, times in figures.pages.items():
        wall = f"{min(times):8.1f} {at(times, 0.5):7.1f} {at(times, 0.95):7.1f}"
        print(f"{wall} {figures.processor[page]:10.1f}  {page}")
    for each in [*figures.findings[:20], *(f"over {LIMIT:.0f} ms: {page}" for page in figures.slow())]:
        print(f"  {each}")
    return 1 if figures.findings or figures.slow() else 0


if __name__ == "__main__":
    sys.exit(main())
