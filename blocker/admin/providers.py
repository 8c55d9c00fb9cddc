"""The providers at the desk: directives × providers, one order and what came of it, and each provider's record.

Keeps true that staff record for any provider and a contact for its own alone: both by the rows of the workflow's table,
through the one handler of acts. Deadlines and standings are those of blocker/cases/isps/order.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from blocker.admin import finding, views
from blocker.admin.desk import DESK
from blocker.admin.pages import NOTHING_SENT, actor_of, find_case
from blocker.admin.render import page
from blocker.cases.appointments import asked_until
from blocker.cases.case import Case, Role
from blocker.cases.context import Recipient
from blocker.cases.isps.acknowledgements import Acknowledgements, Reported
from blocker.cases.isps.matrix import Matrix, Pace, Place
from blocker.cases.isps.onboardings import Onboarding, Onboardings
from blocker.cases.isps.order import current
from blocker.cases.rows import instant
from blocker.cases.tokens import Machine, Tokens
from blocker.cases.workflow import legal_at

SHOWN = 10
"""Directives in one table of the matrix: each has a cell for every provider."""


@dataclass(frozen=True, slots=True)
class Record:
    """One provider: whom to write to, what its resolvers report, what it still has to do, and how fast it was."""

    isp: Recipient
    contacts: tuple[str, ...]
    token: bool
    resolvers: tuple[Reported, ...]
    onboardings: tuple[Onboarding, ...]
    """The directives by which it was told of all that was in force, the newest last."""
    pace: Pace


async def matrix(request: web.Request) -> web.Response:
    """Show the directives that providers still have to carry out, and the others; a further page shows one of both."""
    desk, query = request.app[DESK], request.query
    known, after, before = Matrix(desk.road.store), _place(query), finding.number(query.get("before", ""))
    waiting = await known.open(after, SHOWN) if before is None else ()
    settled = await known.settled(before, SHOWN) if after is None else ()
    lines = {case.id: {each.isp: each for each in current(case.served)} for case in (*waiting, *settled)}
    told = {isp for orders in lines.values() for isp in orders}
    asked, past = await known.porosity()
    open_, others = await known.counts()
    return page(
        request,
        "matrix.html",
        section="matrix",
        here="/matrix",
        isps=[isp for isp in desk.road.letterhead.isps if isp.id in told],
        tables={"waiting": (waiting, open_), "settled": (settled, others)},
        first=after is None and before is None,
        orders=lines,
        further=_place_of(waiting[-1]) if len(waiting) == SHOWN else None,
        older=settled[-1].seq if len(settled) == SHOWN else None,
        tones=views.STANDING_TONES,
        asked=asked,
        past=past,
    )


def _place(query: Mapping[str, str]) -> Place | None:
    """Return the place after which a page of open directives begins; None for the first one.

    Raises:
        web.HTTPBadRequest: if it is no such place.
    """
    due, _, case = query.get("after", "").partition(" ")
    if not due:
        return None
    try:
        return str(instant(datetime.fromisoformat(due))), case
    except (ValueError, OverflowError):
        raise web.HTTPBadRequest from None


def _place_of(case: Case) -> str:
    return f"{instant(asked_until(case))} {case.id}"


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
        kept=views.kept(attempt, acts, next(iter(acts), None)),
        action=f"/cases/{found.id}",
        attempt=attempt,
        tones=views.STANDING_TONES,
    )


async def isps(request: web.Request) -> web.Response:
    """Show each provider: contact, what its resolvers report, open orders, and how many were carried out in time."""
    road = request.app[DESK].road
    newest, tokens = await Acknowledgements(road.store).newest(), await Tokens(road.store, Machine.PROVIDER).holders()
    people = [account for account in await request.app[DESK].people.accounts.all() if account.isp]
    paces = await Matrix(road.store).paces(road.now())
    records = [
        Record(
            isp=isp,
            contacts=tuple(account.number for account in people if account.isp == isp.id),
            token=isp.id in tokens,
            resolvers=tuple(each for each in newest if each.isp == isp.id),
            onboardings=tuple((await Onboardings(road.store).of(isp.id)).values()),
            pace=paces.get(isp.id, Pace()),
        )
        for isp in road.letterhead.isps
    ]
    return page(request, "isps.html", section="isps", here="/isps", records=records, tones=views.STANDING_TONES)
