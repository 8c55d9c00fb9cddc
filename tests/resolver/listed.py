"""Lists of a few names, compiled by the real compiler, and the instants that go with them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from blocker.blocklist.entry import Blocklist, Directive, Entry, Environment, Scope
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.names import DomainName
from blocker.resolver.cache import Instant

TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float = 0) -> Instant:
    """Return the instant so many seconds after TODAY; the monotonic clock began 1000 seconds before."""
    return Instant(1000 + seconds, TODAY.timestamp() + seconds)


NOW = at()


def directive(
    number: str = "FR-2026-0042",
    *,
    issued: timedelta = timedelta(days=-1),
    expires: timedelta = timedelta(days=80),
    record_types: Iterable[str] | None = None,
    aliases: bool = False,
    exceptions: Iterable[str] = (),
) -> Directive:
    return Directive(
        id=number,
        case="2026-000123",
        ground="terrorism",
        issued=TODAY + issued,
        review_by=TODAY + timedelta(days=80),
        expires=TODAY + expires,
        public_reference=number,
        record_types=None if record_types is None else frozenset(record_types),
        aliases=aliases,
        exceptions=frozenset(map(DomainName, exceptions)),
    )


def index_bytes(*listed: tuple[str, Scope, Directive], serial: int = 1) -> bytes:
    entries = tuple(Entry(DomainName(name), scope, under, "list.yaml", 1, 1) for name, scope, under in listed)
    directives = tuple({entry.directive.id: entry.directive for entry in entries}.values())
    blocklist = Blocklist(
        title={"fr": "Liste d'essai", "en": "Trial list"},
        environment=Environment.TRIAL,
        timezone="Europe/Paris",
        may_be_empty=True,
        own_names=(),
        grounds=(),
        directives=directives,
        entries=entries,
        protected=(),
    )
    return compile_index(Snapshot(blocklist, serial, None, TODAY))


def index(*listed: tuple[str, Scope, Directive], serial: int = 1) -> Index:
    return Index.load(index_bytes(*listed, serial=serial))
