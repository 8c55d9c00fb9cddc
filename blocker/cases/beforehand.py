"""What is read before a step is taken: what the DNS says of its names, and what the list's rules say of them.

Keeps true: nothing here decides; it takes time, so it comes before the transaction in which workflow.py does.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from blocker.addresses import Address
from blocker.cases.candidate import Judgement
from blocker.cases.case import Case, State
from blocker.cases.collateral import Heard
from blocker.cases.context import ListFacts
from blocker.cases.drafts import Draft, proposed
from blocker.cases.forms import parse_names
from blocker.cases.hearing import hear
from blocker.cases.lists import ListView
from blocker.cases.store import Store
from blocker.cases.table import JUDGED, WEIGHED
from blocker.distribution.source import suffixes
from blocker.names import DomainName


class Beforehand:
    """Reads it from one store, one list, and the resolver that the desk asks (None: nobody is asked)."""

    def __init__(self, store: Store, lists: ListView, resolver: Address | None) -> None:
        self._store = store
        self._lists = lists
        self._resolver = resolver

    async def same(self, data: Mapping[str, str]) -> Mapping[DomainName, str]:
        """Return the names of a report that an open case on its ground has already."""
        try:
            names = [each.name for each in parse_names(data.get("names", ""))]
        except ValueError:
            return {}  # the report itself says what is wrong with it
        found = await self._store.open_with(names, data.get("ground", ""))
        return {name: found[name] for name in names if name in found}

    async def barring(self) -> tuple[Case, ...]:
        """Return the cases whose names a court or our own stay keeps off the list."""
        return await self._store.cases(State.SUSPENDED, State.ANNULLED)

    async def heard(self, case_id: str | None, act: str) -> Mapping[DomainName, Heard | str]:
        """Ask the DNS where the step needs it; that takes seconds, so it holds up nobody else's step."""
        case = await self._store.case(case_id) if case_id is not None and act in WEIGHED else None
        return {} if case is None else await hear(self._resolver, case.names)

    async def judgement(
        self,
        case_id: str | None,
        act: str,
        heard: Mapping[DomainName, Heard | str],
        draft: Draft | None,
        *,
        now: datetime,
        facts: ListFacts,
    ) -> Judgement:
        """Ask the list's rules where the step needs them; they read much, so this comes before the transaction."""
        case = await self._store.case(case_id) if case_id is not None and act in JUDGED | WEIGHED else None
        if case is None:
            return Judgement()
        judgement = await self._judged(case, draft, facts, now) if act in JUDGED else Judgement()
        if act not in WEIGHED or judgement.refusals:
            return judgement
        return replace(judgement, findings=await self._lists.weigh(case, heard), suffixes=suffixes().digest)

    async def _judged(self, case: Case, draft: Draft | None, facts: ListFacts, now: datetime) -> Judgement:
        orders = [row.payload for row in await self._store.effects(kind="list")]
        coming = {order["path"]: order["text"].encode() for order in orders if order.get("act") == "add"}
        draft = draft or proposed(case)
        judgement = await self._lists.judge(case, coming, facts, now, draft)
        others = () if draft is None else await self._store.with_directive(draft.directive)
        taken = (f"{each.directive} is the directive of case {each.id}" for each in others if each.id != case.id)
        return replace(judgement, refusals=(*taken, *judgement.refusals))
