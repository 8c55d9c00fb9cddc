"""Looks at the providers' own resolvers: is a directive carried out there, name by name?

Keeps true: only what a resolver answered counts, silence shows nothing; a look is recorded where it found something
else than the last one. It proves what a resolver says to us, and nothing about people who ask another one.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from blocker.addresses import Address
from blocker.cases.agenda import Agenda
from blocker.cases.case import Case
from blocker.cases.isps.order import Served, current
from blocker.cases.own_steps import Step, take
from blocker.cases.steps.isp import DIRECTED
from blocker.cases.store import Store
from blocker.cases.terms import Terms
from blocker.dns.ask import ask
from blocker.dns.codes import Type
from blocker.errors import RedhandError, UpstreamError, WireError

log = logging.getLogger("redhand.cases")

EVERY = 900.0
"""Seconds between two rounds."""

PATIENCE = 2.0
"""Seconds for one answer."""

AT_ONCE = 20
"""Questions under way at a time."""


@dataclass(slots=True)
class Prober:
    """Asks, for each provider that has told of its resolvers, about each name that it was told of."""

    store: Store
    step: Step
    terms: Callable[[], Terms]
    """Which resolvers the providers have told of, and where A answers of blocked names lead."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.tick()
            except RedhandError as error:
                log.warning("a round of looks failed reason=%s", error)
            await asyncio.sleep(EVERY)

    async def tick(self) -> None:
        """Take one look everywhere; without any resolver there is nothing to look at."""
        resolvers = {isp.id: isp.resolvers for isp in self.terms().isps if isp.resolvers}
        for case_id in await Agenda(self.store).directed() if resolvers else ():
            case = await self.store.case(case_id)  # as it stands now: a round takes long
            for served in () if case is None or case.state not in DIRECTED else current(case.served):
                if case is not None and served.superseded_at is None and served.isp in resolvers:
                    await self._look(case, served, resolvers[served.isp])

    async def _look(self, case: Case, served: Served, resolvers: Sequence[Address]) -> None:
        asked, led = await look(resolvers, [str(each.name) for each in case.names], self.terms().ipv4)
        known = (served.probe.asked, served.probe.led) if served.probe else (0, 0)
        if not asked or (asked, led) == known:
            return
        await take(self.step, case.id, "isp-probe", {"isp": served.isp, "asked": str(asked), "led": str(led)})


async def look(resolvers: Iterable[Address], names: Sequence[str], page: Collection[IPv4Address]) -> tuple[int, int]:
    """Return how many questions were answered, and how many of the answers led to the page."""
    room, wanted = asyncio.Semaphore(AT_ONCE), {str(address) for address in page}

    async def leads(resolver: Address, name: str) -> bool | None:
        async with room:
            try:
                response = await ask(resolver, name, Type.A, timeout=PATIENCE)
            except (UpstreamError, WireError):
                return None
        return any(kind == "A" and data in wanted for _owner, kind, data in response.answers)

    said = await asyncio.gather(*(leads(resolver, name) for resolver in resolvers for name in names))
    heard = [each for each in said if each is not None]
    return len(heard), sum(heard)
