"""One's own account: the factors that prove it, the recovery codes, the sessions that it has open.

Keeps true that nobody changes another's factors here, nor their own long after they signed in (the routes say so, the
gate sees to it); that a secret and recovery codes are shown once, and that every change of a factor ends all other
sessions of the account and gives this one a new number.
"""

import asyncio
import secrets
from http import HTTPStatus
from io import BytesIO

import segno
from aiohttp import web

from blocker.admin.auth import give_cookie, site_of
from blocker.admin.desk import DESK, FORM, VISITOR, Visitor
from blocker.admin.render import page, scripted, see_other
from blocker.admin.signing import session_of
from blocker.errors import FormError
from blocker.people import codes
from blocker.people.account import Account
from blocker.people.passkeys import CHALLENGE_BYTES, Answer, creation_options


async def account(request: web.Request) -> web.Response:
    """Show what proves this account and where it is signed in."""
    desk, own = request.app[DESK], account_of(request)
    return page(
        request,
        "account.html",
        section="account",
        here="/account",
        held=await desk.people.factors.held(own.number),
        demanded=_demanded(request),
        sessions=desk.sessions.of(own.number, _time()),
        this=session_of(request),
        time=_time(),
    )


async def app_page(request: web.Request) -> web.Response:
    """Show a new secret, as a picture and as text, for an app that makes codes."""
    secret = request.app[DESK].people.factors.new_secret()
    request.app[DESK].sessions.ask(session_of(request), secret=secret)
    return _app_shown(request, secret)


async def app(request: web.Request) -> web.Response:
    """Enrol the app that has the secret which this session was shown."""
    desk, session, own = request.app[DESK], session_of(request), account_of(request)
    if not session.secret:
        return see_other("/account/app")
    try:
        await desk.people.factors.enrol_app(own.number, session.secret, request[FORM].get("code", "")[:100])
    except FormError as error:
        return _app_shown(request, session.secret, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _enrolled(request)


async def drop_app(request: web.Request) -> web.Response:
    """Take the app's codes away."""
    await request.app[DESK].people.factors.drop_app(account_of(request).number, demanded=_demanded(request))
    await _renew(request)
    return _with_cookie(request, see_other("/account"))


async def passkey_page(request: web.Request) -> web.Response:
    """Ask the browser to make a passkey."""
    return await _passkey_asked(request)


async def passkey(request: web.Request) -> web.Response:
    """Keep the passkey that the browser made."""
    desk, session, own, form = request.app[DESK], session_of(request), account_of(request), request[FORM]
    site, answer = site_of(request), Answer(form.get("answer", ""), desk.sessions.challenge(session))
    if site is None or not answer.challenge:
        return see_other("/account/passkey")
    try:
        await desk.people.factors.add_passkey(own.number, form.get("name", "").strip(), answer, site)
    except FormError as error:
        return await _passkey_asked(request, error, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _enrolled(request)


async def drop_passkey(request: web.Request) -> web.Response:
    """Take a passkey away."""
    key, own = bytes.fromhex(request.match_info["passkey"]), account_of(request)
    await request.app[DESK].people.factors.drop_passkey(own.number, key, demanded=_demanded(request))
    await _renew(request)
    return _with_cookie(request, see_other("/account"))


async def recovery(request: web.Request) -> web.Response:
    """Make new recovery codes in place of those before, and show them once."""
    made = await request.app[DESK].people.factors.new_recovery_codes(account_of(request).number)
    return page(request, "recovery.html", section="account", here="/account", codes=made)


async def end_session(request: web.Request) -> web.Response:
    """End one of this account's sessions."""
    desk = request.app[DESK]
    for session in desk.sessions.of(account_of(request).number, _time()):
        if session.id == request.match_info["session"]:
            desk.sessions.end(session)
    return see_other("/account")


def account_of(request: web.Request) -> Account:
    """Return whose page this is; the gate lets nobody else reach a route that asks."""
    found = request[VISITOR].account
    if found is None:
        raise RuntimeError("a route for people with an account was reached without one")
    return found


async def _enrolled(request: web.Request) -> web.Response:
    """Lead on after a new factor: the first one brings recovery codes along, shown at once."""
    factors, number = request.app[DESK].people.factors, account_of(request).number
    await _renew(request)
    if (await factors.held(number)).recovery_codes:
        return _with_cookie(request, see_other("/account"))
    return _with_cookie(request, await recovery(request))


async def _renew(request: web.Request) -> None:
    """Go on in a new session, the only one of this account, after its factors changed."""
    desk, visitor, own = request.app[DESK], request[VISITOR], account_of(request)
    desk.sessions.end_all(own.number)
    bare = not (await desk.people.factors.held(own.number)).any
    session = desk.sessions.renew(session_of(request), bare=bare)
    request[VISITOR] = Visitor(visitor.words, session, own)


def _with_cookie(request: web.Request, response: web.Response) -> web.Response:
    give_cookie(request, response, session_of(request))
    return response


def _app_shown(
    request: web.Request, secret: bytes, error: FormError | None = None, status: int = HTTPStatus.OK
) -> web.Response:
    issuer = f"Redhand {request.host}"
    return page(
        request,
        "app.html",
        status=status,
        section="account",
        here="/account/app",
        picture=_picture(codes.address(secret, account_of(request).number, issuer)),
        secret=codes.spelled(secret),
        problems=error.problems if error else {},
    )


def _picture(address: str) -> str:
    """Return a QR code as an SVG element, dark on white in both themes: cameras want it so."""
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=5, border=4, light="#fff", xmldecl=False, svgns=False)
    return drawn.getvalue().decode()


async def _passkey_asked(
    request: web.Request, error: FormError | None = None, status: int = HTTPStatus.OK
) -> web.Response:
    desk, own, site, options = request.app[DESK], account_of(request), site_of(request), None
    if site is not None:
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        desk.sessions.ask(session_of(request), challenge=challenge)
        known = (await desk.people.factors.held(own.number)).passkeys
        options = creation_options(site, own.number, known, challenge)
    shown = page(
        request,
        "passkey.html",
        status=status,
        section="account",
        here="/account/passkey",
        options=options,
        name=request[FORM].get("name", "") if error else "",
        problems=error.problems if error else {},
    )
    return scripted(shown) if options else shown


def _demanded(request: web.Request) -> bool:
    return not request.app[DESK].road.store.trial


def _time() -> float:
    return asyncio.get_running_loop().time()
