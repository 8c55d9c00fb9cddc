"""The list as the case road sees it: what its source says at HEAD, and whether it would take a case's names.

Keeps true: reading is done anew once the source changed and not before; where the source cannot be read, the list in
force says what letters need, so that a broken source holds up additions but never a lift.
"""

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker.blocklist.decode import decode
from blocker.cases.candidate import Judgement, Rules, judge
from blocker.cases.case import Case
from blocker.cases.context import ListFacts
from blocker.distribution.current import CurrentIndex
from blocker.distribution.git import is_work_tree
from blocker.distribution.source import SourceTree, fingerprint, read_source, shipped, suffixes
from blocker.errors import ListRefusedError, OperationError


@dataclass(frozen=True, slots=True)
class _Reading:
    """The source as it was read last, and the state of the directory that this was."""

    state: Hashable
    source: SourceTree
    facts: ListFacts


class ListView:
    """The desk's view of one list: its source directory, and the index in force on this machine."""

    def __init__(self, directory: Path, index: Path) -> None:
        self._directory = directory
        self._reading: _Reading | None = None
        self.current = CurrentIndex(index)

    async def facts(self) -> ListFacts:
        """Return what the list says of itself: at HEAD, or in force if HEAD cannot be read.

        Raises:
            ListRefusedError, OperationError: if there is neither.
        """
        try:
            return (await asyncio.to_thread(self._read)).facts
        except (ListRefusedError, OperationError):
            await asyncio.to_thread(self.current.refresh)
            if self.current.index is None:
                raise
            header = self.current.index.header
            return ListFacts(
                environment=header.environment,
                timezone=header.timezone,
                grounds=self.current.index.grounds,
                directives=frozenset(directive.id for directive in self.current.index.directives),
                committable=is_work_tree(self._directory),
            )

    async def judge(self, case: Case, coming: Mapping[str, bytes], facts: ListFacts, now: datetime) -> Judgement:
        """Say whether the list, with the files that are decided and still to come, would take this case's names now."""
        return await asyncio.to_thread(self._judge, case, coming, facts, now)

    def _judge(self, case: Case, coming: Mapping[str, bytes], facts: ListFacts, now: datetime) -> Judgement:
        try:
            files = {**self._read().source.files, **coming}
        except (ListRefusedError, OperationError):
            return Judgement(("the list's source cannot be read as it stands and must be mended first",))
        return judge(case, Rules(files, shipped(), suffixes()), facts, now)

    def _read(self) -> _Reading:
        state = fingerprint(self._directory)
        if self._reading is None or self._reading.state != state:
            source = read_source(self._directory)
            decoded = decode(source.files, shipped())
            if decoded.blocklist is None:
                raise ListRefusedError(decoded.faults)
            facts = ListFacts(
                environment=decoded.blocklist.environment,
                timezone=decoded.blocklist.timezone,
                grounds={ground.id: ground for ground in decoded.blocklist.grounds},
                directives=frozenset(directive.id for directive in decoded.blocklist.directives),
                committable=source.commit is not None,
            )
            self._reading = _Reading(state, source, facts)
        return self._reading
