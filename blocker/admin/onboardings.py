"""An onboarding directive at the desk: as it was issued, where it stands, and what may be recorded of it as a whole.

Keeps true that a contact reaches those of its own provider alone, and that whoever may record something is said in one
place (blocker/cases/isps/onboardings.py). The orders of single cases that it made stand with all others (providers.py).
"""

from aiohttp import web

from blocker.admin import forms, views
from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.pages import NOTHING_SENT, actor_of
from blocker.admin.render import letter_text, page, see_other
from blocker.cases.case import Document
from blocker.cases.documents import ONBOARDING
from blocker.cases.isps.onboardings import RECORDED, Onboarding, Onboardings
from blocker.cases.table import BY_ACT
from blocker.errors import FormError


async def letter(request: web.Request) -> web.Response:
    """Show staff, overseer and auditor one that a provider was sent, or its copy."""
    return await show(request, await _find(request), "/isps")


async def text(request: web.Request) -> web.Response:
    """Send the very bytes of one."""
    return letter_text(await _find(request))


async def act(request: web.Request) -> web.Response:
    """Take what an officer records of one."""
    return await record(request, await _find(request), "/isps")


async def show(
    request: web.Request, found: Document, back: str, attempt: views.Attempt = NOTHING_SENT, status: int = 200
) -> web.Response:
    """Show one, with the forms of whoever may record something."""
    desk = request.app[DESK]
    known = await _of(request, found)
    acts = [] if known is None else [BY_ACT[name] for name in known.acts(actor_of(request), desk.road.now())]
    return page(
        request,
        "directive.html",
        status=status,
        section=back.removeprefix("/"),
        here=_address(found, back),
        letter=found,
        address=_address(found, back),
        back=back,
        turn=0,
        isp=found.case,
        orders=[] if known is None else [known.order],
        acts=acts,
        kept=views.kept(attempt, acts, next(iter(acts), None)),
        attempt=attempt,
        tones=views.STANDING_TONES,
    )


async def record(request: web.Request, found: Document, back: str) -> web.Response:
    """Record what a form says of one; with mistakes the form comes back as it was."""
    desk, form, name = request.app[DESK], request[FORM], request.match_info["act"]
    known = await _of(request, found)
    if known is None or name not in RECORDED:
        raise web.HTTPNotFound
    try:
        data = forms.entered(BY_ACT[name].fields, form, desk.moments(request[VISITOR].words))
        await Onboardings(desk.road.store).record(known, name, actor_of(request), data, desk.road.now())
    except FormError as error:
        attempt = views.Attempt(name, form, error.problems)
        return await show(request, found, back, attempt, forms.status_of(error))
    return see_other(_address(found, back))


async def _of(request: web.Request, found: Document) -> Onboarding | None:
    """Return what a letter began; None for the overseer's copy."""
    return (await Onboardings(request.app[DESK].road.store).of(found.case)).get(found.number)


async def _find(request: web.Request) -> Document:
    found = await request.app[DESK].road.store.document(request.match_info["letter"])
    if found is None or found.kind != ONBOARDING or found.case != request.match_info["isp"]:
        raise web.HTTPNotFound
    return found


def _address(found: Document, back: str) -> str:
    return f"/directives/{found.number}" if back == "/directives" else f"/isps/{found.case}/letters/{found.number}"
