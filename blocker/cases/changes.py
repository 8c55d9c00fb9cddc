"""What each event makes of its case: pure functions of the case and the event alone.

Keeps true: a case is nothing but the fold of its events, so whatever a change needs stands in the event. That is why
`facts` writes down what the system adds (numbers, dates, the guards' outcome) before the change is made.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from blocker.blocklist.dates import add_days, add_months
from blocker.cases.case import ENDED, Case, Event, Role, State
from blocker.cases.collateral import as_text
from blocker.cases.context import Context
from blocker.cases.drafts import first_draft, proposed
from blocker.cases.forms import parse_names
from blocker.cases.found import Exhibit, Owner, Search
from blocker.cases.isps.changes import blocked, restored
from blocker.cases.proceedings import AT_ONCE, OwnerClock, PendingLift, Review, Withdrawal
from blocker.cases.step import Step

REVIEW_MONTHS = 3
"""Calendar months, the day kept and clamped at the month's end: decree 2015-125 art. 4."""

EMERGENCY_REVIEW = timedelta(hours=72)
"""When a block that came before the request to the owner is looked at again."""

REVIEW_GRACE = 14
"""Days after its review by which a block ends by itself: the most that the list's own rules allow."""


_ASIDE = frozenset({Role.SYSTEM, Role.ISP})
"""Whose records leave the turn to the staff."""

Change = Callable[[Case, Event], Mapping[str, Any]]
Facts = Callable[[Step], Mapping[str, str]]


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
        "overseers": _with(case.overseers, event, Role.OVERSEER),
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


def searched(case: Case, event: Event) -> Mapping[str, Any]:
    """T3s."""
    return {"searches": (*case.searches, Search(event.data["channel"], event.data["found"]))}


def looked_at(case: Case, _event: Event) -> Mapping[str, Any]:
    """To: looking decides nothing, so it makes nobody a party to the case and no form stale."""
    return {"turn": case.turn, "officers": case.officers, "approvers": case.approvers, "overseers": case.overseers}


def assessed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T2."""
    return {"qualification": event.data["qualification"]}


def request_proposed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T3."""
    owner = Owner(event.data["owner"], event.data["capacity"], event.data["owner_mail"])
    return {"owner": owner, "proposed_by": event.actor}


def requested(_case: Case, event: Event) -> Mapping[str, Any]:
    """T4."""
    clock = OwnerClock(basis=event.data["clock_basis"], rounds_up=event.data["clock_rounds_up"] == "yes")
    return {"asked_at": event.at_utc, "proposed_by": None, "clock": clock}


def received(_case: Case, event: Event) -> Mapping[str, Any]:
    """T4p."""
    return {"receipt_at": datetime.fromisoformat(event.data["received_at"])}


def verified(_case: Case, event: Event) -> Mapping[str, Any]:
    """Tv."""
    return {"verified_at": datetime.fromisoformat(event.data["verified_at"])}


def directive_proposed(_case: Case, event: Event) -> Mapping[str, Any]:
    """T8, T9, T9s, T9e: a file, word for word; it may name fewer names than were assessed, or reach less far."""
    return {"directive": event.data["directive"], **_file_proposed(event)}


def proposed_anew(_case: Case, event: Event) -> Mapping[str, Any]:
    """T14p: until it is approved, the case goes by its old directive's number."""
    return {"anew": event.data["directive"], **_file_proposed(event)}


def _file_proposed(event: Event) -> Mapping[str, Any]:
    return {"proposed_by": event.actor, "file": event.data["file"], "names": parse_names(event.data["names"])}


def decided(case: Case, event: Event) -> Mapping[str, Any]:
    """T10, T14: the directive has its number, its officials and its dates; an emergency has three."""
    if case.proposed_by is None:
        raise RuntimeError("a directive was approved that nobody proposed")
    first = case.skip.endorsed_by if case.skip is not None and case.issued_at is None else None
    return {
        "directive": event.data["directive"],
        "approved_by": (case.proposed_by, *([first] if first else []), event.actor),
        "proposed_by": None,
        "issued_at": event.at_utc,
        "review": Review(),
        **terms(event),
    }


def terms(event: Event) -> Mapping[str, Any]:
    """The two dates of `term`, as the event holds them."""
    return {name: datetime.fromisoformat(event.data[name]) for name in ("review_by", "expires")}


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


def lift_approved(case: Case, event: Event) -> Mapping[str, Any]:
    """T12."""
    if case.lift is None:
        raise RuntimeError("a lift was approved that nobody proposed")
    by = (case.lift.proposed_by, event.actor)
    return {"lift": None, "withdrawal": Withdrawal(case.lift.reason_code, case.lift.reason, by, event.at_utc)}


def lift_refused(_case: Case, _event: Event) -> Mapping[str, Any]:
    """T12r: the case stays as it was; a new proposal may come at any time."""
    return {"lift": None}


def lift_commit_recorded(_case: Case, event: Event) -> Mapping[str, Any]:
    """T12c."""
    return {"lift_commit": event.data["commit"]}


def withdrawn(case: Case, event: Event) -> Mapping[str, Any]:
    """T12d."""
    at_once = case.withdrawal is not None and case.withdrawal.reason_code in AT_ONCE
    return {
        "served": restored(case, event, at_once=at_once),
        "withdrawn_at": event.at_utc,
        "withdrawn_serial": int(event.data["serial"]),
        "withdrawn_digest": event.data["digest"],
    }


def no_facts(_step: Step) -> Mapping[str, str]:
    """The system adds nothing."""
    return {}


def guard_outcome(step: Step) -> Mapping[str, str]:
    """T2: what the guards and the collateral check said and which evidence there was: what was known then."""
    guards = "\n".join(("nothing is refused", *step.context.warnings))
    return {"guards": guards, **collateral(step), **evidence_so_far(step)}


def collateral(step: Step) -> Mapping[str, str]:
    """T2k: what a block would cut off besides, and which edition of the public suffix list says so."""
    return {"findings": as_text(step.context.findings), "suffixes": step.context.suffixes}


def proposal_facts(step: Step) -> Mapping[str, str]:
    """T8: which evidence there was, and the directive's file: as it lies on the case's branch, or else written now."""
    if step.case is None:
        raise RuntimeError("a directive is proposed in a case")
    number = (step.case.directive if step.case.issued_at is None else step.case.anew) or _free_number(step)
    draft, names = step.context.draft or first_draft(step.case, number), step.context.drafted or step.case.names
    return {
        **evidence_so_far(step),
        "directive": draft.directive,
        "file": draft.text,
        "file_sha256": draft.sha256,
        "names": "\n".join(f"{entry.name} {entry.scope}" for entry in names),
    }


def answer_digest(step: Step) -> Mapping[str, str]:
    """T3s: the SHA-256 of the answer as it stands in the record; of no answer, that of nothing."""
    return {"answer_sha256": hashlib.sha256(step.entered["answer"].encode()).hexdigest()}


def evidence_so_far(step: Step) -> Mapping[str, str]:
    """T8: the hashes of the case's evidence; nothing if it has none."""
    if step.case is None or not step.case.exhibits:
        return {}
    return {"evidence": "\n".join(each.sha256 for each in step.case.exhibits)}


def clock_facts(step: Step) -> Mapping[str, str]:
    """T4: how the owner's time is counted in this case, for good."""
    policy = step.context.policy
    return {"clock_basis": policy.owner_clock_basis, "clock_rounds_up": "yes" if policy.round_up_hour else "no"}


def covered_file(step: Step) -> Mapping[str, str]:
    """T9a: the number of the directive that an approval covers, and the SHA-256 of its file."""
    draft = None if step.case is None else proposed(step.case)
    if draft is None:
        raise RuntimeError("a directive is approved that nobody proposed")
    return {"directive": draft.directive, "file_sha256": draft.sha256}


def directive_facts(step: Step) -> Mapping[str, str]:
    """T10, T14: which directive is approved, by when it must be reviewed, and when it ends."""
    return {**covered_file(step), **term(step)}


def _free_number(step: Step) -> str:
    return _next_directive(step.context.list.local(step.now).year, step.numbers.directive, step.context)


def term(step: Step) -> Mapping[str, str]:
    """By when a block decided or reviewed now must be reviewed, and when it ends by itself."""
    zone = ZoneInfo(step.context.list.timezone)
    today = datetime.combine(step.context.list.local(step.now).date(), time(), zone)
    due = add_months(today, REVIEW_MONTHS, zone)
    skip = None if step.case is None else step.case.skip
    if skip is not None and skip.endorsed_by is not None and step.case is not None and step.case.issued_at is None:
        due = (step.now + EMERGENCY_REVIEW).astimezone(UTC)
    return {"review_by": due.isoformat(), "expires": add_days(due, REVIEW_GRACE, zone).isoformat()}


def _next_directive(year: int, number: int, context: Context) -> str:
    """The store's next number, or one beyond the highest that stands on the list: others may have written there."""
    prefix = f"FR-{year}-"
    listed = [int(tail) for id_ in context.list.directives if (tail := id_.removeprefix(prefix)).isdecimal()]
    return f"{prefix}{max([number, *(other + 1 for other in listed)]):04d}"
