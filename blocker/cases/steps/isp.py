"""What is recorded of each provider about its directive (rows of table.py): facts that move no case by themselves.

T11 and T16 follow from them: once every provider has carried its order out, or its own time is over. A contact speaks
for its own provider, officers record for any, and no provider changes a directive: it asks, and people answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from blocker.cases import rules
from blocker.cases.case import Case, Role, State
from blocker.cases.context import Context
from blocker.cases.forms import Field, Kind
from blocker.cases.isps import changes
from blocker.cases.isps.order import ABOUT, ALARM, CANNOT, Order, Served, current
from blocker.cases.transition import APPROVER, CARRIED, DONE, OFFICER, REASON, RECEIPT, SYSTEM, Transition
from blocker.errors import FormError, IllegalStepError

CONTACT = Role.ISP
DIRECTED = (State.BLOCK_DIRECTED, State.IN_FORCE, State.SUSPENDED, State.UNBLOCK_DIRECTED)
"""Where providers have an order to carry out; under a stay, to restore access at once."""

REPORTED = (*DIRECTED, State.LIFTED, State.ANNULLED)
"""Where a provider may say what it did: a report that comes after the end is recorded too, and moves nothing."""
BLOCKED = (State.BLOCK_DIRECTED, State.IN_FORCE)
"""Where every provider is to block."""

ISP = Field("isp", "Provider", Kind.ISP)
WITHIN = "Décret 2015-125 art. 3-4"


def after_the_order(field: str) -> rules.Check:
    """Return the check that what is recorded came after the order."""

    def check(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
        """Nothing is received or carried out before it was ordered."""
        if datetime.fromisoformat(data[field]) < rules.served_at(case, data).issued_at:
            raise FormError({field: "the directive was not issued yet at that instant"})

    return check


def later_receipt(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A correction may only give the provider more time, never less."""
    known = rules.served_at(case, data).delivered_at
    if known is None or datetime.fromisoformat(data["received_at"]) <= known:
        raise FormError({"received_at": "an earlier receipt is recorded; a correction must be later than that one"})


def not_ordered(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A provider is told once; one that left and came back is told anew."""
    if case is not None and any(each.isp == data["isp"] and each.stands for each in current(case.served)):
        raise IllegalStepError("This provider was told of the directive already.")


def in_force(served: Served, _now: datetime) -> str | None:
    """An order that was superseded is looked after no longer."""
    return "This directive was superseded." if served.superseded_at else None


def no_receipt(served: Served, now: datetime) -> str | None:
    """The first proof of receipt starts the clock, and a second one does not move it."""
    return "This provider's receipt is recorded already." if served.delivered_at else in_force(served, now)


def receipt_to_correct(served: Served, now: datetime) -> str | None:
    """There is a receipt to correct."""
    return in_force(served, now) if served.delivered_at else "No receipt of this provider is recorded yet."


def no_query(served: Served, now: datetime) -> str | None:
    """One query at a time."""
    return "A query of this provider waits for its answer already." if served.queried else in_force(served, now)


def query_open(served: Served, _now: datetime) -> str | None:
    """There is a query to answer."""
    return None if served.queried else "No query of this provider is open."


def query_ungranted(served: Served, now: datetime) -> str | None:
    """The clock of an open query can be let rest once, while it runs."""
    if served.query is not None and served.query.granted_by is not None:
        return "The clock rests already."
    return query_open(served, now) or ("This provider's time is over already." if served.over(now) else None)


def to_be_done(served: Served, now: datetime) -> str | None:
    """The provider still has to do it, as far as it has said itself."""
    return "This provider has reported that it is done." if served.applied_at else in_force(served, now)


def over(served: Served, _now: datetime) -> str | None:
    """It is about an order that another took the place of; what stands has steps of its own."""
    before = served.order is Order.RESTORE or not served.stands
    return None if before else "This order stands: record it as received or carried out."


def never_acknowledged(served: Served, now: datetime) -> str | None:
    """An hour has passed without a receipt, and nobody was told of that yet."""
    alarm = _alarm(served)
    return None if served.open and alarm is not None and now >= alarm else "This provider is not silent."


def _alarm(served: Served) -> datetime | None:
    """Of silence about an onboarding directive people hear once, of it as a whole and not of each of its orders."""
    told = served.delivered_at or served.alarmed_at or served.onboarding
    return None if told else served.issued_at + ALARM


def late(served: Served, now: datetime) -> str | None:
    """Its time is over and it is not counted as late yet; an open query holds the alarm up, not the clock."""
    due = served.over(now) and served.overdue_at is None and not served.queried
    return None if due else "This provider is not late, or counted already."


def next_alarm(served: Served) -> datetime | None:
    """Return from when on the time alone makes a step of an order, as the two above have it; None if it never does."""
    if not served.open:
        return None
    if (alarm := _alarm(served)) is not None:
        return alarm
    return None if served.overdue_at is not None or served.queried else served.due


OF_THE_ISPS: Sequence[Transition] = (
    Transition(
        id="Ti",
        act="isp-received",
        title="Record receipt of the directive",
        sources=REPORTED,
        roles=(OFFICER, CONTACT, SYSTEM),
        fields=(ISP, *RECEIPT),
        at_isp=no_receipt,
        checks=(rules.not_in_the_future("received_at"), after_the_order("received_at")),
        change=changes.at_provider(changes.received),
        basis=WITHIN,
    ),
    Transition(
        id="Tic",
        act="isp-correct-receipt",
        title="Correct the receipt to a later instant",
        sources=REPORTED,
        roles=(OFFICER,),
        fields=(ISP, *RECEIPT),
        at_isp=receipt_to_correct,
        checks=(rules.not_in_the_future("received_at"), later_receipt),
        change=changes.at_provider(changes.received),
        basis=WITHIN,
    ),
    Transition(
        id="Tid",
        act="isp-applied",
        title="Record that the directive was carried out",
        sources=REPORTED,
        roles=(OFFICER, CONTACT, SYSTEM),
        fields=(ISP, *DONE),
        at_isp=to_be_done,
        checks=(rules.not_in_the_future("applied_at"), after_the_order("applied_at")),
        change=changes.at_provider(changes.applied),
        basis=WITHIN,
    ),
    Transition(
        id="Tiq",
        act="isp-query",
        title="Ask about the directive",
        sources=DIRECTED,
        roles=(CONTACT, OFFICER),
        fields=(
            ISP,
            Field("about", "What it is about", Kind.CHOICE, ABOUT),
            Field("query", "The question", Kind.PROSE),
        ),
        at_isp=no_query,
        change=changes.at_provider(changes.queried),
        basis=WITHIN,
    ),
    Transition(
        id="Tig",
        act="isp-grant-rest",
        title="Let the provider's clock rest until the answer",
        sources=DIRECTED,
        roles=(APPROVER,),
        fields=(ISP, REASON),
        at_isp=query_ungranted,
        change=changes.at_provider(changes.granted),
        basis=WITHIN,
    ),
    Transition(
        id="Tia",
        act="isp-answer",
        title="Answer the provider's question",
        sources=DIRECTED,
        roles=(OFFICER,),
        fields=(ISP, Field("answer", "The answer", Kind.PROSE)),
        at_isp=query_open,
        change=changes.at_provider(changes.answered),
        basis=WITHIN,
    ),
    Transition(
        id="Tin",
        act="isp-cannot",
        title="Report that the directive cannot be carried out",
        sources=REPORTED,
        roles=(CONTACT, OFFICER),
        fields=(
            ISP,
            Field("why", "Why", Kind.CHOICE, CANNOT),
            Field("reason", "What is in the way, and until when", Kind.PROSE),
        ),
        at_isp=to_be_done,
        change=changes.at_provider(changes.impossible),
        basis=WITHIN,
    ),
    Transition(
        id="Tix",
        act="isp-reported-late",
        title="Record a report about an order that is over",
        sources=REPORTED,
        roles=(CONTACT, OFFICER),
        fields=(ISP, Field("order", "Which order", Kind.CHOICE, ("block", "restore")), *DONE),
        at_isp=over,
        checks=(rules.not_in_the_future("applied_at"),),
        basis=WITHIN,
    ),
    Transition(
        id="Tiu",
        act="isp-not-delivered",
        title="No receipt came from the provider within an hour",
        sources=DIRECTED,
        roles=(SYSTEM,),
        fields=(ISP,),
        at_isp=never_acknowledged,
        change=changes.at_provider(changes.not_delivered),
        basis=WITHIN,
    ),
    Transition(
        id="Tio",
        act="isp-overdue",
        title="The provider's time is over",
        sources=DIRECTED,
        roles=(SYSTEM,),
        fields=(ISP,),
        at_isp=late,
        change=changes.at_provider(changes.overdue),
        basis=WITHIN,
    ),
    Transition(
        id="Tip",
        act="isp-probe",
        title="The provider's resolvers were asked",
        sources=DIRECTED,
        roles=(SYSTEM,),
        fields=(ISP, Field("asked", "Questions asked"), Field("led", "Answers that led to the page")),
        at_isp=in_force,
        change=changes.at_provider(changes.probed),
        basis=WITHIN,
    ),
    Transition(
        id="Tij",
        act="isp-joined",
        title="A provider came since; it is to block too",
        sources=BLOCKED,
        roles=(SYSTEM,),
        fields=(ISP, Field("onboarding", "Onboarding directive"), CARRIED),
        checks=(not_ordered,),
        change=changes.joined,
        basis=WITHIN,
    ),
    Transition(
        id="Til",
        act="isp-left",
        title="The provider is none any more",
        sources=REPORTED,
        roles=(SYSTEM,),
        fields=(ISP,),
        at_isp=in_force,
        change=changes.at_provider(changes.left),
        basis=WITHIN,
    ),
)
