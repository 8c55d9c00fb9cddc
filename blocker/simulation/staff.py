"""What a careful officer or approver does next in a case, and when: from the case and its fate alone.

Keeps true: nothing is asked of the procedure here, so that the procedure itself must refuse what comes too early.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from blocker.cases.case import ENDED, SYSTEM, Case, Role, State
from blocker.simulation.fate import DAY, HOUR, Fate

OFFICER, APPROVER, OVERSEER = Role.OFFICER, Role.APPROVER, Role.OVERSEER
ENOUGH_ATTEMPTS = 3
LOOKS_AFTER = timedelta(minutes=7)
"""After a deadline, somebody looks whether the content is there."""
SHELF_LIFE = timedelta(minutes=55)
"""How old a verification may be for somebody careful to decide on it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act, by whom, and the first instant at which they come to it."""

    act: str
    role: Role
    at: datetime
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the staff knows beside the case's file."""

    bounced: bool
    """The request to the owner came back."""
    deemed_service: bool
    """The settings let an approver record service that never happened."""
    by_sending: bool
    """The settings let the owner's clock run from sending."""
    left: Collection[str]
    """Numbers of those who work here no more."""
    annulled: bool
    """A court annulled an earlier block of these names."""


def gone(case: Case, fate: Fate, now: datetime) -> bool:
    """True if the content is not there any more."""
    start = case.receipt_at
    spans = {"removes_early": 9 * HOUR, "removes_at_hour_23": 23 * HOUR, "removes_too_late": 24.4 * HOUR}
    if start is not None and fate.owner in spans and now >= start + spans[fate.owner]:
        return True
    return fate.gone_after is not None and case.directed_at is not None and now >= case.directed_at + fate.gone_after


def wanted(case: Case, fate: Fate, now: datetime, known: Known) -> Wanted | None:
    """Return what comes next, or None if nothing but time or others can move the case."""
    return next((each for each in _wanted(case, fate, now, known) if each is not None), None)


def _wanted(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted | None]:
    soon, signed = now + fate.staff_after, now + fate.approver_after
    yield _order(case, now, signed)
    advice = case.recommendation
    if advice is not None and advice.answer is None and fate.advice_taken != "unanswered":
        yield Wanted("answer-recommendation", APPROVER, signed, {"answer": fate.advice_taken})
    open_appeal = next((each for each in case.appeals if each.outcome is None), None)
    if open_appeal is not None:
        yield Wanted("decide-appeal", APPROVER, now + DAY, {"appeal": open_appeal.number, "outcome": "rejected"})
    if case.statements and case.state not in ENDED:
        yield Wanted("answer-statement", OFFICER, soon)
    if case.lift is not None and not (case.lift.proposed_by == SYSTEM.number and fate.hesitates):
        yield Wanted("approve-lift", APPROVER, signed)
    if case.state in _BY_STATE:
        yield from _BY_STATE[case.state](case, fate, now, known)


def _order(case: Case, now: datetime, at: datetime) -> Wanted | None:
    if case.order is None:
        return None
    early = case.issued_at is None
    act = {
        "stay": "confirm-early-stay" if early else "confirm-stay",
        "stay_lifted": "restart-procedure" if early else "resume-block",
        "annulment": "confirm-early-annulment" if early else "confirm-annulment",
    }[case.order.kind]
    if act == "resume-block" and _stale(case, now):
        return Wanted("verify-again", OFFICER, at)
    if act == "resume-block" and case.anew is None:
        return Wanted("propose-new-directive", OFFICER, min(at, now + SHELF_LIFE))
    seen = case.verified_at if act == "resume-block" else None
    return Wanted(act, APPROVER, min(at, (seen or now) + SHELF_LIFE))


def _stale(case: Case, at: datetime) -> bool:
    return case.verified_at is None or at - case.verified_at > SHELF_LIFE


def _draft(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    if fate.refused == "withdraw":
        yield Wanted("withdraw", APPROVER, now + fate.approver_after)
    if not case.exhibits:
        yield Wanted("add-evidence", OFFICER, now + timedelta(minutes=4), {"file": case.urls[0]})
    if known.annulled and case.new_facts_at is None:
        yield Wanted("record-new-facts", OFFICER, now + fate.staff_after)
    yield Wanted("assess", OFFICER, now + fate.staff_after)


def _search(case: Case, fate: Fate, now: datetime) -> Iterator[Wanted]:
    """Who counts as nobody was looked for everywhere."""
    for channel in ("legal-notice", "rdap-name", "rdap-address"):
        if channel not in {each.channel for each in case.searches}:
            yield Wanted("record-search", OFFICER, now + fate.approver_after, {"channel": channel, "found": "nobody"})


def _assessed(case: Case, fate: Fate, now: datetime, _known: Known) -> Iterator[Wanted]:
    if fate.owner == "unknown":
        yield from _search(case, fate, now)
    act = {"unknown": "propose-unidentified", "emergency": "propose-emergency"}.get(fate.owner, "propose-request")
    gone = "moved" if fate.returned else "nobody"
    mail = f"abuse@{gone if fate.owner == 'bounces' else 'hosting'}.example"
    yield Wanted(act, OFFICER, now + fate.staff_after, {"owner_mail": mail, "owner": f"Host of {case.id}"})


def _taken_over(case: Case, now: datetime, known: Known) -> Iterator[Wanted]:
    """What somebody proposed who has left since is nobody's until another officer stands for it."""
    if case.proposed_by in known.left:
        yield Wanted("take-over", OFFICER, now + timedelta(minutes=3))


def _notice_pending(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    yield from _taken_over(case, now, known)
    act = "refuse-request" if fate.refused == "refuse-request" else "approve-request"
    yield Wanted(act, APPROVER, now + fate.approver_after)


def _notified(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    asked = case.asked_at or now
    if case.deadline is None:
        if known.by_sending and case.clock.sent_at is None:
            yield Wanted("record-dispatch", OFFICER, now + HOUR, {"sent_at": asked.isoformat()})
        if known.bounced or fate.owner == "never_receives":
            pause = HOUR if known.bounced else 3 * DAY
            yield Wanted("suspend-clock", OFFICER, max(now, asked + pause), {"why": "undeliverable"})
            return
        receipt = asked + fate.receipt_after
        yield Wanted("record-receipt", OFFICER, max(now, receipt + HOUR), {"received_at": receipt.isoformat()})
        return
    stops = {"asks": "insufficient_information", "struck_by_force": "force_majeure"}
    if fate.owner in stops and case.clock.restarted_at is None:
        yield Wanted("suspend-clock", OFFICER, max(now, case.deadline - 10 * HOUR), {"why": stops[fate.owner]})
    look = max(now, case.deadline + LOOKS_AFTER)
    if gone(case, fate, look):
        yield Wanted("record-removal", OFFICER, look)
    if case.verified_at is None or case.verified_at < case.deadline or _stale(case, look):
        yield Wanted("verify", OFFICER, look)
    if all(each.seen_at < case.deadline for each in case.exhibits):
        seen = max(look, now + timedelta(minutes=3))
        yield Wanted("add-evidence", OFFICER, seen, {"file": case.deadline.isoformat()})
    yield Wanted("propose-directive", OFFICER, now + timedelta(minutes=6))


def _suspended_clock(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    if case.suspension is None:
        return
    if case.suspension.reason == "undeliverable":
        if len(case.attempts) < ENOUGH_ATTEMPTS:
            channel = ("by_form", "by_post", "by_phone")[len(case.attempts)]
            yield Wanted("record-attempt", OFFICER, now + 5 * HOUR, {"channel": channel})
        elif fate.owner == "bounces":
            yield from _search(case, fate, now)
            yield Wanted("propose-unreachable", OFFICER, now + fate.staff_after)
        act = "deem-served" if known.deemed_service else "withdraw"
        yield Wanted(act, APPROVER, now + fate.approver_after)
    elif case.suspension.reason == "force_majeure":
        yield Wanted("resume-clock", OFFICER, now + fate.answers_after)
    elif case.suspension.asked_at is None:
        yield Wanted("ask-owner", OFFICER, now + fate.staff_after)
    elif fate.reads_again:
        yield Wanted("resume-clock", OFFICER, case.suspension.asked_at + fate.answers_after)
    yield Wanted("resume-unanswered", OFFICER, now + 2 * DAY)


def _block_pending(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    yield from _taken_over(case, now, known)
    at = now + fate.approver_after
    again = "verify" if case.state is State.BLOCK_PENDING else "verify-again"
    if gone(case, fate, at):
        yield Wanted("record-removal", OFFICER, at)
    if fate.refused == "refuse-directive":
        act = "refuse-directive" if case.state is State.BLOCK_PENDING else "refuse-expedited"
        yield Wanted(act, APPROVER, at)
    if case.skip is not None and case.skip.ground == "emergency" and case.skip.endorsed_by is None:
        yield Wanted("endorse-emergency", APPROVER, at)
    if _stale(case, now):
        yield Wanted(again, OFFICER, at)
    act = "approve-directive" if case.state is State.BLOCK_PENDING else "approve-expedited"
    yield Wanted(act, APPROVER, min(at, (case.verified_at or at) + SHELF_LIFE))


def _in_force(case: Case, fate: Fate, now: datetime, known: Known) -> Iterator[Wanted]:
    advice = case.recommendation
    if advice is not None and advice.answer == "accepted":
        yield Wanted("propose-lift", OFFICER, now + fate.staff_after, {"reason_code": "oversight_accepted"})
    pending = case.review.pending
    if pending is not None:
        until = pending.seen_at + 23 * HOUR
        if now > until:
            yield Wanted("propose-review", OFFICER, now + timedelta(minutes=10))
        act = "refuse-review" if pending.proposed_by in known.left else "approve-review"
        yield Wanted(act, APPROVER, min(now + fate.approver_after, until))
    ends = [(case.directed_at + fate.gone_after + DAY, "propose-lift")] if case.directed_at and fate.gone_after else []
    if fate.reviewed and case.review_by is not None and case.state is State.IN_FORCE:
        ends.append((case.review_by - 5 * DAY, "propose-review"))
    if case.review.called_at is not None and case.state is State.IN_FORCE:
        ends.append((case.review.called_at + DAY, "propose-review"))
    for at, act in sorted(ends)[:1]:
        yield Wanted(act, OFFICER, max(now + fate.staff_after, at), {"reason_code": "content_removed"})


def _stayed(case: Case, fate: Fate, now: datetime, _known: Known) -> Iterator[Wanted]:
    since = case.stay.since if case.stay is not None else now
    yield Wanted("enter-order", OFFICER, max(now, since + fate.stay_lasts), {"order": fate.after_stay})


_BY_STATE = {
    State.DRAFT: _draft,
    State.ASSESSED: _assessed,
    State.NOTICE_PENDING: _notice_pending,
    State.OWNER_NOTIFIED: _notified,
    State.CLOCK_SUSPENDED: _suspended_clock,
    State.BLOCK_PENDING: _block_pending,
    State.EXPEDITED_PENDING: _block_pending,
    State.BLOCK_DIRECTED: _in_force,
    State.IN_FORCE: _in_force,
    State.SUSPENDED: _stayed,
}
