"""The page of the list in force: which version, who signed it, what it changed, who has it, and every name on it."""

from aiohttp import web

from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.finding import number
from blocker.admin.in_force import holders
from blocker.admin.render import page
from blocker.cases.isps.acknowledgements import Acknowledgements
from blocker.errors import InvalidNameError
from blocker.names import DomainName

SHOWN = 200
"""Names of the list on one page, and changes of each kind; any name can be looked up there."""


async def listing(request: web.Request) -> web.Response:
    """Show the list in force, and what is wrong with its source, if anything."""
    return await _show(request)


async def look_up(request: web.Request) -> web.Response:
    """Say whether a name is blocked, by which directive and until when. A POST, so that no address holds the name."""
    asked = request[FORM].get("name", "")[:1000].strip()
    index, now = request.app[DESK].index, request.app[DESK].clock.timestamp()
    try:
        name = DomainName.parse(asked)
    except InvalidNameError as error:
        return await _show(request, status=422, asked=asked, problem=str(error))
    match = index.match(name, now) if index else None
    return await _show(request, asked=asked, name=name, match=match)


async def _show(request: web.Request, *, status: int = 200, **looked_up: object) -> web.Response:
    desk = request.app[DESK]
    index, now = desk.index, desk.road.now()
    header = index.header if index else None
    version = await desk.versions.look(index, now) if index else None
    start = number(request.query.get("from", "")) or 0
    entries = list(index.entries(version.keys[start : start + SHOWN])) if index and version else []
    reported = await Acknowledgements(desk.road.store).newest()
    nothing = {"asked": "", "problem": "", "name": None, "match": None}
    return page(
        request,
        "list.html",
        status=status,
        section="list",
        here="/list",
        header=header,
        entries=entries,
        shown=SHOWN,
        change=version.change if version else None,
        start=start,
        further=start + SHOWN if header and start + SHOWN < header.names else None,
        holders=holders(desk.road.terms.isps, reported, header.sources if header else ()),
        ground=lambda ground: desk.ground(ground, request[VISITOR].words),
        known=await desk.road.store.existing({directive.case for _, _, directive in entries}),
        source=await desk.source.look(now),
        **(nothing | looked_up),
    )
