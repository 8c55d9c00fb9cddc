"""The page that officers and approvers begin with: what is over time or due, what awaits them, and who else is awaited.

Keeps true: it shows the most urgent of each and how many there are; the whole is a search away (finding.py).
"""

from datetime import timedelta

from aiohttp import web

from blocker.admin import views
from blocker.admin.desk import DESK, VISITOR
from blocker.admin.render import page
from blocker.cases.awaited import EVERYBODY
from blocker.cases.post.incoming import UNMATCHED

SHOWN = 25
"""Cases in one table."""

SOON = timedelta(hours=24)
"""How long before its end a clock is called due."""


async def today(request: web.Request) -> web.Response:
    """Show what this person should look at first."""
    desk, visitor = request.app[DESK], request[VISITOR]
    store, now, post = desk.road.store, desk.road.now(), desk.road.post()
    tables = {
        "over": await store.due(None, now, SHOWN),
        "due": await store.due(now, now + SOON, SHOWN),
        "mine": await store.awaiting(visitor.role, now, SHOWN),
    }
    waiting = await store.awaited(now)
    return page(
        request,
        "today.html",
        section="today",
        here="/today",
        tables={key: [views.line(case, now) for case in found] for key, found in tables.items()},
        waiting={whom: waiting[whom] for whom in EVERYBODY if whom in waiting},
        shown=SHOWN,
        stuck=await store.stuck(SHOWN),
        ground=lambda ground: desk.ground(ground, visitor.words),
        tones=views.TONES,
        unmatched=0 if post is None else await post.unmatched(),
        folder=None if post is None else post.folder / UNMATCHED,
    )
