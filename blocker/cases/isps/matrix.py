"""What providers were told, for people to look through: directive by directive, page by page, and provider by provider.

Keeps true: no page reads more cases than it shows; what is counted of all of them stands in tallies (projections.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocker.cases.case import Case
from blocker.cases.queries import LAST, cases_of
from blocker.cases.rows import instant
from blocker.cases.store import Store

Place = tuple[str, str]
"""Where a page of open directives goes on: after the one that is due then, of this case."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How one provider carries out what it is told; `median` is from receipt to done, None before anything is."""

    open: int = 0
    late: int = 0
    done: int = 0
    in_time: int = 0
    median: timedelta | None = None


class Matrix:
    """The orders in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open(self, after: Place | None, count: int) -> tuple[Case, ...]:
        """Return cases in which a provider still has an order to carry out or a question open, the first due first."""
        sql = """
            SELECT body FROM cases WHERE asked_until IS NOT NULL AND (asked_until, id) > (?, ?)
            ORDER BY asked_until, id LIMIT ?
        """
        return cases_of(await self._store.fetch(sql, (*(after or ("", "")), count)))

    async def settled(self, before: int | None, count: int) -> tuple[Case, ...]:
        """Return the other cases whose providers were told, the last moved first, those that moved before `before`."""
        sql = """
            SELECT body FROM cases WHERE told > 0 AND asked_until IS NULL AND seq < ?
            ORDER BY seq DESC LIMIT ?
        """
        return cases_of(await self._store.fetch(sql, (LAST if before is None else before, count)))

    async def counts(self) -> tuple[int, int]:
        """Return how many there are of each."""
        sql = """
            SELECT (SELECT count(*) FROM cases WHERE asked_until IS NOT NULL) AS open,
                (SELECT count(*) FROM cases WHERE told > 0 AND asked_until IS NULL) AS settled
        """
        (found,) = await self._store.fetch(sql)
        return found["open"], found["settled"]

    async def porosity(self) -> tuple[int, int]:
        """Return how many questions the last looks asked where a block is ordered, and how many led past it."""
        found = await self._store.fetch(
            "SELECT what, sum(n) AS n FROM provider_tallies WHERE what IN ('asked', 'past') GROUP BY what"
        )
        seen = {row["what"]: row["n"] for row in found}
        return seen.get("asked", 0), seen.get("past", 0)

    async def paces(self, now: datetime) -> Mapping[str, Pace]:
        """Return of each provider that was told anything how it carries that out."""
        opened = "SELECT isp, count(*) AS open, sum(due_at < ?) AS late FROM orders GROUP BY isp"
        known = {row["isp"]: row for row in await self._store.fetch(opened, (instant(now),))}
        done = {row["isp"]: row for row in await self._store.fetch(_DONE)}
        return {isp: _pace(known.get(isp, {}), done.get(isp, {})) for isp in known.keys() | done.keys()}


_DONE = """
    SELECT isp, everything AS done, in_time, min(seconds) FILTER (WHERE 2 * upto >= timed AND seconds >= 0) AS median
    FROM (
        SELECT isp, seconds,
            sum(n) FILTER (WHERE seconds >= 0) OVER (PARTITION BY isp ORDER BY seconds) AS upto,
            sum(n) FILTER (WHERE seconds >= 0) OVER (PARTITION BY isp) AS timed,
            sum(n) FILTER (WHERE what = 'in-time') OVER (PARTITION BY isp) AS in_time,
            sum(n) OVER (PARTITION BY isp) AS everything
        FROM provider_tallies WHERE what IN ('in-time', 'late')
    ) GROUP BY isp
"""
"""What was carried out, and the time that half of it took no longer than; without a receipt there is no such time."""


def _pace(known: Mapping[str, int], done: Mapping[str, int]) -> Pace:
    median = done["median"] if done else None
    return Pace(
        open=known["open"] if known else 0,
        late=(known["late"] or 0) if known else 0,
        done=done["done"] if done else 0,
        in_time=(done["in_time"] or 0) if done else 0,
        median=None if median is None else timedelta(seconds=median),
    )
