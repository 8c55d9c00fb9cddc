"""The statistics at the desk: tables with drawings, and the same figures to take away as CSV and JSON.

Keeps true: no name, no case and no person stands in them, so everybody who is signed in may read them; what is asked of
the store is the tallies of the months shown, however many cases there are. Which figures there are is said in
blocker/cases/statistics.py.
"""

import csv
import io
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from aiohttp import web

from blocker.admin import charts
from blocker.admin.charts import Drawing
from blocker.admin.desk import DESK, VISITOR
from blocker.admin.render import page
from blocker.cases import counting, statistics
from blocker.cases.counting import Counted
from blocker.cases.queries import Queries
from blocker.cases.statistics import ALL, AT_END, Figure, Table
from blocker.cases.tallies import Tally

ORDERS = ("hours_block", "hours_restore")

_HEADINGS = tuple(field.name for field in fields(Figure))

Read = Callable[[Queries, str, str, str | None], Awaitable[Counted]]
"""How the tallies of some months are read: each, or as sums."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for, and the tallies that answer it."""

    period: str
    """A year, or empty: the latest twelve months."""
    years: tuple[str, ...]
    months: tuple[str, ...]
    ground: str | None
    grounds: tuple[str, ...]
    counts: Mapping[Tally, int]
    seq: int

    @property
    def query(self) -> str:
        """The question as an address has it."""
        return urlencode({"period": self.period, **({} if self.ground is None else {"ground": self.ground})})


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and its name; `series` are the columns it shows, by subject and part."""

    id: str
    drawing: Drawing
    series: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What belongs together on the page: drawings, and the tables that hold the same figures."""

    id: str
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()


async def show(request: web.Request) -> web.Response:
    """Show the figures of a period, of all grounds or one."""
    desk, visitor, wanted = request.app[DESK], request[VISITOR], await _wanted(request, counting.summed)
    name = _namer(request)
    return page(
        request,
        "statistics.html",
        section="statistics",
        here=f"/statistics?{wanted.query}" if request.query else "/statistics",
        wanted=wanted,
        sections=list(_sections(wanted.counts, wanted.months, name)),
        spans=statistics.spans(wanted.counts),
        name=name,
        width=charts.WIDTH,
        ground=lambda ground: desk.ground(ground, visitor.words) if ground else visitor.words("statistics.unsaid"),
    )


async def as_csv(request: web.Request) -> web.Response:
    """Send the figures as CSV (RFC 4180)."""
    wanted, text = await _wanted(request), io.StringIO()
    lines = csv.writer(text)
    lines.writerow(_HEADINGS)
    lines.writerows(figure.cells for figure in statistics.figures(wanted.counts, wanted.months))
    response = web.Response(text=text.getvalue(), content_type="text/csv", charset="utf-8")
    return _attached(response, wanted, "csv")


async def as_json(request: web.Request) -> web.Response:
    """Send the figures as JSON."""
    wanted = await _wanted(request)
    found = statistics.figures(wanted.counts, wanted.months)
    answer = {
        "from": wanted.months[0],
        "to": wanted.months[-1],
        "calendar": "UTC",
        "counted_to_entry": wanted.seq,
        "figures": [dict(zip(_HEADINGS, each.cells, strict=True)) for each in found],
    }
    return _attached(web.json_response(answer), wanted, "json")


def _attached(response: web.Response, wanted: Wanted, ending: str) -> web.Response:
    name = f"redhand-statistics-{wanted.months[0]}-{wanted.months[-1]}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


async def _wanted(request: web.Request, read: Read = counting.between) -> Wanted:
    """Read what was asked and the tallies that answer it; 400 for a year or a ground of which nothing is counted."""
    desk = request.app[DESK]
    store, now = desk.road.store, desk.road.now()
    latest = statistics.latest(now)
    oldest = min(await counting.first_month(store) or latest[1], latest[1])
    years = tuple(str(year) for year in range(int(latest[1][:4]), int(oldest[:4]) - 1, -1))
    period, ground = request.query.get("period", ""), request.query.get("ground") or None
    if period and period not in years:
        raise web.HTTPBadRequest
    first, last = (f"{period}-01", min(f"{period}-12", latest[1])) if period else latest
    first = max(first, oldest)  # before it there is nothing to tell
    known = await counting.grounds(store, first, last) | frozenset(desk.index.grounds if desk.index else ())
    if ground is not None and ground not in known:
        raise web.HTTPBadRequest
    found = await read(store, first, last, ground)
    grounds = tuple(sorted(known - {""}))
    return Wanted(period, years, statistics.months(first, last), ground, grounds, found.tallies, found.seq)


def _sections(counts: Mapping[Tally, int], months: Sequence[str], name: Callable[[str], str]) -> Iterator[Section]:
    monthly = {id_: statistics.monthly(id_, counts, months) for id_ in statistics.MONTHLY}
    ended = statistics.endings(counts)
    removed = statistics.bands("hours_owner", counts, "hours_owner")
    carried_out = statistics.bands("hours_orders", counts, *ORDERS)

    def chart(id_: str, table: Table, *series: tuple[str, str]) -> tuple[Chart, ...]:
        """Draw columns of a table; nothing, where all of them are empty."""
        cells = [table.column(*each) for each in series]
        if not any(map(any, cells)):
            return ()
        return (Chart(id_, charts.bars([name(line.key) for line in table.lines], *cells), series),)

    blocks = monthly["blocks"]
    yield Section("reports", (monthly["reports"],), chart("reports", monthly["reports"], ("reports", ALL)))
    yield Section("referrals", (monthly["referrals"],))
    opened = chart("cases", monthly["cases"], ("cases", "opened"), ("cases", "removed"))
    yield Section("cases", (monthly["cases"], monthly["owners"]), opened)
    yield Section("removed", (removed,), chart("removed", removed, ("hours_owner", ALL)))
    yield Section("decisions", (monthly["proposals"], monthly["skipped"]))
    standing = chart("standing", blocks, (AT_END, "blocks"))
    yield Section("blocks", (blocks,), (*standing, *chart("turns", blocks, ("begun", ALL), ("ended", ALL))))
    yield Section("ended", (ended,), chart("ended", ended, ("ended", ALL)))
    quicker = chart("orders", carried_out, *((subject, ALL) for subject in ORDERS))
    yield Section("providers", (carried_out, monthly["orders_block"], monthly["orders_restore"]), quicker)
    yield Section("reviews", (monthly["reviews"],))
    yield Section("oversight", (monthly["recommendations"], monthly["stays"], monthly["appeals"]))


def _namer(request: web.Request) -> Callable[[str], str]:
    """Return what names a line in the reader's language: a month, a band of hours, or a reason."""
    words = request[VISITOR].words

    def name(key: str) -> str:
        if key in statistics.ENDINGS:
            return words(f"choice.{key}")
        begin, _, end = key.partition("-")
        if len(begin) == len("2026"):
            return f"{words(f'moment.month.{int(end)}')} {begin}"
        if int(end) == statistics.BANDS[-1]:
            return words("statistics.over", hours=begin)
        return words("statistics.band", begin=begin, end=end)

    return name
