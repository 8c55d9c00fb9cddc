"""A directive at one provider: issued, received, queried, applied, verified; or late, refused, superseded.

Keeps true: where a provider stands follows from what is recorded of it and from the time, never from a mark that
somebody set; its hours run from its own receipt; a provider that stays silent holds nobody up for longer than SILENT.
Who may record what stands in steps/isp.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ISP_TIME = timedelta(hours=24)
"""A provider's time to block (decree 2015-125 art. 3) and to restore access (art. 4), elapsed from its receipt."""

AT_ONCE = timedelta(hours=1)
"""What a court's order leaves for restoring access: at once, counted as late after an hour."""

ALARM = timedelta(hours=1)
"""Without a proved receipt for so long, people look for another way to the provider."""

SILENT = timedelta(hours=48)
"""Without a proved receipt for so long, the provider counts as late and is waited for no longer."""


class Order(StrEnum):
    """What a provider is to do."""

    BLOCK = "block"
    RESTORE = "restore"


class Standing(StrEnum):
    """Where a provider stands with one order (LEGAL §6a, per-ISP sub-states)."""

    ISSUED = "issued"
    NOT_DELIVERED = "not-delivered"
    DELIVERED = "delivered"
    QUERIED = "queried"
    APPLIED = "applied"
    VERIFIED = "verified"
    OVERDUE = "overdue"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Query:
    """What a provider asked about an order, and what it was answered; `granted_by` let its clock rest meanwhile."""

    at: datetime
    about: str
    text: str
    answered_at: datetime | None = None
    answer: str | None = None
    granted_by: str | None = None

    @property
    def open(self) -> bool:
        """True while it waits for its answer."""
        return self.answered_at is None


@dataclass(frozen=True, slots=True)
class Probe:
    """The last look at a provider's own resolvers: of `asked` questions, `led` were answered with the page."""

    at: datetime
    asked: int
    led: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One order to one provider, and what came of it; all instants are aware UTC, None until they are proved."""

    isp: str
    order: Order
    issued_at: datetime
    list: str | None = None
    """The signed list that carries the order, with the version from which on it does; None where nothing is signed."""
    serial: int = 0
    at_once: bool = False
    """True where a court leaves no 24 hours."""
    onboarding: str | None = None
    """The number of the onboarding directive that ordered this together with all else in force; None: a letter did."""
    delivered_at: datetime | None = None
    query: Query | None = None
    rested: int = 0
    """Seconds by which an approver let the clock rest."""
    applied_at: datetime | None = None
    where: str | None = None
    """The resolvers at which it was applied, in the provider's own words."""
    cannot: str | None = None
    """Why the provider says that it cannot, or will not; one of CANNOT."""
    cannot_at: datetime | None = None
    alarmed_at: datetime | None = None
    overdue_at: datetime | None = None
    """When the ledger counted it as late."""
    probe: Probe | None = None
    superseded_at: datetime | None = None

    @property
    def due(self) -> datetime | None:
        """The last instant in time; None while an approver lets the clock rest for an open query."""
        if self.delivered_at is None:
            return self.issued_at + SILENT
        if self.queried and self.query is not None and self.query.granted_by is not None:
            return None
        # Elapsed hours on aware UTC, as everywhere.
        return self.delivered_at + (AT_ONCE if self.at_once else ISP_TIME) + timedelta(seconds=self.rested)

    @property
    def queried(self) -> bool:
        """True while a query waits for its answer."""
        return self.query is not None and self.query.answered_at is None

    @property
    def verified(self) -> bool:
        """True if the last look found the order carried out at every resolver that was asked."""
        wanted = self.probe and (self.probe.asked if self.order is Order.BLOCK else 0)
        return self.probe is not None and self.probe.asked > 0 and self.probe.led == wanted

    @property
    def done_at(self) -> datetime | None:
        """When the order was carried out, as far as anybody knows: as reported, or as first seen."""
        return self.applied_at or (self.probe.at if self.probe is not None and self.verified else None)

    @property
    def stands(self) -> bool:
        """True while it is in force: nothing took its place, and the provider is one still."""
        return self.superseded_at is None

    @property
    def open(self) -> bool:
        """True while the provider still has to do it."""
        return self.stands and self.done_at is None

    def standing(self, now: datetime) -> Standing:
        """Return where the provider stands."""
        known = (
            (self.superseded_at is not None, Standing.SUPERSEDED),
            (self.verified, Standing.VERIFIED),
            (self.applied_at is not None, Standing.APPLIED),
            (self.queried, Standing.QUERIED),
            (self.cannot == "refusal", Standing.REFUSED),
            (self.over(now), Standing.OVERDUE),
            (self.delivered_at is not None, Standing.DELIVERED),
            (now >= self.issued_at + ALARM, Standing.NOT_DELIVERED),
        )
        return next((standing for holds, standing in known if holds), Standing.ISSUED)

    def since(self, now: datetime) -> datetime:
        """Return from when on the provider has stood so."""
        instants = {
            Standing.SUPERSEDED: self.superseded_at,
            Standing.VERIFIED: self.probe and self.probe.at,
            Standing.APPLIED: self.applied_at,
            Standing.QUERIED: self.query and self.query.at,
            Standing.REFUSED: self.cannot_at,
            Standing.OVERDUE: self.due,
            Standing.DELIVERED: self.delivered_at,
            Standing.NOT_DELIVERED: self.issued_at + ALARM,
        }
        return instants.get(self.standing(now)) or self.issued_at

    def over(self, now: datetime) -> bool:
        """True once its time is over and it is not done; done at the deadline itself is in time."""
        return self.open and self.due is not None and now > self.due

    def late(self, now: datetime) -> bool:
        """True if it was done too late, or is not done although its time is over."""
        if self.done_at is not None and self.due is not None:
            return self.done_at > self.due
        return self.over(now)

    def settled(self, now: datetime) -> bool:
        """True if nobody waits for this provider any longer."""
        return not self.open or self.over(now)


CANNOT = ("outage", "technical", "refusal")
"""Why a provider may say that it cannot: a fault of its network, a limit of its engine, or that it will not."""

ABOUT = ("too_broad", "typo", "technical")
"""What a provider may ask about an order."""


def current(served: Iterable[Served]) -> tuple[Served, ...]:
    """Return the last order to each provider, in the order in which they were first told."""
    return tuple({each.isp: each for each in served}.values())


def porosity(served: Iterable[Served]) -> tuple[int, int]:
    """Return how many questions the last looks asked where a block is ordered, and how many led past it."""
    seen = [each.probe for each in current(served) if each.order is Order.BLOCK and each.probe is not None]
    return sum(probe.asked for probe in seen), sum(probe.asked - probe.led for probe in seen)
