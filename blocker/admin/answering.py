"""The owner's reply page: by a link that came with the request, without an account, in two steps.

Keeps true: opening a link uses up nothing (mail systems follow links before people do), only a confirmed answer does;
what is no open link gets one and the same page; nothing here names a site, sets a cookie or says who asks. The link
itself is the secret that no other site's page can send. What follows from an answer, officers decide (steps/clock.py).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from math import ceil

from aiohttp import web

from blocker.admin import forms
from blocker.admin.auth import origin_of
from blocker.admin.desk import DESK, VISITOR, Visitor
from blocker.admin.language import LANGUAGES, negotiate
from blocker.admin.render import page
from blocker.admin.signing import source_of
from blocker.cases.answer_links import fingerprint
from blocker.cases.case import Case, Document
from blocker.cases.steps.clock import SAYINGS

LONGEST = 4000
"""Characters of an owner's text; more comes by mail."""

NEEDS_NO_TEXT = "says_removed"

Asked = tuple[Document, Case]
"""The letter that a link came with, and its case."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an owner chose and wrote; `problems` are keys of words, by field."""

    says: str = ""
    text: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


async def show(request: web.Request) -> web.Response:
    """Show what was asked until when, and the ways to answer."""
    desk, asked = request.app[DESK], await _asked(request)
    if isinstance(asked, web.Response):
        return asked
    if request.method == "GET":
        await desk.road.links.note_opening(request.match_info["link"], desk.road.now())
    return _page(request, "answer.html", asked, Reply())


async def answer(request: web.Request) -> web.Response:
    """Show an answer once more, and record it when it is confirmed."""
    form = await forms.read(request)
    if not forms.same_site(request.headers, origin_of(request)):
        raise web.HTTPForbidden
    asked = await _asked(request)
    if isinstance(asked, web.Response):
        return asked
    reply, wish = _read(form), form.get("do", "")
    if wish == "speak":  # the same in another language, before anything is judged
        return _page(request, "answer.html", asked, replace(reply, problems={}))
    if reply.problems:
        return _page(request, "answer.html", asked, reply, HTTPStatus.UNPROCESSABLE_ENTITY)
    if wish == "send":
        await _record(request, asked, reply)
        return _page(request, "answer-told.html", asked, reply)
    return _page(request, "answer.html" if wish == "change" else "answer-check.html", asked, reply)


async def _record(request: web.Request, asked: Asked, reply: Reply) -> None:
    letter, case = asked
    words = request[VISITOR].words
    text = reply.text or words(f"answer.choice.{reply.says}")
    statement = words("answer.record", letter=letter.number, text=text)
    road = request.app[DESK].road
    said = {"says": reply.says, "said_at": road.now().isoformat(), "statement": _blanked(statement)}
    await road.arrived(case.id, "log-statement", said, fingerprint(request.match_info["link"]))


def _read(form: Mapping[str, str]) -> Reply:
    says, text, problems = form.get("says", ""), _blanked(form.get("text", "")).strip(), {}
    if says not in SAYINGS:
        says, problems["says"] = "", "answer.wrong.says"
    if len(text) > LONGEST:
        problems["text"] = "answer.wrong.long"
    elif not text and says not in {"", NEEDS_NO_TEXT}:
        problems["text"] = "answer.wrong.text"
    return Reply(says, text, problems)


def _blanked(text: str) -> str:
    """Put blanks for what the ledger does not take: nobody should lose an answer for a strange space in it."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


async def _asked(request: web.Request) -> Asked | web.Response:
    """Settle the language; return what an open link is about, or the page for whoever has none or guesses."""
    desk, now, source = request.app[DESK], asyncio.get_running_loop().time(), source_of(request)
    chosen = request.query.get("lang", "")
    spoken = chosen if chosen in LANGUAGES else negotiate(request.headers.get("Accept-Language", ""))
    request[VISITOR] = Visitor(desk.languages[spoken])  # whoever answers is nobody of the desk, signed in or not
    if left := desk.pauses.left(source, now):
        response = page(request, "answer-none.html", status=HTTPStatus.TOO_MANY_REQUESTS, why="wait")
        response.headers["Retry-After"] = str(ceil(left))
        return response
    asked = await desk.road.links.asked(request.match_info["link"])
    if asked is None:
        desk.pauses.failed(source, now)
        return page(request, "answer-none.html", status=HTTPStatus.NOT_FOUND, why="none")
    return asked


def _page(request: web.Request, template: str, asked: Asked, reply: Reply, status: int = HTTPStatus.OK) -> web.Response:
    letter, case = asked
    return page(
        request, template, status=status, letter=letter, case=case, reply=reply, sayings=SAYINGS, longest=LONGEST
    )
