"""From what the page has to say to headers and bytes. Languages, templates and style are read once, at the start.

Every answer, whatever its form, carries the headers that keep it out of caches, search engines, frames and Referers.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from blocker.blocklist.entry import LANGUAGES
from blocker.located import read_yaml
from warning_page.page import RETRY_AFTER, Form, PageContext, Variant
from warning_page.wording import Locale

_HERE = Path(__file__).parent
_UTC = "UTC"  # where no list says which timezone its readers live in
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
    """An HTTP answer."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


class Renderer:
    """Makes answers; `implementer` is the URI of whoever carries the block out, `scale` the speed of the clock."""

    def __init__(self, implementer: str | None = None, scale: float = 1.0) -> None:
        self._implementer = implementer
        self._locales = {code: _locale(code) for code in LANGUAGES}
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
            scale=f"{scale:g}" if scale != 1 else None,
        )
        self._templates = {variant: environment.get_template(f"{variant}.html") for variant in Variant}
        self._policy = _policy(style)

    def answer(self, page: PageContext) -> Answer:
        """Return the answer that says what `page` holds."""
        write = {Form.PAGE: self._page, Form.PROBLEM: self._problem, Form.LINE: self._line}[page.form]
        return Answer(page.status, self._headers(page), write(page).encode())

    def fault(self) -> Answer:
        """Return the answer for a fault of our own: it says nothing of the fault, and needs no template."""
        text = "".join(f"{locale.words['fault']}\n" for locale in self._locales.values())
        headers = {**_HEADERS, "Retry-After": str(RETRY_AFTER)}
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, headers, text.encode())

    def refusal(self) -> Answer:
        """Return the answer to bytes that are no HTTP request: nobody has asked for any address yet."""
        return Answer(HTTPStatus.BAD_REQUEST, _HEADERS, b"400\n")

    def _headers(self, page: PageContext) -> dict[str, str]:
        headers = {**_HEADERS, "Content-Type": _TYPES[page.form], "Content-Language": page.language}
        if page.form is Form.PAGE:
            headers["Content-Security-Policy"] = self._policy
        if page.status is HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS and self._implementer:
            headers["Link"] = f'<{self._implementer}>; rel="blocked-by"'  # RFC 7725 §4: not the authority
        if page.status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = str(RETRY_AFTER)
        return headers

    def _page(self, page: PageContext) -> str:
        locale = self._locales[page.language]
        moment = partial(locale.write_moment, timezone=page.header.timezone if page.header else _UTC)
        template = self._templates[page.variant]
        return template.render(page=page, title=self._title(page), words=locale.words, moment=moment)

    def _title(self, page: PageContext) -> str:
        if page.ground is not None:
            return page.ground.texts[page.language].title
        return self._locales[page.language].words[f"{page.variant.replace('-', '_')}_title"]

    def _line(self, page: PageContext) -> str:
        return f"{self._title(page)}\n"

    def _problem(self, page: PageContext) -> str:
        """RFC 9457: the same statement for programs, authority and law in it as RFC 7725 §3 asks."""
        words = self._locales[page.language].words
        problem: dict[str, Any] = {"title": self._title(page), "status": page.status}
        if page.ground is not None and page.decision is not None:
            problem |= {
                "detail": page.ground.texts[page.language].reason,
                "authority": page.ground.authority[page.language],
                "law": page.ground.law[page.language],
                "contest": page.ground.contest[page.language],
                "reference": page.decision.reference or words["specimen"],
                "issued": page.decision.issued.isoformat(),
                "review_by": page.decision.review_by.isoformat(),
                "expires": page.decision.expires.isoformat(),
            }
        if page.header is not None:
            problem["list_version"] = page.header.serial
        if page.trial:
            problem["trial"] = words["trial"]
        return json.dumps(problem, ensure_ascii=False)


def _locale(code: str) -> Locale:
    file = _HERE / "locales" / f"{code}.yaml"
    return read_yaml(file.read_bytes(), file.name).validate(Locale)


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
