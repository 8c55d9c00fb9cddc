"""Reports: what somebody says they saw, before it is a case, and what may become of it.

Keeps true: a report blocks nothing and asks nobody; content on a platform is asked of the platform (a referral) and
never of the DNS; each way out of `received` and each answer to a referral stands in the one table below. The same
address reported again is a duplicate of the first. Who reported is kept apart, and not for long (REPORTER_TIME).
Storing is left to intake.py, opening a case to the workflow.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yarl import URL

from blocker.cases.forms import Field, Kind
from blocker.errors import FormError, InvalidNameError
from blocker.names import DomainName

REPORTER_TIME = timedelta(days=30)
"""How long we know who reported: enough to ask back, then it is erased (GDPR art. 5(1)(e))."""

SAME_AGAIN = timedelta(days=90)
"""How long after a report the same address is its duplicate; later it is looked at afresh."""

ANSWER_TIME = timedelta(days=7)
"""After so long without a word a platform may be recorded not to have answered."""


class ReportState(StrEnum):
    """What became of a report."""

    RECEIVED = "received"
    DUPLICATE = "duplicate"
    DISMISSED = "dismissed"
    REFERRED = "referred"
    CASE = "case"


class ReferralState(StrEnum):
    """How far a platform has answered."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REMOVED = "removed"
    DECLINED = "declined"
    NO_ANSWER = "no-answer"


OPEN_REFERRALS = (ReferralState.SENT, ReferralState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """What comes in. `source` is the machine's or the officer's number, `reference` the source's own for it."""

    source: str
    reference: str | None
    url: str
    ground: str | None
    note: str
    seen_at: datetime
    reporter: str = ""
    """How to reach whoever saw it, if they wish so; kept apart and erased after REPORTER_TIME."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """A platform that was asked to remove something, and its answer so far."""

    platform: str
    channel: str
    sent_at: datetime
    state: ReferralState
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report as it is kept; all instants are aware UTC."""

    number: str
    """`R-2026-000123`."""
    source: str
    reference: str | None
    url: str
    ground: str | None
    note: str
    seen_at: datetime
    received_at: datetime
    state: ReportState
    of: str | None
    """What it led to: the report it repeats, the case, the platform."""
    times: int
    """How often the same address was reported, this one included."""
    referral: Referral | None = None

    @property
    def host(self) -> str:
        """The host of its address, as an A-label name or an address literal."""
        return host_of(self.url)

    @property
    def measured(self) -> timedelta | None:
        """From detection to removal, for a referral that succeeded."""
        done = self.referral and self.referral.state is ReferralState.REMOVED and self.referral.ended_at
        return done - self.seen_at if done else None


@dataclass(frozen=True, slots=True)
class Act:
    """One row: what an officer may do with a report that stands at `source`."""

    act: str
    title: str
    sources: tuple[ReportState | ReferralState, ...]
    target: ReportState | ReferralState
    fields: tuple[Field, ...]


REASONS = ("not-unlawful", "not-found", "not-for-us", "unclear")
CHANNELS = ("form", "mail", "interface", "telephone")

ACTS: Sequence[Act] = (
    Act(
        "dismiss",
        "Dismiss the report",
        (ReportState.RECEIVED,),
        ReportState.DISMISSED,
        (Field("reason_code", "Why", Kind.CHOICE, REASONS), Field("reason", "Reasons", Kind.PROSE)),
    ),
    Act(
        "duplicate",
        "Record that it repeats another report or case",
        (ReportState.RECEIVED,),
        ReportState.DUPLICATE,
        (Field("of", "Number of the report or case that it repeats"),),
    ),
    Act(
        "refer",
        "Record that the platform was asked to remove it",
        (ReportState.RECEIVED,),
        ReportState.REFERRED,
        (
            Field("platform", "Platform"),
            Field("channel", "How it was asked", Kind.CHOICE, CHANNELS),
            Field("sent_at", "When it was asked", Kind.INSTANT),
        ),
    ),
    Act(
        "acknowledged",
        "Record that the platform has confirmed receipt",
        (ReferralState.SENT,),
        ReferralState.ACKNOWLEDGED,
        (Field("at", "When this came", Kind.INSTANT),),
    ),
    Act(
        "removed",
        "Record that the platform has removed it",
        OPEN_REFERRALS,
        ReferralState.REMOVED,
        (Field("at", "When it was seen to be gone", Kind.INSTANT),),
    ),
    Act(
        "declined",
        "Record that the platform declines",
        OPEN_REFERRALS,
        ReferralState.DECLINED,
        (Field("at", "When this came", Kind.INSTANT), Field("reason", "What the platform said", Kind.PROSE)),
    ),
    Act(
        "no-answer",
        "Record that the platform has not answered",
        OPEN_REFERRALS,
        ReferralState.NO_ANSWER,
        (),
    ),
)
BY_NAME = {row.act: row for row in ACTS}


def stands_at(report: Report) -> ReportState | ReferralState:
    """Return where a report stands: for a referred one, how far the platform has answered."""
    return report.referral.state if report.referral else report.state


def possible(report: Report, now: datetime) -> tuple[Act, ...]:
    """Return what an officer may do with a report now."""
    rows = (row for row in ACTS if stands_at(report) in row.sources)
    return tuple(row for row in rows if row.target is not ReferralState.NO_ANSWER or _silent(report, now))


def check(report: Report, entered: Mapping[str, str], now: datetime) -> None:
    """Judge the instants that were entered: nothing to come, and nothing before what it answers.

    Raises:
        FormError: with the field that cannot be so.
    """
    for name in ("sent_at", "at"):
        if name not in entered:
            continue
        instant = datetime.fromisoformat(entered[name])
        if instant > now:
            raise FormError({name: "this instant is still to come"})
        if report.referral is not None and instant < report.referral.sent_at:
            raise FormError({name: "this lies before the platform was asked"})


def key_of(url: str) -> str:
    """Return what two spellings of one address share, as SHA-256 in hexadecimal.

    The scheme and a final dot do not count, nor the fragment, which no server sees (RFC 3986 §3.5); userinfo and a
    default port go; escapes and dot segments are brought to one form (§6.2.2).

    Raises:
        FormError: if it is no web address.
    """
    parsed = _parsed(url)
    port = "" if parsed.is_default_port() else f":{parsed.explicit_port}"
    return hashlib.sha256(f"{host_of(url)}{port}{parsed.raw_path_qs}".encode()).hexdigest()


def host_of(url: str) -> str:
    """Return the host of an address: a name as lower-case A-labels without a final dot, or an address literal.

    Raises:
        FormError: if it is no web address.
    """
    host = _parsed(url).host or ""
    try:
        return DomainName.parse(host)
    except InvalidNameError:
        return host  # an address literal; whether it can be one of a case is the workflow's question


def _parsed(url: str) -> URL:
    try:
        parsed = URL(url)
        parsed.host_subcomponent  # noqa: B018 - some hosts are refused only when asked for
        if parsed.scheme in {"http", "https"} and parsed.host and parsed.raw_path is not None:
            return parsed
    except (ValueError, UnicodeError):
        pass
    raise FormError({"url": "write a whole address, beginning with http:// or https://"})


def _silent(report: Report, now: datetime) -> bool:
    if report.referral is None:
        return False
    return now >= (report.referral.acknowledged_at or report.referral.sent_at) + ANSWER_TIME
