"""The gate that every request passes: which host, who, may this role, did our own page ask.

Keeps true that a route without roles is out of reach, that no state changes without a token that only our own page of
this very session carries, and that a page of another site can neither read nor steer the desk (DNS rebinding, forged
sign-in or sign-out, framing). What a person may do to a *case* is decided by blocker/cases/workflow.py, not here.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from http import HTTPStatus
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler
from yarl import URL

from blocker.admin import forms
from blocker.admin.desk import DESK, FORM, LINK, MACHINE, UPLOAD, VISITOR, Desk, Visitor
from blocker.admin.language import LANGUAGES, negotiate
from blocker.admin.render import POLICY, failure, page, see_other, visitor_of
from blocker.admin.sessions import Session
from blocker.desk_settings import AdminSettings
from blocker.errors import (
    ForbiddenError,
    FormError,
    IllegalStepError,
    ListRefusedError,
    OperationError,
    RedhandError,
    RegisterError,
)
from blocker.people.passkeys import Site

log = logging.getLogger("redhand.admin")

ACCESS: web.AppKey[Mapping[object, frozenset[str]]] = web.AppKey("ACCESS", Mapping)
"""For each route of the table, the roles that it is for."""

UPLOADING: web.AppKey[Collection[object]] = web.AppKey("UPLOADING", Collection)
"""The routes whose forms may bring a file."""

BARE: web.AppKey[Collection[object]] = web.AppKey("BARE", Collection)
"""The routes that an account without a second factor may use outside a trial: those by which it gets one."""

FRESH: web.AppKey[Collection[object]] = web.AppKey("FRESH", Collection)
"""The routes for which a session must have begun a short while ago."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "Redhand",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""On every answer, errors included."""

STATUS: Mapping[type[RedhandError], HTTPStatus] = {
    ForbiddenError: HTTPStatus.FORBIDDEN,
    IllegalStepError: HTTPStatus.CONFLICT,
    FormError: HTTPStatus.UNPROCESSABLE_ENTITY,
    RegisterError: HTTPStatus.BAD_GATEWAY,
    ListRefusedError: HTTPStatus.SERVICE_UNAVAILABLE,
    OperationError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""From error to HTTP status, for every error that the core raises on purpose; any other is our mistake: 500."""


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the strict headers on every answer; outermost, so that none escapes."""
    response = await handler(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@web.middleware
async def failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a readable answer; nobody sees an internal message, and no log line says who asked."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = failure(request, error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except RedhandError as error:
        if type(error) in STATUS:
            return failure(request, STATUS[type(error)], sentence=_sayable(request, error))
        log.exception("request failed route=%s", _route(request))
    except Exception:
        log.exception("request failed route=%s", _route(request))
    return failure(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def _sayable(request: web.Request, error: RedhandError) -> str:
    """Return what an error says; of a store or a disk that fails, strangers learn no more than that something did."""
    if not isinstance(error, OperationError):
        return str(error)
    log.error("request failed route=%s reason=%s", _route(request), error)
    return str(error) if visitor_of(request).account else ""


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through to its handler, or answer it here."""
    roles = request.app[ACCESS].get(request.match_info.route, frozenset())
    desk = request.app[DESK]
    if not _host_is_ours(request.host, desk.settings.admin, desk.road.terms.public_url if LINK in roles else None):
        raise web.HTTPMisdirectedRequest
    visitor = request[VISITOR] = await _visitor(request)
    if request.match_info.http_exception is not None or roles & {MACHINE, LINK}:
        return await handler(request)  # no such path, or not this method, or a secret of its own: the handler says so
    if visitor.session is None and _from_elsewhere(request):
        return page(request, "again.html", here="/", again=request.path)
    if turned_away := _turned_away(request, visitor, roles):
        return turned_away
    if request.method == "POST" and (refusal := await _form_refused(request, visitor)):
        return refusal
    if request.method == "POST" and request[FORM].get(forms.LANGUAGE) in LANGUAGES:
        await _speak(request, request[FORM][forms.LANGUAGE])
    return await handler(request)


async def _speak(request: web.Request, language: str) -> None:
    """Speak the language that a form asked for, from this answer on to the end of the session."""
    session = request[VISITOR].session
    if session is not None:
        request.app[DESK].sessions.speak(session, language)
        request[VISITOR] = await _visitor(request)


async def _form_refused(request: web.Request, visitor: Visitor) -> web.Response | None:
    """Read the form; return the refusal of one that no page of ours in this session made."""
    if request.content_type == forms.MULTIPART and request.match_info.route in request.app[UPLOADING]:
        request[FORM], request[UPLOAD] = await forms.read_with_file(request)
    else:
        request[FORM] = await forms.read(request)
    form = request[FORM]
    if not forms.same_site(request.headers, origin_of(request)):
        return failure(request, HTTPStatus.FORBIDDEN, key="foreign")
    if visitor.session is None or not visitor.session.owns(form.get("csrf", "")):
        return failure(request, HTTPStatus.FORBIDDEN, key="stale")
    return None


def _turned_away(request: web.Request, visitor: Visitor, roles: frozenset[str]) -> web.Response | None:
    """Return the answer to whoever a route is not for; None if it is for them."""
    reading = request.method in {"GET", "HEAD"}
    if visitor.role in roles:
        if request.match_info.route in request.app[FRESH] and not _came_lately(visitor):
            return failure(request, HTTPStatus.FORBIDDEN, key="long_ago")
        if not _owes_factor(visitor, request.app[DESK]) or request.match_info.route in request.app[BARE]:
            return None
        return see_other("/account") if reading else failure(request, HTTPStatus.FORBIDDEN, key="bare")
    if visitor.account is not None or not roles:
        return failure(request, HTTPStatus.FORBIDDEN)
    return see_other("/sign-in") if reading else failure(request, HTTPStatus.FORBIDDEN, key="signed_out")


def _owes_factor(visitor: Visitor, desk: Desk) -> bool:
    """True for an account that has no second factor yet: outside a trial it does nothing before it has one."""
    return visitor.session is not None and visitor.session.bare and not desk.road.store.trial


def _came_lately(visitor: Visitor) -> bool:
    return visitor.session is not None and visitor.session.fresh(asyncio.get_running_loop().time())


def _from_elsewhere(request: web.Request) -> bool:
    """True for a link followed from another site: a SameSite=Strict cookie stays behind, a second load brings it."""
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
    )


async def _visitor(request: web.Request) -> Visitor:
    desk = request.app[DESK]
    session = desk.sessions.find(request.cookies.get(_cookie(request), ""), asyncio.get_running_loop().time())
    account = await desk.people.accounts.account(session.account) if session and session.account else None
    if session and session.account and (account is None or account.closed):  # the session ends with the account
        desk.sessions.end(session)
        session = account = None
    chosen = session.language if session else None
    words = desk.languages[chosen or negotiate(request.headers.get("Accept-Language", ""))]
    return Visitor(words, session, account)


def give_cookie(request: web.Request, response: web.Response, session: Session) -> None:
    """Hand the browser its session; no script, no other site and (but on loopback) no plain connection carries it."""
    response.set_cookie(
        _cookie(request),
        session.token,
        path="/",
        max_age=int(request.app[DESK].sessions.life),
        httponly=True,
        samesite="Strict",
        secure=not _on_loopback(request.host),
    )


def _cookie(request: web.Request) -> str:
    # Off loopback the desk is reached over https only, through whatever ends TLS in front of it.
    return "redhand" if _on_loopback(request.host) else "__Host-redhand"


def origin_of(request: web.Request) -> str:
    """Return where a page of ours that makes this request stands (RFC 6454)."""
    return f"{'http' if _on_loopback(request.host) else 'https'}://{request.host}"


def _on_loopback(host: str) -> bool:
    name = _hostname(host)
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def site_of(request: web.Request) -> Site | None:
    """Return the site that passkeys of this desk belong to; None where it is reached by an address (WebAuthn §5.1.2).

    The host is one of ours: the gate has looked at it.
    """
    name = _hostname(request.host)
    try:
        ip_address(name)
    except ValueError:
        return Site(name, origin_of(request))
    return None


def _host_is_ours(host: str, admin: AdminSettings, linked: str | None) -> bool:
    """True for the desk's name and its addresses: a name that another site rebound to it is none (DNS rebinding).

    Under the name that owners are given (in the address `linked`) there is nothing but what a link opens.
    """
    name, listen = _hostname(host), admin.listen
    if name == admin.host or (linked is not None and name == URL(linked).host):
        return True
    if listen.wildcard and name:
        try:
            return name == "localhost" or bool(ip_address(name))
        except ValueError:
            return False
    return name == listen.host or (_on_loopback(host) and ip_address(listen.host).is_loopback)


def _hostname(host: str) -> str:
    try:
        return URL(f"http://{host}").host or ""
    except ValueError:
        return ""
