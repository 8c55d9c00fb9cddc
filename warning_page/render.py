"""From what the page has to say to headers and bytes. Languages, templates, style and symbol are read at the start.

Every answer, whatever its form, carries the headers that keep it out of caches, search engines, frames and Referers.
What was made for the list in force is kept until the next one, so that the crowd that a mistake of the list would send
here costs no more than copying bytes; it is kept by values of the list alone, never by anything that a visitor sent.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from blocker.blocklist.entry import LANGUAGES, GroundText
from blocker.blocklist.index import Header
from blocker.errors import ConfigError, Fault
from blocker.located import read_yaml
from warning_page.page import RETRY_AFTER, Form, PageContext, Variant
from warning_page.symbol import Symbol, read_symbol
from warning_page.wording import Locale, Wording

_HERE = Path(__file__).parent
_HAND = _HERE / "templates" / "hand.svg"
_UTC = "UTC"  # where no list says which timezone its readers live in
_KEPT = 512  # answers of some 20 kB: more than a list has directives, but for its bulk ones
_TYPES = {
    Form.PAGE: "text/html; charset=utf-8",
    Form.PROBLEM: "application/problem+json",
    Form.LINE: "text/plain; charset=utf-8",
}
_HEADERS = {
    "Server": "redhand",
    # RFC 7725 answers are cacheable by default; a kept one would outlive the block.
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Type": _TYPES[Form.LINE],
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `gzipped` is the body for those who take it so, if that is shorter."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes
    gzipped: bytes | None = None


class Renderer:
    """Makes answers.

    `implementer` is the URI of whoever carries the block out, `scale` the speed of a trial's own clock, `symbol` the
    drawing of a deployer who has another one than our hand.
    """

    def __init__(self, implementer: str | None = None, scale: float | None = None, symbol: Path | None = None) -> None:
        self._implementer = implementer
        self._locales = _locales()
        self._symbol = _symbol(symbol or _HAND)
        self._own_hand = symbol is None
        style = (_HERE / "templates" / "style.css").read_text(encoding="utf-8")
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(("html", "svg")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            style=Markup(style),  # noqa: S704 - our own file
            locales=self._locales,
            drawing=self._symbol,
            scale=None if scale is None else f"{scale:g}",
        )
        self._templates = {variant: environment.get_template(f"{variant}.html") for variant in Variant}
        self._policy = _policy(style)
        self._kept_for: Header | None = None
        self._kept: dict[Hashable, Answer] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the page can speak: those that every list speaks first."""
        return tuple(self._locales)

    def answer(self, page: PageContext) -> Answer:
        """Return the answer that says what `page` holds."""
        if page.preview or page.variant is Variant.PREVIEWS:
            return self._made(page)  # its specimen has the time of the visit
        if page.header is not self._kept_for:
            self._kept.clear()
            self._kept_for = page.header
        key = (page.variant, page.language, page.form, page.ground and page.ground.id, page.decision)
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = self._made(page)
        return self._kept[key]

    def fault(self) -> Answer:
        """Return the answer for a fault of our own: it says nothing of the fault, and needs no template."""
        text = "".join(f"{locale.words['fault']}\n" for locale in self._locales.values())
        headers = {**_HEADERS, "Retry-After": str(RETRY_AFTER)}
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, headers, text.encode())

    def refusal(self) -> Answer:
        """Return the answer to bytes that are no HTTP request: nobody has asked for any address yet."""
        return Answer(HTTPStatus.BAD_REQUEST, _HEADERS, b"400\n")

    def _made(self, page: PageContext) -> Answer:
        write = {Form.PAGE: self._page, Form.PROBLEM: self._problem, Form.LINE: self._line}[page.form]
        body = write(page, Wording(page.language, self._locales)).encode()
        gzipped = gzip.compress(body, mtime=0)
        return Answer(page.status, self._headers(page), body, gzipped if len(gzipped) < len(body) else None)

    def _headers(self, page: PageContext) -> dict[str, str]:
        headers = {**_HEADERS, "Content-Type": _TYPES[page.form], "Content-Language": page.language}
        if page.form is Form.PAGE:
            headers["Content-Security-Policy"] = self._policy
        if page.status is HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS and self._implementer:
            headers["Link"] = f'<{self._implementer}>; rel="blocked-by"'  # RFC 7725 §4: not the authority
        if page.status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_AFTER)
        return headers

    def _page(self, page: PageContext, wording: Wording) -> str:
        return self._templates[page.variant].render(
            page=page,
            title=self._title(page, wording),
            wording=wording,
            word=wording.word,
            say=wording.said,
            moment=partial(wording.moment, timezone=page.header.timezone if page.header else _UTC),
            field=field,
            symbol_label=self._label(wording),
        )

    def _label(self, wording: Wording) -> str:
        if self._own_hand:
            return wording.plain_word("hand")
        titles = self._symbol.titles
        return titles.get(wording.language) or titles.get("") or titles.get(wording.locale.otherwise, "")

    def _title(self, page: PageContext, wording: Wording) -> str:
        if page.ground is not None:
            return wording.plain(field(page.ground.texts, "title"))
        return wording.plain_word(f"{page.variant.replace('-', '_')}_title")

    def _line(self, page: PageContext, wording: Wording) -> str:
        return f"{self._title(page, wording)}\n"

    def _problem(self, page: PageContext, wording: Wording) -> str:
        """RFC 9457: the same statement for programs, authority and law in it as RFC 7725 §3 asks."""
        problem: dict[str, Any] = {"title": self._title(page, wording), "status": page.status}
        if page.ground is not None and page.decision is not None:
            problem |= {
                "detail": wording.plain(field(page.ground.texts, "reason")),
                "authority": wording.plain(page.ground.authority),
                "law": wording.plain(page.ground.law),
                "contest": wording.plain(page.ground.contest),
                "reference": page.decision.reference or wording.plain_word("specimen"),
                "issued": page.decision.issued.isoformat(),
                "review_by": page.decision.review_by.isoformat(),
                "expires": page.decision.expires.isoformat(),
            }
        if page.header is not None:
            problem["list_version"] = page.header.serial
        if page.trial:
            problem["trial"] = wording.plain_word("trial")
        return json.dumps(problem, ensure_ascii=False)


def field(texts: Mapping[str, GroundText], name: str) -> dict[str, str]:
    """Return one field of a ground's texts in every language that they are given in."""
    return {language: getattr(text, name) for language, text in texts.items()}


def _locales() -> dict[str, Locale]:
    files = {path.stem: path for path in sorted((_HERE / "locales").glob("*.yaml"))}
    order = [*LANGUAGES, *(code for code in files if code not in LANGUAGES)]
    return {code: read_yaml(files[code].read_bytes(), files[code].name).validate(Locale) for code in order}


def _symbol(path: Path) -> Symbol:
    try:
        return read_symbol(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError([Fault(str(path), 1, 1, "symbol", f"cannot be read: {error.strerror}")]) from error


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
