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
from blocker.blocklist.entry import Blocklist
from blocker.blocklist.guards import Guards
from blocker.blocklist.lookalikes import Lookalikes
from blocker.cases.candidate import Judgement, Rules, judge
from blocker.cases.case import Case
from blocker.cases.collateral import Finding, Heard, Known, weigh
from blocker.cases.context import ListFacts
from blocker.cases.drafts import Draft, branch
from blocker.distribution import branches
from blocker.distribution.current import CurrentIndex
from blocker.distribution.gate import Popular
from blocker.distribution.git import is_work_tree
from blocker.distribution.popular import read_file
from blocker.distribution.source import SourceTree, fingerprint, read_source, shipped, suffixes
from blocker.errors import IllegalStepError, ListRefusedError, OperationError
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class _Reading:
    """The source as it was read last, and the state of the directory that this was."""

    state: Hashable
    source: SourceTree
    facts: ListFacts
    blocklist: Blocklist


class ListView:
    """The desk's view of one list: its source directory, the index in force here, the names that many people use."""

    def __init__(self, directory: Path, index: Path, popular: Path | None = None) -> None:
        self._directory = directory
        self._popular = popular
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

    async def draft(self, case_id: str) -> Draft | None:
        """Return the directive's file as it lies on the case's branch; None where there is no such branch.

        Raises:
            IllegalStepError: if the branch changes anything but one file.
            OperationError: if git fails.
        """
        return await asyncio.to_thread(self._draft, case_id)

    def _draft(self, case_id: str) -> Draft | None:
        if not is_work_tree(self._directory):
            return None
        changed = branches.changed(self._directory, branch(case_id))
        if changed is None:
            return None
        if len(changed) != 1:
            name, count = branch(case_id), len(changed)
            raise IllegalStepError(
                f"The branch {name} changes {count} files; it holds one directive's file and no other."
            )
        ((path, content),) = changed.items()
        try:
            return Draft(path, content.decode("utf-8").replace("\r\n", "\n"))
        except UnicodeDecodeError as error:
            raise IllegalStepError(f"The directive's file on the branch {branch(case_id)} is not UTF-8.") from error

    async def judge(
        self, case: Case, coming: Mapping[str, bytes], facts: ListFacts, now: datetime, draft: Draft | None
    ) -> Judgement:
        """Say whether the list, with the files that are decided and still to come, would take this case's names now."""
        return await asyncio.to_thread(self._judge, case, coming, facts, now, draft)

    def _judge(
        self, case: Case, coming: Mapping[str, bytes], facts: ListFacts, now: datetime, draft: Draft | None
    ) -> Judgement:
        try:
            files = {**self._read().source.files, **coming}
        except (ListRefusedError, OperationError):
            return Judgement(("the list's source cannot be read as it stands and must be mended first",))
        return judge(case, Rules(files, shipped(), suffixes()), facts, now, draft)

    async def weigh(self, case: Case, heard: Mapping[DomainName, Heard | str]) -> tuple[Finding, ...]:
        """Return what else a block of this case's names would cut off, from what the DNS said and from the list.

        Raises:
            ListRefusedError, OperationError: if the list's source or the file of popular names cannot be read.
        """
        known = await asyncio.to_thread(self._known)
        return weigh(case.names, known, heard)

    def _known(self) -> Known:
        blocklist = self._read().blocklist
        never = (*blocklist.own_names, *(each.name for each in blocklist.protected))
        popular = Popular() if self._popular is None else read_file(self._popular)
        return Known(Guards(blocklist, suffixes()), Lookalikes(never), tuple(blocklist.entries), popular)

    def state(self) -> Hashable:
        """Return a value that differs once the source differs."""
        return fingerprint(self._directory)

    def source(self) -> SourceTree:
        """Read the source.

        Raises:
            ListRefusedError, OperationError: if it cannot be read.
        """
        return read_source(self._directory)

    def _read(self) -> _Reading:
        state = self.state()
        if self._reading is None or self._reading.state != state:
            source = self.source()
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
            self._reading = _Reading(state, source, facts, decoded.blocklist)
        return self._reading
