"""The nouns of the procedure: a case, the people who work it, what happened to it and what must follow.

Keeps true: values only, frozen; a case knows who acted in it in which role, and which of its instants are proved.
Which step is legal is not decided here (workflow.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from blocker.blocklist.entry import Scope
from blocker.cases.found import Exhibit, Owner, Search
from blocker.cases.isps.order import Served, current
from blocker.cases.proceedings import (
    Appeal,
    Attempt,
    CourtOrder,
    Link,
    OwnerClock,
    PendingLift,
    Recommendation,
    Review,
    Skip,
    Statement,
    Stay,
    Suspension,
    Withdrawal,
)
from blocker.names import DomainName

OWNER_TIME = timedelta(hours=24)
"""The owner's time to remove the content, elapsed from receipt (LCEN art. 6-1 §2)."""

QUESTION_TIME = timedelta(hours=48)
"""How long a question of ours to the owner may stay unanswered before the owner's clock runs again, in full."""

FRESH = timedelta(minutes=60)
"""How old the last verification of the content may be when a directive is proposed, and when it is approved."""


class State(StrEnum):
    """Where a case stands; the ids are those of the specification and of the ledger."""

    DRAFT = "C0"
    ASSESSED = "C1"
    NOTICE_PENDING = "C2"
    OWNER_NOTIFIED = "C3"
    CLOCK_SUSPENDED = "C3s"
    REMOVED = "C4"
    BLOCK_PENDING = "C5"
    EXPEDITED_PENDING = "C5x"
    DECIDED = "C5d"
    BLOCK_DIRECTED = "C6"
    IN_FORCE = "C7"
    SUSPENDED = "C8"
    UNBLOCK_DIRECTED = "C9"
    LIFTED = "C10"
    ANNULLED = "C11"
    REFUSED = "C12"


ENDED = frozenset({State.REMOVED, State.LIFTED, State.ANNULLED, State.REFUSED})
"""States that a case never leaves; what comes after needs a new case."""


class Role(StrEnum):
    """What somebody may do; auditor and ISP contact read, the overseer recommends, and the system decides nothing.

    Administrators keep accounts and settings and have no part in any case.
    """

    OFFICER = "officer"
    APPROVER = "approver"
    OVERSEER = "overseer"
    AUDITOR = "auditor"
    ISP = "isp"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, by service number and never by name."""

    number: str
    role: Role
    isp: str | None = None
    """The provider that a contact speaks for."""


SYSTEM = Actor("system", Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class CaseName:
    """A name of a case and how far the block would reach."""

    name: DomainName
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case as its events made it; all instants are aware UTC, None until they are proved."""

    id: str
    """`2026-000123`: the year on the list's calendar, and six digits."""
    state: State
    ground: str
    names: tuple[CaseName, ...]
    urls: tuple[str, ...]
    """Where the content was seen: for the owner's eyes, never on the list, in a log or in a letter to an ISP."""
    seq: int
    """The ledger's number of this case's last event."""
    turn: int
    """The number of the last event that staff made or that moved the case; an act names the turn that it saw."""
    turned_at: datetime
    """When that event came: since then whoever's turn it is is awaited."""
    reported_at: datetime
    officers: tuple[str, ...] = ()
    """Everybody who acted as an officer in this case, in order."""
    approvers: tuple[str, ...] = ()
    capture: str = ""
    """SHA-256 of the sealed capture that the report names."""
    searches: tuple[Search, ...] = ()
    """The search log: where somebody to ask was looked for, in order."""
    exhibits: tuple[Exhibit, ...] = ()
    """The evidence that was uploaded, in order."""
    overseers: tuple[str, ...] = ()
    qualification: str | None = None
    """Why this is unlawful, in the words that the owner will read."""
    owner: Owner | None = None
    proposed_by: str | None = None
    """Who proposed the step that waits for approval."""
    asked_at: datetime | None = None
    receipt_at: datetime | None = None
    verified_at: datetime | None = None
    """When the content was last seen to be still there."""
    directive: str | None = None
    anew: str | None = None
    """The number of the directive that is proposed in place of a stayed one."""
    file: str | None = None
    """The directive's file as it was proposed; the list's has the desk's own lines too (drafts.py)."""
    approved_by: tuple[str, ...] = ()
    """The two officials behind the directive: who proposed it and who approved it."""
    issued_at: datetime | None = None
    review_by: datetime | None = None
    expires: datetime | None = None
    commit: str | None = None
    directed_at: datetime | None = None
    """When the first released version that holds the directive was in force, and the ISPs were directed."""
    list_serial: int | None = None
    list_digest: str | None = None
    served: tuple[Served, ...] = ()
    """Every order to every provider, in the order in which they were issued (isps/order.py)."""
    lift: PendingLift | None = None
    withdrawal: Withdrawal | None = None
    lift_commit: str | None = None
    withdrawn_at: datetime | None = None
    """When the list in force no longer held the directive, and the ISPs were told."""
    withdrawn_serial: int | None = None
    withdrawn_digest: str | None = None
    ended_at: datetime | None = None
    clock: OwnerClock = field(default_factory=OwnerClock)
    suspension: Suspension | None = None
    attempts: tuple[Attempt, ...] = ()
    statements: tuple[Statement, ...] = ()
    """What the owner said and nobody has answered yet."""
    skip: Skip | None = None
    """The exception by which the owner was not asked first."""
    order: CourtOrder | None = None
    """A court's decision that an officer entered and nobody has confirmed yet."""
    stay: Stay | None = None
    annulment: CourtOrder | None = None
    review: Review = field(default_factory=Review)
    recommendation: Recommendation | None = None
    appeals: tuple[Appeal, ...] = ()
    links: tuple[Link, ...] = ()
    new_facts_at: datetime | None = None
    """When facts were recorded that the court which annulled an earlier directive did not know."""
    reminded: tuple[str, ...] = ()
    """Of what those on duty were reminded: which clock or wait, and its instant."""
    rechecks: tuple[datetime, ...] = ()
    """When somebody looked again after the content was removed."""

    @property
    def clock_start(self) -> datetime | None:
        """When the owner's running 24 hours began; None while nothing proves a beginning, or while they stand still."""
        if self.suspension is not None:
            return None
        if self.receipt_at is not None:
            return max(self.receipt_at, self.clock.restarted_at or self.receipt_at)
        if self.clock.sent_at is not None:
            return max(self.clock.sent_at, self.clock.restarted_at or self.clock.sent_at)
        return None

    @property
    def deadline(self) -> datetime | None:
        """The first instant at which the owner's 24 hours are over; None while no clock runs."""
        if self.clock_start is None:
            return None
        # Elapsed hours on aware UTC: a change of the clocks neither shortens nor lengthens them.
        end = self.clock_start + OWNER_TIME
        whole = end.replace(minute=0, second=0, microsecond=0)
        return whole + timedelta(hours=1) if self.clock.rounds_up and whole < end else end

    @property
    def isp_deadline(self) -> datetime | None:
        """When the last provider that still has to act runs out of time; None if nobody has to, or a clock rests."""
        ends = [each.due for each in current(self.served) if each.open]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    @property
    def fresh_until(self) -> datetime | None:
        """The last instant at which the verification is fresh enough to propose or approve a directive."""
        return None if self.verified_at is None else self.verified_at + FRESH

    @property
    def path(self) -> str | None:
        """Where the directive lies in the list's source; None before one is numbered."""
        return None if self.directive is None else f"{self.ground}/{self.directive}.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: a row of the ledger. The ledger gives it `prev_hash` and `hash` (ledger.py)."""

    seq: int
    case: str
    """The case's id; of what belongs to no case, what it is about: a report's number, an account's."""
    transition: str
    """The id of the step in the one table, such as T4; outside cases, what was done, in a word."""
    from_state: State | None
    to_state: State | None
    """Where the case stands after it; None exactly outside cases."""
    actor: str
    role: Role
    at_utc: datetime
    reason_code: str
    legal_basis: str
    data: Mapping[str, str]
    """What the person entered and what the system added; instants as ISO 8601 in UTC."""
    doc_sha256: tuple[str, ...] = ()
    """SHA-256 of each document issued with this event, in order."""
    prev_hash: str = ""
    hash: str = ""


def entry(about: str, done: str, actor: Actor, at: datetime, data: Mapping[str, str]) -> Event:
    """Return the event of something that belongs to no case: `done` to what `about` says, both in a word."""
    return Event(
        seq=0,  # the store numbers it
        case=about,
        transition=done,
        from_state=None,
        to_state=None,
        actor=actor.number,
        role=actor.role,
        at_utc=at,
        reason_code=done,
        legal_basis="",
        data=data,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A letter as it was issued: never edited afterwards."""

    number: str
    """`D-2026-000017`."""
    case: str
    kind: str
    recipient: str
    """The ISP's id, `owner` or `overseer`."""
    mail: str
    subject: str
    text: str
    sha256: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What must happen outside because of an event; the outbox carries it out at least once, its channel only once.

    `kind` names the channel: `letter` (payload: document, and its recipient in `to`) or `list` (payload: act `add` or
    `remove`, path, text, message, and the trailers case, directive, by).
    """

    kind: str
    payload: Mapping[str, str] = field(default_factory=dict)


def to_post(letters: Iterable[Document]) -> list[Effect]:
    """Return the orders to send these letters."""
    return [Effect("letter", {"document": letter.number, "to": letter.recipient}) for letter in letters]
