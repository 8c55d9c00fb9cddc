"""Carries decisions out and keeps the clocks: at least once here, exactly once by the channels' contract.

Keeps true: what is decided gets done after any kill, in the order in which it was decided for each case and kind;
what fails is tried again for ever, ever more slowly, and shown to people; marking it done and recording it is one
transaction. A letter that fails never holds up a commit, so nothing holds up a lift.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocker.blocklist.index import Index
from blocker.cases.case import SYSTEM, Case, CaseName, State
from blocker.cases.channels import Channel, Due
from blocker.cases.rows import OutboxRow
from blocker.cases.store import Store
from blocker.cases.workflow import legal
from blocker.distribution.current import CurrentIndex
from blocker.errors import IllegalStepError, RedhandError

log = logging.getLogger("redhand.cases")

LONGEST_PAUSE = timedelta(minutes=10)
"""Between two attempts at an effect that keeps failing."""

EVERY = 0.5
"""Seconds between two looks at the clocks and at the list in force, when nobody acts."""

_RECORDS = {
    ("letter", ""): "record-sending",
    ("list", "add"): "record-commit",
    ("list", "remove"): "record-lift-commit",
}

_BY_THE_CLOCK = "Twenty-four hours have passed since the ISPs were told; no confirmation was awaited."

Step = Callable[[str, str, Mapping[str, str], str | None], Awaitable[Case]]
"""Takes a step of the system: case id, act, data, and the id of the effect that it completes."""


@dataclass(slots=True)
class Outbox:
    """The one loop that carries out effects and takes the system's own steps."""

    store: Store
    channels: Mapping[str, Channel]
    current: CurrentIndex
    step: Step
    now: Callable[[], datetime]

    async def run(self, wake: asyncio.Event) -> None:
        """Work until cancelled; `wake` says that something was decided."""
        while True:
            wake.clear()
            try:
                await self.tick()
            except RedhandError as error:
                log.error("outbox will try again reason=%s", error)  # noqa: TRY400 - an operator's matter, no traceback
            try:
                await asyncio.wait_for(wake.wait(), EVERY)
            except TimeoutError:
                continue

    async def tick(self) -> None:
        """Carry out all that is due, then look at the list in force and at the clocks, once."""
        await self._deliver()
        await asyncio.to_thread(self.current.refresh)
        for state in (State.DECIDED, State.BLOCK_DIRECTED, State.UNBLOCK_DIRECTED):
            for case in await self.store.cases(state):
                await self._move(case)

    async def _deliver(self) -> None:
        rows = await self.store.effects()
        lifted = {row.case for row in rows if row.payload.get("act") == "remove"}
        held: set[tuple[str, str]] = set()
        for row in rows:
            line = (row.case, row.kind)
            if line in held:
                continue
            superseded = row.payload.get("act") == "add" and row.case in lifted
            if row.next_at > self.now() or not await self._carry_out(row, superseded=superseded):
                held.add(line)

    async def _carry_out(self, row: OutboxRow, *, superseded: bool) -> bool:
        try:
            document = await self.store.document(row.payload["document"]) if "document" in row.payload else None
            data = await self.channels[row.kind].carry_out(Due(row, document, superseded))
            if data is None:
                await self.store.finish(row.id)
            else:
                await self.step(row.case, _RECORDS[row.kind, row.payload.get("act", "")], data, row.id)
        except Exception as error:  # whatever fails in one effect must not stop the others
            known = isinstance(error, RedhandError)
            log.warning(
                "effect failed id=%s kind=%s attempt=%d", row.id, row.kind, row.attempts + 1, exc_info=not known
            )
            said = str(error) if known else "an unexpected error; the log has it"
            await self.store.postpone(row.id, said, self.now() + _pause(row.attempts))
            return False
        return True

    async def _move(self, case: Case) -> None:
        act, data = _next_step(case, self.current.index)
        if act is None or act not in {row.act for row in legal(case, SYSTEM, self.now())}:
            return
        try:
            await self.step(case.id, act, data, None)
        except IllegalStepError:
            log.info("step passed over case=%s act=%s reason=somebody acted meanwhile", case.id, act)
        except Exception as error:  # one case must not stop the others
            log.warning("step failed case=%s act=%s", case.id, act, exc_info=not isinstance(error, RedhandError))


def _pause(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_PAUSE)


def _next_step(case: Case, index: Index | None) -> tuple[str | None, Mapping[str, str]]:
    """Return what the list in force, or else a clock, makes of this case."""
    if case.state is State.BLOCK_DIRECTED:
        return "confirm-block", {"how": _BY_THE_CLOCK}
    if case.state is State.UNBLOCK_DIRECTED and case.withdrawn_at is not None:
        return "confirm-lift", {"how": _BY_THE_CLOCK}
    if index is None:
        return None, {}
    version = {"serial": str(index.header.serial), "digest": index.header.digest}
    if case.state is State.DECIDED:
        return ("record-release" if _holds(index, case) else None), version
    return ("record-withdrawal" if case.directive not in _ids(index) else None), version


def _ids(index: Index) -> set[str]:
    return {directive.id for directive in index.directives}


def _holds(index: Index, case: Case) -> bool:
    """True if the directive and each of its names, with its scope, are in force."""
    if case.directive not in _ids(index):
        return False
    entries = index.entries()
    listed = {CaseName(name, scope) for name, scope, directive in entries if directive.id == case.directive}
    return set(case.names) <= listed
