"""The nouns of the list: directive, entry, ground. Whether they may stand on a list is not decided here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from blocker.dns.codes import WEB_TYPES, type_number
from blocker.located import StrictModel
from blocker.names import DomainName

LANGUAGES = ("fr", "en")  # every text of a list is given in these; in others, it may be
PUBLIC_REFERENCE = r"^[A-Za-z0-9-]{1,64}$"  # letters, digits, hyphens: it stands in DNS answers and in URLs

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language tag (RFC 5646): fr, en, ar, pt-BR."""
Value = TypeVar("Value")


class Environment(StrEnum):
    """What a list is for; a list of one environment never serves another."""

    TRIAL = "trial"
    STAGING = "staging"
    PRODUCTION = "production"


class Scope(StrEnum):
    """How far an entry reaches: that name alone, or it and everything below it."""

    HOST = "host"
    DOMAIN = "domain"


def _in_every_language(texts: Mapping[Language, Value]) -> Mapping[Language, Value]:
    missing = [language for language in LANGUAGES if language not in texts]
    if missing:
        raise ValueError(f"the text in {' and '.join(missing)} is missing")
    return texts


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[Mapping[Language, Text], AfterValidator(_in_every_language)]


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"`{value}` is no day: write YYYY-MM-DD") from None


class Contact(StrictModel):
    """A service that a reader of the warning page can turn to, and when somebody last made sure that it is there."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    shown: Text
    """The number or address as it is read, the same in every language."""
    href: Annotated[str, Field(pattern=r"^(tel|mailto|https):[!-~]+$")] | None = None
    """A link for it: tel:, mailto: or https:."""
    hours: Texts | None = None
    cost: Texts | None = None
    deaf_access: Texts | None = None
    """How people reach it who cannot hear or speak: text, video, relay."""
    source: Text | None = None
    """Where all this is published; for whoever keeps the list, not shown."""
    checked: Annotated[date, BeforeValidator(_day)] | None = None
    """The day on which somebody last compared it with the source; not shown."""


def _resolved(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"no contact under `contacts` has the id `{value}`")  # noqa: TRY004 - pydantic's way
    return value


class Help(StrictModel):
    """Whom a contact is for, and what they will find there."""

    who: Texts
    what: Texts
    contact: Annotated[Contact, BeforeValidator(_resolved, json_schema_input_type=str)]
    """The id of a contact; files.GroundsFile puts the contact itself here."""


class GroundText(StrictModel):
    """What the warning page says of a ground in one language."""

    name: Text
    title: Text
    reason: Text


class Ground(StrictModel):
    """A legal ground for blocking, with every legal text that the warning page shows for it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    order: int
    """Lower stands first wherever grounds are listed."""
    authority: Texts
    law: Texts
    contest: Texts
    """How to contest with the directive's public reference alone."""
    help: tuple[Help, ...]
    texts: Annotated[Mapping[Language, GroundText], AfterValidator(_in_every_language)]


@dataclass(frozen=True, slots=True)
class OwnerStep:
    """The request to the owner and the proof of what was there then, or the legal exception that skipped it."""

    asked: datetime | None = None
    verified_present: datetime | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """One decision to block, on one ground, of one case; all instants are aware UTC.

    `expires` is the first instant not in force. `record_types` are the types that it blocks (None: the usual ones);
    `exceptions` are names below a listed one that stay reachable; `aliases` extends it to names that alias to a
    listed one.
    """

    id: str
    case: str
    ground: str
    issued: datetime
    review_by: datetime
    expires: datetime
    reviewed: datetime | None = None
    owner_step: OwnerStep | None = None
    approved_by: tuple[str, ...] = ()
    public_reference: str
    record_types: frozenset[str] | None = None
    aliases: bool = False
    exceptions: frozenset[DomainName] = field(default=frozenset())

    @property
    def blocks_the_web(self) -> bool:
        """True if it keeps people from a web site; one that names only other types, as MX, leaves the site alone."""
        return self.record_types is None or not WEB_TYPES.isdisjoint(map(type_number, self.record_types))


@dataclass(frozen=True, slots=True)
class Entry:
    """A name on the list, the directive that put it there, and where that is written."""

    name: DomainName
    scope: Scope
    directive: Directive
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Protected:
    """A name that may never be blocked: with everything above it, and for scope `domain` also everything below."""

    name: DomainName
    scope: Scope
    group: str
    reason: Texts


@dataclass(frozen=True, slots=True)
class Blocklist:
    """A decoded list: who it is for, its grounds, its entries, and the names that it must never hold."""

    title: Texts
    environment: Environment
    timezone: str
    may_be_empty: bool
    own_names: tuple[DomainName, ...]
    grounds: tuple[Ground, ...]
    directives: tuple[Directive, ...]
    entries: tuple[Entry, ...]
    protected: tuple[Protected, ...]
