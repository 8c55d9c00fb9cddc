"""Cases with search and filters, page by page, the last moved first.

Keeps true: a name that somebody looks for stands in no address, and so in no history and no log: a search with text is
a POST; one by state, ground and turn alone is an address that can be kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from aiohttp import web

from blocker.admin import views
from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.render import page, see_other
from blocker.cases.awaited import EVERYBODY
from blocker.cases.case import State
from blocker.cases.queries import Search

SHOWN = 50
"""Cases on one page."""

LONGEST = 253
"""Characters of a text to look for: no name is longer (RFC 1035 §2.3.4)."""

_DIGITS = 16
_OPEN = {"yes": True, "no": False}


async def cases(request: web.Request) -> web.Response:
    """Show the cases that the address's filters find."""
    return await _show(request, _search(request.query), request.query)


async def search(request: web.Request) -> web.Response:
    """Show the cases that a form's text and filters find; without a text, lead on to the address that does."""
    form = request[FORM]
    wanted = replace(_search(form), text=form.get("text", "").strip()[:LONGEST])
    if not wanted.text:
        kept = {name: form[name] for name in ("state", "ground", "awaited", "open") if form.get(name)}
        return see_other(f"/cases?{urlencode(kept)}" if kept else "/cases")
    return await _show(request, wanted, form)


async def _show(request: web.Request, wanted: Search, given: Mapping[str, str]) -> web.Response:
    desk, visitor, now = request.app[DESK], request[VISITOR], request.app[DESK].road.now()
    before = number(given.get("before", ""))
    found = await desk.road.store.found(wanted, now, before=before, count=SHOWN)
    whole = before is None and len(found) < SHOWN
    filters = {"state": wanted.state, "ground": wanted.ground, "awaited": wanted.awaited, "open": given.get("open")}
    return page(
        request,
        "cases.html",
        section="cases",
        here="/cases",
        lines=[views.line(case, now) for case in found],
        count=len(found) if whole else await desk.road.store.count(wanted, now),
        text=wanted.text,
        filters={name: value for name, value in filters.items() if value},
        query=urlencode({name: value for name, value in filters.items() if value}),
        first=before is None,
        older=found[-1].seq if len(found) == SHOWN else None,
        states=list(State),
        everybody=EVERYBODY,
        grounds=list(desk.index.grounds) if desk.index else [],
        ground=lambda ground: desk.ground(ground, visitor.words),
        tones=views.TONES,
    )


def number(text: str) -> int | None:
    """Return the place from which a page goes on; None for the first page.

    Raises:
        web.HTTPBadRequest: if it is no such number.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < _DIGITS):
        raise web.HTTPBadRequest
    return int(text)


def _search(given: Mapping[str, str]) -> Search:
    """Read the filters; what is none of ours excludes nothing."""
    state, whom = given.get("state", ""), given.get("awaited", "")
    return Search(
        ground=given.get("ground") or None,
        state=State(state) if state in set(State) else None,
        awaited=whom if whom in EVERYBODY else None,
        open=_OPEN.get(given.get("open", "")),
    )
