"""The providers at the desk: directives × providers, one order and what came of it, and each provider's record.

Keeps true that staff record for any provider and a contact for its own alone: both by the rows of the workflow's table,
through the one handler of acts. Deadlines and standings are those of blocker/cases/isp.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from aiohttp import web

from blocker.admin import views
from blocker.admin.desk import DESK
from blocker.admin.pages import NOTHING_SENT, actor_of, find_case
from blocker.admin.render import page
from blocker.cases.acknowledgements import Acknowledgements, Reported
from blocker.cases.case import Case, Role
from blocker.cases.context import Recipient
from blocker.cases.isp import Served, current, porosity
from blocker.cases.steps_isp import DIRECTED
from blocker.cases.tokens import Machine, Tokens
from blocker.cases.workflow import legal_at

SHOWN = 100
"""Directives without anything open that the matrix shows, the last moved first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One directive in the matrix, with the last order to each provider that was told."""

    case: Case
    orders: dict[str, Served]
    open: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One provider: whom to write to, what its resolvers report, what it still has to do, and how fast it was."""

    isp: Recipient
    contacts: tuple[str, ...]
    token: bool
    resolvers: tuple[Reported, ...]
    open: int
    late: int
    done: int
    in_time: int
    median: timedelta | None


async def matrix(request: web.Request) -> web.Response:
    """Show every directive that a provider still has to carry out, then those that are in force."""
    desk = request.app[DESK]
    known = list(_lines(await desk.road.store.cases(*DIRECTED)))
    waiting = sorted((line for line in known if line.open), key=_soonest)
    seen = [porosity(line.case.served) for line in known]
    told = {isp for line in known for isp in line.orders}
    return page(
        request,
        "matrix.html",
        section="matrix",
        here="/matrix",
        isps=[isp for isp in desk.road.letterhead.isps if isp.id in told],
        waiting=waiting,
        settled=[line for line in known if not line.open][:SHOWN],
        tones=views.STANDING_TONES,
        asked=sum(asked for asked, _ in seen),
        past=sum(past for _, past in seen),
    )


def _lines(cases: Iterable[Case]) -> Iterable[Line]:
    for case in cases:
        orders = {each.isp: each for each in current(case.served)}
        if orders:
            yield Line(case, orders, any(each.open or each.queried for each in orders.values()))


def _soonest(line: Line) -> datetime:
    ends = [each.due or each.issued_at for each in line.orders.values() if each.open or each.queried]
    return min(ends)


async def order(request: web.Request) -> web.Response:
    """Show one provider's orders in one case, and to staff what may be recorded of the last."""
    return await show_order(request, await find_case(request), request.match_info["isp"])


async def show_order(
    request: web.Request, found: Case, isp: str, attempt: views.Attempt = NOTHING_SENT, status: int = 200
) -> web.Response:
    """Show it, with the form that somebody sent as it was if something was wrong with it."""
    desk, actor = request.app[DESK], actor_of(request)
    orders = [each for each in found.served if each.isp == isp]
    if not orders:
        raise web.HTTPNotFound
    acts = legal_at(found, isp, actor, desk.road.now()) if actor.role in {Role.OFFICER, Role.APPROVER} else ()
    return page(
        request,
        "order.html",
        status=status,
        section="matrix",
        here=f"/cases/{found.id}/isps/{isp}",
        case=found,
        name=next((each.name for each in desk.road.letterhead.isps if each.id == isp), isp),
        orders=tuple(reversed(orders)),
        acts=acts,
        action=f"/cases/{found.id}",
        attempt=attempt,
        tones=views.STANDING_TONES,
    )


async def isps(request: web.Request) -> web.Response:
    """Show each provider: contact, what its resolvers report, open orders, and how many were carried out in time."""
    road = request.app[DESK].road
    reports = Acknowledgements(road.store)
    newest, tokens = await reports.newest(), await Tokens(road.store, Machine.PROVIDER).holders()
    people = [account for account in await request.app[DESK].people.accounts.all() if account.isp]
    orders = [each for case in await road.store.cases() for each in case.served]
    records = [
        _record(
            isp,
            tuple(account.number for account in people if account.isp == isp.id),
            token=isp.id in tokens,
            resolvers=tuple(each for each in newest if each.isp == isp.id),
            orders=[each for each in orders if each.isp == isp.id],
            now=road.now(),
        )
        for isp in road.letterhead.isps
    ]
    return page(request, "isps.html", section="isps", here="/isps", records=records)


def _record(
    isp: Recipient,
    contacts: tuple[str, ...],
    *,
    token: bool,
    resolvers: tuple[Reported, ...],
    orders: Sequence[Served],
    now: datetime,
) -> Record:
    done = [each for each in orders if each.done_at is not None]
    seconds = [(at - each.delivered_at).total_seconds() for each in done if (at := each.done_at) and each.delivered_at]
    return Record(
        isp=isp,
        contacts=contacts,
        token=token,
        resolvers=resolvers,
        open=sum(each.open for each in orders),
        late=sum(each.over(now) for each in orders),
        done=len(done),
        in_time=sum(not each.late(now) for each in done),
        median=timedelta(seconds=median(seconds)) if seconds else None,
    )
