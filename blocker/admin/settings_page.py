"""The settings of the procedure at the desk: what is in force, what the configuration file says, and who decides on it.

Keeps true that nobody types settings here: a file proposes, one person puts that forward, another approves it
(blocker/people/agreement.py), and from that moment the desk works under it.
"""

from aiohttp import web

from blocker.admin.desk import DESK, VISITOR
from blocker.admin.own import account_of
from blocker.admin.render import letter_text as send_letter
from blocker.admin.render import page, see_other
from blocker.cases.case import Document, Role
from blocker.cases.queries import EventSearch
from blocker.cases.terms import ABOUT, changes
from blocker.people.powers import OFFICES

STEPS = 50
"""Entries of the ledger on the page; the ledger has them all."""


async def settings(request: web.Request) -> web.Response:
    """Show what is in force, what the file says otherwise, what waits for a second person, and what was decided."""
    desk = request.app[DESK]
    offer, road = await desk.people.agreement.pending(), desk.road
    events = await road.store.latest(EventSearch(case=ABOUT), None, STEPS)
    return page(
        request,
        "settings.html",
        section="settings",
        here="/settings",
        keeps=request[VISITOR].role in OFFICES,
        watches=request[VISITOR].role in {Role.OVERSEER, Role.AUDITOR},
        agreed=road.agreed,
        lines=sorted(road.terms.lines().items()),
        offered=changes(road.terms, road.offered),
        offer=offer,
        proposed=changes(road.terms, offer.terms) if offer else (),
        outdated=offer is not None and bool(changes(offer.terms, road.offered)),
        events=events,
        letters=await road.store.issued_with(events),
        effects=await road.store.effects(ABOUT),
    )


async def propose(request: web.Request) -> web.Response:
    """Propose what the file says."""
    desk, road = request.app[DESK], request.app[DESK].road
    await desk.people.agreement.propose(
        account_of(request),
        road.now(),
        offered=road.offered,
        standing=road.terms,
        issue=await road.notice(road.offered),
    )
    return see_other("/settings")


async def decide(request: web.Request) -> web.Response:
    """Approve or refuse what somebody else proposed."""
    desk, road, own = request.app[DESK], request.app[DESK].road, account_of(request)
    agreement, number = desk.people.agreement, int(request.match_info["proposal"])
    if request.match_info["verdict"] == "refuse":
        await agreement.refuse(number, own, road.now(), standing=road.terms)
        return see_other("/settings")
    issue = await road.notice(road.offered, road.offered)
    await agreement.approve(number, own, road.now(), offered=road.offered, standing=road.terms, issue=issue)
    await road.work_as_agreed()
    return see_other("/settings")


async def letter(request: web.Request) -> web.Response:
    """Show a letter that told of settings, as it was issued."""
    found = await _find_letter(request)
    address = f"/settings/letters/{found.number}"
    return page(request, "letter.html", section="settings", letter=found, address=address, back="/settings")


async def letter_text(request: web.Request) -> web.Response:
    """Send such a letter's very bytes: what its SHA-256 is of."""
    return send_letter(await _find_letter(request))


async def _find_letter(request: web.Request) -> Document:
    found = await request.app[DESK].road.store.document(request.match_info["letter"])
    if found is None or found.case != ABOUT:
        raise web.HTTPNotFound
    return found
