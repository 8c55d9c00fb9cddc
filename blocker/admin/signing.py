"""Coming and going: sign-in, sign-out, and the language of a session."""

import asyncio
import re
from http import HTTPStatus
from math import ceil

from aiohttp import web

from blocker.admin import pauses
from blocker.admin.auth import give_cookie
from blocker.admin.desk import DESK, FORM, VISITOR, Visitor
from blocker.admin.language import LANGUAGES
from blocker.admin.render import failure, page, see_other
from blocker.admin.sessions import Session

_LOCAL = re.compile(r"(?:/[A-Za-z0-9-]+)+")


async def sign_in_page(request: web.Request) -> web.Response:
    """Show the sign-in form; whoever is signed in already is led to the cases."""
    visitor = request[VISITOR]
    if visitor.account is not None:
        return see_other(visitor.home)
    session = visitor.session
    if session is None:
        session = request.app[DESK].sessions.open(asyncio.get_running_loop().time())
        request[VISITOR] = Visitor(visitor.words, session)
    response = page(request, "sign-in.html", number="", refused=False)
    give_cookie(request, response, session)
    return response


async def sign_in(request: web.Request) -> web.Response:
    """Check number and password; the session is a new one afterwards, and whoever guesses has to wait."""
    desk, form, now = request.app[DESK], request[FORM], asyncio.get_running_loop().time()
    number = form.get("number", "").strip()
    source = pauses.source(
        request.remote, ",".join(request.headers.getall("X-Forwarded-For", ())), desk.settings.admin.proxies
    )
    if left := desk.pauses.left(source, now):
        response = failure(request, HTTPStatus.TOO_MANY_REQUESTS)
        response.headers["Retry-After"] = str(ceil(left))
        return response
    account = await desk.road.accounts.sign_in(number, form.get("password", ""))
    if account is None:
        desk.pauses.failed(source, now)
        return page(request, "sign-in.html", status=HTTPStatus.FORBIDDEN, number=number, refused=True, here="/sign-in")
    response = see_other(Visitor(request[VISITOR].words, account=account).home)
    give_cookie(request, response, desk.sessions.sign_in(_session(request), account.number, now))
    return response


async def sign_out(request: web.Request) -> web.Response:
    """End the session on the server; the browser gets the one of a stranger, in the same language."""
    desk, ended = request.app[DESK], _session(request)
    desk.sessions.end(ended)
    if ended.account is not None:
        await desk.road.accounts.sign_out(ended.account)
    response = see_other("/sign-in")
    now = asyncio.get_running_loop().time()
    give_cookie(request, response, desk.sessions.open(now, language=ended.language))
    return response


async def speak(request: web.Request) -> web.Response:
    """Speak the chosen language for the rest of the session, and lead back to where the choice was made."""
    chosen, back = request[FORM].get("language", ""), request[FORM].get("back", "")
    if chosen not in LANGUAGES:
        raise web.HTTPBadRequest
    request.app[DESK].sessions.speak(_session(request), chosen)
    # Only a path of ours: anything else could lead to another site.
    return see_other(back if _LOCAL.fullmatch(back) else request[VISITOR].home)


def _session(request: web.Request) -> Session:
    session = request[VISITOR].session
    if session is None:
        raise RuntimeError("a form was taken without a session")
    return session
