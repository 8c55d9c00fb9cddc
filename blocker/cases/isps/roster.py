"""Who is a provider today: whoever came is told of all that is in force, whoever left has nothing more to do.

Keeps true: a provider that the settings name has an order of each block in force, by the directive's own letter or by
one onboarding directive for all (LEGAL §6c: no infringement before); one that they name no more has none. It is looked
at when the desk starts and when the providers change; what a kill leaves undone, the next start does. Nothing here
decides anything about a block: two officials have.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from blocker.blocklist.index import Index
from blocker.cases.agenda import Agenda
from blocker.cases.case import SYSTEM, Case
from blocker.cases.context import Context, Recipient
from blocker.cases.isps.acknowledgements import Acknowledgements
from blocker.cases.isps.carried import UNSIGNED, signed_version
from blocker.cases.isps.onboardings import Onboardings
from blocker.cases.own_steps import Step, take
from blocker.cases.store import Store
from blocker.distribution.current import CurrentIndex


@dataclass(slots=True)
class Roster:
    """Compares today's providers with those that the cases know."""

    store: Store
    step: Step
    now: Callable[[], datetime]
    context: Callable[[], Awaitable[Context]]
    current: CurrentIndex
    _compared: frozenset[str] | None = field(default=None, init=False)

    async def tick(self, ids: frozenset[str]) -> None:
        """Take the steps of whoever left and whoever came, unless that is done for these providers."""
        if ids == self._compared:
            return
        await self._leave(ids)
        await asyncio.to_thread(self.current.refresh)
        if self.current.index is None:
            return  # nothing is in force, or it is not known yet in which version
        context = await self.context()
        for isp in context.letterhead.isps:
            await self._join(isp, self.current.index, context)
        self._compared = ids

    async def _leave(self, ids: frozenset[str]) -> None:
        gone = await Agenda(self.store).left(ids)
        for case_id, isp in gone:
            await take(self.step, case_id, "isp-left", {"isp": isp})
        boards = Onboardings(self.store)
        for isp in sorted({isp for _, isp in gone}):
            for each in (await boards.of(isp)).values():
                if each.order.stands:
                    await boards.record(each, "isp-left", SYSTEM, {}, self.now())

    async def _join(self, isp: Recipient, index: Index, context: Context) -> None:
        """Order what is in force; a directive that tells of it all was issued before a kill, or is now."""
        listed = {directive.id for directive in index.directives}
        cases = [case for case in await Agenda(self.store).untold(isp.id) if case.directive in listed]
        if not cases:
            return
        boards = Onboardings(self.store)
        standing = [each for each in (await boards.of(isp.id)).values() if each.order.stands]
        if not standing or not {case.directive for case in cases} <= standing[-1].directives:
            await boards.issue(isp, cases, await self._version(isp, cases, index), context, self.now())
            standing = list((await boards.of(isp.id)).values())
        for case in cases:
            source = await self._source(isp, case, index)
            await take(
                self.step, case.id, "isp-joined", {"isp": isp.id, "onboarding": standing[-1].document, "source": source}
            )

    async def _version(self, isp: Recipient, cases: Iterable[Case], index: Index) -> dict[str, str]:
        """Name the list in force; as providers count it, if one signed list carries all of these cases."""
        sources = {await self._source(isp, case, index) for case in cases}
        source = sources.pop() if len(sources) == 1 else UNSIGNED
        return {"serial": str(index.header.serial), "digest": index.header.digest, "source": source}

    async def _source(self, isp: Recipient, case: Case, index: Index) -> str:
        """Name the version from which on a report of the provider says that it does what it is told now.

        What its resolvers reported before it was a provider, or before it left, proves nothing: the next one counts.
        """
        carrier, _, serial = signed_version(index, case).partition(" ")
        if not serial:
            return carrier
        reached = await Acknowledgements(self.store).reached(isp.id, carrier)
        return f"{carrier} {max(int(serial), reached + 1)}"
