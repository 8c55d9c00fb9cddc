"""The page of accounts: who may sign in, what is proposed about them, what was decided, by whom.

Keeps true that a half of an invitation is shown once, on the answer to the very act that made it, and that sessions end
with what carried them. Which two people it takes is decided by blocker/people/powers.py.
"""

import asyncio
from http import HTTPStatus

from aiohttp import web

from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.own import account_of
from blocker.admin.render import page, see_other
from blocker.cases.case import Role
from blocker.errors import ForbiddenError, FormError, IllegalStepError
from blocker.people.account import Account
from blocker.people.powers import INVITED, OFFICES, Power, office_of

DECIDED = 100
"""Decisions on the page; the ledger has them all."""

ROLES = tuple(role for role in Role if role is not Role.SYSTEM)


async def accounts(request: web.Request) -> web.Response:
    """Show all accounts, what waits for a second person, and the last decisions."""
    return await _shown(request)


async def propose_opening(request: web.Request) -> web.Response:
    """Propose a new account."""
    form = request[FORM]
    number, isp = form.get("number", "").strip(), form.get("isp", "").strip() or None
    if form.get("role") not in ROLES:
        return await _shown(request, {"role": "choose a role"}, HTTPStatus.UNPROCESSABLE_ENTITY)
    if isp is not None and isp not in {each.id for each in request.app[DESK].road.terms.isps}:
        return await _shown(request, {"isp": "there is no provider of this id"}, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        return await _proposed(request, Power.OPEN, number, Role(form["role"]), isp)
    except FormError as error:
        return await _shown(request, error.problems, HTTPStatus.UNPROCESSABLE_ENTITY)


async def propose(request: web.Request) -> web.Response:
    """Propose to close an account, to open it again, or to take its factors away."""
    power = request.match_info["power"]
    if power not in tuple(Power) or power == Power.OPEN:
        raise web.HTTPNotFound
    return await _proposed(request, Power(power), request.match_info["account"])


async def decide(request: web.Request) -> web.Response:
    """Approve or refuse what somebody else proposed."""
    desk, own, now = request.app[DESK], account_of(request), request.app[DESK].road.now()
    administration, number = desk.people.administration, int(request.match_info["proposal"])
    if request.match_info["verdict"] == "refuse":
        await administration.refuse(number, own, now)
        return see_other("/accounts")
    half = await administration.approve(number, own, now)
    proposal = await administration.proposal(number)
    if proposal is None:
        raise RuntimeError("proposals are never deleted")
    desk.sessions.end_all(proposal.target)
    return _half_shown(request, half, proposal.target, "second") if half else see_other("/accounts")


async def end_sessions(request: web.Request) -> web.Response:
    """End every session of an account at once; taking power away takes one person of its office."""
    desk, found = request.app[DESK], await _found(request)
    if account_of(request).role is not office_of(found.role):
        raise ForbiddenError("This account is kept by the other office.")
    desk.sessions.end_all(found.number)
    return see_other("/accounts")


async def _proposed(
    request: web.Request, power: Power, number: str, role: Role | None = None, isp: str | None = None
) -> web.Response:
    desk, own = request.app[DESK], account_of(request)
    half = await desk.people.administration.propose(power, number, own, desk.road.now(), role=role, isp=isp)
    return _half_shown(request, half, number, "first") if half else see_other("/accounts")


def _half_shown(request: web.Request, half: str, number: str, which: str) -> web.Response:
    hours = int(INVITED.total_seconds() // 3600)
    return page(
        request, "half.html", section="accounts", here="/accounts", half=half, number=number, which=which, hours=hours
    )


async def _found(request: web.Request) -> Account:
    found = await request.app[DESK].people.accounts.account(request.match_info["account"])
    if found is None:
        raise IllegalStepError("There is no such account.")
    return found


async def _shown(
    request: web.Request, problems: dict[str, str] | None = None, status: int = HTTPStatus.OK
) -> web.Response:
    desk, now = request.app[DESK], asyncio.get_running_loop().time()
    known = await desk.people.accounts.all()
    return page(
        request,
        "accounts.html",
        status=status,
        section="accounts",
        here="/accounts",
        keeps=request[VISITOR].role in OFFICES,
        office_of=office_of,
        accounts=known,
        signed_in={each.number: len(desk.sessions.of(each.number, now)) for each in known},
        held=await desk.people.factors.counts(),
        pending=await desk.people.administration.pending(),
        decided=await desk.people.administration.decided(DECIDED),
        roles=ROLES,
        isps=desk.road.terms.isps,
        entered=request[FORM] if problems else {},
        problems=problems or {},
    )
