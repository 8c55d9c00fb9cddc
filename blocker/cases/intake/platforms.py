"""Platforms: whom to ask when one user's content lies under a name that everybody uses.

Keeps true: what is proposed is proposed by the address alone, and says when somebody last looked whether it is right; a
look counts for one form and address, and for a year. A platform's own name is never blocked for one user's page; the
list's guards see to that (blocker/blocklist/guards.py). Recording a look is left to platform_looks.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from blocker.blocklist.contacts import LOOKED_AT_EVERY
from blocker.blocklist.files import Name
from blocker.errors import InvalidNameError
from blocker.located import StrictModel, read_yaml
from blocker.names import DomainName


class Platform(StrictModel):
    """Where one platform is asked for a removal."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    name: str = Field(min_length=1, max_length=80)
    domains: tuple[Name, ...]
    """Addresses under these are on it."""
    form: str | None = Field(default=None, pattern=r"^https://[!-~]+$")
    mail: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    checked: Annotated[date | None, BeforeValidator(lambda value: value or None)] = None
    """When somebody last saw that form and address are right; None: nobody has yet."""


class Freshness(StrEnum):
    """How far a contact may be relied on."""

    NEVER = "never"
    """Nobody has looked yet."""
    STALE = "stale"
    """Somebody did, over a year ago."""
    FRESH = "fresh"


@dataclass(frozen=True, slots=True, order=True)
class Look:
    """When somebody last saw that a platform's contact is right."""

    on: date
    by: str = ""
    """Who, where it was recorded at the desk; empty: the file says so."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A platform as an officer is shown it."""

    platform: Platform
    look: Look | None
    freshness: Freshness


def contact(platform: Platform, recorded: Look | None, today: date) -> Contact:
    """Return a platform with the last look at it: that of its file, or one that the desk recorded."""
    looks = [Look(platform.checked)] if platform.checked else []
    look = max([*looks, recorded] if recorded else looks, default=None)
    if look is None:
        return Contact(platform, None, Freshness.NEVER)
    return Contact(platform, look, Freshness.FRESH if today - look.on <= LOOKED_AT_EVERY else Freshness.STALE)


class _File(StrictModel):
    platforms: tuple[Platform, ...]


def read(data: bytes, file: str) -> tuple[Platform, ...]:
    """Read a file of platforms.

    Raises:
        FaultsError: with every fault at its place.
    """
    return read_yaml(data, file).validate(_File).platforms


def of_host(host: str, platforms: Iterable[Platform]) -> Platform | None:
    """Return the platform that a host lies on: the one with the longest matching domain."""
    try:
        above = list(DomainName.parse(host).ancestors())
    except InvalidNameError:
        return None
    known = {domain: platform for platform in platforms for domain in platform.domains}
    return next((known[name] for name in above if name in known), None)
