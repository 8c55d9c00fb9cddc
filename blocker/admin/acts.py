"""The one handler of every act on a case, and the one that opens cases.

Both only carry what was entered to the workflow and say what came of it: what an act asks for, who may take it and what
follows stand in the table of blocker/cases, so a new step there needs nothing here.
"""

from aiohttp import web

from blocker.admin import forms
from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.exhibits import uploaded
from blocker.admin.pages import actor_of, find_case, show_case, show_report
from blocker.admin.providers import show_order
from blocker.admin.render import see_other
from blocker.admin.views import Attempt
from blocker.cases.search.lookups import BY_DESK
from blocker.cases.table import BY_ACT
from blocker.errors import FormError, IllegalStepError


async def act(request: web.Request) -> web.Response:
    """Take a step on a case, then lead back to it; a form with mistakes comes back as it was, each beside its field."""
    desk, form = request.app[DESK], request[FORM]
    found = await find_case(request)
    step = BY_ACT.get(request.match_info["act"])
    if step is None or not step.sources:
        raise web.HTTPNotFound
    try:
        data = forms.entered(step.fields, form, desk.moments(request[VISITOR].words))
        data |= await uploaded(request, found, step, data)
        await desk.road.act(found.id, step.act, actor_of(request), data, turn=forms.turn(form))
    except FormError as error:
        attempt = Attempt(step.act, form, error.problems)
        if step.at_isp is not None:
            return await show_order(request, found, form.get("isp", ""), attempt, forms.status_of(error))
        return await show_case(request, found, attempt, forms.status_of(error))
    return see_other(f"/cases/{found.id}/isps/{data['isp']}" if step.at_isp is not None else f"/cases/{found.id}")


async def search(request: web.Request) -> web.Response:
    """Look for somebody to ask, in one place, and record what came of it; a search that failed is none."""
    desk, form, found = request.app[DESK], request[FORM], await find_case(request)
    lookups, names = desk.road.lookups, [each.name for each in found.names]
    name = next((name for name in names if name == form.get("name")), None)
    if lookups is None:
        raise IllegalStepError("This desk does not look by itself (admin.lookups). Record what you found.")
    if name is None or form.get("channel") not in BY_DESK:
        raise web.HTTPBadRequest
    result = await lookups.search(form["channel"], name)
    data = {
        "channel": form["channel"],
        "asked": result.asked,
        "searched_at": desk.road.now().isoformat(),
        "found": result.whom,
        "contact": "\n".join(f"{each.mail} ({each.source})" for each in result.contacts),
        "answer": result.answer,
    }
    await desk.road.act(found.id, "record-search", actor_of(request), data, turn=forms.turn(form))
    return see_other(f"/cases/{found.id}#searches")


async def report(request: web.Request) -> web.Response:
    """Open a case; the same form sent again, even at once, leads to the case that it opened."""
    desk, form, session = request.app[DESK], request[FORM], request[VISITOR].session
    if session is None:
        raise RuntimeError("a form was taken without a session")
    step, once = BY_ACT["report"], form.get("once", "")
    async with desk.reporting:
        if once in session.opened:
            return see_other(f"/cases/{session.opened[once]}")
        try:
            data = forms.entered(step.fields, form, desk.moments(request[VISITOR].words))
            opened = await desk.road.act(None, step.act, actor_of(request), data, turn=None)
        except FormError as error:
            attempt = Attempt(step.act, form, error.problems)
            return await show_report(request, attempt, forms.status_of(error), once)
        session.opened[once] = opened.id
    return see_other(f"/cases/{opened.id}")
