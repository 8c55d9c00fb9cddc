"""Answers: pages from templates, redirects, and errors as people or programs can read them."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from blocker.admin.desk import DESK, VISITOR, Visitor
from blocker.admin.language import LANGUAGES, negotiate
from blocker.cases.case import Document, Role

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load and where it may send: CSP Level 3."""


def visitor_of(request: web.Request) -> Visitor:
    """Return who the gate found; before it has looked, a stranger who is spoken to in the browser's language."""
    found: Visitor | None = request.get(VISITOR)
    if found is not None:
        return found
    return Visitor(request.app[DESK].languages[negotiate(request.headers.get("Accept-Language", ""))])


def page(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Render a template with what every page needs: words, calendar, who is signed in, the form token, the trial."""
    desk, visitor = request.app[DESK], visitor_of(request)
    shared = {
        "t": visitor.words,
        "say": visitor.words.say,
        "m": desk.moments(visitor.words),
        "languages": LANGUAGES,
        "account": visitor.account,
        "home": visitor.home,
        "csrf": visitor.session.csrf if visitor.session else None,
        "here": request.path if request.method == "GET" else "/",
        "section": "",
        "kept": "",
        "trial": desk.trial,
        "clock": desk.clock,
        "asset": lambda name: f"/static/{name}?v={desk.assets[name].version}",
    }
    html = desk.templates.get_template(template).render(shared | values)
    response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
    response.headers["Content-Language"] = visitor.words.language
    return response


def scripted(response: web.Response) -> web.Response:
    """Let a page load the one script that passkeys need; no other page may load any, nor this one any other's."""
    response.headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self'"
    return response


def letter_text(letter: Document) -> web.Response:
    """Send a letter's very bytes: what its SHA-256 is of."""
    response = web.Response(body=letter.text.encode(), content_type="text/plain", charset="utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{letter.number}.txt"'
    return response


def see_other(path: str) -> web.Response:
    """Lead the browser on after a POST (RFC 9110 §15.4.4): loading the page again repeats nothing."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


def failure(request: web.Request, status: int, *, key: str | None = None, sentence: str = "") -> web.Response:
    """Say what went wrong: a page, or problem+json (RFC 9457) for a client that asks for JSON.

    `key` names the words (failure.<key>.title and .text), by default those of the status; `sentence` is what the core
    said, fit to be shown.
    """
    visitor = visitor_of(request)
    words = visitor.words
    if key is None and status == HTTPStatus.CONFLICT and "case" not in request.match_info:
        key = "not_now"
    name = next(name for name in (key, str(status), "other") if name and f"failure.{name}.title" in words)
    title, text = words(f"failure.{name}.title"), words(f"failure.{name}.text")
    sentences = [words.say(line) for line in sentence.splitlines()]
    accept = request.headers.get("Accept", "")
    if request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept):
        problem = {"type": "about:blank", "title": title, "status": status, "detail": " ".join(sentences) or text}
        return web.json_response(problem, status=status, content_type="application/problem+json")
    case = None if status == HTTPStatus.NOT_FOUND or visitor.role == Role.ISP else request.match_info.get("case")
    return page(
        request,
        "failure.html",
        status=status,
        title=title,
        text=text,
        sentences=sentences,
        back=f"/cases/{case}" if case else visitor.home,
        back_words="failure.to_case" if case else f"failure.to.{visitor.home[1:]}",
        here=visitor.home,
    )
