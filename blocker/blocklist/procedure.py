"""What makes an entry lawful on its face: dates, the owner's step, two people. The desk makes them true; this rereads.

The rules are those of LCEN art. 6-1 (owner first, 24 hours), of decree 2015-125 art. 4 (a fresh look at least each
quarter) and of this project (two officials; every block ends). They bind outside trial lists; in a trial list what is
given is checked too. An entry that has ended is not judged again: time alone never breaks a list.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from blocker.blocklist.dates import add_days, add_months
from blocker.blocklist.entry import Directive, Environment
from blocker.errors import Fault
from blocker.located import Document

OWNER_TERM = timedelta(hours=24)
VERIFICATION_AGE = timedelta(minutes=60)
CLOCK_GRACE = timedelta(minutes=5)
REVIEW_MONTHS = 3
EXPIRY_DAYS = 14
APPROVERS = 2

Report = Callable[[str, str], Fault]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules need beside the directive itself; `now` is aware UTC."""

    environment: Environment
    timezone: ZoneInfo
    now: datetime


def check_directive(directive: Directive, document: Document, terms: Terms) -> Iterator[Fault]:
    """Yield every fault in the procedure of one directive, each at the key it speaks of."""
    if directive.expires <= terms.now:
        message = f"{directive.id} ended on {directive.expires:%Y-%m-%dT%H:%MZ} and is left out"
        yield document.fault(("expires",), "ended", message, warning=True)
        return

    def at(key: str, message: str) -> Fault:
        return document.fault(tuple(key.split(".")), "procedure", message)

    yield from _dates(directive, terms, at)
    yield from _approvals(directive, terms, at)
    yield from _owner_step(directive, terms, at)
    for name in sorted(directive.exceptions):
        message = f"{name} stays reachable although a name above it is blocked"
        yield document.fault(("except",), "exception", message, warning=True)
    if not directive.blocks_the_web:
        message = "names none of A, AAAA, HTTPS, SVCB, CNAME and DNAME: the web site stays reachable"
        yield document.fault(("record_types",), "record-types", message, warning=True)


def _dates(directive: Directive, terms: Terms, at: Report) -> Iterator[Fault]:
    if directive.issued > terms.now + CLOCK_GRACE:
        yield at("issued", "the directive is issued in the future: write when it was decided")
    since = directive.issued
    if directive.reviewed is not None:
        since = directive.reviewed
        if not directive.issued <= directive.reviewed <= terms.now + CLOCK_GRACE:
            yield at("reviewed", "a review lies between the day of issue and today: write when it took place")
    latest = add_months(since, REVIEW_MONTHS, terms.timezone)
    if not since <= directive.review_by <= latest:
        message = f"the next review is due within {REVIEW_MONTHS} calendar months, by {_local(latest, terms)}"
        yield at("review_by", f"{message} (decree 2015-125 art. 4)")
    last = add_days(directive.review_by, EXPIRY_DAYS, terms.timezone)
    if not directive.review_by <= directive.expires <= last:
        yield at("expires", f"a block ends between its review and {EXPIRY_DAYS} days after it, {_local(last, terms)}")


def _approvals(directive: Directive, terms: Terms, at: Report) -> Iterator[Fault]:
    if not directive.approved_by and terms.environment is Environment.TRIAL:
        return
    if len(set(directive.approved_by)) < APPROVERS:
        yield at("approved_by", "two different officials approve: one who proposed and one who accepted")


def _owner_step(directive: Directive, terms: Terms, at: Report) -> Iterator[Fault]:
    step = directive.owner_step
    if step is None:
        if terms.environment is not Environment.TRIAL:
            yield at("owner_step", "the owner is asked first, or the entry says which exception skipped that step")
        return
    if step.skipped is not None:
        if step.asked is not None:
            yield at("owner_step.skipped", "the owner was either asked or not: give one of asked and skipped")
        return
    if step.asked is None or step.verified_present is None:
        yield at("owner_step", "give when the owner was asked and when the content was verified present, or skipped")
        return
    if step.asked + OWNER_TERM > directive.issued:
        yield at("owner_step.asked", "24 hours must have elapsed between the request to the owner and the directive")
    if not timedelta() <= directive.issued - step.verified_present <= VERIFICATION_AGE:
        message = "the content is verified present in the 60 minutes before the directive is issued"
        yield at("owner_step.verified_present", message)


def _local(instant: datetime, terms: Terms) -> str:
    return instant.astimezone(terms.timezone).isoformat(timespec="minutes")
