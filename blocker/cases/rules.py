"""The guards of the procedure: one function a rule, each with the reason that a person reads.

Two kinds. A *readiness* rule needs only the case, who acts and the time: it decides whether an act is offered, and its
`Bar` says what is missing and, where only a clock is, until when. A *check* needs what was entered or the list as it
stands: it raises. Which rules stand before which step is the table's business (workflow.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocker.blocklist.entry import Scope
from blocker.cases.case import Actor, Case, CaseName, Role
from blocker.cases.context import Context
from blocker.cases.drafts import proposed
from blocker.cases.isps.order import Served, current
from blocker.errors import FormError, IllegalStepError


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a step cannot be taken now; `until` is the instant that alone would remove it, if there is one."""

    reason: str
    until: datetime | None = None
    forbidden: bool = False
    """True if it is about the person: somebody else could act."""
    moot: bool = False
    """True if nobody expects the step here: it is no step that waits."""


Readiness = Callable[[Case, Actor, datetime], Bar | None]
Check = Callable[[Case | None, Mapping[str, str], datetime, Context], None]
AtProvider = Callable[[Served, datetime], str | None]
"""Says why a step about one provider is not possible where that provider stands; None if it is."""


def one_role_a_case(case: Case, actor: Actor, _now: datetime) -> Bar | None:
    """Nobody approves what they proposed, nor holds two roles in one case, whatever became of their account since."""
    before = {
        Role.OFFICER: (*case.approvers, *case.overseers),
        Role.APPROVER: (*case.officers, *case.overseers),
        Role.OVERSEER: (*case.officers, *case.approvers),
    }.get(actor.role, ())
    if actor.number in before:
        return Bar("You have acted in this case in another role. Another person must do this.", forbidden=True)
    return None


def receipt_proved(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """The clock starts at proved receipt: no receipt, no deadline."""
    return Bar("The owner's receipt of the request is not recorded yet.") if case.clock_start is None else None


def statements_answered(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Whoever spoke is answered before anything is decided against them."""
    return Bar("The owner said something that is not answered yet.") if case.statements else None


def owner_time_over(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """LCEN art. 6-1 §2: twenty-four hours without removal, elapsed; at the deadline itself they are over."""
    if case.deadline is not None and now < case.deadline:
        return Bar("The owner's 24 hours are running.", until=case.deadline)
    return None


def verified_fresh(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """The content was seen at most 60 minutes ago: an owner who removes it late is not blocked."""
    if case.verified_at is None or case.fresh_until is None:
        return Bar("The content must first be verified to be still there.")
    if case.deadline is not None and case.verified_at < case.deadline:  # a receipt was corrected since
        return Bar("The last verification lies before the end of the owner's 24 hours. Repeat it.")
    if now > case.fresh_until:
        return Bar("The last verification is more than 60 minutes old. Repeat it.")
    return None


def lift_not_proposed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """One proposal at a time: the approver must know which reasons are approved."""
    return Bar("A lift is proposed already and waits for approval.") if case.lift else None


def lift_proposed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be something to approve or refuse."""
    return None if case.lift else Bar("No lift is proposed.", moot=True)


def directive_proposed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There must be a directive to approve: an officer proposes it, as a file."""
    return None if proposed(case) else Bar("No directive is proposed yet.")


def committed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """A version in force can hold the directive only once the commit is recorded."""
    return None if case.commit else Bar("The commit to the list is not recorded yet.")


def lift_committed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """A version in force without the directive means a lift only once the removal is recorded."""
    return None if case.lift_commit else Bar("The removal from the list is not recorded yet.")


def was_decided(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """There is a directive that was decided."""
    return None if case.issued_at else Bar("No directive was ever decided in this case.", moot=True)


def never_decided(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """No directive was ever decided in this case."""
    return Bar("A directive was decided in this case.", moot=True) if case.issued_at else None


def annulled(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """A court has annulled the directive."""
    return None if case.annulment else Bar("No court has annulled this.", moot=True)


def not_annulled(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """No court has annulled the directive."""
    return Bar("A court has annulled this.", moot=True) if case.annulment else None


def withdrawn(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Restored means: first of all, gone from the list in force."""
    return None if case.withdrawn_at else Bar("The list in force still holds the directive.")


def isps_settled(case: Case, _actor: Actor, now: datetime) -> Bar | None:
    """Every ISP has carried it out, or its own time is over; those that were never directed have nothing to do."""
    if all(each.settled(now) for each in current(case.served)):
        return None
    return Bar("The ISPs' 24 hours are running.", until=case.isp_deadline)


def served_at(case: Case | None, data: Mapping[str, str]) -> Served:
    """Return the last order to the provider that `isp` names.

    Raises:
        FormError: if it was never told.
    """
    known = {each.isp: each for each in current(case.served)} if case else {}
    if data["isp"] not in known:
        raise FormError({"isp": "this provider was not told of the directive"})
    return known[data["isp"]]


def ground_exists(_case: Case | None, data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """Every case has one of the list's grounds: what has no ground in law is no case."""
    if data["ground"] not in context.list.grounds:
        raise FormError({"ground": f"choose one of: {', '.join(context.list.grounds)}"})


def not_in_the_future(field: str) -> Check:
    """Return the check that the instant in this field has come."""

    def check(_case: Case | None, data: Mapping[str, str], now: datetime, _context: Context) -> None:
        """Only what has happened is recorded."""
        if datetime.fromisoformat(data[field]) > now:
            raise FormError({field: "this instant is still to come"})

    return check


def receipt_in_order(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """A receipt follows the request; a correction may only give the owner more time, never less."""
    received = datetime.fromisoformat(data["received_at"])
    if case is None or case.asked_at is None or received < case.asked_at:
        raise FormError({"received_at": "the request cannot have been received before it was made"})
    if case.receipt_at is not None and received <= case.receipt_at:
        raise FormError({"received_at": "an earlier receipt is recorded; a correction must be later than that one"})


def verified_in_order(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """What was seen before the owner's time was over proves nothing about the end of it."""
    seen = datetime.fromisoformat(data["verified_at"])
    if case is None or case.deadline is None or seen < case.deadline:
        raise FormError({"verified_at": "this lies before the end of the owner's 24 hours"})
    if case.verified_at is not None and seen <= case.verified_at:
        raise FormError({"verified_at": "a verification at or after that instant is recorded already"})


def verified_later(case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """Only a later look tells more than the one that is recorded."""
    if (
        case is not None
        and case.verified_at is not None
        and datetime.fromisoformat(data["verified_at"]) <= case.verified_at
    ):
        raise FormError({"verified_at": "a verification at or after that instant is recorded already"})


def no_court_bars(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What a court stays is not listed anew until the stay ends; what it annulled, not without new facts."""
    if case is None:
        return
    for other in context.barring:
        if other.id == case.id or other.ground != case.ground or not _meet(case.names, other.names):
            continue
        if other.annulment is None:
            raise IllegalStepError(f"Case {other.id} is stayed: its names must not be blocked before the stay ends.")
        if case.new_facts_at is None:
            raise IllegalStepError(
                f"A court annulled case {other.id}: its names must not be blocked without new facts."
            )


def _meet(names: Sequence[CaseName], others: Sequence[CaseName]) -> bool:
    """True if a name of the one is a name of the other, or lies below one that reaches down."""
    return any(_covers(one, other) or _covers(other, one) for one in names for other in others)


def _covers(above: CaseName, below: CaseName) -> bool:
    return above.name == below.name or (above.scope is Scope.DOMAIN and above.name in below.name.ancestors())


def list_takes_the_names(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """The list's own guards decide, before people have spent their work on it and again before the commit."""
    if context.refusals:
        raise IllegalStepError(f"The list would refuse this: {'; '.join(context.refusals)}.")


def file_as_proposed(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What is approved is the file that was proposed: changed since, it must be looked at and proposed anew."""
    covered = None if case is None else proposed(case)
    if covered is not None and context.draft not in {None, covered}:
        raise IllegalStepError(
            "The directive's file was changed after it was proposed, so the proposal no longer covers it. "
            "An officer must propose it anew."
        )


def overseer_is_told(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """Outside a trial nobody is asked or blocked without an overseer who hears of it at once; a lift never waits."""
    if context.letterhead.overseer is None and not context.list.trial:
        raise IllegalStepError("No overseer is named (admin.overseer), so nobody may be asked or blocked.")


def list_takes_commits(_case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """A plain directory is built as it stands: a directive that could never be listed must not be approved."""
    if not context.list.committable:
        raise IllegalStepError(
            "The list is a plain directory, not a git work tree. It is served as it stands and never committed to, "
            "so no directive can be approved here."
        )


def proposer_in_office(case: Case | None, _data: Mapping[str, str], _now: datetime, context: Context) -> None:
    """What somebody proposed whose account was closed since is void (LEGAL §6c); what they decided stands."""
    pending = None if case is None else case.review.pending
    authors = {None if case is None else case.proposed_by, None if pending is None else pending.proposed_by}
    if authors & context.revoked:
        raise IllegalStepError(
            "Whoever proposed this holds no account any more. Another officer must take it over, or propose it anew."
        )


BEFORE_A_BLOCK: tuple[Check, ...] = (
    *(proposer_in_office, file_as_proposed, overseer_is_told, list_takes_commits, list_takes_the_names),
    no_court_bars,
)
"""What the world must say before a directive is approved, by whatever road the case came."""
