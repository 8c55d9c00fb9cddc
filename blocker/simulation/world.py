"""The world of a simulation: time that is moved from one appointment to the next, and everybody who keeps them.

Keeps true: nothing here decides what is legal: everybody acts through the case road as the desk does, and what it
refuses is counted and tried again later. Everything that is chosen is chosen by one seed.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from blocker.cases.case import ENDED, Actor, Case, Role
from blocker.cases.isps.order import ALARM, Order, current
from blocker.cases.table import BY_ACT, TRANSITIONS
from blocker.errors import ForbiddenError, FormError, IllegalStepError, ListRefusedError
from blocker.simulation import aside
from blocker.simulation import fate as fates
from blocker.simulation.agenda import Agenda
from blocker.simulation.entered import entered
from blocker.simulation.fate import Fate, minutes
from blocker.simulation.mailroom import Mailroom
from blocker.simulation.office import Office, sealed
from blocker.simulation.people import People
from blocker.simulation.staff import Known, Wanted, wanted

PATIENCE = 12
"""How often in a row somebody comes back to an act that is refused before they leave the case alone."""
INSTANT = timedelta(seconds=1)


@dataclass(slots=True)
class Follow:
    """What the world knows of a case beside its file."""

    fate: Fate
    after: Case | None = None
    """The case in which the same names were worked before."""
    plan: int = 0
    """The number of its last plan; older appointments are void."""
    seen: tuple[int, bool, bool] = (0, False, False)
    refused: int = 0
    bounced: bool = False
    told: set[tuple[str, Order, datetime]] = field(default_factory=set)
    """Which orders providers know of."""


@dataclass(slots=True)
class World:
    """Everything that moves."""

    office: Office
    people: People
    dice: Random
    cases: dict[str, Follow] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    """Steps that somebody was told are taken, by their ids."""
    unlisted: list[str] = field(default_factory=list)
    """What the list's own rules said against commits of the desk."""
    stuck: set[str] = field(default_factory=set)
    agenda: Agenda = field(default_factory=Agenda)
    mailroom: Mailroom = field(init=False)
    _clocks: set[datetime] = field(default_factory=set)
    _read: int = 0

    def __post_init__(self) -> None:
        """All that comes in has its place in the one agenda."""
        self.mailroom = Mailroom(self.office, self.agenda, self.dice)

    @property
    def now(self) -> datetime:
        """The time."""
        return self.office.time.now

    async def run(self, end: datetime) -> None:
        """Live until the end, then let the post and the list finish what is decided."""
        while (due := self.agenda.next(end)) is not None:
            when, errand = due
            self._move(max(when, self.now))
            if await errand():
                await self._settle()
        self.office.post.down_until = None
        self._move(max(self.now, end))
        for _ in range(40):
            self._move(self.now + timedelta(minutes=11))
            for mail in tuple(self.mailroom.underway):
                await self.mailroom.deliver(mail)
            await self._settle()
            if not self.mailroom.underway and not await self.office.road.store.effects():
                return

    def _move(self, to: datetime) -> None:
        self.office.time.now = to.replace(microsecond=0)
        self.office.road.clock = self.office.time.clock

    # -- acts

    async def report(self, after: Case | None = None) -> bool:
        """A report comes in: of a new site, or of what is there again."""
        number = len(self.cases) + 1
        grounds = sorted((await self.office.road.facts()).grounds)
        if after is None:
            names = f"site-{number:05d}.example {self.dice.choice(('domain', 'host'))}"
            ground, urls = self.dice.choice(grounds), f"http://site-{number:05d}.example/page"
        else:
            names = "\n".join(f"{each.name} {each.scope.value}" for each in after.names)
            ground, urls = after.ground, "\n".join(after.urls)
        capture = hashlib.sha256(sealed(urls)).hexdigest()
        known = {"ground": ground, "names": names, "urls": urls, "capture": capture}
        case = await self._act(None, "report", self.people.whoever(Role.OFFICER), known)
        if case is not None:
            self.cases[case.id] = Follow(fates.draw(self.dice), after)
            if after is not None:
                link = {"relation": "follows", "other": after.id}
                self._one(case.id, Wanted("link-case", Role.OFFICER, self.now + timedelta(minutes=10), link))
        return case is not None

    async def _act(self, case: Case | None, act: str, actor: Actor, known: dict[str, str]) -> Case | None:
        """Try an act; what the road refuses changes nothing and is counted."""
        if act == "add-evidence" and "file" in known:
            known["file"] = await self.office.keep(known["file"])
        data = entered(act, case, self.now, known)
        turn = None if case is None else case.turn
        try:
            done = await self.office.road.act(None if case is None else case.id, act, actor, data, turn=turn)
        except (IllegalStepError, ForbiddenError, FormError):
            self.refused[act] += 1
            return None
        self.acknowledged[BY_ACT[act].id] += 1
        return done

    async def _settle(self) -> None:
        """Let the desk's own worker do all that is due, and everybody see what has changed."""
        due = True
        while due:
            await self.office.work()
            self.mailroom.collect(lambda case: self.cases[case].fate)
            built, changed = self._build(), await self._news()
            for case_id in changed:
                await self._plan(case_id)
            left = await self.office.road.store.effects()
            # A letter that waits behind a failed one is due, and stays so until that one's next attempt.
            due = built or (bool(changed) and any(row.next_at <= self.now for row in left))
        for row in left:
            self._clock(row.next_at)

    def _build(self) -> bool:
        """Bring in force what was committed; return True if that is a new version."""
        try:
            return self.office.lists.build(self.office.time.clock)
        except ListRefusedError as error:
            self.unlisted += [fault.message for fault in error.faults if not fault.warning]
            return False

    # -- what follows

    async def _news(self) -> list[str]:
        """Read the ledger on from where we stood, let everybody answer, and return the cases that it is about."""
        found = await self.office.road.store.fetch(
            "SELECT seq, case_id, transition, to_state FROM events WHERE seq > ? ORDER BY seq", (self._read,)
        )
        of_cases = [row for row in found if row["case_id"] in self.cases]
        for row in of_cases:
            case = await self.office.road.store.case(row["case_id"])
            if case is not None:
                self._hear(case, row["transition"])
        self._read = max((row["seq"] for row in found), default=self._read)
        return list(dict.fromkeys(row["case_id"] for row in of_cases))

    def _hear(self, case: Case, transition: str) -> None:
        follow = self.cases[case.id]
        if transition == "Tb":
            follow.bounced = True
        if transition in {"T7", "T16", "T16a"} and follow.fate.comes_back:
            self.agenda.at(self.now + minutes(self.dice, 600, 30 * 24 * 60), partial(self.report, case))
        for what in aside.follows(transition, aside.News(case, follow.fate, self.now, self.dice)):
            self._one(case.id, what)

    def _told(self, case: Case, follow: Follow) -> None:
        """Providers hear of new orders, each of its own."""
        here = {each.isp.id: each for each in self.office.providers}
        for served in current(case.served):
            order = (served.isp, served.order, served.issued_at)
            if order not in follow.told and served.isp in here:
                follow.told.add(order)
                provider = here[served.isp]
                for what in provider.answers(served.order, self.now, self.dice):
                    self._one(case.id, what, provider.contact if what.role is Role.ISP else None)

    def _one(self, case_id: str, what: Wanted, actor: Actor | None = None) -> None:
        """Somebody will do this once, whatever becomes of the case until then."""

        async def errand() -> bool:
            case = await self.office.road.store.case(case_id)
            if case is None:
                return False
            who = actor or self.people.whoever(what.role, case)
            return await self._act(case, what.act, who, dict(what.data)) is not None

        self.agenda.at(what.at, errand)

    async def _plan(self, case_id: str) -> None:
        """Make the staff's next appointment with a case that has changed, and wake the desk for its clocks."""
        case, follow = await self.office.road.store.case(case_id), self.cases[case_id]
        if case is None:
            return
        self._told(case, follow)
        self._wake(case)
        seen = (case.turn, case.lift is not None, follow.bounced)
        if seen == follow.seen:
            return
        follow.seen, follow.refused = seen, 0
        self._appoint(case, follow)
        if self.dice.random() < 0.03:
            self.agenda.at(self.now + minutes(self.dice, 1, 300), partial(self._whim, case_id))

    def _known(self, follow: Follow) -> Known:
        return Known(
            bounced=follow.bounced,
            deemed_service=self.office.policy.deemed_service,
            by_sending=self.office.policy.owner_clock_basis == "sent",
            left=self.people.left,
            annulled=self._annulled(follow),
        )

    def _annulled(self, follow: Follow) -> bool:
        """True if a court annulled a block of these names, however many cases ago."""
        earlier: Follow | None = follow
        while earlier is not None and earlier.after is not None:
            if earlier.after.annulment is not None:
                return True
            earlier = self.cases.get(earlier.after.id)
        return False

    def _appoint(self, case: Case, follow: Follow, pause: timedelta = timedelta()) -> None:
        what = wanted(case, follow.fate, self.now + pause, self._known(follow))
        follow.plan += 1
        if what is not None:
            self.agenda.at(what.at, partial(self._keep, case.id, what, follow.plan))

    async def _keep(self, case_id: str, what: Wanted, plan: int) -> bool:
        """Keep the staff's appointment with a case, unless another took its place."""
        follow = self.cases[case_id]
        case = await self.office.road.store.case(case_id) if plan == follow.plan else None
        if case is None:
            return False
        # Who planned an act looks again before it: content that is gone meanwhile is not acted against, and what
        # somebody proposed who has left since waits for somebody else to stand for it.
        again = wanted(case, follow.fate, self.now, self._known(follow))
        act = again if again is not None and again.act in {"record-removal", "take-over"} else what
        if await self._act(case, act.act, self.people.whoever(act.role, case), dict(act.data)) is not None:
            return True
        follow.refused += 1
        if follow.refused < PATIENCE:
            self._appoint(case, follow, timedelta(minutes=10))
        else:
            self.stuck.add(f"{case.id} {case.state} {act.act}")
        return False

    async def _whim(self, case_id: str) -> bool:
        """Somebody tries any act at all, or acts in a second role: the procedure alone must refuse it."""
        case = await self.office.road.store.case(case_id)
        if case is None:
            return False
        staffed = [row for row in TRANSITIONS if row.sources and {Role.OFFICER, Role.APPROVER} & set(row.roles)]
        row = self.dice.choice(staffed)
        role = Role.OFFICER if Role.OFFICER in row.roles else Role.APPROVER
        actor = self.people.whoever(role, case)
        if self.dice.random() < 0.3:
            actor = self.people.somebody_wrong(case)
        return await self._act(case, row.act, actor, {}) is not None

    # -- clocks

    def _wake(self, case: Case) -> None:
        """The desk's worker looks at every clock of the case as it runs out."""
        if case.state in ENDED:
            return
        for each in current(case.served):
            if each.open:
                self._clock(each.issued_at + ALARM)
                self._clock(each.due and each.due + INSTANT)
        self._clock(case.expires)
        self._clock(case.review_by and case.review_by + INSTANT)

    def _clock(self, when: datetime | None) -> None:
        if when is not None and when > self.now and when not in self._clocks:
            self._clocks.add(when)
            self.agenda.at(when, self._stir)

    async def _stir(self) -> bool:
        """A clock runs out: only the desk's own worker acts."""
        return True
