"""Short ways to make list values in tests."""

from datetime import UTC, datetime, timedelta

from blocker.blocklist.entry import Blocklist, Directive, Entry, Environment, Protected, Scope
from blocker.blocklist.files import ProtectedFile
from blocker.located import read_yaml
from blocker.names import DomainName

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def directive(name: str = "FR-1", *, days: float = 80, issued: datetime = NOW, **given) -> Directive:
    ends = NOW + timedelta(days=days)
    fixed = {"case": "2026-000001", "ground": "terrorism", "review_by": ends, "expires": ends, "public_reference": name}
    return Directive(id=name, issued=issued, **{**fixed, **given})


def entry(name: str, scope: str = "host", by: Directive | None = None) -> Entry:
    return Entry(DomainName(name), Scope(scope), by or directive(), "terrorism/FR-1.yaml", 1, 1)


def blocklist(*entries: Entry, environment: Environment = Environment.TRIAL, **given) -> Blocklist:
    fixed = {
        "title": {"fr": "Essai", "en": "Trial"},
        "timezone": "Europe/Paris",
        "may_be_empty": False,
        "own_names": (),
        "grounds": (),
        "directives": tuple({each.directive.id: each.directive for each in entries}.values()),
        "protected": (),
    }
    return Blocklist(environment=environment, entries=entries, **{**fixed, **given})


def protected(data: bytes) -> tuple[Protected, ...]:
    """Return the names of a protected.yaml."""
    read = read_yaml(data, "protected.yaml").validate(ProtectedFile)
    return tuple(
        Protected(each.name, each.scope, group.id, group.reason) for group in read.groups for each in group.names
    )
