"""What befalls a case beside its straight road: stopped clocks, exceptions, courts, reviews, advice and appeals.

Keeps true: values only, frozen, each made by the events of one subject; all instants are aware UTC, None until they are
proved. What follows from them is left to the steps of that subject.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerClock:
    """How the owner's time is counted in this case: settled when the owner is asked, whatever settings say later."""

    basis: str = "received"
    """`received`: from proved receipt alone; `sent`: from proved sending, unless a later receipt is proved."""
    rounds_up: bool = False
    """Whether it runs to the end of the hour (Regulation 1182/71 art. 3 does not count the hour of the event)."""
    sent_at: datetime | None = None
    restarted_at: datetime | None = None
    """When it began anew, in full, after it had stopped."""
    deemed: bool = False
    """True if the receipt is one that the law presumes, after attempts that all failed."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Why the owner's clock stands still."""

    reason: str
    since: datetime
    asked_at: datetime | None = None
    """When we asked the owner to clear something up, if we did."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One proved attempt to reach the owner that failed."""

    at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What the owner said, until it is answered; the words stand in the ledger."""

    kind: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """Why the owner was not asked first; `endorsed_by` is the first of two approvers where the law wants both."""

    ground: str
    basis: str
    endorsed_by: str | None = None


STAY, STAY_LIFTED, ANNULMENT = "stay", "stay_lifted", "annulment"


@dataclass(frozen=True, slots=True)
class CourtOrder:
    """A decision of a court as an officer entered it; it counts once an approver has read the same document."""

    kind: str
    """STAY, STAY_LIFTED or ANNULMENT."""
    court: str
    number: str
    served_at: datetime
    document_sha256: str
    entered_by: str


@dataclass(frozen=True, slots=True)
class Stay:
    """Why a block rests: a court's interim order, or the authority's own decision."""

    since: datetime
    by_court: bool


AT_ONCE = frozenset({"court_stay", "authority_stay", "court_annulment"})
"""Reasons of a withdrawal that leave the ISPs no twenty-four hours."""


@dataclass(frozen=True, slots=True)
class PendingLift:
    """A lift that one person proposed and another has yet to approve; the case's state stays meanwhile."""

    proposed_by: str
    proposed_at: datetime
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why a directive leaves the list, or a case the road to it; `by` are those who decided that."""

    reason_code: str
    reason: str
    by: tuple[str, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class PendingReview:
    """A review that found the content still unlawful, until another person signs it."""

    proposed_by: str
    proposed_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The look at a block in force that decree 2015-125 art. 4 wants at least each quarter."""

    pending: PendingReview | None = None
    reviewed_at: datetime | None = None
    by: tuple[str, ...] = ()
    """Who found it still unlawful, and who signed that."""
    called_at: datetime | None = None
    """When something asked for a review before its time."""
    lapsed_at: datetime | None = None
    """When the alarm was raised that it is overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The overseer's advice, and what became of it."""

    by: str
    made_at: datetime
    answer_by: datetime
    """The last instant at which an answer is in time."""
    answer: str | None = None
    answered_at: datetime | None = None
    referred_at: datetime | None = None
    """When the overseer recorded that a court was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """Somebody's appeal; it stays nothing by itself."""

    number: str
    """`2026-000123/R1`: the case and the appeal's place in it."""
    kind: str
    name: str
    mail: str
    received_at: datetime
    acknowledge_by: datetime
    implied_at: datetime
    """From when silence counts as refusal."""
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """How this case follows from another."""

    kind: str
    case: str
