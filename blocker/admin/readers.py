"""The pages of those who decide nothing: an ISP's contact, the auditor.

Keeps true that an ISP's contact sees what was issued to that ISP and nothing else: no case, no URL, no owner, no letter
to another; and that what a contact reports is about its own orders. That the others change nothing follows from the
route table: there is no route by which they could.
"""

from aiohttp import web

from blocker.admin import forms, onboardings, views
from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.finding import number
from blocker.admin.pages import NOTHING_SENT, actor_of
from blocker.admin.render import letter_text, page, see_other
from blocker.cases.case import Document, Role
from blocker.cases.documents import ONBOARDING
from blocker.cases.isps.onboardings import Onboardings
from blocker.cases.table import BY_ACT
from blocker.cases.workflow import legal_at
from blocker.errors import FormError

SHOWN = 100
"""Letters on one page of an ISP's: an order that is still open is among the newest."""

LINES = 100
"""Lines of the audit of sign-ins on one page."""


async def directives(request: web.Request) -> web.Response:
    """Show an ISP's contact what that ISP was told, and what is to be done until when."""
    desk = request.app[DESK]
    before = request.query.get("before") or None
    letters = await desk.road.store.letters_to(_isp(request), before, SHOWN)
    cases = await desk.road.store.numbered({letter.case for letter in letters})
    duties = views.duties(letters, cases.values())
    boards = (await Onboardings(desk.road.store).of(_isp(request))).values()
    return page(
        request,
        "directives.html",
        section="directives",
        here="/directives",
        duties=duties,
        onboardings=[each for each in boards if each.order.stands],
        letters=letters,
        first=before is None,
        older=letters[-1].number if len(letters) == SHOWN else None,
        tones=views.STANDING_TONES,
    )


async def directive(request: web.Request) -> web.Response:
    """Show one letter to this ISP, as it was issued."""
    letter = await _own_letter(request)
    if letter.kind == ONBOARDING:
        return await onboardings.show(request, letter, "/directives")
    return await _show_directive(request, letter)


async def report(request: web.Request) -> web.Response:
    """Take what a contact says of a directive: received, carried out, a question, an impossibility."""
    desk, form, letter = request.app[DESK], request[FORM], await _own_letter(request)
    if letter.kind == ONBOARDING:
        return await onboardings.record(request, letter, "/directives")
    step = BY_ACT.get(request.match_info["act"])
    if step is None or Role.ISP not in step.roles:
        raise web.HTTPNotFound
    try:
        data = forms.entered(step.fields, form, desk.moments(request[VISITOR].words)) | {"isp": _isp(request)}
        await desk.road.act(letter.case, step.act, actor_of(request), data, turn=forms.turn(form))
    except FormError as error:
        attempt = views.Attempt(step.act, form, error.problems)
        return await _show_directive(request, letter, attempt, forms.status_of(error))
    return see_other(f"/directives/{letter.number}")


async def _show_directive(
    request: web.Request, letter: Document, attempt: views.Attempt = NOTHING_SENT, status: int = 200
) -> web.Response:
    desk = request.app[DESK]
    case = await desk.road.store.case(letter.case)
    order = None if case is None else views.order_of(letter, case)
    acts = () if case is None or order is None else legal_at(case, order.isp, actor_of(request), desk.road.now())
    return page(
        request,
        "directive.html",
        status=status,
        section="directives",
        here=f"/directives/{letter.number}",
        letter=letter,
        address=f"/directives/{letter.number}",
        back="/directives",
        turn=None if case is None else case.turn,
        isp=letter.recipient,
        orders=[] if order is None else [order],
        acts=acts,
        kept=views.kept(attempt, acts, next(iter(acts), None)),
        attempt=attempt,
        tones=views.STANDING_TONES,
    )


async def directive_text(request: web.Request) -> web.Response:
    """Send the very bytes of a letter to this ISP."""
    return letter_text(await _own_letter(request))


async def sign_ins(request: web.Request) -> web.Response:
    """Show who came and went, and which accounts there are."""
    people, before = request.app[DESK].people, number(request.query.get("before", ""))
    lines = await people.door.sign_ins(LINES, before)
    return page(
        request,
        "sign-ins.html",
        section="sign-ins",
        here="/sign-ins",
        lines=lines,
        first=before is None,
        older=lines[-1].place if len(lines) == LINES else None,
        accounts=await people.accounts.all(),
    )


async def _own_letter(request: web.Request) -> Document:
    found = await request.app[DESK].road.store.document(request.match_info["letter"])
    if found is None or found.recipient != _isp(request):
        raise web.HTTPNotFound  # also for what exists, so that nobody learns of it
    return found


def _isp(request: web.Request) -> str:
    account = request[VISITOR].account
    if account is None or account.isp is None:
        raise RuntimeError("a route for contacts of an ISP was reached by somebody else")
    return account.isp
