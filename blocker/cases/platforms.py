"""Platforms: whom to ask when one user's content lies under a name that everybody uses.

Keeps true: what is proposed is proposed by the address alone, and says when somebody last checked it. A platform's own
name is never blocked for one user's page; the list's guards see to that (blocker/blocklist/guards.py).
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

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
    """When somebody last used it with success; None: nobody has yet."""


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
