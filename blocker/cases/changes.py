"""What each event makes of its case: pure functions of the case and the event alone.

Keeps true: a case is nothing but the fold of its events, so whatever a change needs stands in the event. That is why
`facts` writes down what the system adds (numbers, dates, the guards' outcome) before the change is made.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from blocker.cases.case import ENDED, Case, Event, Exhibit, Owner, PendingLift, Role, State
from blocker.cases.changes_isp import blocked, restored
from blocker.cases.context import Context, Numbers
from blocker.cases.forms import parse_names

REVIEW_AFTER = timedelta(days=80)
"""Days on the list's calendar: within the quarter of decree 2015-125 art. 4, with some to spare for the review."""

_ASIDE = frozenset({Role.SYSTEM, Role.ISP})
"""Whose records leave the turn to the staff."""

Change = Callable[[Case, Event], Mapping[str, Any]]
Facts = Callable[[Case | None, Mapping[str, str], datetime, Context, Numbers], Mapping[str, str]]
"""From the case as it was, what was entered, the time, the world and the next numbers to what the system adds."""


def evolve(case: Case | None, event: Event, change: Change) -> Case:
    """Return the case after the event; `case` is None for the event that opens it."""
    if case is None:
        return _opened(event)
    state = _state(event)
    moved = state is not case.state
    new: dict[str, Any] = {
        "state": state,
        "seq": event.seq,
        **({} if event.role in _ASIDE and not moved else {"turn": event.seq, "turned_at": event.at_utc}),
        "officers": _with(case.officers, event, Role.OFFICER),
        "approvers": _with(case.approvers, event, Role.APPROVER),
        "ended_at": event.at_utc if state in ENDED and moved else case.ended_at,
    }
    return replace(case, **(new | dict(change(case, event))))


def _opened(event: Event) -> Case:
    return Case(
        id=event.case,
        state=_state(event),
        ground=event.data["ground"],
        names=parse_names(event.data["names"]),
        urls=tuple(event.data["urls"].splitlines()),
        seq=event.seq,
        turn=event.seq,
        turned_at=event.at_utc,
        reported_at=event.at_utc,
        officers=(event.actor,),
        capture=event.data["capture"],
    )


def _state(event: Event) -> State:
    if event.to_state is None:
        raise RuntimeError(f"event {event.seq} belongs to no case")
    return event.to_state


def _with(people: tuple[str, ...], event: Event, role: Role) -> tuple[str, ...]:
    return (*people, event.actor) if event.role is role and event.actor not in people else people


def nothing(_case: Case, _event: Event) -> Mapping[str, Any]:
    """The state alone changes."""
    return {}


def exhibit_added(case: Case, event: Event) -> Mapping[str, Any]:
    """Te."""
    seen = datetime.fromisoformat(event.data["seen_at"])
    return {"exhibits": (*case.exhibits, Exhibit(event.data["file"], seen))}


def looked_at(case: Case, _event: Event) -> Mapping[str, Any]:
    """To: looking decides nothing, so it makes nobody a party to the case and no form stale."""
    return {"turn": case.turn, "officers": case.officers, "approvers": case.approvers}


def assessed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T2."""
    return {"qualification": event.data["qualification"]}


def request_proposed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T3."""
    owner = Owner(event.data["owner"], event.data["capacity"], event.data["owner_mail"])
    return {"owner": owner, "proposed_by": event.actor}


def requested(_case: Case, event: Event) -> Mapping[str, Any]:
    """T4."""
    return {"asked_at": event.at_utc, "proposed_by": None}


def received(_case: Case, event: Event) -> Mapping[str, Any]:
    """T4p."""
    return {"receipt_at": datetime.fromisoformat(event.data["received_at"])}


def verified(_case: Case, event: Event) -> Mapping[str, Any]:
    """Tv."""
    return {"verified_at": datetime.fromisoformat(event.data["verified_at"])}


def directive_proposed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T8."""
    return {"proposed_by": event.actor}


def decided(case: Case, event: Event) -> Mapping[str, Any]:
    """T10: the directive has its number, its two officials and its dates."""
    if case.proposed_by is None:
        raise RuntimeError("a directive was approved that nobody proposed")
    return {
        "directive": event.data["directive"],
        "approved_by": (case.proposed_by, event.actor),
        "proposed_by": None,
        "issued_at": event.at_utc,
        "review_by": datetime.fromisoformat(event.data["review_by"]),
        "expires": datetime.fromisoformat(event.data["expires"]),
    }


def commit_recorded(_case: Case, event: Event) -> Mapping[str, Any]:
    """T10c."""
    return {"commit": event.data["commit"]}


def directed(case: Case, event: Event) -> Mapping[str, Any]:
    """T10d."""
    return {
        "directed_at": event.at_utc,
        "list_serial": int(event.data["serial"]),
        "list_digest": event.data["digest"],
        "served": blocked(case, event),
    }


def lift_proposed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T12p."""
    return {"lift": PendingLift(event.actor, event.at_utc, event.reason_code, event.data["reason"])}


def lift_refused(_case: Case, _event: Event) -> Mapping[str, Any]:
    """T12r: the case stays as it was; a new proposal may come at any time."""
    return {"lift": None}


def lift_commit_recorded(_case: Case, event: Event) -> Mapping[str, Any]:
    """T12c."""
    return {"lift_commit": event.data["commit"]}


def withdrawn(case: Case, event: Event) -> Mapping[str, Any]:
    """T12d."""
    return {
        "served": restored(case, event),
        "withdrawn_at": event.at_utc,
        "withdrawn_serial": int(event.data["serial"]),
        "withdrawn_digest": event.data["digest"],
    }


def no_facts(
    _case: Case | None, _entered: Mapping[str, str], _now: datetime, _context: Context, _numbers: Numbers
) -> Mapping[str, str]:
    """The system adds nothing."""
    return {}


def guard_outcome(
    case: Case | None, _entered: Mapping[str, str], _now: datetime, context: Context, _numbers: Numbers
) -> Mapping[str, str]:
    """T2: what the guards said and which evidence there was, so that a later reader sees what was known."""
    return {"guards": "\n".join(("nothing is refused", *context.warnings)), **exhibits_of(case)}


def evidence_so_far(
    case: Case | None, _entered: Mapping[str, str], _now: datetime, _context: Context, _numbers: Numbers
) -> Mapping[str, str]:
    """T8: which evidence there was."""
    return exhibits_of(case)


def exhibits_of(case: Case | None) -> Mapping[str, str]:
    """Return the hashes of a case's evidence as a fact; nothing if it has none."""
    return {"evidence": "\n".join(each.sha256 for each in case.exhibits)} if case and case.exhibits else {}


def directive_facts(
    _case: Case | None, _entered: Mapping[str, str], now: datetime, context: Context, numbers: Numbers
) -> Mapping[str, str]:
    """T10: the next free number and the day by which the directive must be reviewed or ends."""
    local = context.list.local(now)
    end = _midnight(local.date() + REVIEW_AFTER, context.list.timezone).isoformat()
    return {
        "directive": _next_directive(local.year, numbers.directive, context),
        "review_by": end,
        "expires": end,
    }


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _next_directive(year: int, number: int, context: Context) -> str:
    """The store's next number, or one beyond the highest that stands on the list: others may have written there."""
    prefix = f"FR-{year}-"
    listed = [int(tail) for id_ in context.list.directives if (tail := id_.removeprefix(prefix)).isdecimal()]
    return f"{prefix}{max([number, *(other + 1 for other in listed)]):04d}"
