"""What every request of one desk shares, and what the gate found out about the one at hand."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import aiohttp
import jinja2
from aiohttp import web

from blocker.admin import language
from blocker.admin.in_force import Versions
from blocker.admin.language import Words
from blocker.admin.moments import Moments
from blocker.admin.paces import Paces
from blocker.admin.pauses import Pauses
from blocker.admin.sessions import Session, Sessions
from blocker.admin.source import ListSource
from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index
from blocker.cases.case import Role
from blocker.cases.intake import platforms
from blocker.cases.intake.intake import Intake
from blocker.cases.intake.platforms import Platform
from blocker.cases.road import Road
from blocker.clock import Clock
from blocker.config import Settings
from blocker.distribution.current import CurrentIndex
from blocker.errors import OperationError
from blocker.people.account import Account
from blocker.people.people import People

ANYONE = "anyone"
"""The role of whoever has not signed in."""

MACHINE = "machine"
"""Of routes that no session opens and no page asks for: their handler asks for a token of its own."""

LINK = "link"
"""Of routes that a secret in their own address opens, for people without an account."""

HOMES: Mapping[str, str] = {
    ANYONE: "/sign-in",
    Role.OVERSEER: "/oversight",
    Role.ISP: "/directives",
    Role.ADMINISTRATOR: "/accounts",
    Role.OFFICER: "/today",
    Role.APPROVER: "/today",
}
"""The page that a role begins with, where it is not the cases."""

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file, and the start of its SHA-256: the address changes with the content, so it may be kept for good."""

    body: bytes
    content_type: str
    version: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever made the request: in which language, with which session, signed in as whom."""

    words: Words
    session: Session | None = None
    account: Account | None = None

    @property
    def role(self) -> str:
        """The role that the route table is asked about."""
        return self.account.role if self.account else ANYONE

    @property
    def home(self) -> str:
        """The page that this visitor begins with."""
        return HOMES.get(self.role, "/cases")


@dataclass(frozen=True, slots=True)
class Desk:
    """The running desk; get one from `Desk.of`."""

    settings: Settings
    clock: Clock
    road: Road
    people: People
    current: CurrentIndex
    source: ListSource
    versions: Versions
    sessions: Sessions
    pauses: Pauses
    paces: Paces
    intake: Intake
    platforms: Sequence[Platform]
    languages: Mapping[str, Words]
    templates: jinja2.Environment
    assets: Mapping[str, Asset]
    reporting: asyncio.Lock
    """Held while a case is opened, so that a form sent twice at once opens one."""

    @classmethod
    def of(cls, settings: Settings, clock: Clock, road: Road) -> Self:
        """Return a desk on an open case road; the list in force is read once, and watched by whoever serves."""
        current = CurrentIndex(settings.blocklist.index)
        current.refresh()
        return cls(
            settings=settings,
            clock=clock,
            road=road,
            people=People.of(road.store, settings.admin.database),
            current=current,
            source=ListSource(settings.admin.lists),
            versions=Versions(settings.blocklist.index),
            sessions=Sessions(settings.admin.session_idle_seconds, settings.admin.session_life_seconds),
            pauses=Pauses(),
            paces=Paces(settings.admin.reports.per_minute),
            intake=Intake(road.store),
            platforms=_platforms(settings.admin.reports.platforms),
            languages=language.load(),
            templates=_templates(),
            assets=_assets(),
            reporting=asyncio.Lock(),
        )

    @property
    def index(self) -> Index | None:
        """The list in force on this machine."""
        return self.current.index

    @property
    def trial(self) -> bool:
        """True when nothing done here is real: the store is stamped so, or the list in force is a trial list."""
        index = self.index
        return self.road.store.trial or (index is not None and index.header.environment is Environment.TRIAL)

    def moments(self, words: Words) -> Moments:
        """Return the calendar of the list in force in a reader's language, as of now."""
        index = self.index
        return Moments(words, ZoneInfo(index.header.timezone if index else "Europe/Paris"), self.road.now())

    def ground(self, ground: str, words: Words) -> str:
        """Return what a ground is called, or its id if the list in force does not know it."""
        index = self.index
        known = index.grounds.get(ground) if index else None
        return known.texts["fr" if words.language == "fr" else "en"].name if known else ground


DESK = web.AppKey("DESK", Desk)
VISITOR = web.RequestKey("VISITOR", Visitor)
UPLOAD: web.RequestKey[aiohttp.BodyPartReader] = web.RequestKey("UPLOAD", aiohttp.BodyPartReader)
"""The file that a form came with, still to be read."""
FORM: web.RequestKey[Mapping[str, str]] = web.RequestKey("FORM", Mapping)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _platforms(own: Path | None) -> tuple[Platform, ...]:
    """Return whom referrals may go to: of the deployer's own file, or of the one that ships."""
    path = own or resources.files("blocker.cases") / "platforms.yaml"
    try:
        return platforms.read(path.read_bytes(), str(path))
    except OSError as error:
        raise OperationError(f"cannot read {path}: {error.strerror}") from error


def _assets() -> dict[str, Asset]:
    found = {}
    for path in sorted((_HERE / "static").iterdir()):
        body = path.read_bytes()
        found[path.name] = Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])
    return found
