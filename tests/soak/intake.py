"""A day of reports by the interface, on a real desk: what it costs, and that none is lost or taken twice.

`python -m tests.soak.intake`: 100,000 reports in bursts of 1,000, a fifth of them addresses that were reported before
and a tenth the same reference again; one burst is sent within a minute, and the bursts follow each other at once, for
what is measured is the desk's processor time per report. `--reduced`: 2,000 reports.

What would fail: a report lost or doubled, an answer that is none, more than 5 % of one core over a day of them.
"""

import asyncio
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from blocker.cases.tokens import Machine, Tokens
from tests.admin.running import running

DAY = 86_400.0
BURST = 1_000
AT_ONCE = 8
SHARE = 0.05


def bodies(count: int) -> list[dict[str, str]]:
    """Return the reports of a day; `reference` says which of them are one."""
    made = []
    for number in range(count):
        reference = number - 1 if number % 10 == 9 else number
        address = reference // 2 if reference % 5 == 4 else reference
        made.append(
            {
                "url": f"https://host-{address % 997}.example/item/{address}",
                "seen_at": "2026-11-22T08:00:00Z",
                "reference": f"ref-{reference}",
                "note": "A page that calls for violence, seen in the course of an ordinary watch.",
            }
        )
    return made


async def send(http: aiohttp.ClientSession, url: str, waiting: list[dict[str, str]], answers: dict[str, str]) -> None:
    """Send reports one after another until none waits, as one of several connections."""
    while waiting:
        body = waiting.pop()
        while True:
            async with http.post(url, json=body) as answer:
                if answer.status == 429:
                    await asyncio.sleep(float(answer.headers["Retry-After"]))
                    continue
                told = await answer.json()
                assert answer.status in {200, 201}, (answer.status, told)
                assert answers.setdefault(body["reference"], told["number"]) == told["number"], "one became two"
                break


async def run(count: int) -> bool:
    """Send a day of reports and print what it cost."""
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as desk:
            token = await Tokens(desk.desk.road.store, Machine.SOURCE).issue("hotline", datetime.now(UTC))
            answers: dict[str, str] = {}
            reports, spent, slowest = bodies(count), 0.0, 0.0
            async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as http:
                for start in range(0, count, BURST):
                    waiting, began = reports[start : start + BURST], time.monotonic()
                    before = resource.getrusage(resource.RUSAGE_SELF)
                    await asyncio.gather(
                        *(send(http, f"{desk.url}/api/v1/reports", waiting, answers) for _ in range(AT_ONCE))
                    )
                    after = resource.getrusage(resource.RUSAGE_SELF)
                    spent += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                    slowest = max(slowest, time.monotonic() - began)
            kept = sum((await desk.desk.intake.counts()).values())
            distinct = len({body["reference"] for body in reports})
            repeated = (await desk.desk.intake.counts()).get("duplicate", 0)
    share = spent / count * 100_000 / DAY
    print(
        f"{count} reports: {kept} kept of {distinct} distinct ones, {repeated} duplicates found; "
        f"{spent / count * 1e3:.2f} ms of CPU each, client included: {share:.2%} of one core for 100,000 a day; "
        f"the slowest burst of {BURST} took {slowest:.1f} s"
    )
    return kept == distinct == len(set(answers.values())) and share < SHARE


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(run(2_000 if "--reduced" in sys.argv else 100_000)) else 1)
