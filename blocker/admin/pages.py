"""The pages that only show: one case, its letters, readiness, static files."""

from collections.abc import Iterable, Mapping

from aiohttp import web

from blocker.admin import views
from blocker.admin.desk import DESK, VISITOR, Desk
from blocker.admin.render import letter_text as send_letter
from blocker.admin.render import page, see_other
from blocker.blocklist.entry import Ground
from blocker.cases.answer_links import ANSWERED_IN
from blocker.cases.awaited import awaited, spans
from blocker.cases.case import Actor, Case, Document
from blocker.cases.drafts import branch, proposed
from blocker.cases.flags import flags
from blocker.cases.forms import Kind
from blocker.cases.isps.order import current
from blocker.cases.search.lookups import BY_DESK
from blocker.cases.table import BY_ACT, BY_ID, ON_LIST, WRITING
from blocker.cases.transition import Transition
from blocker.errors import IllegalStepError, OperationError

DRAFTED = frozenset(state for act in WRITING for state in BY_ACT[act].sources)
"""Where a directive's file may still change."""

NOTHING_SENT = views.Attempt()


async def home(request: web.Request) -> web.Response:
    """Lead on to the page that this role begins with."""
    return see_other(request[VISITOR].home)


async def health(request: web.Request) -> web.Response:
    """Say that the desk answers, and which list version it sees in force: for `redhand up` and for monitoring."""
    index = request.app[DESK].index
    return web.json_response({"ready": True, "serial": index.header.serial if index else None})


async def asset(request: web.Request) -> web.Response:
    """Send a static file; its address names its content, so the browser may keep it."""
    found = request.app[DESK].assets.get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    response = web.Response(body=found.body, content_type=found.content_type, charset="utf-8")
    kept = request.query.get("v") == found.version
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
    return response


async def case(request: web.Request) -> web.Response:
    """Show one case."""
    return await show_case(request, await find_case(request))


async def find_case(request: web.Request) -> Case:
    """Return the case that the address names.

    Raises:
        web.HTTPNotFound: if there is none.
    """
    found = await request.app[DESK].road.store.case(request.match_info["case"])
    if found is None:
        raise web.HTTPNotFound
    return found


def actor_of(request: web.Request) -> Actor:
    """Return who acts; the gate lets nobody else reach a route that asks."""
    account = request[VISITOR].account
    if account is None:
        raise RuntimeError("a route for people with an account was reached without one")
    return account.actor


async def show_case(
    request: web.Request, found: Case, attempt: views.Attempt = NOTHING_SENT, status: int = 200
) -> web.Response:
    """Show a case, with the form that somebody sent as it was if something was wrong with it."""
    desk, words, now = request.app[DESK], request[VISITOR].words, request.app[DESK].road.now()
    offer, events = views.offer(found, actor_of(request), now, desk.road.policy), await desk.road.store.events(found.id)
    documents = await desk.road.store.documents(found.id)
    receipt = views.proposed_receipt(found, events, documents)
    if receipt is not None and not attempt.act:
        attempt = views.receipt_filled_in(receipt, words, desk.moments(words))
    leading = views.leading(found, offer.acts)
    return page(
        request,
        "case.html",
        status=status,
        section="cases",
        here=f"/cases/{found.id}",
        case=found,
        ground=desk.ground(found.ground, words),
        tone=views.TONES.get(found.state, "open"),
        awaited=awaited(found, now),
        flags=flags(found, now),
        on_list=ON_LIST,
        steps=views.steps(found),
        spans=list(spans(found)),
        offer=offer,
        waits=views.together(offer.waits),
        leading=leading,
        kept=views.kept(attempt, offer.acts, leading),
        details=views.details,
        attempt=attempt,
        grounds=await grounds_for(request, offer.acts),
        events=tuple(reversed(events)),
        receipt=receipt,
        posted=views.posted(events),
        unanswered=views.unanswered(found, events),
        openings=await desk.road.links.openings(found.id) if found.state in ANSWERED_IN else {},
        exhibits=views.exhibits(events),
        weighed=views.weighed(events),
        searches=[event for event in events if event.transition == "T3s"],
        places=BY_DESK if desk.road.lookups else (),
        transitions=BY_ID,
        documents=documents,
        drafted=await _drafted(desk, found),
        orders=current(found.served),
        order_tones=views.STANDING_TONES,
        effects=await desk.road.store.effects(found.id),
    )


async def _drafted(desk: Desk, case: Case) -> views.Drafted | None:
    """The directive's file as it stands on the case's branch, while it may still be edited."""
    if case.state not in DRAFTED:
        return None
    try:
        draft = await desk.road.lists.draft(case.id)
    except (IllegalStepError, OperationError) as error:
        return views.Drafted(branch(case.id), None, str(error))
    covered = proposed(case)
    shown = draft or covered
    return None if shown is None else views.Drafted(branch(case.id), shown, changed=covered not in {None, shown})


async def grounds_for(request: web.Request, acts: Iterable[Transition]) -> Mapping[str, Ground]:
    """Return the grounds of the list's source if a form of these acts asks for one; the source is read only then."""
    if any(field.kind is Kind.GROUND for act in acts for field in act.fields):
        return (await request.app[DESK].road.facts()).grounds
    return {}


async def show_report(
    request: web.Request, attempt: views.Attempt = NOTHING_SENT, status: int = 200, once: str | None = None
) -> web.Response:
    """Show the form that opens a case, as it was sent if something was wrong with it."""
    act = BY_ACT["report"]
    return page(
        request,
        "report.html",
        status=status,
        section="report",
        here="/cases/new",
        act=act,
        kept=views.kept(attempt, (act,), act),
        attempt=attempt,
        grounds=await grounds_for(request, (act,)),
        once=once or request.app[DESK].sessions.new_number(),
    )


async def letter(request: web.Request) -> web.Response:
    """Show a letter as it was issued."""
    found = await _find_letter(request)
    address = f"/cases/{found.case}/letters/{found.number}"
    return page(request, "letter.html", section="cases", letter=found, address=address, back=f"/cases/{found.case}")


async def letter_text(request: web.Request) -> web.Response:
    """Send a letter's very bytes: what its SHA-256 is of."""
    return send_letter(await _find_letter(request))


async def _find_letter(request: web.Request) -> Document:
    found = await request.app[DESK].road.store.document(request.match_info["letter"])
    if found is None or found.case != request.match_info["case"]:
        raise web.HTTPNotFound
    return found
