"""Taking a step: what is legal now, what waits for a clock, and what follows from an act.

Keeps true: a step that is not in the table, not now or not by this person raises and changes nothing; a step that is
taken yields the case, its event, its letters and its effects together, so that they can be stored together. Time and
the world come in as arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from blocker.cases import documents, rules
from blocker.cases.case import Actor, Case, Document, Effect, Event, Role, State, to_post
from blocker.cases.changes import evolve
from blocker.cases.context import Context, Numbers
from blocker.cases.drafts import Draft, branch, proposed, sha256
from blocker.cases.forms import clean
from blocker.cases.isps.order import current
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.table import BY_ACT, BY_ID, TRANSITIONS
from blocker.cases.transition import Transition
from blocker.errors import ForbiddenError, IllegalStepError
from blocker.policy import CasesSettings

BY_DEFAULT = CasesSettings()
"""The settings of whoever sets none: every step that the law may forbid is off."""


_SUBJECTS = {"draft": "draft", "add": "block", "renew": "reviewed", "remove": "lift"}


@dataclass(frozen=True, slots=True)
class Wait:
    """A step of this state and role that something still bars; `until` is set if only a clock does."""

    transition: Transition
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step made: to be stored in one transaction. The event's hash is the ledger's to fill in."""

    case: Case
    event: Event
    documents: tuple[Document, ...]
    effects: tuple[Effect, ...]


def legal(case: Case | None, actor: Actor, now: datetime, policy: CasesSettings = BY_DEFAULT) -> tuple[Transition, ...]:
    """Return the steps that this person may take on this case now; for no case, those that open one."""
    rows = (row for row in TRANSITIONS if _offered(row, case, actor, now, policy))
    return tuple(row for row in rows if _bar(row, case, actor, now) is None)


def legal_at(case: Case, isp: str, actor: Actor, now: datetime) -> tuple[Transition, ...]:
    """Return the steps about one provider that this person may take now."""
    return tuple(row for row in legal(case, actor, now) if isp in _isps(row, case, actor, now))


def waiting(case: Case, actor: Actor, now: datetime, policy: CasesSettings = BY_DEFAULT) -> tuple[Wait, ...]:
    """Return the steps that stand next for this role but are barred now, each with its reason."""
    waits = ((row, _bar(row, case, actor, now)) for row in TRANSITIONS if _offered(row, case, actor, now, policy))
    return tuple(Wait(row, bar.reason, bar.until) for row, bar in waits if bar and not bar.moot)


def apply(
    case: Case | None,
    act: str,
    actor: Actor,
    data: Mapping[str, str],
    *,
    now: datetime,
    context: Context,
    numbers: Numbers,
) -> Outcome:
    """Take the step `act` and return what it made; `case` is None for a step that opens one.

    Raises:
        IllegalStepError: the case may not go this way now.
        ForbiddenError: not this person.
        FormError: what was entered is incomplete or wrong.
    """
    row = _demand(act, case, actor, now, context.policy)
    entered = clean(row.fields, data)
    if row.at_isp is not None:
        _at_provider(row, case, actor, entered, now)
    for check in row.checks:
        check(case, entered, now, context)
    event = Event(
        seq=numbers.seq,
        case=case.id if case else f"{context.list.local(now).year}-{numbers.case:06d}",
        transition=row.id,
        from_state=case.state if case else None,
        to_state=_target(row, case),
        actor=actor.number,
        role=actor.role,
        at_utc=now,
        reason_code=_reason_code(row, case, entered),
        legal_basis=row.basis,
        data={**entered, **row.facts(Step(case, entered, now, context, numbers))},
        prev_hash=numbers.head.hash,
    )
    after = evolve(case, event, row.change)
    issued: list[Document] = []
    for kind in row.letters:
        issued += documents.issue(kind, after, event, context, numbers.document + len(issued))
    event = replace(event, doc_sha256=tuple(document.sha256 for document in issued))
    effects = to_post(issued)
    if row.commit:
        effects.append(_list_effect(row.commit, after, context))
    return Outcome(after, event, tuple(issued), tuple(effects))


def fold(events: tuple[Event, ...]) -> Case | None:
    """Return the case that its events make, from nothing: the projection must equal it at any time."""
    case: Case | None = None
    for event in events:
        case = evolve(case, event, BY_ID[event.transition].change)
    return case


def stages(events: Iterable[Event]) -> Iterator[tuple[Case | None, Event, Case]]:
    """Yield for each event of a case the case before it, the event, and the case after it."""
    case: Case | None = None
    for event in events:
        before, case = case, evolve(case, event, BY_ID[event.transition].change)
        yield before, event, case


def _demand(act: str, case: Case | None, actor: Actor, now: datetime, policy: CasesSettings) -> Transition:
    row = BY_ACT.get(act)
    if row is None or not row.when(policy):
        raise IllegalStepError("There is no such step.")
    if actor.role not in row.roles:
        raise ForbiddenError(f"This is for the role of {' or '.join(row.roles)}.")
    if not _stands_at(row, case):
        raise IllegalStepError(f"“{row.title}” is not possible where this case stands.")
    bar = _bar(row, case, actor, now)
    if bar is not None and bar.forbidden:
        raise ForbiddenError(bar.reason)
    if bar is not None:
        raise IllegalStepError(bar.reason)
    return row


def _at_provider(row: Transition, case: Case | None, actor: Actor, data: Mapping[str, str], now: datetime) -> None:
    """Demand that the step fits where its provider stands, and that a contact speaks for its own provider alone."""
    if actor.role is Role.ISP and actor.isp != data["isp"]:
        raise ForbiddenError("A contact speaks for its own provider.")
    reason = row.at_isp and row.at_isp(rules.served_at(case, data), now)
    if reason:
        raise IllegalStepError(reason)


def _stands_at(row: Transition, case: Case | None) -> bool:
    if case is None:
        return not row.sources
    return case.state in row.sources and (row.at_isp is None or bool(case.served))


def _offered(row: Transition, case: Case | None, actor: Actor, now: datetime, policy: CasesSettings) -> bool:
    here = actor.role in row.roles and row.when(policy) and _stands_at(row, case)
    return here and (row.at_isp is None or case is None or any(True for _ in _isps(row, case, actor, now)))


def _bar(row: Transition, case: Case | None, actor: Actor, now: datetime) -> Bar | None:
    if case is None:
        return None
    judged = (rules.one_role_a_case, *row.ready)
    return next((bar for rule in judged if (bar := rule(case, actor, now)) is not None), None)


def _isps(row: Transition, case: Case, actor: Actor, now: datetime) -> Iterator[str]:
    """Yield the providers about which the step could be taken by this person."""
    for served in current(case.served):
        mine = actor.role is not Role.ISP or actor.isp == served.isp
        if mine and row.at_isp is not None and row.at_isp(served, now) is None:
            yield served.isp


def _target(row: Transition, case: Case | None) -> State:
    if row.target is not None:
        return row.target
    if case is None:
        raise RuntimeError(f"{row.id} opens a case and leads nowhere")
    return case.state


def _reason_code(row: Transition, case: Case | None, entered: Mapping[str, str]) -> str:
    """The short, bounded reason: for a lift its legal ground, also on the approval; for other steps their name."""
    if row.act == "approve-lift" and case is not None and case.lift is not None:
        return case.lift.reason_code
    return entered.get("reason_code", row.reason_code or row.act)


def _file(act: str, case: Case, context: Context) -> Draft:
    """The directive's file as it is to be: as it was proposed, or complete, or nothing any more."""
    draft = proposed(case)
    if act == "draft" and draft is not None:
        return draft
    if case.path is None:
        raise RuntimeError("a case without a directive has nothing on the list")
    return Draft(case.path, "" if act == "remove" else documents.directive_yaml(case, context.list))


def _list_effect(act: str, case: Case, context: Context) -> Effect:
    """Order the commit that changes the directive on the list; it names numbers, never a site."""
    file = _file(act, case, context)
    return Effect(
        "list",
        {
            "act": act,
            "path": file.path,
            "text": file.text,
            "message": f"{case.ground}: {_SUBJECTS[act]}, {file.directive}",
            "case": case.id,
            "directive": file.directive,
            "by": " ".join(_officials(act, case)),
            **({"reviewed": case.review.reviewed_at.isoformat()} if act == "renew" and case.review.reviewed_at else {}),
            "branch": branch(case.id),
            "file": sha256(case.file) if case.file is not None else "",
        },
    )


def _officials(act: str, case: Case) -> tuple[str, ...]:
    """Whose decision the commit carries out."""
    if act == "draft" and case.proposed_by is not None:
        return (case.proposed_by,)
    if act == "remove" and case.withdrawal is not None:
        return case.withdrawal.by
    return case.review.by if act == "renew" else case.approved_by
