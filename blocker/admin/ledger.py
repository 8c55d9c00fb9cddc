"""The ledger at the desk: every entry to read, page by page, and its head, sealed, to take away.

Keeps true: what is taken away (a head) is all that somebody needs, with the public key, to find out later whether
anything before it was changed or is gone (`redhand cases verify`).
"""

from aiohttp import web

from blocker.admin.desk import DESK
from blocker.admin.finding import number
from blocker.admin.render import page
from blocker.cases.integrity import checkpoint
from blocker.cases.queries import EventSearch
from blocker.cases.table import BY_ID

SHOWN = 50
"""Entries on one page."""

_LONGEST = 64


async def oversight(request: web.Request) -> web.Response:
    """Show every step of every case as it happened, the newest first."""
    return await _show(request, "oversight.html", "oversight", EventSearch())


async def ledger(request: web.Request) -> web.Response:
    """Show the ledger's entries, or those of a case, of a kind, or by somebody."""
    given = {name: request.query.get(name, "").strip()[:_LONGEST] for name in ("case", "transition", "actor")}
    return await _show(
        request, "ledger.html", "ledger", EventSearch(**{name: text or None for name, text in given.items()})
    )


async def head(request: web.Request) -> web.Response:
    """Send the head of the ledger as a sealed file."""
    desk = request.app[DESK]
    found = await desk.road.store.head()
    text = checkpoint.write(found, desk.road.now(), desk.road.store.seal)
    response = web.Response(text=text, content_type="application/json", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="redhand-head-{found.seq}.json"'
    return response


async def _show(request: web.Request, template: str, section: str, search: EventSearch) -> web.Response:
    store = request.app[DESK].road.store
    before = number(request.query.get("before", ""))
    events = await store.latest(search, before, SHOWN)
    return page(
        request,
        template,
        section=section,
        here=f"/{section}",
        events=events,
        letters=await store.issued_with(events),
        transitions=BY_ID,
        search=search,
        head=await store.head(),
        key=store.seal.public,
        first=before is None,
        older=events[-1].seq if len(events) == SHOWN and events[-1].seq > 1 else None,
    )
