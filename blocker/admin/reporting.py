"""The pages of reports and referrals: what came in, what became of it, and whom to ask about content on a platform.

Keeps true: no address of content stands in one of the desk's own addresses; who reported is shown to officers alone,
and only until it is erased. What may become of a report stands in the table of blocker/cases/intake/reports.py.
"""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from blocker.admin import forms
from blocker.admin.desk import DESK, FORM, VISITOR
from blocker.admin.finding import number
from blocker.admin.pages import actor_of, show_report
from blocker.admin.render import page, see_other
from blocker.admin.views import Attempt, kept
from blocker.cases.case import Role
from blocker.cases.intake import platform_looks, platforms
from blocker.cases.intake.platforms import Contact, Platform
from blocker.cases.intake.reports import BY_NAME, OPEN_REFERRALS, Report, ReportState, possible
from blocker.errors import FormError

LINES = 50
"""Reports, or referrals, on one page."""

REMOVALS = 200
"""Removals by platforms, the last ones, of which the page says how long they took."""

_NOTHING_SENT = Attempt()


async def reports(request: web.Request) -> web.Response:
    """Show the reports, the newest first: those that wait, or those of which something became."""
    state, before = request.query.get("state", ReportState.RECEIVED), number(request.query.get("before", ""))
    if state not in tuple(ReportState):
        raise web.HTTPBadRequest
    intake = request.app[DESK].intake
    found = await intake.page(ReportState(state), before, LINES)
    return page(
        request,
        "reports.html",
        section="reports",
        here="/reports",
        state=state,
        states=tuple(ReportState),
        counts=await intake.counts(),
        reports=[report for _, report in found],
        sources=_sources(request),
        first=before is None,
        older=found[-1][0] if len(found) == LINES else None,
    )


async def report(request: web.Request) -> web.Response:
    """Show one report."""
    return await _show(request, await _find(request))


async def decide(request: web.Request) -> web.Response:
    """Do with a report what its form says, then lead back to it."""
    desk, form, found = request.app[DESK], request[FORM], await _find(request)
    row = BY_NAME.get(request.match_info["decision"])
    if row is None:
        raise web.HTTPNotFound
    try:
        data = forms.entered(row.fields, form, desk.moments(request[VISITOR].words))
        await desk.intake.decide(found, row.act, actor_of(request), data, desk.road.now())
    except FormError as error:
        attempt = Attempt(row.act, form, error.problems)
        return await _show(request, found, attempt, forms.status_of(error))
    return see_other(f"/reports/{found.number}")


async def referrals(request: web.Request) -> web.Response:
    """Show what platforms were asked, what they answered, and how long removals took from detection on."""
    intake, after = request.app[DESK].intake, number(request.query.get("after", ""))
    found = await intake.referrals(after, LINES)
    removed = await intake.removals(REMOVALS)
    measured = sorted(span for report in removed if (span := report.measured) is not None)
    return page(
        request,
        "referrals.html",
        section="referrals",
        here="/referrals",
        referrals=[report for _, report in found],
        first=after is None,
        further=found[-1][0] if len(found) == LINES else None,
        open_states=OPEN_REFERRALS,
        median=measured[len(measured) // 2] if measured else None,
        measured=len(measured),
        contacts=await _contacts(request, request.app[DESK].platforms),
    )


async def checked(request: web.Request) -> web.Response:
    """Record that somebody looked at a platform's contact and found it right, then lead back."""
    desk, back = request.app[DESK], request[FORM].get("report", "")
    platform = next((each for each in desk.platforms if each.id == request.match_info["platform"]), None)
    if platform is None:
        raise web.HTTPNotFound
    await platform_looks.record(desk.road.store, platform, actor_of(request), desk.road.now())
    return see_other(f"/reports/{back}" if await desk.intake.report(back) else "/referrals")


async def new_case(request: web.Request) -> web.Response:
    """Show the form that opens a case, filled in with what a report says if the address names one that waits.

    The report's number is the case's source, and that is what makes it the report's case (store.py).
    """
    wanted = request.query.get("report", "")
    found = await request.app[DESK].intake.report(wanted) if wanted else None
    if found is None or found.state is not ReportState.RECEIVED:
        return await show_report(request)
    moments = request.app[DESK].moments(request[VISITOR].words)
    entered = {
        "ground": found.ground or "",
        "names": found.host,
        "urls": found.url,
        "source": found.number,
        "seen_at": moments.local(found.seen_at).strftime("%Y-%m-%dT%H:%M:%S"),
    }
    return await show_report(request, Attempt("report", entered))


async def _find(request: web.Request) -> Report:
    found = await request.app[DESK].intake.report(request.match_info["number"])
    if found is None:
        raise web.HTTPNotFound
    return found


async def _show(
    request: web.Request, found: Report, attempt: Attempt = _NOTHING_SENT, status: int = HTTPStatus.OK
) -> web.Response:
    desk, officer = request.app[DESK], request[VISITOR].role == Role.OFFICER
    platform = platforms.of_host(found.host, desk.platforms)
    acts = possible(found, desk.road.now()) if officer else ()
    if platform is not None and not attempt.act:
        attempt = Attempt("refer", {"platform": platform.name})
    return page(
        request,
        "one-report.html",
        status=status,
        section="reports",
        here=f"/reports/{found.number}",
        report=found,
        sources=_sources(request),
        ground=desk.ground(found.ground, request[VISITOR].words) if found.ground else None,
        reporter=await desk.intake.reporter(found.number) if officer else None,
        contact=next(iter(await _contacts(request, [platform] if platform else [])), None),
        acts=acts,
        kept=kept(attempt, acts, next(iter(acts), None)),
        attempt=attempt,
        history=await desk.road.store.events(found.number),
        by_name=BY_NAME,
    )


async def _contacts(request: web.Request, wanted: Sequence[Platform]) -> list[Contact]:
    """Return platforms with the last look at each, on the list's calendar of today."""
    desk = request.app[DESK]
    known, now = await platform_looks.recorded(desk.road.store, wanted), desk.road.now()
    today = desk.moments(request[VISITOR].words).local(now).date()
    return [platforms.contact(each, known.get(each.id), today) for each in wanted]


def _sources(request: web.Request) -> dict[str, str]:
    return {source.id: source.name for source in request.app[DESK].settings.admin.reports.sources}
