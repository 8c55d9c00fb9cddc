"""Coming and going: password, second factor or passkey, sign-out, and the language of a session."""

import asyncio
import re
import secrets
from http import HTTPStatus
from math import ceil
from typing import Any

from aiohttp import web

from blocker.admin import pauses
from blocker.admin.auth import give_cookie, site_of
from blocker.admin.desk import DESK, FORM, VISITOR, Visitor
from blocker.admin.language import LANGUAGES
from blocker.admin.render import failure, page, scripted, see_other
from blocker.admin.sessions import Session
from blocker.errors import FormError
from blocker.people.account import Account
from blocker.people.passkeys import CHALLENGE_BYTES, Answer, request_options

_LOCAL = re.compile(r"(?:/[A-Za-z0-9-]+)+")


async def sign_in_page(request: web.Request) -> web.Response:
    """Show the sign-in form; whoever is signed in already is led to their page."""
    visitor = request[VISITOR]
    if visitor.account is not None:
        return see_other(visitor.home)
    session = visitor.session
    if session is None:
        session = request.app[DESK].sessions.open(_time())
        request[VISITOR] = Visitor(visitor.words, session)
    response = _asking(request, "sign-in.html", number="", refused=False)
    give_cookie(request, response, session)
    return response


async def sign_in(request: web.Request) -> web.Response:
    """Check number and password; the session is a new one afterwards, and whoever guesses has to wait."""
    desk, form, number = request.app[DESK], request[FORM], request[FORM].get("number", "").strip()
    if waits := _waits(request):
        return waits
    account = await desk.people.door.password(number, form.get("password", ""))
    if account is None:
        desk.pauses.failed(source_of(request), _time())
        return _asking(request, "sign-in.html", HTTPStatus.FORBIDDEN, number=number, refused=True, here="/sign-in")
    if (await desk.people.factors.held(account.number)).any:
        response = see_other("/sign-in/code")
        give_cookie(request, response, desk.sessions.half(session_of(request), account.number, _time()))
        return response
    await desk.people.door.enter(account)
    return welcome(request, account, bare=True)


async def code_page(request: web.Request) -> web.Response:
    """Ask whoever typed a password for the second factor."""
    session = request[VISITOR].session
    if session is None or session.halfway is None:
        return see_other("/sign-in")
    return await _code_asked(request, refused=False)


async def code(request: web.Request) -> web.Response:
    """Check the code of an app, or a recovery code."""
    desk, number = request.app[DESK], session_of(request).halfway
    if waits := _waits(request):
        return waits
    account = await desk.people.accounts.account(number) if number else None
    if account is None or account.closed:
        return see_other("/sign-in")
    if not await desk.people.door.code(account, request[FORM].get("code", "")[:100]):
        desk.pauses.failed(source_of(request), _time())
        return await _code_asked(request, refused=True, status=HTTPStatus.FORBIDDEN)
    return welcome(request, account)


async def passkey(request: web.Request) -> web.Response:
    """Check what a passkey answered; no password goes with it, since it verified its person itself."""
    desk, session, site = request.app[DESK], session_of(request), site_of(request)
    answer = Answer(request[FORM].get("answer", ""), desk.sessions.challenge(session))
    account = await desk.people.door.passkey(answer, site) if site and answer.challenge else None
    if account is None:
        return _asking(request, "sign-in.html", HTTPStatus.FORBIDDEN, number="", refused="passkey", here="/sign-in")
    return welcome(request, account)


async def invitation_page(request: web.Request) -> web.Response:
    """Show the form by which somebody who was invited chooses a password."""
    session = request[VISITOR].session
    if session is None:
        session = request.app[DESK].sessions.open(_time())
        request[VISITOR] = Visitor(request[VISITOR].words, session)
    response = page(request, "invitation.html", number="", refused=False, problems={})
    give_cookie(request, response, session)
    return response


async def invitation(request: web.Request) -> web.Response:
    """Let in whoever has both halves of an invitation, with the password that they chose."""
    desk, form, number = request.app[DESK], request[FORM], request[FORM].get("number", "").strip()
    if waits := _waits(request):
        return waits
    halves, password = (form.get("first", "").strip(), form.get("second", "").strip()), form.get("password", "")
    problems = {} if password == form.get("again") else {"again": "the two passwords differ"}
    account = None
    try:
        account = await desk.people.door.invited(number, halves, password) if not problems else None
    except FormError as error:
        problems = error.problems
    if account is None:
        if not problems:
            desk.pauses.failed(source_of(request), _time())
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.FORBIDDEN
        values = {"number": number, "refused": not problems, "problems": problems, "here": "/invitation"}
        return page(request, "invitation.html", status=status, **values)
    await desk.people.door.enter(account)
    return welcome(request, account, bare=True)


def welcome(request: web.Request, account: Account, *, bare: bool = False) -> web.Response:
    """Begin the session of somebody who has shown all that was asked for, and lead to their page."""
    session = request.app[DESK].sessions.sign_in(session_of(request), account.number, _time(), bare=bare)
    response = see_other(Visitor(request[VISITOR].words, account=account).home)
    give_cookie(request, response, session)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """End the session on the server; the browser gets the one of a stranger, in the same language."""
    desk, ended = request.app[DESK], session_of(request)
    desk.sessions.end(ended)
    if ended.account is not None:
        await desk.people.door.leave(ended.account)
    response = see_other("/sign-in")
    give_cookie(request, response, desk.sessions.open(_time(), language=ended.language))
    return response


async def speak(request: web.Request) -> web.Response:
    """Lead back to where another language was chosen; the gate speaks it already."""
    chosen, back = request[FORM].get("language", ""), request[FORM].get("back", "")
    if chosen not in LANGUAGES:
        raise web.HTTPBadRequest
    # Only a path of ours: anything else could lead to another site.
    return see_other(back if _LOCAL.fullmatch(back) else request[VISITOR].home)


def session_of(request: web.Request) -> Session:
    """Return the session; the gate takes no form without one."""
    session = request[VISITOR].session
    if session is None:
        raise RuntimeError("a form was taken without a session")
    return session


async def _code_asked(request: web.Request, *, refused: bool, status: int = HTTPStatus.OK) -> web.Response:
    number = session_of(request).halfway or ""
    held = await request.app[DESK].people.factors.held(number)
    return _asking(request, "sign-in-code.html", status, held=held, refused=refused, here="/sign-in/code")


def _asking(request: web.Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> web.Response:
    """Show a page that a passkey may answer, with a challenge of its own."""
    site, options = site_of(request), None
    if site is not None:
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        request.app[DESK].sessions.ask(session_of(request), challenge=challenge)
        options = request_options(site, challenge)
    shown = page(request, template, status=status, passkey=options, **values)
    return scripted(shown) if options else shown


def _waits(request: web.Request) -> web.Response | None:
    """Return the answer to a source that failed too often, as long as it has to wait."""
    left = request.app[DESK].pauses.left(source_of(request), _time())
    if not left:
        return None
    response = failure(request, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(ceil(left))
    return response


def source_of(request: web.Request) -> str | None:
    """Return whom pauses are for; it goes nowhere else."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
    return pauses.source(request.remote, forwarded, request.app[DESK].settings.admin.proxies)


def _time() -> float:
    return asyncio.get_running_loop().time()
