"""Carries decisions out and keeps the clocks: at least once here, exactly once by the channels' contract.

Keeps true: what is decided gets done after any kill, in the order in which it was decided for each case and kind;
what fails is tried again for ever, ever more slowly, and shown to people; marking it done and recording it is one
transaction. A letter that fails never holds up a commit, so nothing holds up a lift.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from blocker.blocklist.index import Index
from blocker.cases.agenda import Agenda
from blocker.cases.appointments import waits_for_list
from blocker.cases.case import SYSTEM, Case, State
from blocker.cases.channels import Channel, Due, UndeliverableError
from blocker.cases.isps import carried
from blocker.cases.isps.providers import Providers
from blocker.cases.own_steps import Step, take
from blocker.cases.post.incoming import Incoming
from blocker.cases.reminders import Reminders
from blocker.cases.rows import OutboxRow
from blocker.cases.store import Store
from blocker.cases.terms import Terms
from blocker.cases.workflow import legal
from blocker.distribution.current import CurrentIndex
from blocker.errors import RedhandError

log = logging.getLogger("redhand.cases")

LONGEST_PAUSE = timedelta(minutes=10)
"""Between two attempts at an effect that keeps failing."""

EVERY = 0.5
"""Seconds between two looks at the clocks and at the list in force, when nobody acts."""

RECORDS = {
    ("letter", ""): "record-sending",
    ("list", "draft"): "",  # the branch itself is the record
    ("list", "add"): "record-commit",
    ("list", "renew"): "record-renewal",
    ("list", "remove"): "record-lift-commit",
}
"""For each kind of effect, and what it does to the list, the act that records that it was done."""

BOUNCED = "record-bounce"
"""Records that a letter can never be done."""

_SETTLED = "Every provider has carried it out, or its own time is over."


class Bell:
    """Wakes everybody who waits; whoever looked before it rang does not miss it."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake them."""
        self._rung.set()
        self._rung = asyncio.Event()

    def next_ring(self) -> asyncio.Event:
        """Return what will be set when it rings next."""
        return self._rung


@dataclass(slots=True)
class Outbox:
    """The one loop that carries out effects and takes the system's own steps."""

    store: Store
    channels: Mapping[str, Channel]
    current: CurrentIndex
    step: Step
    now: Callable[[], datetime]
    providers: Providers
    reminders: Reminders
    terms: Callable[[], Terms]
    post: Incoming | None = None
    _listed: tuple[Index, frozenset[str]] | None = field(default=None, init=False)

    async def run(self, bell: Bell) -> None:
        """Work until cancelled; `bell` says that something was decided.

        Each kind of work has its own loop: a mail server that lets us wait for every answer holds up no commit.
        """
        async with asyncio.TaskGroup() as works:
            for kind in self.channels:
                works.create_task(self._again_and_again(partial(self._deliver, kind), bell))
            works.create_task(self._again_and_again(self.providers.tick, bell))
            works.create_task(self._again_and_again(self.reminders.tick, bell))
            works.create_task(self._again_and_again(self._move_all, bell))
            works.create_task(self._again_and_again(self._read_post, bell))

    async def tick(self) -> None:
        """Carry out all that is due, look at the list in force and at the clocks, and read the post, once."""
        for kind in self.channels:
            await self._deliver(kind)
        await self.providers.tick()
        await self.reminders.tick()
        await self._move_all()
        await self._read_post()

    async def _again_and_again(self, work: Callable[[], Awaitable[None]], bell: Bell) -> None:
        while True:
            rung = bell.next_ring()
            try:
                await work()
            except RedhandError as error:
                log.error("outbox will try again reason=%s", error)  # noqa: TRY400 - an operator's matter, no traceback
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), EVERY)

    async def _read_post(self) -> None:
        if self.post is not None:
            await self.post.tick()

    async def _move_all(self) -> None:
        await asyncio.to_thread(self.current.refresh)
        agenda, index = Agenda(self.store), self.current.index
        moving = set(await agenda.clocks(self.now()))
        if index is not None:
            listed, waiting = self._ids(index), await agenda.waiting_for_list()
            moving |= {each.case for each in waiting if (each.directive in listed) is (each.state is State.DECIDED)}
        for case_id in sorted(moving):
            case = await self.store.case(case_id)
            if case is not None:
                await self._move(case)

    def _ids(self, index: Index) -> frozenset[str]:
        """Return the directives in force, counted once for each version."""
        if self._listed is None or self._listed[0] is not index:
            self._listed = (index, frozenset(directive.id for directive in index.directives))
        return self._listed[1]

    async def _deliver(self, kind: str) -> None:
        agenda = Agenda(self.store)
        held: set[tuple[str, str]] = set()
        for row in await agenda.effects(kind, self.now()):
            # In order for each recipient of a case: one whose mail fails holds up no other.
            line = (row.case, row.payload.get("to", ""))
            if line in held:
                continue
            superseded = row.payload.get("act") in {"add", "renew"} and await agenda.lifting(row.case)
            if not await self._carry_out(row, superseded=superseded):
                held.add(line)

    async def _carry_out(self, row: OutboxRow, *, superseded: bool) -> bool:
        try:
            document = await self.store.document(row.payload["document"]) if "document" in row.payload else None
            act, data = await self._tried(Due(row, document, superseded))
            if data is None:
                await self.store.finish(row.id)
            else:
                await self.step(row.case, act, data, row.id)
        except Exception as error:  # whatever fails in one effect must not stop the others
            known = isinstance(error, RedhandError)
            log.warning(
                "effect failed id=%s kind=%s attempt=%d", row.id, row.kind, row.attempts + 1, exc_info=not known
            )
            said = str(error) if known else "an unexpected error; the log has it"
            await self.store.postpone(row.id, said, self.now() + _pause(row.attempts))
            return False
        return True

    async def _tried(self, due: Due) -> tuple[str, Mapping[str, str] | None]:
        """Carry an effect out and return the step that records it, if one must."""
        row = due.row
        try:
            return RECORDS[row.kind, row.payload.get("act", "")], await self.channels[row.kind].carry_out(due)
        except UndeliverableError as error:
            return BOUNCED, {"document": row.payload["document"], "said": str(error)}

    async def _move(self, case: Case) -> None:
        possible = {row.act for row in legal(case, SYSTEM, self.now(), self.terms().cases)}
        act, data = next(
            ((act, data) for act, data in _next_steps(case, self.current.index, self.now()) if act in possible),
            ("", {}),
        )
        if act:
            await take(self.step, case.id, act, data)


def _pause(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 20)), LONGEST_PAUSE)


def _next_steps(case: Case, index: Index | None, now: datetime) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what a clock, or else the list in force, may make of this case; the first that is legal counts."""
    yield from ((act, {}) for act in ("carry-out-expiry", "lift-unreviewed", "mark-overdue"))
    if case.state is State.BLOCK_DIRECTED:
        yield "confirm-block", {"how": _SETTLED}
    if case.state is State.UNBLOCK_DIRECTED:
        yield from ((act, {"how": _SETTLED}) for act in ("confirm-annulled", "confirm-lift"))
    if index is None or not waits_for_list(case):
        return
    version = {
        "serial": str(index.header.serial),
        "digest": index.header.digest,
        "source": carried.signed_version(index, case),
    }
    if case.state is State.DECIDED:
        if carried.holds(index, case, now):
            yield "record-release", version
    elif all(directive.id != case.directive for directive in index.directives):
        yield "record-withdrawal", version
