"""Two people for the settings of the procedure: what the configuration file says, one proposes and another approves.

Keeps true: what is approved is what was proposed and what the file still says; the proposal, the decision and the
letters that tell the overseer are each one transaction with their entry in the ledger, which alone says what is in
force (blocker/cases/agreed.py); at most one proposal is pending. Which two people it takes is left to powers.py.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.agreed import APPROVED, PROPOSED, REFUSED, recorded
from blocker.cases.case import Role, entry
from blocker.cases.store import Issue, Store
from blocker.cases.terms import ABOUT, Terms, changes, touches_overseer
from blocker.errors import IllegalStepError
from blocker.people import powers
from blocker.people.account import Account
from blocker.people.accounts import Accounts


@dataclass(frozen=True, slots=True)
class Offer:
    """Settings that somebody proposed and nobody has decided on."""

    id: int
    terms: Terms
    proposed_by: str
    proposed_at: datetime


class Agreement:
    """Proposals about the settings of one store; `now` is the ledger's time."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    async def pending(self) -> Offer | None:
        """Return what waits for a second person."""
        found = await self._store.fetch("SELECT * FROM settings_proposals WHERE verdict IS NULL")
        if not found:
            return None
        row = found[0]
        at = datetime.fromisoformat(row["proposed_at"])
        return Offer(row["id"], Terms.read(row["terms"]), row["proposed_by"], at)

    async def propose(self, actor: Account, now: datetime, *, offered: Terms, standing: Terms, issue: Issue) -> None:
        """Propose what the file says in place of what stands.

        Raises:
            ForbiddenError, IllegalStepError: nothing was changed.
        """
        changed = changes(standing, offered)
        powers.demand_setter(actor, await self._offices(), overseers=touches_overseer(changed))
        if not changed:
            raise IllegalStepError("The configuration file says what is in force: there is nothing to propose.")
        sql = "INSERT INTO settings_proposals (terms, proposed_by, proposed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        values = (offered.text(), actor.number, now.isoformat())
        made = entry(ABOUT, PROPOSED, actor.actor, now, recorded(offered))
        if not await self._store.note(made, (sql, values), issue=issue):
            raise IllegalStepError("Settings are proposed already. Decide on those first.")

    async def approve(
        self, number: int, actor: Account, now: datetime, *, offered: Terms, standing: Terms, issue: Issue
    ) -> None:
        """Approve what somebody else proposed, if it is what the file still says; it is in force from here on.

        Raises:
            ForbiddenError, IllegalStepError: nothing was changed.
        """
        offer = await self._pending(number)
        proposer = await self._accounts.account(offer.proposed_by)
        if proposer is None:
            raise RuntimeError("accounts are never deleted")
        overseers = touches_overseer(changes(standing, offer.terms))
        powers.demand_setters(proposer, actor, await self._offices(), overseers=overseers)
        if changes(offer.terms, offered):
            raise IllegalStepError(
                "The configuration file says something else by now. Refuse this and propose it anew."
            )
        data = {**recorded(offer.terms), "proposed_by": offer.proposed_by, "proposal": str(offer.id)}
        await self._decide(offer, "approve", actor, now, (APPROVED, data), issue=issue)

    async def refuse(self, number: int, actor: Account, now: datetime, *, standing: Terms) -> None:
        """Refuse a proposal, or take one's own back.

        Raises:
            ForbiddenError, IllegalStepError: nothing was changed.
        """
        offer = await self._pending(number)
        if actor.number != offer.proposed_by:
            overseers = touches_overseer(changes(standing, offer.terms))
            powers.demand_setter(actor, await self._offices(), overseers=overseers)
        data = {"sha256": recorded(offer.terms)["sha256"], "proposed_by": offer.proposed_by, "proposal": str(offer.id)}
        await self._decide(offer, "refuse", actor, now, (REFUSED, data))

    async def _pending(self, number: int) -> Offer:
        offer = await self.pending()
        if offer is None or offer.id != number:
            raise IllegalStepError("This proposal has been decided meanwhile.")
        return offer

    async def _decide(
        self,
        offer: Offer,
        verdict: str,
        actor: Account,
        now: datetime,
        what: tuple[str, Mapping[str, str]],
        *,
        issue: Issue | None = None,
    ) -> None:
        sql = (
            "UPDATE settings_proposals SET verdict = ?, decided_by = ? WHERE id = ? AND verdict IS NULL "
            # that they hold an account is looked at once more where nobody can come between
            "AND (SELECT count(*) FROM accounts WHERE number IN (?, ?) AND closed_at IS NULL) = ?"
        )
        people = (actor.number, offer.proposed_by if verdict == "approve" else actor.number)
        done = entry(ABOUT, what[0], actor.actor, now, what[1])
        taken = (sql, (verdict, actor.number, offer.id, *people, len(set(people))))
        if not await self._store.note(done, taken, issue=issue):
            raise IllegalStepError("This proposal has been decided meanwhile.")

    async def _offices(self) -> Mapping[Role, int]:
        return Counter(each.role for each in await self._accounts.all() if not each.closed)
