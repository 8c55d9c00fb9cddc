"""What a page shows of a case, made from the case alone: what may be done, how far it has come, what is asked of ISPs.

Keeps true: nothing here decides anything. What may be done comes from workflow.legal() and waiting(), asked for the
person at the page and, to say who else could act, for each other role.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from blocker.admin.language import Words
from blocker.admin.moments import Moments
from blocker.cases.awaited import Span, awaited, clock, since
from blocker.cases.case import Actor, Case, CaseName, Document, Event, Role, State
from blocker.cases.collateral import Finding, from_text
from blocker.cases.drafts import Draft
from blocker.cases.intake.reports import Act
from blocker.cases.isps.order import Served, Standing, current
from blocker.cases.table import BY_ID
from blocker.cases.transition import Transition
from blocker.cases.workflow import Wait, legal, waiting
from blocker.policy import CasesSettings

ROAD: Sequence[State] = (
    State.DRAFT,
    State.ASSESSED,
    State.NOTICE_PENDING,
    State.OWNER_NOTIFIED,
    State.BLOCK_PENDING,
    State.DECIDED,
    State.BLOCK_DIRECTED,
    State.IN_FORCE,
    State.UNBLOCK_DIRECTED,
    State.LIFTED,
)
"""The way of a case that is blocked and lifted, step by step."""

SHOWN_APART = frozenset({"findings"})
"""What an event holds that the page shows in a place of its own."""

ASIDE = frozenset({"open-evidence"})
"""Acts that stand on the page beside what they are about, not among the forms."""

BESIDE: Mapping[State, State] = {
    State.CLOCK_SUSPENDED: State.OWNER_NOTIFIED,
    State.EXPEDITED_PENDING: State.BLOCK_PENDING,
    State.SUSPENDED: State.IN_FORCE,
}
"""States that stand where another step of the road stands."""

TONES: Mapping[State, str] = {
    State.OWNER_NOTIFIED: "wait",
    State.CLOCK_SUSPENDED: "wait",
    State.EXPEDITED_PENDING: "wait",
    State.SUSPENDED: "wait",
    State.NOTICE_PENDING: "wait",
    State.BLOCK_PENDING: "wait",
    State.DECIDED: "listed",
    State.BLOCK_DIRECTED: "listed",
    State.IN_FORCE: "listed",
    State.LIFTED: "over",
    State.REMOVED: "over",
    State.ANNULLED: "over",
    State.REFUSED: "over",
}
"""How a state's tag looks; the words say the same."""


STANDING_TONES: Mapping[Standing, str] = {
    Standing.ISSUED: "open",
    Standing.NOT_DELIVERED: "wait",
    Standing.DELIVERED: "wait",
    Standing.QUERIED: "wait",
    Standing.APPLIED: "over",
    Standing.VERIFIED: "over",
    Standing.OVERDUE: "listed",
    Standing.REFUSED: "listed",
    Standing.SUPERSEDED: "open",
}
"""How a standing's tag looks; the words say the same."""


@dataclass(frozen=True, slots=True)
class Line:
    """One case in the list of cases."""

    case: Case
    awaited: str | None
    since: datetime
    clock: Span | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form as somebody sent it and what was wrong with it, so that nothing typed is lost."""

    act: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the person at the page may do with a case, what waits, and what is for others."""

    acts: tuple[Transition, ...]
    waits: tuple[Wait, ...]
    others: tuple[tuple[Role, Transition], ...]


def offer(case: Case, actor: Actor, now: datetime, policy: CasesSettings) -> Offer:
    """Ask the workflow for this person, and for the roles that this person does not have."""
    others = tuple(
        (role, row)
        for role in (Role.OFFICER, Role.APPROVER)
        if role is not actor.role
        for row in _of_the_case(legal(case, Actor("", role), now, policy))
    )
    return Offer(_of_the_case(legal(case, actor, now, policy)), waiting(case, actor, now, policy), others)


def _of_the_case(rows: Iterable[Transition]) -> tuple[Transition, ...]:
    """What concerns one provider alone has a page of its own (providers.py), and what is done in passing a place."""
    return tuple(row for row in rows if row.at_isp is None and row.act not in ASIDE)


def line(case: Case, now: datetime) -> Line:
    """Return what a list of cases shows of one."""
    return Line(case, awaited(case, now), since(case, now), clock(case, now))


def steps(case: Case) -> list[tuple[State, str]]:
    """Return the road with, for each step, `past`, `here` or `ahead`; a case that ended early has left it."""
    here = BESIDE.get(case.state, case.state)
    if here not in ROAD:
        return []
    at = ROAD.index(here)
    return [(state, "past" if number < at else "ahead" if number > at else "here") for number, state in enumerate(ROAD)]


def kept(attempt: Attempt, acts: Iterable[Transition | Act], first: Transition | Act | None) -> str:
    """Return the id of the form that is open for writing: the one that came back, or the first; empty if there is none.

    Another language keeps what stands in it.
    """
    opened = next((act for act in acts if act.act == attempt.act), first)
    return "" if opened is None else f"form-{opened.act}"


def leading(case: Case, acts: Sequence[Transition]) -> Transition | None:
    """Return the act that leads to the next step of the road, if it may be taken: its form stands open."""
    ahead = [state for state, where in steps(case) if where == "ahead"][:1]
    return next((act for act in acts if act.target in ahead), None)


def together(waits: Iterable[Wait]) -> list[tuple[tuple[str, datetime | None], list[str]]]:
    """Return what waits for the same reason until the same instant as one: (reason, until) and the titles."""
    grouped: dict[tuple[str, datetime | None], list[str]] = {}
    for wait in waits:
        grouped.setdefault((wait.reason, wait.until), []).append(wait.transition.title)
    return list(grouped.items())


def details(event: Event, words: Words, moments: Moments) -> Iterator[tuple[str, str]]:
    """Yield what an event holds as labels and values for people: what was entered, then what the system added."""
    fields = {field.name: field for field in BY_ID[event.transition].fields}
    for name, value in event.data.items():
        if not value or name in SHOWN_APART:
            continue
        known = fields.get(name)
        label = words.say(known.label) if known else words(f"fact.{name}")
        yield label, words(f"choice.{value}") if known and known.choices else _instant(value, moments)


def posted(events: Iterable[Event]) -> dict[str, Event]:
    """Return for each letter the last thing that the post told of it."""
    return {event.data["document"]: event for event in events if event.transition in {"Ts", "Tb", "Tr"}}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What else a block would cut off, as it was found last: when, and by which edition of the public suffix list."""

    at: datetime
    findings: tuple[Finding, ...]
    suffixes: str


def weighed(events: Sequence[Event]) -> Weighed | None:
    """Return the last collateral check of a case."""
    last = next((event for event in reversed(events) if event.data.get("findings")), None)
    return None if last is None else Weighed(last.at_utc, from_text(last.data["findings"]), last.data["suffixes"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of evidence: the event that brought it, and those that opened it."""

    event: Event
    opened: tuple[Event, ...]

    @property
    def seen_at(self) -> datetime:
        """When what it shows was seen."""
        return datetime.fromisoformat(self.event.data["seen_at"])


def exhibits(events: Sequence[Event]) -> list[Shown]:
    """Return the evidence of a case in the order in which it came."""
    openings = [event for event in events if event.transition == "To"]
    return [
        Shown(event, tuple(each for each in openings if each.data["evidence"] == event.data["file"]))
        for event in events
        if event.transition == "Te"
    ]


def unanswered(case: Case, events: Iterable[Event]) -> list[Event]:
    """Return what the owner said and nobody has answered, in the order in which it came."""
    said = [event for event in events if event.transition == "Th"]
    return said[len(said) - len(case.statements) :]


def proposed_receipt(case: Case, events: Iterable[Event], documents: Iterable[Document]) -> Event | None:
    """Return the first sign that the owner received the request, while nobody has recorded a receipt."""
    requests = {letter.number for letter in documents if letter.kind == "owner-request"}
    if case.state is not State.OWNER_NOTIFIED or case.receipt_at is not None:
        return None
    return next((event for event in events if event.transition == "Tr" and event.data["document"] in requests), None)


def receipt_filled_in(receipt: Event, words: Words, moments: Moments) -> Attempt:
    """Return the form that records a receipt as the post would have it, for an officer to judge, mend and send."""
    arrived = moments.local(datetime.fromisoformat(receipt.data["arrived_at"]))
    how = words("post.how", letter=receipt.data["document"], said=receipt.data["said"])
    return Attempt("record-receipt", {"received_at": f"{arrived:%Y-%m-%dT%H:%M:%S}", "how": how})


@dataclass(frozen=True, slots=True)
class Drafted:
    """A directive's file on its case's branch, or what is wrong with the branch."""

    branch: str
    draft: Draft | None
    problem: str = ""
    changed: bool = False
    """True if it is no longer what was proposed."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What an ISP has to do about one directive, or one request that it knows of: block, keep, restore or nothing."""

    letter: Document
    directive: str | None
    names: tuple[CaseName, ...]
    kind: str
    order: Served | None = None
    """The order that the letter tells of; None where there is none, or it was superseded."""

    @property
    def until(self) -> datetime | None:
        """Until when it is to be done, if anything is."""
        return self.order.due if self.order is not None and self.order.open else None


def duties(letters: Iterable[Document], cases: Iterable[Case]) -> list[Duty]:
    """Return an ISP's duties from its own letters (the newest first): those with a clock before the others."""
    newest: dict[str, Document] = {}
    for letter in letters:
        newest.setdefault(letter.case, letter)
    made = [_duty(newest[case.id], case) for case in cases]
    return sorted(made, key=lambda duty: (duty.until is None, duty.until or duty.letter.issued_at))


def _duty(letter: Document, case: Case) -> Duty:
    kinds = {"isp-information": "known", "isp-directive": "keep", "isp-unblocking": "done", "closed": "done"}
    order = order_of(letter, case)
    kind = str(order.order) if order is not None and order.open else kinds[letter.kind]
    return Duty(letter, case.directive if order is not None else None, case.names, kind, order)


def order_of(letter: Document, case: Case) -> Served | None:
    """Return the order that a letter to a provider tells of, if it is the last one to that provider."""
    last = next((each for each in current(case.served) if each.isp == letter.recipient), None)
    return last if last is not None and last.issued_at == letter.issued_at else None


def _instant(value: str, moments: Moments) -> str:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if instant.tzinfo is None else moments.full(instant)
