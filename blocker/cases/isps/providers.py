"""The clocks of the providers, and what their resolvers report: the system's own steps about each of them.

Keeps true: a step follows from what stands in the store and from the time, so that after a kill the next look takes it;
a report of a signed version counts for each directive that this version carries. Nothing here moves a case (outbox.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.agenda import Agenda
from blocker.cases.case import SYSTEM
from blocker.cases.isps.acknowledgements import Acknowledgements, Reported
from blocker.cases.isps.onboardings import Onboarding, Onboardings
from blocker.cases.isps.order import Served, current
from blocker.cases.isps.roster import Roster
from blocker.cases.own_steps import Step, take
from blocker.cases.steps import isp as steps_isp
from blocker.cases.store import Store
from blocker.cases.terms import Terms

Wanted = tuple[str, Mapping[str, str]]
"""An act and its data."""


@dataclass(slots=True)
class Providers:
    """Looks after the orders of which something follows: from the time, or from what resolvers report."""

    store: Store
    step: Step
    now: Callable[[], datetime]
    terms: Callable[[], Terms]
    """Which are today's providers."""
    roster: Roster

    async def tick(self) -> None:
        """Take every step that is due."""
        isps = frozenset(isp.id for isp in self.terms().isps)
        await self.roster.tick(isps)
        whole = await self._onboardings()
        told = {number: "done" if each.order.applied_at else "receipt" for number, each in whole.items()}
        received = {number: what for number, what in told.items() if whole[number].order.delivered_at}
        for case_id, concerned in (await Agenda(self.store).orders(isps, self.now(), received)).items():
            case = await self.store.case(case_id)
            for served in () if case is None else current(case.served):
                if served.isp in concerned and served.open:
                    for act, data in await self._wanted(served, whole.get(served.onboarding or ""), isps):
                        await take(self.step, case_id, act, {"isp": served.isp, **data})

    async def _onboardings(self) -> Mapping[str, Onboarding]:
        """Return the onboarding directives, by number, after what is due of each was recorded."""
        known = Onboardings(self.store)
        for each in await known.all():
            if each.order.open:
                for act, data in due(each.order, await self._reported(each.order), self.now()):
                    await known.record(each, act, SYSTEM, data, self.now())
        return {each.document: each for each in await known.all()}

    async def _wanted(self, served: Served, whole: Onboarding | None, isps: frozenset[str]) -> Sequence[Wanted]:
        if served.isp not in isps:
            return (("isp-left", {}),)
        told = () if whole is None else tuple(as_told(served, whole))
        return told or tuple(due(served, await self._reported(served), self.now()))

    async def _reported(self, served: Served) -> Sequence[Reported]:
        reports = Acknowledgements(self.store)
        return await reports.since(served.isp, served.list, served.serial, self.now()) if served.list else ()


def as_told(served: Served, whole: Onboarding) -> Iterator[Wanted]:
    """Yield the steps that what was recorded of an onboarding directive makes of one of its orders."""
    at = whole.order
    if at.delivered_at is not None and served.delivered_at is None:
        how = f"as recorded of the onboarding directive {whole.document}"
        yield "isp-received", {"received_at": at.delivered_at.isoformat(), "how": how}
    if at.applied_at is not None and served.applied_at is None:
        yield "isp-applied", {"applied_at": at.applied_at.isoformat(), "where": at.where or ""}


def due(served: Served, reported: Sequence[Reported], now: datetime) -> Iterator[Wanted]:
    """Yield the steps that the reports of a provider's resolvers, and the time, make of its order."""
    there = [each for each in reported if each.serial >= served.serial]
    if there and served.delivered_at is None:
        first = min(there, key=lambda each: each.received_at)
        instant = max(served.issued_at, first.received_at)
        yield "isp-received", {"received_at": instant.isoformat(), "how": _said(first)}
    if there and len(there) == len(reported):
        # A provider's own clock may be wrong: before the order, or after its report came, nothing was carried out.
        claimed = (max(served.issued_at, min(each.in_force_at, each.received_at)) for each in there)
        where = "\n".join(map(_said, there))
        yield "isp-applied", {"applied_at": max(claimed).isoformat(), "where": where}
        return
    if steps_isp.never_acknowledged(served, now) is None and not there:
        yield "isp-not-delivered", {}
    if steps_isp.late(served, now) is None:
        yield "isp-overdue", {}


def _said(report: Reported) -> str:
    return f"{report.resolver}: version {report.serial} in force"
