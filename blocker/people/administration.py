"""Two people for what gives power: proposals about accounts, their approval, and what follows from it.

Keeps true: a proposal, its decision and the change that it makes are one transaction with their entry in the ledger, by
number and never by name; of an account at most one proposal is pending; whoever is invited is handed two halves by two
people, so that neither of them can take the account. Which two it takes is left to powers.py.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from blocker.cases.case import Role, entry
from blocker.cases.rows import Row
from blocker.cases.store import Store
from blocker.errors import FormError, IllegalStepError
from blocker.people import powers
from blocker.people.account import Account, faults
from blocker.people.accounts import Accounts
from blocker.people.powers import INVITED, INVITING, Power, Proposal

_HALF_BYTES = 10
_FIRST = 2
"""Administrators that are made at once: one alone could do nothing."""

Change = tuple[str, Sequence[Any]]


class Administration:
    """Proposals about the accounts of one store; `now` is the ledger's time, `wall` that of invitations."""

    def __init__(self, store: Store, accounts: Accounts, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._accounts = accounts
        self._wall = wall

    async def first(self, numbers: Sequence[str], now: datetime) -> Mapping[str, tuple[str, str]]:
        """Make the first two administrators, once; return the two halves of each one's invitation.

        Raises:
            FormError: if these are not two numbers.
            IllegalStepError: if there is an administrator, open or closed.
        """
        if len(set(numbers)) != _FIRST or any(faults(number, Role.ADMINISTRATOR, None) for number in numbers):
            raise FormError({"number": "give two numbers of the form admin-001, one for each of two people"})
        halves = {number: (_half(), _half()) for number in numbers}
        changes: list[Change] = []
        for number in numbers:
            sql = (
                "INSERT INTO accounts (number, role, created_at, invited_at) SELECT ?, 'administrator', ?, ? "
                "WHERE (SELECT count(*) FROM accounts WHERE role = 'administrator') < ? ON CONFLICT DO NOTHING"
            )
            at = self._wall().isoformat()
            changes += [(sql, (number, at, at, numbers.index(number) + 1)), self._invite(number, *halves[number])]
        both = " ".join(numbers)
        made = entry("accounts", "first-administrators", _OPERATOR.actor, now, {"accounts": both})
        if not await self._store.note(made, *changes):
            raise IllegalStepError("There is an administrator already; accounts are proposed at the desk.")
        return halves

    async def propose(
        self,
        power: Power,
        target: str,
        actor: Account,
        now: datetime,
        *,
        role: Role | None = None,
        isp: str | None = None,
    ) -> str | None:
        """Propose something about an account; return the proposer's half of the invitation, if it ends with one.

        Raises:
            FormError, ForbiddenError, IllegalStepError: nothing was changed.
        """
        account = await self._accounts.account(target)
        if power is Power.OPEN and role is not None and (problems := faults(target, role, isp)):
            raise FormError(problems)
        about = account.role if account else role
        if about is None:
            raise IllegalStepError("There is no such account.")
        others = await self._others(target)
        powers.demand_proposer(actor, target, about, others)
        powers.demand_state(power, account, others[Role.ADMINISTRATOR])
        half = _half() if power in INVITING else None
        sql = (
            "INSERT INTO proposals (power, target, role, isp, half, proposed_by, proposed_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        values = (power, target, about, isp, half and _hash(half), actor.number, now.isoformat())
        data = {"role": about, **({"isp": isp} if isp else {})}
        if not await self._store.note(entry(target, f"{power}-proposed", actor.actor, now, data), (sql, values)):
            raise IllegalStepError("Something else is proposed about this account already. Decide that first.")
        return half

    async def approve(self, number: int, actor: Account, now: datetime) -> str | None:
        """Carry out what somebody else proposed; return the approver's half of the invitation, if it ends with one.

        Raises:
            ForbiddenError, IllegalStepError: nothing was changed.
        """
        proposal = await self._pending(number)
        proposer = await self._accounts.account(proposal.proposed_by)
        if proposer is None:
            raise RuntimeError("accounts are never deleted")
        others = await self._others(proposal.target)
        powers.demand_approver(proposer, actor, proposal, others)
        powers.demand_state(proposal.power, await self._accounts.account(proposal.target), others[Role.ADMINISTRATOR])
        half = _half() if proposal.half else None
        changes = [self._carried_out(proposal)]
        if proposal.half and half:
            sql, values = self._invite(proposal.target, "", half)
            changes.append((sql, (values[0], proposal.half, *values[2:])))
        await self._decide(proposal, "approve", actor, now, changes)
        return half

    async def refuse(self, number: int, actor: Account, now: datetime) -> None:
        """Refuse a proposal, or take one's own back.

        Raises:
            ForbiddenError, IllegalStepError: nothing was changed.
        """
        proposal = await self._pending(number)
        if actor.number != proposal.proposed_by:
            powers.demand_proposer(actor, proposal.target, proposal.role, await self._others(proposal.target))
        await self._decide(proposal, "refuse", actor, now, [])

    async def pending(self) -> tuple[Proposal, ...]:
        """Return what waits for a decision, the oldest first."""
        found = await self._store.fetch("SELECT * FROM proposals WHERE verdict IS NULL ORDER BY id")
        return tuple(map(_proposal, found))

    async def decided(self, count: int) -> tuple[Proposal, ...]:
        """Return the last decisions, the newest first."""
        sql = "SELECT * FROM proposals WHERE verdict IS NOT NULL ORDER BY decided_at DESC, id DESC LIMIT ?"
        return tuple(map(_proposal, await self._store.fetch(sql, (count,))))

    async def proposal(self, number: int) -> Proposal | None:
        """Return one proposal."""
        found = await self._store.fetch("SELECT * FROM proposals WHERE id = ?", (number,))
        return _proposal(found[0]) if found else None

    async def _pending(self, number: int) -> Proposal:
        found = await self.proposal(number)
        if found is None or found.verdict is not None:
            raise IllegalStepError("This proposal has been decided meanwhile.")
        return found

    async def _decide(
        self, proposal: Proposal, verdict: str, actor: Account, now: datetime, changes: Sequence[Change]
    ) -> None:
        sql = (
            "UPDATE proposals SET verdict = ?, decided_by = ?, decided_at = ? WHERE id = ? AND verdict IS NULL "
            # the pair is looked at once more where nobody can come between
            "AND (SELECT closed_at IS NULL FROM accounts WHERE number = ?)"
        )
        taken = (sql, (verdict, actor.number, now.isoformat(), proposal.id, actor.number))
        done = f"{proposal.power}-{'approved' if verdict == 'approve' else 'refused'}"
        data = {"role": proposal.role, "proposed_by": proposal.proposed_by, "proposal": str(proposal.id)}
        if not await self._store.note(entry(proposal.target, done, actor.actor, now, data), taken, *changes):
            raise IllegalStepError("This proposal has been decided meanwhile.")

    def _carried_out(self, proposal: Proposal) -> Change:
        at = self._wall().isoformat()
        if proposal.power is Power.OPEN:
            sql = (
                "INSERT INTO accounts (number, role, isp, created_at, invited_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING"
            )
            return sql, (proposal.target, proposal.role, proposal.isp, at, at)
        if proposal.power is Power.CLOSE:
            return "UPDATE accounts SET closed_at = ? WHERE number = ? AND closed_at IS NULL", (at, proposal.target)
        closed = "NOT NULL" if proposal.power is Power.REOPEN else "NULL"
        sql = f"UPDATE accounts SET invited_at = ?, closed_at = NULL WHERE number = ? AND closed_at IS {closed}"  # noqa: S608
        return sql, (at, proposal.target)

    def _invite(self, number: str, first: str, second: str) -> Change:
        sql = "INSERT INTO invitations VALUES (?, ?, ?, ?)"
        return sql, (number, _hash(first), _hash(second), (self._wall() + INVITED).isoformat())

    async def _others(self, target: str) -> Mapping[Role, int]:
        accounts = await self._accounts.all()
        return Counter(each.role for each in accounts if not each.closed and each.number != target)


_OPERATOR = Account("system", Role.SYSTEM)


def _half() -> str:
    return secrets.token_hex(_HALF_BYTES)


def _hash(half: str) -> str:
    return hashlib.sha256(half.encode()).hexdigest()


def _proposal(row: Row) -> Proposal:
    return Proposal(
        id=row["id"],
        power=Power(row["power"]),
        target=row["target"],
        role=Role(row["role"]),
        isp=row["isp"],
        half=row["half"],
        proposed_by=row["proposed_by"],
        proposed_at=datetime.fromisoformat(row["proposed_at"]),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"] and datetime.fromisoformat(row["decided_at"]),
        verdict=row["verdict"],
    )
