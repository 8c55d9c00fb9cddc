"""What a visitor is told: (visit, index, now) → PageContext.

Keeps true that a block is stated only where the list in force says so at this very moment, and that nothing of the
request can come back out: a context holds values of the list and constants of ours, and the little of a visit that is
looked at (`Visit`) has no path, address, Referer or User-Agent in it. Wording and rendering are left to others.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from ipaddress import ip_address

from blocker.blocklist.entry import LANGUAGES, Directive, Environment, Ground
from blocker.blocklist.index import Header, Index
from blocker.errors import InvalidNameError
from blocker.names import DomainName

RETRY_AFTER = 60  # seconds: the TTL of blocked answers, after which a stale one is gone
SPECIMEN_TERM = timedelta(days=90)
_DEFAULT = "fr"
_HTML = ("text/html", "application/xhtml+xml")
_NAVIGATIONS = ("document", "iframe", "frame", "fencedframe")
_ANYTHING = "*/*"


class Variant(StrEnum):
    """What the page has to say."""

    BLOCKED = "blocked"
    UNLISTED = "unlisted"
    NO_LIST = "no-list"
    PREVIEWS = "previews"


class Form(StrEnum):
    """How it is said: a page for people, JSON for programs (RFC 9457), a line for images, styles and the like."""

    PAGE = "page"
    PROBLEM = "problem"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Visit:
    """All that is looked at of a request."""

    host: str
    """The Host header."""
    languages: str = ""
    """The Accept-Language header."""
    accept: str = ""
    """The Accept header."""
    chosen: str = ""
    """The language that a link of the page asked for."""
    preview: str = ""
    """The variant that a link of the previews asked for."""
    destination: str = ""
    """The Sec-Fetch-Dest header, which browsers send only where they trust the connection."""
    browser: bool = False
    """Whether the User-Agent header begins as those of browsers do; no more of it is looked at."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is public of a directive; instants are aware UTC, the reference is None in a preview's specimen."""

    reference: str | None
    issued: datetime
    review_by: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything that a page is made of; `preview` is the name of the variant if it is only shown on trial."""

    variant: Variant
    language: str
    form: Form = Form.PAGE
    header: Header | None = None
    ground: Ground | None = None
    decision: Decision | None = None
    preview: str = ""
    grounds: tuple[Ground, ...] = ()

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status: 451 (RFC 7725) only for a block in force; a preview blocks nothing."""
        if self.preview or self.variant is Variant.PREVIEWS:
            return HTTPStatus.OK
        blocked = self.variant is Variant.BLOCKED
        return HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS if blocked else HTTPStatus.SERVICE_UNAVAILABLE

    @property
    def trial(self) -> bool:
        """True if the list is one for trying things out."""
        return self.header is not None and self.header.environment is Environment.TRIAL


def page(visit: Visit, index: Index | None, now: datetime, languages: Collection[str] = LANGUAGES) -> PageContext:
    """Return what a visitor is told at `now` (aware UTC) by the list in force; None: there is no list.

    `languages` are those that the page can speak.
    """
    told = PageContext(Variant.NO_LIST, language_of(visit, languages), form_of(visit))
    if index is None:
        return told
    told = replace(told, variant=Variant.UNLISTED, header=index.header)
    host = _without_port(visit.host)
    if told.trial and _own_address(host):
        return _preview(told, visit, index, now)
    found = (match.directive for match in index.matches(_as_listed(host), now.timestamp()))
    directive = next((each for each in found if each.blocks_the_web), None)
    if directive is None:
        return told
    return _blocked(told, index.grounds[directive.ground], _public(directive))


def language_of(visit: Visit, languages: Collection[str] = LANGUAGES) -> str:
    """Return the language to answer in: a link's, else the browser's favourite (RFC 9110 §12.5.4), else French."""
    if visit.chosen in languages:
        return visit.chosen
    spoken = {code.lower(): code for code in languages}
    liked: dict[str, float] = {}
    for tag, weight in _weighted(visit.languages):
        language = spoken.get(tag) or spoken.get(tag.partition("-")[0])
        if language and weight > liked.get(language, 0.0):
            liked[language] = weight
    return max(liked, key=lambda code: liked[code], default=_DEFAULT)


def form_of(visit: Visit) -> Form:
    """Return the form that fits who asks.

    By Accept, because browsers send no Sec-Fetch-Dest over plain http: whoever navigates names text/html, and images
    and styles name their types. `*/*` alone is what browsers send for scripts, fonts, media and fetch(), but also what
    a person with a simple tool sends: the tool is given the page, the browser a line (docs/PAGE.md has what was
    measured).
    """
    wanted = [kind for kind, weight in _weighted(visit.accept) if weight > 0]
    if visit.destination and visit.destination not in _NAVIGATIONS:
        wanted = [kind for kind in wanted if kind not in _HTML] or ["?"]
    elif not wanted or any(kind in _HTML for kind in wanted) or (wanted == [_ANYTHING] and not visit.browser):
        return Form.PAGE
    if any(kind == "application/json" or kind.endswith("+json") for kind in wanted):
        return Form.PROBLEM
    return Form.LINE


def takes_gzip(encodings: str) -> bool:
    """Return whether an Accept-Encoding header (RFC 9110 §12.5.3) names gzip and does not refuse it."""
    return any(coding == "gzip" and weight > 0 for coding, weight in _weighted(encodings))


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    """Yield (lower-case value, quality) of a header like Accept; what cannot be read weighs nothing."""
    for part in header.split(","):
        value, _, parameters = part.partition(";")
        weight = 1.0
        for parameter in parameters.split(";"):
            key, _, text = parameter.partition("=")
            if key.strip().lower() == "q":
                weight = float(text) if text.strip().replace(".", "", 1).isdecimal() else 0.0
        if value.strip():
            yield value.strip().lower(), weight


def _without_port(host: str) -> str:
    return host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]


def _own_address(host: str) -> bool:
    # No listed name is an address literal: whoever has one in the address bar has opened the page itself.
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return host.lower() == "localhost"
    return True


def _as_listed(host: str) -> str:
    """Return the host as the index spells names, or "" if it cannot be one.

    Whether it is well formed is not asked: the resolver matches whatever labels stand below a listed name, and the
    page must not say of such a name that it is not on the list.
    """
    if host.isascii():
        return host.lower().removesuffix(".")
    try:
        return DomainName.parse(host)
    except InvalidNameError:
        return ""


def _public(directive: Directive) -> Decision:
    return Decision(directive.public_reference, directive.issued, directive.review_by, directive.expires)


def _blocked(told: PageContext, ground: Ground, decision: Decision) -> PageContext:
    return replace(told, variant=Variant.BLOCKED, ground=ground, decision=decision)


def _preview(told: PageContext, visit: Visit, index: Index, now: datetime) -> PageContext:
    """Return one variant as a preview, or all of them to choose from; the decision in it is a specimen."""
    told = replace(told, preview=visit.preview)
    if visit.preview == Variant.UNLISTED:
        return told
    if visit.preview == Variant.NO_LIST:
        return replace(told, variant=Variant.NO_LIST)
    if visit.preview in index.grounds:
        end = now + SPECIMEN_TERM
        return _blocked(told, index.grounds[visit.preview], Decision(None, now, end, end))
    grounds = tuple(sorted(index.grounds.values(), key=lambda ground: (ground.order, ground.id)))
    return replace(told, variant=Variant.PREVIEWS, preview="", grounds=grounds)
