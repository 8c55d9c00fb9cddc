"""The world of a simulation: time that is moved from one appointment to the next, and everybody who keeps them.

Keeps true: nothing here decides what is legal: everybody acts through the case road as the desk does, and what it
refuses is counted and tried again later. Everything that is chosen is chosen by one seed.
"""

import heapq
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from blocker.cases.case import Actor, Case, Role
from blocker.cases.isp import ALARM, Order, current
from blocker.cases.road import Road
from blocker.cases.table import TRANSITIONS
from blocker.errors import ForbiddenError, FormError, IllegalStepError, ListRefusedError
from blocker.simulation import fate as fates
from blocker.simulation.entered import entered
from blocker.simulation.fate import DAY, HOUR, Fate, minutes
from blocker.simulation.people import People
from blocker.simulation.post import Post
from blocker.simulation.providers import PROVIDERS
from blocker.simulation.repository import RepositoryView, Ticking
from blocker.simulation.staff import Known, Wanted, wanted

Errand = Callable[[], Awaitable[None]]

PATIENCE = 12
"""How often in a row somebody comes back to an act that is refused before they leave the case alone."""
INSTANT = timedelta(seconds=1)


@dataclass(slots=True)
class Follow:
    """What the world knows of a case beside its file."""

    fate: Fate
    plan: int = 0
    """The number of its last plan; older appointments are void."""
    seen: tuple[int, bool, bool] = (0, False, False)
    refused: int = 0
    bounced: bool = False


@dataclass(slots=True)
class World:
    """Everything that moves."""

    road: Road
    lists: RepositoryView
    post: Post
    time: Ticking
    end: datetime
    dice: Random
    people: People
    daily: float
    """Cases that are opened in a day, on average."""
    cases: dict[str, Follow] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    unlisted: list[str] = field(default_factory=list)
    """What the list's own rules said against commits of the desk."""
    stuck: set[str] = field(default_factory=set)
    _agenda: list[tuple[datetime, int, Errand]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _clocks: set[datetime] = field(default_factory=set)
    _read: int = 0
    _stirred: bool = False
    """Whether anything happened for the desk's worker to look at."""

    async def run(self) -> None:
        """Live until the end, then let the post and the list finish what is decided."""
        for role in (Role.OFFICER, Role.APPROVER):
            for _ in range(5):
                self.people.hire(role)
        self._at(self.time.now, self._morning)
        while self._agenda and self._agenda[0][0] <= self.end:
            at, _, errand = heapq.heappop(self._agenda)
            self._move(max(at, self.time.now))
            self._stirred = False
            await errand()
            if self._stirred:
                await self._settle()
        await self._finish()

    async def _finish(self) -> None:
        self.post.down_until = None
        self._move(max(self.time.now, self.end))
        for _ in range(40):
            self._move(self.time.now + timedelta(minutes=11))
            await self._settle()
            if not await self.road.store.effects():
                return

    def _move(self, to: datetime) -> None:
        self.time.now = to.replace(microsecond=0)
        self.road.clock = self.time.clock

    def _at(self, when: datetime, errand: Errand) -> None:
        heapq.heappush(self._agenda, (when, next(self._numbers), errand))

    async def _morning(self) -> None:
        """A day begins: reports, mail servers that fail, people who leave."""
        day, dice = self.time.now, self.dice
        self._at(day + DAY, self._morning)
        for _ in range(int(self.daily + dice.random())):
            self._at(day + minutes(dice, 0, 24 * 60 - 1), self._report)
        if dice.random() < 0.06:
            self._at(day + minutes(dice, 0, 24 * 60 - 1), self._mail_fails)
        if dice.random() < 0.08:
            self.people.replace_one()

    async def _mail_fails(self) -> None:
        self.post.down_until = self.time.now + minutes(self.dice, 20, 30 * 60)

    async def _report(self) -> None:
        number = len(self.cases) + 1
        grounds = sorted((await self.road.facts()).grounds)
        known = {
            "ground": self.dice.choice(grounds),
            "names": f"site-{number:05d}.example {self.dice.choice(('domain', 'host'))}",
            "urls": f"http://site-{number:05d}.example/page",
        }
        case = await self._act(None, "report", self.people.whoever(Role.OFFICER), known)
        if case is not None:
            self.cases[case.id] = Follow(fates.draw(self.dice))

    async def _act(self, case: Case | None, act: str, actor: Actor, known: dict[str, str]) -> Case | None:
        """Try an act; what the road refuses changes nothing and is counted."""
        data = entered(act, case, self.time.now, known)
        turn = None if case is None else case.turn
        try:
            done = await self.road.act(None if case is None else case.id, act, actor, data, turn=turn)
        except (IllegalStepError, ForbiddenError, FormError):
            self.refused[act] += 1
            return None
        self._stirred = True
        return done

    async def _settle(self) -> None:
        """Let the desk's own worker do all that is due, and everybody see what has changed."""
        due = True
        while due:
            await self.road.outbox().tick()
            built, changed = self._build(), await self._news()
            for case_id in changed:
                await self._plan(case_id)
            left = await self.road.store.effects()
            # A letter that waits behind a failed one is due, and stays so until that one's next attempt.
            due = built or (bool(changed) and any(row.next_at <= self.time.now for row in left))
        for row in left:
            self._clock(row.next_at)

    def _build(self) -> bool:
        """Bring in force what was committed; return True if that is a new version."""
        try:
            return self.lists.build(self.time.clock)
        except ListRefusedError as error:
            self.unlisted += [fault.message for fault in error.faults if not fault.warning]
            return False

    async def _news(self) -> list[str]:
        """Read the ledger on from where we stood, let everybody answer, and return the cases that it is about."""
        found = await self.road.store.fetch(
            "SELECT case_id, transition, at_utc FROM events WHERE seq > ? ORDER BY seq", (self._read,)
        )
        self._read += len(found)
        for row in found:
            await self._answer(row["case_id"], row["transition"])
        return list(dict.fromkeys(row["case_id"] for row in found))

    async def _answer(self, case_id: str, transition: str) -> None:
        """What others do because of an event."""
        follow = self.cases.get(case_id)
        if follow is None:
            return
        fate, now = follow.fate, self.time.now
        if transition == "Tb":
            follow.bounced = True
        elif transition in {"T10d", "T12d"}:
            await self._providers(case_id, Order.BLOCK if transition == "T10d" else Order.RESTORE)
        elif transition == "T4p" and fate.owner == "objects":
            self._one(case_id, Wanted("log-statement", Role.OFFICER, now + 3 * HOUR, {"says": "says_objects"}))
        if transition in {"T4p", "T10d"} and fate.stayed == "court":
            self._one(case_id, Wanted("enter-order", Role.OFFICER, now + fate.court_after, {"order": "stay"}))
        if transition == "T11" and fate.stayed == "authority":
            self._one(case_id, Wanted("stay-block", Role.APPROVER, now + fate.court_after))
        if transition == "T11" and fate.advised:
            self._one(case_id, Wanted("recommend", Role.OVERSEER, now + fate.court_after))
        if transition == "T20a" and fate.advice_taken == "refused":
            self._one(case_id, Wanted("refer-to-court", Role.OVERSEER, now + DAY))
        if transition in {"T11", "T16"} and fate.appeals:
            self._one(case_id, Wanted("log-appeal", Role.OFFICER, now + fate.court_after))

    async def _providers(self, case_id: str, order: Order) -> None:
        for provider in PROVIDERS:
            for what in provider.answers(order, self.time.now, self.dice):
                self._one(case_id, what, provider.contact)
                if what.act == "isp-query":
                    told = {"isp": provider.isp.id}
                    if self.dice.random() < 0.5:
                        self._one(case_id, Wanted("isp-grant-rest", Role.APPROVER, what.at + HOUR, told))
                    self._one(case_id, Wanted("isp-answer", Role.OFFICER, what.at + 5 * HOUR, told))

    def _one(self, case_id: str, what: Wanted, actor: Actor | None = None) -> None:
        """Somebody will do this once, whatever becomes of the case until then."""

        async def errand() -> None:
            case = await self.road.store.case(case_id)
            if case is not None:
                await self._act(case, what.act, actor or self.people.whoever(what.role, case), dict(what.data))

        self._at(what.at, errand)

    async def _plan(self, case_id: str) -> None:
        """Make the staff's next appointment with a case that has changed, and wake the desk for its clocks."""
        case, follow = await self.road.store.case(case_id), self.cases.get(case_id)
        if case is None or follow is None:
            return
        self._wake(case)
        seen = (case.turn, case.lift is not None, follow.bounced)
        if seen == follow.seen:
            return
        follow.seen, follow.refused = seen, 0
        self._appoint(case, follow)
        if self.dice.random() < 0.03:
            self._at(self.time.now + minutes(self.dice, 1, 300), lambda: self._whim(case_id))

    def _known(self, follow: Follow) -> Known:
        return Known(follow.bounced, self.road.policy.deemed_service)

    def _appoint(self, case: Case, follow: Follow, pause: timedelta = timedelta()) -> None:
        what = wanted(case, follow.fate, self.time.now + pause, self._known(follow))
        follow.plan += 1
        plan = follow.plan
        if what is None:
            return

        async def errand() -> None:
            if plan != follow.plan:
                return
            now = await self.road.store.case(case.id)
            assert now is not None
            # Who planned an act looks again before it: content that is gone meanwhile is not acted against.
            again = wanted(now, follow.fate, self.time.now, self._known(follow))
            act = again if again is not None and again.act == "record-removal" else what
            done = await self._act(now, act.act, self.people.whoever(act.role, now), dict(act.data))
            if done is None:
                follow.refused += 1
                if follow.refused < PATIENCE:
                    self._appoint(now, follow, timedelta(minutes=10))
                else:
                    self.stuck.add(f"{now.id} {now.state} {act.act}")

        self._at(what.at, errand)

    async def _whim(self, case_id: str) -> None:
        """Somebody tries any act at all, or acts in a second role: the procedure alone must refuse it."""
        case = await self.road.store.case(case_id)
        if case is None:
            return
        staffed = [row for row in TRANSITIONS if row.sources and {Role.OFFICER, Role.APPROVER} & set(row.roles)]
        row = self.dice.choice(staffed)
        role = Role.OFFICER if Role.OFFICER in row.roles else Role.APPROVER
        actor = self.people.whoever(role, case)
        if self.dice.random() < 0.3:
            actor = self.people.somebody_wrong(case)
        await self._act(case, row.act, actor, {})

    def _wake(self, case: Case) -> None:
        """The desk's worker looks at every clock of the case as it runs out."""
        for each in current(case.served):
            if each.open:
                self._clock(each.issued_at + ALARM)
                self._clock(each.due and each.due + INSTANT)
        self._clock(case.expires)
        self._clock(case.review_by and case.review_by + INSTANT)

    def _clock(self, when: datetime | None) -> None:
        if when is not None and when > self.time.now and when not in self._clocks:
            self._clocks.add(when)
            self._at(when, self._stir)

    async def _stir(self) -> None:
        """A clock runs out: only the desk's own worker acts."""
        self._stirred = True
