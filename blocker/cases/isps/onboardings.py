"""Onboarding directives: the one document that tells a new provider of all that is in force, and what came of it.

Keeps true: it has a number, a hash and its own clock from its own receipt, like any order (order.py), and all that
is recorded of it stands in the ledger under the provider's id. What follows for each case's own order to that provider
is left to providers.py; who needs one, to roster.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from blocker.cases import documents, forms
from blocker.cases.case import SYSTEM, Actor, Case, Document, Event, Role, entry
from blocker.cases.context import Context, Recipient
from blocker.cases.isps import changes as changes_isp
from blocker.cases.isps.order import Order, Served
from blocker.cases.store import Issue, Store
from blocker.cases.table import BY_ACT
from blocker.errors import ForbiddenError, FormError, IllegalStepError

ISSUED = "onboarding"

RECORDED: Mapping[str, changes_isp.AtServed] = {
    "isp-received": changes_isp.received,
    "isp-applied": changes_isp.applied,
    "isp-not-delivered": changes_isp.not_delivered,
    "isp-overdue": changes_isp.overdue,
    "isp-left": changes_isp.left,
}
"""What may be recorded of an onboarding directive, by rows of the table: as of a single order, for all that it has."""

_INSTANTS = ("received_at", "applied_at")


@dataclass(frozen=True, slots=True)
class Onboarding:
    """One such directive: its document's number, the directives in it, and the order that it is as a whole."""

    document: str
    directives: frozenset[str]
    order: Served

    def acts(self, actor: Actor, now: datetime) -> tuple[str, ...]:
        """Return what this person may record of it now."""
        mine = actor.role is not Role.ISP or actor.isp == self.order.isp
        return tuple(act for act in RECORDED if mine and actor.role in BY_ACT[act].roles and not self.bar(act, now))

    def bar(self, act: str, now: datetime) -> str | None:
        """Say why this cannot be recorded now; None if it can."""
        judge = BY_ACT[act].at_isp
        return None if judge is None else judge(self.order, now)


class Onboardings:
    """Those in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, isp: str) -> Mapping[str, Onboarding]:
        """Return a provider's onboarding directives by number, the newest last."""
        numbers = {letter.sha256: letter.number for letter in await self._store.documents(isp)}
        return _read(await self._store.events(isp), numbers)

    async def all(self) -> Sequence[Onboarding]:
        """Return those of all providers that were ever told by one."""
        sql = "SELECT DISTINCT case_id AS isp FROM events WHERE transition = ? ORDER BY isp"
        isps = [row["isp"] for row in await self._store.fetch(sql, (ISSUED,))]
        return [each for isp in isps for each in (await self.of(isp)).values()]

    async def issue(
        self, isp: Recipient, cases: Sequence[Case], version: Mapping[str, str], context: Context, now: datetime
    ) -> None:
        """Tell a provider of these cases' directives; `version` is the list in force that holds them."""

        def write(event: Event, first: int) -> Sequence[Document]:
            return documents.onboarding(isp, cases, event, context, first)

        held = {"directives": " ".join(case.directive or "" for case in cases), **version}
        told = replace(entry(isp.id, ISSUED, SYSTEM, now, held), legal_basis=BY_ACT["isp-joined"].basis)
        await self._store.note(told, issue=Issue(context.list.local(now).year, write))

    async def record(self, about: Onboarding, act: str, actor: Actor, data: Mapping[str, str], now: datetime) -> None:
        """Record what is said of an onboarding directive, or what a clock made of it.

        Raises:
            IllegalStepError: it stands elsewhere now.
            ForbiddenError: not this person.
            FormError: what was entered is incomplete or wrong.
        """
        isp = about.order.isp
        if act not in RECORDED:
            raise IllegalStepError("There is no such step.")
        if actor.role not in BY_ACT[act].roles or (actor.role is Role.ISP and actor.isp != isp):
            raise ForbiddenError("A contact speaks for its own provider.")
        entered = forms.clean(BY_ACT[act].fields, {**data, "isp": isp})
        if reason := (await self.of(isp))[about.document].bar(act, now):
            raise IllegalStepError(reason)
        for field in entered.keys() & set(_INSTANTS):
            if not about.order.issued_at <= datetime.fromisoformat(entered[field]) <= now:
                raise FormError({field: "this lies before the directive, or is still to come"})
        told = entry(isp, BY_ACT[act].id, actor, now, {**entered, "onboarding": about.document})
        await self._store.note(replace(told, reason_code=act))


def _read(events: Iterable[Event], numbers: Mapping[str, str]) -> dict[str, Onboarding]:
    """Fold what the ledger has of a provider; of two records of one thing the first counts."""
    found: dict[str, Onboarding] = {}
    for event in events:
        known, act = found.get(event.data.get("onboarding", "")), event.reason_code
        if event.transition == ISSUED:
            number = numbers[event.doc_sha256[0]]
            found[number] = _issued(number, event)
        elif known is not None and not known.bar(act, event.at_utc):
            order = replace(known.order, **RECORDED[act](known.order, event))
            found[known.document] = replace(known, order=order)
    return found


def _issued(number: str, event: Event) -> Onboarding:
    carrier, _, serial = event.data["source"].partition(" ")
    order = Served(isp=event.case, order=Order.BLOCK, issued_at=event.at_utc)
    signed = replace(order, list=carrier, serial=int(serial)) if serial else order
    return Onboarding(number, frozenset(event.data["directives"].split()), signed)
