"""What a step may know of the world beside its case: the list as it stands, whom letters go to, the next numbers.

Keeps true: everything that workflow.py needs from outside comes in through here, as values read before the step.
Reading them is left to road.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import jinja2

from blocker.blocklist.entry import Environment, Ground
from blocker.cases.case import Case, CaseName
from blocker.cases.collateral import Finding
from blocker.cases.drafts import Draft
from blocker.cases.integrity.ledger import Head
from blocker.names import DomainName
from blocker.policy import CasesSettings


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whoever letters go to: a provider by its id, the owner as `owner`, the overseer as `overseer`."""

    id: str
    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every letter says of its sender, and where blocked names are to lead (page's IPv4 and IPv6)."""

    sender: str
    isps: tuple[Recipient, ...]
    page: tuple[str, ...]
    overseer: Recipient | None = None
    duty: tuple[Recipient, ...] = ()
    """Who is reminded: `duty-officer`, `duty-approver`."""
    reply_page: bool = False
    """True if the mail with a request to an owner has a link to a page for the answer."""


@dataclass(frozen=True, slots=True)
class ListFacts:
    """The list's source at HEAD, as far as the procedure asks for it."""

    environment: Environment
    timezone: str
    grounds: Mapping[str, Ground]
    directives: Collection[str]
    """Ids that stand on the list already."""
    committable: bool
    """False for a plain directory, which is served as it stands and never committed to."""

    @property
    def trial(self) -> bool:
        """True when everything made from this list is a rehearsal."""
        return self.environment is Environment.TRIAL

    def local(self, instant: datetime) -> datetime:
        """Return the instant on the list's own calendar."""
        return instant.astimezone(ZoneInfo(self.timezone))


@dataclass(frozen=True, slots=True)
class Numbers:
    """The next free number of each kind; the store reads them inside the transaction that uses them."""

    head: Head
    """Where the ledger ends."""
    case: int
    directive: int
    document: int

    @property
    def seq(self) -> int:
        """The number of the next event."""
        return self.head.seq + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All of it, for one step."""

    list: ListFacts
    letterhead: Letterhead
    templates: jinja2.Environment
    """The letters (documents.compile_templates)."""
    sealing: bool = False
    """True if evidence can be kept: keys are configured that it is encrypted to."""
    refusals: tuple[str, ...] = ()
    """Why the list's guards would refuse the case's names; empty if they would not."""
    draft: Draft | None = None
    """The directive's file as it lies on the case's branch, if there is one."""
    drafted: tuple[CaseName, ...] = ()
    """The names in that file."""
    warnings: tuple[str, ...] = ()
    """What the guards warn of."""
    revoked: frozenset[str] = frozenset()
    """Numbers of closed accounts: what they proposed is void until somebody in office stands for it."""
    policy: CasesSettings = field(default_factory=CasesSettings)
    barring: tuple[Case, ...] = ()
    """Cases in which a court or the authority stays a block, or a court annulled one, for steps that ask the list."""
    same: Mapping[DomainName, str] = field(default_factory=dict)
    """For a report: its names that an open case on the same ground has already, with that case's number."""
    other: Case | None = None
    """The other case that the step names, if there is one."""
    findings: tuple[Finding, ...] = ()
    """What else a block of the case's names would cut off."""
    suffixes: str = ""
    """Which edition of the public suffix list this rests on: its SHA-256."""
