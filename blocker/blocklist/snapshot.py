"""One version of the list: what is in force, from which commit, under which serial.

The digest covers what the list *says* (header, grounds, directives, names), not when or from where it was built: the
same list has the same digest everywhere. Entries that have ended are left out here, for everybody.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from blocker.blocklist.entry import Blocklist, Directive, Entry
from blocker.names import DomainName

FORMAT = "redhand-list-1"


@dataclass(frozen=True)
class Snapshot:
    """A list as it stands at `built_at` (aware UTC); `serial` only rises, `commit` is None outside git."""

    blocklist: Blocklist
    serial: int
    commit: str | None
    built_at: datetime

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries in force at `built_at`, by name; at a name, by directive."""
        alive = (entry for entry in self.blocklist.entries if entry.directive.expires > self.built_at)
        return tuple(sorted(alive, key=lambda entry: (entry.name, entry.directive.id)))

    @cached_property
    def directives(self) -> tuple[Directive, ...]:
        """The directives that have an entry in force, by id."""
        alive = {entry.directive.id: entry.directive for entry in self.entries}
        return tuple(alive[key] for key in sorted(alive))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical lines, in hexadecimal."""
        digest = hashlib.sha256()
        for line in self.lines():
            digest.update(line.encode() + b"\n")
        return digest.hexdigest()

    def lines(self) -> Iterator[str]:
        """Yield the canonical form: one JSON header, one line a ground, a directive and an entry, in fixed order."""
        blocklist = self.blocklist
        yield canonical(
            {
                "format": FORMAT,
                "environment": blocklist.environment,
                "title": dict(blocklist.title),
                "timezone": blocklist.timezone,
            }
        )
        for ground in sorted(blocklist.grounds, key=lambda ground: ground.id):
            yield canonical(ground.model_dump(mode="json"))
        for directive in self.directives:
            yield canonical(directive_to_json(directive))
        for entry in self.entries:
            yield f"{entry.name} {entry.scope} {entry.directive.id}"


def canonical(value: Any) -> str:
    """Return JSON with one spelling: sorted keys, no spaces, no escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def directive_to_json(directive: Directive) -> dict[str, Any]:
    """Return a directive as JSON for the index and the digest; who approved it stays in the list's repository."""
    types = directive.record_types
    return {
        "id": directive.id,
        "case": directive.case,
        "ground": directive.ground,
        "issued": directive.issued.isoformat(),
        "review_by": directive.review_by.isoformat(),
        "expires": directive.expires.isoformat(),
        "public_reference": directive.public_reference,
        "record_types": None if types is None else sorted(types),
        "aliases": directive.aliases,
        "exceptions": sorted(directive.exceptions),
    }


def directive_from_json(value: dict[str, Any]) -> Directive:
    """Read what directive_to_json wrote.

    Raises:
        KeyError, ValueError, TypeError: if it is not that.
    """
    types = value["record_types"]
    return Directive(
        id=str(value["id"]),
        case=str(value["case"]),
        ground=str(value["ground"]),
        issued=datetime.fromisoformat(value["issued"]),
        review_by=datetime.fromisoformat(value["review_by"]),
        expires=datetime.fromisoformat(value["expires"]),
        public_reference=str(value["public_reference"]),
        record_types=None if types is None else frozenset(types),
        aliases=bool(value["aliases"]),
        exceptions=frozenset(DomainName(name) for name in value["exceptions"]),
    )
