"""Whose turn it is in a case, since when, and which clocks run: from the case alone.

Keeps true: the answer at any instant follows from what is stored of the case (`turn_of` is kept beside it, so that the
store can search for it), and nothing here decides anything: what may be done comes from workflow.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.case import ENDED, QUESTION_TIME, Case, Role, State
from blocker.cases.isps.order import current
from blocker.cases.proceedings import STAY_LIFTED
from blocker.cases.transition import BEFORE_THE_LIST, DECIDING, ON_LIST

AWAITED: Mapping[State, str] = {
    State.DRAFT: Role.OFFICER,
    State.ASSESSED: Role.OFFICER,
    State.NOTICE_PENDING: Role.APPROVER,
    State.OWNER_NOTIFIED: Role.OFFICER,
    State.CLOCK_SUSPENDED: Role.OFFICER,
    State.EXPEDITED_PENDING: Role.APPROVER,
    State.SUSPENDED: "court",
    State.BLOCK_PENDING: Role.APPROVER,
    State.DECIDED: "list",
    State.BLOCK_DIRECTED: "isps",
    State.IN_FORCE: "review",
    State.UNBLOCK_DIRECTED: "isps",
}
"""Whose turn it is where a state alone says so."""

EVERYBODY = ("officer", "approver", "owner", "list", "isps", "review", "court")
"""Whoever may be awaited, those at the desk first."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is (None: nobody's, the case has ended), and whose it is from `until` on, if that is known."""

    whose: str | None
    until: datetime | None = None
    then: str | None = None

    def at(self, now: datetime) -> str | None:
        """Return whose turn it is now."""
        return self.whose if self.until is None or now < self.until else self.then


@dataclass(frozen=True, slots=True)
class Span:
    """A clock of a case: `key` names it, it began at `start` and ends at `end`."""

    key: str
    start: datetime
    end: datetime

    def elapsed(self, now: datetime) -> int:
        """Return how much of it is over, in percent."""
        whole = (self.end - self.start).total_seconds()
        return max(0, min(100, round(100 * (now - self.start).total_seconds() / whole))) if whole > 0 else 100


def turn_of(case: Case) -> Turn:
    """Return whose turn it is, now and after the next clock."""
    if case.state is State.SUSPENDED:
        return _under_a_stay(case)
    if _to_be_decided(case):
        return Turn(Role.APPROVER)
    unanswered = case.statements and case.state in BEFORE_THE_LIST  # the owner is answered before anything is decided
    if unanswered or (case.state is State.EXPEDITED_PENDING and case.fresh_until is None):
        return Turn(Role.OFFICER)
    if (until := _owners_time(case)) is not None:
        return Turn("owner", until, Role.OFFICER)
    if case.state in DECIDING and case.fresh_until is not None:
        # Nothing can be approved before the content is verified again.
        return Turn(Role.APPROVER, case.fresh_until, Role.OFFICER)
    listed = case.state is State.UNBLOCK_DIRECTED and case.withdrawn_at is None
    return Turn("list" if listed else AWAITED.get(case.state))


def _to_be_decided(case: Case) -> bool:
    """True if something waits that somebody proposed and an approver can still decide; later it stays with the case."""
    order = case.order is not None and case.state not in ENDED
    review = case.review.pending is not None and case.state is State.IN_FORCE
    return order or review or (case.lift is not None and case.state in ON_LIST)


def _owners_time(case: Case) -> datetime | None:
    """Until when the owner may remove the content, or answer what we asked."""
    if case.state is State.CLOCK_SUSPENDED and case.suspension is not None:
        return case.suspension.asked_at and case.suspension.asked_at + QUESTION_TIME
    return case.deadline if case.state is State.OWNER_NOTIFIED else None


def _under_a_stay(case: Case) -> Turn:
    """First access is restored; then whoever stayed the block is awaited; where the stay is over, a new directive."""
    resuming = case.issued_at and case.order and case.order.kind == STAY_LIFTED
    if case.lift or (case.order and not resuming):
        return Turn(Role.APPROVER)
    if case.issued_at and case.withdrawn_at is None:
        return Turn("list")
    if resuming and (case.statements or case.fresh_until is None or case.anew is None):
        return Turn(Role.OFFICER)
    if resuming:
        return Turn(Role.APPROVER, case.fresh_until, Role.OFFICER)
    if any(order.open for order in current(case.served)):
        return Turn("isps")
    by_court = case.stay is None or case.stay.by_court
    return Turn(AWAITED[State.SUSPENDED] if by_court else Role.OFFICER)


def awaited(case: Case, now: datetime) -> str | None:
    """Return whose turn it is, or None once the case has ended."""
    return turn_of(case).at(now)


def since(case: Case, now: datetime) -> datetime:
    """Return since when whoever is awaited is awaited."""
    turn = turn_of(case)
    return case.turned_at if turn.until is None or now < turn.until else max(turn.until, case.turned_at)


def spans(case: Case) -> Iterator[Span]:
    """Yield the clocks that count where the case stands, the one that matters most first."""
    match case.state:
        case State.OWNER_NOTIFIED:
            yield from (*_owner(case), *_fresh(case))
        case State.CLOCK_SUSPENDED:
            if case.suspension and case.suspension.asked_at:
                yield Span("question", case.suspension.asked_at, case.suspension.asked_at + QUESTION_TIME)
        case State.BLOCK_PENDING | State.EXPEDITED_PENDING:
            yield from (*_fresh(case), *_owner(case))
        case State.BLOCK_DIRECTED | State.IN_FORCE | State.UNBLOCK_DIRECTED:
            began = case.withdrawn_at or case.directed_at
            if case.isp_deadline and began and case.state is not State.IN_FORCE:
                yield Span("restore" if case.withdrawn_at else "isps", began, case.isp_deadline)
            if case.review_by and case.issued_at and case.state is not State.UNBLOCK_DIRECTED:
                yield Span("review", case.issued_at, case.review_by)


def due_at(case: Case) -> datetime | None:
    """Return when the first clock that matters ends: what somebody, or the system, should look at by then."""
    ends = [span.end for span in spans(case)][:1]
    if case.state is State.IN_FORCE and case.expires is not None:
        ends.append(case.expires)
    return min(ends, default=None)


def clock(case: Case, now: datetime) -> Span | None:
    """Return the clock to look at: the one that ends next, or else the one that ended last."""
    known = list(spans(case))
    running = [span for span in known if span.end >= now]
    return min(running, key=_end) if running else max(known, key=_end, default=None)


def _owner(case: Case) -> Iterator[Span]:
    if case.clock_start and case.deadline:
        yield Span("owner", case.clock_start, case.deadline)


def _fresh(case: Case) -> Iterator[Span]:
    if case.verified_at and case.fresh_until:
        yield Span("fresh", case.verified_at, case.fresh_until)


def _end(span: Span) -> datetime:
    return span.end
