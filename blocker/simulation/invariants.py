"""What must hold of any history of the desk, judged from what is left of it and without the workflow's own rules.

Keeps true: the rules are written down a second time here, in the words of the law, so that a fault in the procedure's
table is found and not repeated. Chain, seals and projection are judged by blocker/cases/integrity/audit.py.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocker.cases.case import Case, Document, Event, Role, State
from blocker.simulation.orders import providers

DAY = timedelta(hours=24)
FRESH = timedelta(minutes=60)
LONGEST = timedelta(days=3 * 31 + 15)
"""The longest that a block runs without a review: three months and fourteen days."""
SLACK = timedelta(minutes=30)
"""What the desk's worker may take for what it does by itself, failures of a channel included."""

ON_LIST = {State.DECIDED, State.BLOCK_DIRECTED, State.IN_FORCE}
STAYS = {"T13", "T13s", "T13e"}
AFTER_A_STAY = {"T12", "T14", "T14r", "T15", "T15e", "T17"}
FROM_OUTSIDE = {"Tb", "Tr", "Th"}
"""What the system records because of a mail, or of an answer by a link."""
BLOCKS = {"T10", "T10x", "T14"}
ENDS = {"T12", "T13", "T13s", "T15", "T19l", "T22"}
WITHOUT_OWNER = {"T9", "T9s", "T9e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is left of a simulation."""

    now: datetime
    head: str
    by_sending: bool
    """Whether the owner's time begins with the sending of the request, where no receipt is proved."""
    events: Sequence[Event]
    cases: Sequence[Case]
    documents: Sequence[Document]
    undone: Sequence[str]
    """Ids of effects that were never done."""
    taken: Mapping[str, int]
    """How often the mail server took each letter."""
    told: Mapping[tuple[str, str], int]
    """How often each step about a letter or a case must be recorded, because of what came in from outside."""
    commits: Sequence[tuple[datetime, str, str, Mapping[str, str]]]
    """When, act, path and the whole order of each commit."""
    listed: frozenset[str]
    """Paths of the directives on the list at the end."""
    acknowledged: Mapping[str, int]
    """How often people were told that a step of theirs is taken, by the step's id."""
    faults: Sequence[str]
    """What the audit of the database and the list's own rules found."""


def violations(record: Record) -> tuple[str, ...]:
    """Return every violated invariant, with its case."""
    of_case: dict[str, list[Event]] = defaultdict(list)
    for event in record.events:
        if event.to_state is not None:
            of_case[event.case].append(event)
    found = [*record.faults, *_letters(record), *_recorded(record), *_list(record, of_case)]
    found += [*_barred(record, of_case), *_ends(record)]
    for case_id, events in of_case.items():
        said = (*_blocks(events, by_sending=record.by_sending), *_roles(events), *providers(events))
        found += [f"case {case_id}: {each}" for each in said]
    return tuple(found)


def _blocks(events: Sequence[Event], *, by_sending: bool) -> Iterator[str]:
    """No block without assessment, two approvals, the owner's time or its exception, and a fresh look."""
    for place, event in enumerate(events):
        if event.transition not in BLOCKS:
            continue
        before = _procedure(events[:place])
        if not any(each.transition == "T2" for each in before):
            yield f"event {event.seq} blocks without an assessment"
        proposals = [each for each in before if each.transition in {"T8", "T9", "T9s", "T9e", "T9f", "T14p"}]
        if not proposals or proposals[-1].actor == event.actor or proposals[-1].role is event.role:
            yield f"event {event.seq} blocks without two people"
        looks = [each.data["verified_at"] for each in before if each.transition in {"Tv", "Tvx"}]
        if not looks or event.at_utc - datetime.fromisoformat(looks[-1]) > FRESH:
            yield f"event {event.seq} blocks without a fresh verification"
        yield from (f"event {event.seq} blocks {each}" for each in _owner(before, event, by_sending=by_sending))


def _procedure(events: Sequence[Event]) -> Sequence[Event]:
    """Return the events that count: after a stay of what was never decided, all but the assessment is made anew."""
    again = max((place for place, each in enumerate(events) if each.transition == "T14r"), default=-1)
    return [each for place, each in enumerate(events) if place > again or each.transition == "T2"]


def _owner(before: Sequence[Event], block: Event, *, by_sending: bool) -> Iterator[str]:
    """The owner's whole time has passed, counted anew after each stop; or an exception is on record."""
    exceptions = [each for each in before if each.transition in WITHOUT_OWNER]
    if exceptions:
        endorsed = {each.actor for each in before if each.transition == "T9a"}
        if exceptions[-1].transition == "T9e" and not endorsed - {block.actor}:
            yield "in an emergency without a second approver"
        if exceptions[-1].transition != "T9e" and exceptions[-1].data["legal_notice"] != "absent":
            yield "without asking an owner who is named"
        return
    start, stopped = _clock(before, by_sending=by_sending)
    if start is None or stopped:
        yield "while no clock of the owner runs"
    elif block.at_utc < start + DAY:
        yield "before the owner's 24 hours are over"
    statements = [each.transition for each in before if each.transition in {"Th", "Tha"}]
    if statements and statements[-1] == "Th":
        yield "before the owner is answered"


def _clock(events: Iterable[Event], *, by_sending: bool) -> tuple[datetime | None, bool]:
    """Return when the owner's last 24 hours began, and whether they stand still."""
    received: datetime | None = None
    sent: datetime | None = None
    restarted: datetime | None = None
    stopped = False
    for each in events:
        step, told = each.transition, each.data
        if step == "T4p":
            received = _later(received, datetime.fromisoformat(told["received_at"]))
        elif step == "T6d":
            received = each.at_utc
        elif step == "T4s" and by_sending:
            sent = datetime.fromisoformat(told["sent_at"])
        elif step == "T5" and told["why"] == "undeliverable":
            sent = None
        if step in {"T6", "T6u"}:
            restarted = datetime.fromisoformat(told["ended_at"]) if step == "T6" else each.at_utc
        if step in {"T5", "T6", "T6u", "T6d"}:
            stopped = step == "T5"
    start = received or sent
    # A restart starts nothing that was never received.
    return (None if start is None else _later(restarted, start)), stopped


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _roles(events: Iterable[Event]) -> Iterator[str]:
    """Nobody acts in two roles; who opened evidence took no part."""
    roles: dict[str, set[Role]] = defaultdict(set)
    for event in events:
        if event.role in {Role.OFFICER, Role.APPROVER, Role.OVERSEER} and event.transition != "To":
            roles[event.actor].add(event.role)
    yield from (f"{actor} acted in two roles" for actor, held in sorted(roles.items()) if len(held) > 1)


def _list(record: Record, of_case: Mapping[str, Sequence[Event]]) -> Iterator[str]:
    """At every instant: no entry without a case that decided it, and no block in force without its entry."""
    added: dict[str, datetime] = {}
    removed: dict[str, datetime] = {}
    for at, act, path, order in record.commits:
        events = of_case.get(order["case"], ())
        wanted = {"add": BLOCKS, "renew": {"T18"}, "remove": ENDS}[act]
        ordered = [each for each in events if each.transition in wanted and each.at_utc <= at]
        if not ordered:
            yield f"{path} was changed ({act}) and no case ordered it"
        if act != "remove" and len(set(order["by"].split())) < 2:
            yield f"{path} was changed ({act}) by fewer than two people"
        if act == "add":
            added[path] = at
        elif act == "remove":
            removed[path] = at
    for case in record.cases:
        yield from _listed(case, of_case[case.id], added, removed)
    on_list = {case.path for case in record.cases if case.state in ON_LIST}
    yield from (f"{path} is on the list and no case covers it" for path in sorted(record.listed - on_list))
    for case in record.cases:
        if case.state in {State.BLOCK_DIRECTED, State.IN_FORCE} and case.path not in record.listed:
            yield f"case {case.id}: it blocks, and its entry is not on the list"


def _listed(
    case: Case, events: Sequence[Event], added: Mapping[str, datetime], removed: Mapping[str, datetime]
) -> Iterator[str]:
    """Yield when a case was in force and its entry was not there."""
    directive = ""
    for event in events:
        directive = event.data.get("directive", directive) if event.transition in BLOCKS else directive
        path = f"{case.ground}/{directive}.yaml"
        if event.transition == "T10d" and not (path in added and added[path] <= event.at_utc):
            yield f"case {case.id}: providers were directed before its entry was on the list"
        if event.transition in {"T10d", "T11"} and path in removed and removed[path] < event.at_utc:
            yield f"case {case.id}: it blocks, and its entry was gone"


def _letters(record: Record) -> Iterator[str]:
    """Every letter reached the mail server once, or came back; nothing else did."""
    yield from (f"effect {each} was never done" for each in record.undone)
    kept = {each.number for each in record.documents}
    sent = Counter(each.data["document"] for each in record.events if each.transition == "Ts")
    bounced = {each.data["document"] for each in record.events if each.transition == "Tb"}
    for number in sorted(kept | set(record.taken)):
        times = record.taken.get(number, 0)
        if number not in kept:
            yield f"letter {number} went out and no case issued it"
        elif times > 1:
            yield f"letter {number} went out {times} times"
        elif times == 0 and number not in bounced:
            yield f"letter {number} never went out"
        elif times != sent[number]:
            yield f"letter {number} went out {times} times and is recorded {sent[number]} times"


def _recorded(record: Record) -> Iterator[str]:
    """What people were told is taken is taken; what comes in counts once, however often it is found."""
    cases = [each for each in record.events if each.to_state is not None]
    taken = Counter(each.transition for each in cases if each.role is not Role.SYSTEM)
    for step in sorted(taken.keys() | record.acknowledged.keys()):
        if taken[step] != record.acknowledged.get(step, 0):
            yield f"step {step} was acknowledged {record.acknowledged.get(step, 0)} times and taken {taken[step]} times"
    came = Counter(
        (each.transition, each.data.get("document", each.case))
        for each in cases
        if each.role is Role.SYSTEM and each.transition in FROM_OUTSIDE
    )
    for step, about in sorted(came.keys() | record.told.keys()):
        times, due = came[step, about], record.told.get((step, about), 0)
        if times != due:
            yield f"{step} about {about} came in {due} times and is recorded {times} times"
    reminded = Counter(
        (each.case, each.data["about"], each.data["instant"]) for each in cases if each.transition == "Tm"
    )
    for (case, about, instant), times in sorted(reminded.items()):
        if times > 1:
            yield f"case {case}: {about} of {instant} was reminded of {times} times"


def _barred(record: Record, of_case: Mapping[str, Sequence[Event]]) -> Iterator[str]:
    """A name that a court or we ourselves stay is not blocked meanwhile; one that a court freed, on new facts alone."""
    names = {case.id: {each.name for each in case.names} for case in record.cases}
    for case, events in of_case.items():
        blocks = [each for each in events if each.transition in BLOCKS]
        for other in (each for each in of_case if each != case and blocks and names[each] & names[case]):
            for event in blocks:
                if _stayed(of_case[other], event.at_utc):
                    yield f"case {case}: event {event.seq} blocks what is stayed in case {other}"
                freed = any(
                    each.transition in {"T15", "T15e"} and each.at_utc <= event.at_utc for each in of_case[other]
                )
                new = any(each.transition == "T15n" and each.seq < event.seq for each in events)
                if freed and not new:
                    yield f"case {case}: event {event.seq} blocks what a court freed in case {other}, without new facts"


def _stayed(events: Iterable[Event], at: datetime) -> bool:
    stayed = False
    for each in events:
        if each.at_utc > at:
            break
        stayed = each.transition in STAYS or (stayed and each.transition not in AFTER_A_STAY)
    return stayed


def _ends(record: Record) -> Iterator[str]:
    """Every block has an end, and no block outlives it."""
    for case in record.cases:
        if case.state not in ON_LIST:
            continue
        begun = case.review.reviewed_at or case.issued_at
        if case.expires is None or begun is None or case.expires - begun > LONGEST:
            yield f"case {case.id}: its block has no end"
        elif case.expires + SLACK < record.now:
            yield f"case {case.id}: its block has outlived its end"
