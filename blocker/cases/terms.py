"""The settings that two people approve, as one value: what changes the procedure's meaning, or who is told of what.

Keeps true: two of them are equal if and only if no line of `lines` differs, and what was written is read back the same.
Which are in force says the ledger (agreed.py); why these and no others, docs/adr/0019-settings-of-the-procedure.md.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Self

from blocker.blocklist.snapshot import canonical
from blocker.cases.context import Letterhead, Recipient
from blocker.config import Settings
from blocker.desk_settings import Isp, Overseer
from blocker.located import StrictModel
from blocker.policy import CasesSettings

ABOUT = "settings"
"""What entries of the ledger about them have in the place of a case's number."""

OVERSEER = "admin.overseer."
"""What the lines about the overseer's own address begin with: they take the overseer's office."""

_PLACES = {"cases": "cases", "ipv4": "page.ipv4", "ipv6": "page.ipv6"}
"""Where a field stands in the configuration, if not under `admin`."""


class Terms(StrictModel):
    """What a desk works under."""

    cases: CasesSettings
    isps: tuple[Isp, ...]
    overseer: Overseer | None
    sender: str
    public_url: str | None
    evidence_recipients: tuple[str, ...]
    ipv4: tuple[IPv4Address, ...]
    """Where blocked names are to lead, as directives tell providers."""
    ipv6: tuple[IPv6Address, ...]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what a configuration says of them."""
        admin, page = settings.admin, settings.page
        return cls(
            cases=settings.cases,
            isps=admin.isps,
            overseer=admin.overseer,
            sender=admin.sender,
            public_url=admin.public_url,
            evidence_recipients=admin.evidence_recipients,
            ipv4=page.ipv4,
            ipv6=page.ipv6,
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` wrote.

        Raises:
            ValueError: if it is something else.
        """
        return cls.model_validate_json(text)

    def text(self) -> str:
        """Return all of them as JSON with one spelling."""
        return canonical(self.model_dump(mode="json"))

    def lines(self) -> Mapping[str, str]:
        """Return each setting as a line of text, by its key in the configuration; what is not set has no line."""
        values = self.model_dump(mode="json")
        return {
            key: line
            for name, value in values.items()
            for key, line in _lines(_PLACES.get(name, f"admin.{name}"), value)
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that differs; None: not set."""

    key: str
    before: str | None
    after: str | None


def changes(before: Terms, after: Terms) -> tuple[Change, ...]:
    """Return what differs, by key."""
    old, new = before.lines(), after.lines()
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return tuple(Change(key, old.get(key), new.get(key)) for key in differing)


def touches_overseer(changed: Collection[Change]) -> bool:
    """True if the overseer would be told at another address than before, or not at all."""
    return any(change.key.startswith(OVERSEER) and change.before is not None for change in changed)


def letterhead(terms: Terms, duty: tuple[Recipient, ...]) -> Letterhead:
    """Return what letters say and whom they go to; `duty` are those who are reminded."""
    overseer = terms.overseer
    return Letterhead(
        sender=terms.sender,
        isps=tuple(Recipient(isp.id, isp.name, isp.mail) for isp in terms.isps),
        page=tuple(str(address) for address in (*terms.ipv4, *terms.ipv6)),
        overseer=None if overseer is None else Recipient("overseer", overseer.name, overseer.mail),
        duty=duty,
        reply_page=terms.public_url is not None,
    )


def _lines(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield a value of JSON line by line: what has an id by that, whatever its place; other lists on one line."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _lines(f"{key}.{name}", each)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for each in value:
            yield from _lines(f"{key}.{each['id']}", {name: one for name, one in each.items() if name != "id"})
    elif isinstance(value, list):
        if value:
            yield key, ", ".join(value)
    elif value is not None:
        yield key, str(value).lower() if isinstance(value, bool) else str(value)
