"""The clocks of the providers, and what their resolvers report: the system's own steps about each of them.

Keeps true: a step follows from what stands in the store and from the time, so that after a kill the next look takes it;
a report of a signed version counts for each directive that this version carries. Nothing here moves a case (outbox.py).
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocker.cases import steps_isp
from blocker.cases.acknowledgements import Acknowledgements, Reported
from blocker.cases.agenda import Agenda
from blocker.cases.case import Case
from blocker.cases.isp import Served, current
from blocker.cases.store import Store
from blocker.cases.terms import Terms
from blocker.errors import IllegalStepError, RedhandError

log = logging.getLogger("redhand.cases")

Step = Callable[[str, str, Mapping[str, str], str | None], Awaitable[object]]
"""Takes a step of the system: case id, act, data, and the id of the effect that it completes."""

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

    async def tick(self) -> None:
        """Take every step that is due."""
        reports = Acknowledgements(self.store)
        for case_id, isps in (await Agenda(self.store).orders(self._isps, self.now())).items():
            case = await self.store.case(case_id)
            for served in () if case is None else current(case.served):
                if case is not None and served.isp in isps and served.open:
                    await self._look_after(case, served, await self._reported(reports, served))

    @property
    def _isps(self) -> frozenset[str]:
        return frozenset(isp.id for isp in self.terms().isps)

    async def _reported(self, reports: Acknowledgements, served: Served) -> Sequence[Reported]:
        return await reports.since(served.isp, served.list, served.serial, self.now()) if served.list else ()

    async def _look_after(self, case: Case, served: Served, reported: Sequence[Reported]) -> None:
        gone: Sequence[Wanted] = () if served.isp in self._isps else (("isp-left", {}),)
        for act, data in gone or due(served, reported, self.now()):
            try:
                await self.step(case.id, act, {"isp": served.isp, **data}, None)
            except IllegalStepError:
                log.info("step passed over case=%s act=%s reason=somebody acted meanwhile", case.id, act)
            except Exception as error:  # one provider must not stop the others
                log.warning("step failed case=%s act=%s", case.id, act, exc_info=not isinstance(error, RedhandError))


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
