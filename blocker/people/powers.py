"""What gives power at the desk or takes it, and which two people it takes: the rule alone.

Keeps true: nobody decides alone, nor about themselves. The overseer's office enrols its own; administrators keep all
other accounts. Where an office has fewer than two people beside the one it is about, the other office stands in for
whoever is missing, and for nobody else: so neither office can fill the other, and none is ever locked out for good.
Storing is left to administration.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from blocker.cases.case import Role
from blocker.errors import ForbiddenError, IllegalStepError
from blocker.people.account import Account

OFFICES = frozenset({Role.ADMINISTRATOR, Role.OVERSEER})

INVITED = timedelta(hours=72)
"""How long an invitation can be taken up."""

PAIR = 2


class Power(StrEnum):
    """What can be proposed about an account."""

    OPEN = "open"
    CLOSE = "close"
    REOPEN = "reopen"
    RESET = "reset"
    """Password and factors are taken away; a new invitation leads in."""


INVITING = frozenset({Power.OPEN, Power.REOPEN, Power.RESET})
"""What ends with an invitation, whose halves the two people hand over."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposed about one account, and what became of it."""

    id: int
    power: Power
    target: str
    role: Role
    """Of the account that it is about."""
    isp: str | None
    half: str | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    verdict: str | None


def office_of(role: Role) -> Role:
    """Return which office keeps the accounts of a role."""
    return Role.OVERSEER if role is Role.OVERSEER else Role.ADMINISTRATOR


def demand_proposer(actor: Account, target: str, role: Role, others: Mapping[Role, int]) -> None:
    """Let somebody propose; `others` counts the open accounts of each office beside the one it is about.

    Raises:
        ForbiddenError: not this person.
    """
    if actor.number == target:
        raise ForbiddenError("Nobody decides about their own account.")
    if not _pair_possible(actor.role, role, others):
        raise ForbiddenError("This account is kept by the other office.")


def demand_approver(proposer: Account, actor: Account, proposal: Proposal, others: Mapping[Role, int]) -> None:
    """Let somebody approve what somebody else proposed.

    Raises:
        ForbiddenError: not this person, or not these two.
        IllegalStepError: whoever proposed it holds no account any more.
    """
    if proposer.closed:
        raise IllegalStepError("Whoever proposed this holds no account any more. Refuse it and propose it anew.")
    if proposer.number == actor.number:
        raise ForbiddenError("Another person must approve what you proposed.")
    demand_proposer(actor, proposal.target, proposal.role, others)
    office = office_of(proposal.role)
    if [proposer.role, actor.role].count(office) < min(PAIR, others[office]):
        raise ForbiddenError("The office that keeps this account decides about it, and stands not alone in it.")


def demand_state(power: Power, account: Account | None, administrators: int) -> None:
    """Let a power be used on an account as it is; `administrators` counts the open ones beside it.

    Raises:
        IllegalStepError: if there is nothing to do, or too few administrators would remain.
    """
    if power is Power.OPEN:
        if account is not None:
            raise IllegalStepError("There is an account of this number already.")
        return
    if account is None or account.closed != (power is Power.REOPEN):
        raise IllegalStepError("This account is not in the state that this would change.")
    if power is Power.CLOSE and account.role is Role.ADMINISTRATOR and administrators < PAIR:
        raise IllegalStepError("Two administrators must remain.")


def demand_setter(actor: Account, offices: Mapping[Role, int], *, overseers: bool) -> None:
    """Let somebody propose or refuse settings; `offices` counts open accounts, `overseers`: see demand_setters.

    Raises:
        ForbiddenError: not this person.
    """
    if not (_pair_possible(actor.role, Role.ADMINISTRATOR, offices) or (overseers and actor.role is Role.OVERSEER)):
        raise ForbiddenError("The administrators keep the settings.")


def demand_setters(proposer: Account, actor: Account, offices: Mapping[Role, int], *, overseers: bool) -> None:
    """Let somebody approve the settings that somebody else proposed.

    Two administrators do, as far as there are two. Where the overseer's own address changes (`overseers`), it is one
    of them and one of the overseer's office: whoever is watched does not alone decide where the watch is told.

    Raises:
        ForbiddenError: not this person, or not these two.
        IllegalStepError: whoever proposed it holds no account any more.
    """
    if proposer.closed:
        raise IllegalStepError("Whoever proposed this holds no account any more. Refuse it and propose it anew.")
    if proposer.number == actor.number:
        raise ForbiddenError("Another person must approve what you proposed.")
    demand_setter(actor, offices, overseers=overseers)
    wanted = {Role.ADMINISTRATOR: 1, Role.OVERSEER: 1} if overseers else {Role.ADMINISTRATOR: PAIR}
    pair = [proposer.role, actor.role]
    if any(pair.count(office) < min(count, offices[office]) for office, count in wanted.items()):
        raise ForbiddenError("These two cannot decide it together: see who keeps which settings.")


def _pair_possible(actor: Role, role: Role, others: Mapping[Role, int]) -> bool:
    return actor in OFFICES and (actor is office_of(role) or others[office_of(role)] < PAIR)
