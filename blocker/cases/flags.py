"""What is open in a case beside its state: flags, told from the case alone at any instant."""

from datetime import datetime, timedelta
from enum import StrEnum

from blocker.cases.case import Case, State
from blocker.cases.isps.order import current

REVIEW_AHEAD = timedelta(days=14)
"""How long before its day a review is due."""

AFTER_REMOVAL = (timedelta(hours=24), timedelta(days=7))
"""When the content is looked for again after it was removed; what comes of it is a new case, which people open."""


class Flag(StrEnum):
    """Orthogonal to the states; several may hold at once."""

    STATEMENT_OPEN = "statement_open"
    APPEAL_OPEN = "appeal_open"
    RECOMMENDATION_OPEN = "oversight_recommendation_open"
    RECOMMENDATION_LATE = "oversight_recommendation_late"
    COURT_ASKED = "court_asked"
    REVIEW_DUE = "review_due"
    REVIEW_OVERDUE = "review_overdue"
    ISP_QUERY_OPEN = "isp_query_open"
    RECHECK_DUE = "recheck_due"
    CORRECTION_OF = "correction_of"
    MIRROR_OF = "mirror_of"


def flags(case: Case, now: datetime) -> tuple[Flag, ...]:
    """Return the flags that are up."""
    up = {
        Flag.STATEMENT_OPEN: bool(case.statements),
        Flag.APPEAL_OPEN: any(appeal.outcome is None for appeal in case.appeals),
        **_of_the_overseer(case, now),
        **_of_the_review(case, now),
        Flag.ISP_QUERY_OPEN: any(each.query is not None and each.query.open for each in current(case.served)),
        Flag.RECHECK_DUE: _recheck_due(case, now),
        Flag.CORRECTION_OF: any(link.kind == Flag.CORRECTION_OF for link in case.links),
        Flag.MIRROR_OF: any(link.kind == Flag.MIRROR_OF for link in case.links),
    }
    return tuple(flag for flag in Flag if up[flag])


def _of_the_overseer(case: Case, now: datetime) -> dict[Flag, bool]:
    advice = case.recommendation
    open_ = advice is not None and advice.answer is None
    return {
        Flag.RECOMMENDATION_OPEN: open_,
        # An answer at the very end of the time is in time.
        Flag.RECOMMENDATION_LATE: open_ and advice is not None and now > advice.answer_by,
        Flag.COURT_ASKED: advice is not None and advice.referred_at is not None,
    }


def _of_the_review(case: Case, now: datetime) -> dict[Flag, bool]:
    running = case.state in {State.BLOCK_DIRECTED, State.IN_FORCE} and case.review_by is not None
    if not running or case.review_by is None:
        return {Flag.REVIEW_DUE: False, Flag.REVIEW_OVERDUE: False}
    called = case.review.called_at is not None
    overdue = now > case.review_by
    return {
        Flag.REVIEW_DUE: not overdue and (called or now >= case.review_by - REVIEW_AHEAD),
        Flag.REVIEW_OVERDUE: overdue,
    }


def _recheck_due(case: Case, now: datetime) -> bool:
    if case.state is not State.REMOVED or case.ended_at is None or len(case.rechecks) >= len(AFTER_REMOVAL):
        return False
    return now >= case.ended_at + AFTER_REMOVAL[len(case.rechecks)]
