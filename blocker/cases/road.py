"""The case road as its users hold it: reads the world, lets workflow.py decide, stores the outcome, carries it out.

Rules are left to workflow.py, pages to blocker/admin.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2

from blocker.addresses import Address
from blocker.cases import agreed as agreements
from blocker.cases import apart, workflow
from blocker.cases.agreed import Agreed
from blocker.cases.answer_links import AnswerLinks
from blocker.cases.beforehand import Beforehand
from blocker.cases.case import SYSTEM, Actor, Case
from blocker.cases.channels import Channel, ListChannel
from blocker.cases.collateral import Heard
from blocker.cases.context import Context, Letterhead, ListFacts, Numbers, Recipient
from blocker.cases.documents import TEMPLATES, compile_templates, notices
from blocker.cases.evidence import Evidence
from blocker.cases.isps.probes import Prober
from blocker.cases.isps.providers import Providers
from blocker.cases.isps.roster import Roster
from blocker.cases.lists import ListView
from blocker.cases.outbox import Bell, Outbox
from blocker.cases.post.incoming import Incoming
from blocker.cases.post.letters import LetterChannel
from blocker.cases.post.smtp import MailServer
from blocker.cases.reminders import Reminders
from blocker.cases.search.lookups import Lookups
from blocker.cases.store import Issue, Store
from blocker.cases.table import JUDGED, WRITING
from blocker.cases.terms import Terms, changes, letterhead
from blocker.clock import Clock
from blocker.config import Settings
from blocker.distribution.source import suffixes
from blocker.names import DomainName
from blocker.policy import CasesSettings

log = logging.getLogger("redhand.cases")


@dataclass(slots=True)
class Road:
    """The open case road; get one from `open_road`."""

    store: Store
    lists: ListView
    agreed: Agreed
    """The settings of the procedure that are in force."""
    offered: Terms
    """What the configuration file says of them; it only proposes."""
    duty: tuple[Recipient, ...]
    """Who is reminded."""
    templates: jinja2.Environment
    clock: Clock
    channels: Mapping[str, Channel]
    letters: LetterChannel
    evidence: Evidence
    links: AnswerLinks
    resolver: Address | None = None
    """Whom the desk asks what lies at, below and beside a case's names."""
    lookups: Lookups | None = None
    """The searches that the desk may make itself."""
    incoming: Path | None = None
    """The folder of mail that came back, if there is one."""
    _bell: Bell = field(default_factory=Bell)
    _judging: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        """Return the time in whole seconds, as aware UTC: the procedure knows nothing finer."""
        return self.clock.now().replace(microsecond=0)

    @property
    def terms(self) -> Terms:
        """The settings that this desk works under."""
        return self.agreed.terms

    @property
    def policy(self) -> CasesSettings:
        """What of the procedure is for the deployer's law to say."""
        return self.terms.cases

    @property
    def letterhead(self) -> Letterhead:
        """What letters say of their sender, and whom they go to."""
        return letterhead(self.terms, self.duty)

    @property
    def _before(self) -> Beforehand:
        return Beforehand(self.store, self.lists, self.resolver)

    async def work_as_agreed(self) -> None:
        """Work from now on under the settings that the ledger says are in force."""
        agreed = await agreements.in_force(self.store)
        if agreed is None:
            raise RuntimeError("an open road has settings in force")
        self.agreed = agreed
        self.letters.sender, self.links.base = agreed.terms.sender, agreed.terms.public_url
        self.evidence.recipients = len(agreed.terms.evidence_recipients)
        self._bell.ring()

    async def notice(self, offered: Terms, *others: Terms) -> Issue:
        """Return the letters that tell the overseer of settings other than those in force.

        They go to the overseer's address in force and to that of `others`, each once.
        """
        facts, changed = await self.facts(), changes(self.terms, offered)
        heads = [letterhead(terms, ()) for terms in (self.terms, *others)]
        to = {head.overseer.mail: head.overseer for head in heads if head.overseer is not None}
        year, context = facts.local(self.now()).year, await self._context()
        return Issue(year, lambda event, first: notices(event, changed, to.values(), context, first))

    async def _context(self) -> Context:
        """Return what every letter may know of the world."""
        return Context(list=await self.facts(), letterhead=self.letterhead, templates=self.templates)

    async def facts(self) -> ListFacts:
        """Return what the list says of itself now.

        Raises:
            ListRefusedError, OperationError: if it cannot be read and none is in force.
        """
        return await self.lists.facts()

    async def act(
        self, case_id: str | None, act: str, actor: Actor, data: Mapping[str, str], *, turn: int | None
    ) -> Case:
        """Take a step on a case (None: one that opens a case) and return the case after it.

        `turn` is the turn of the case that the actor saw; None only where there was no case.

        Raises:
            IllegalStepError, ForbiddenError, FormError: nothing was changed.
            ListRefusedError, OperationError: the list or the store failed; nothing was changed.
        """
        if case_id is not None and turn is None:
            raise RuntimeError("an act names the turn of the case that it rests on")
        case = await self._step(case_id, act, actor, data, turn=turn)
        self._bell.ring()
        return case

    async def run(self) -> None:
        """Carry out what is decided and keep the clocks, until cancelled."""
        async with asyncio.TaskGroup() as works:
            works.create_task(self.outbox().run(self._bell))
            works.create_task(self.prober().run())

    def prober(self) -> Prober:
        """Return who looks at the providers' resolvers; whoever wants one round calls `tick`."""
        return Prober(self.store, self._system_step, lambda: self.terms)

    def outbox(self) -> Outbox:
        """Return the worker behind `run`; whoever wants one round of its work calls `tick`."""
        roster = Roster(self.store, self._system_step, self.now, self._context, self.lists.current)
        return Outbox(
            self.store,
            self.channels,
            self.lists.current,
            self._system_step,
            self.now,
            Providers(self.store, self._system_step, self.now, lambda: self.terms, roster),
            Reminders(self.store, self._system_step, self.now, self._on_duty()),
            lambda: self.terms,
            self.post(),
        )

    def _on_duty(self) -> frozenset[str]:
        return frozenset(each.id.removeprefix("duty-") for each in self.duty)

    def post(self) -> Incoming | None:
        """Return the reader of the folder of mail that came back."""
        return Incoming(self.incoming, self.store, self.arrived, self.now) if self.incoming else None

    async def arrived(self, case_id: str, act: str, data: Mapping[str, str], mail: str) -> None:
        """Record what somebody outside told, once: `mail` is the SHA-256 of what it came by. Raises what `act` does."""
        if apart.of_a_case(case_id):
            await self._step(case_id, act, SYSTEM, data, mail=mail)
        else:
            await self.store.note(apart.became(case_id, act, data, self.now()), apart.read(mail))

    async def _system_step(self, case_id: str, act: str, data: Mapping[str, str], done: str | None) -> None:
        if apart.of_a_case(case_id):
            await self._step(case_id, act, SYSTEM, data, done=done)
        else:
            await self.store.note(apart.became(case_id, act, data, self.now()), apart.sent(done))

    async def _step(
        self,
        case_id: str | None,
        act: str,
        actor: Actor,
        data: Mapping[str, str],
        *,
        turn: int | None = None,
        done: str | None = None,
        mail: str | None = None,
    ) -> Case:
        heard = await self._before.heard(case_id, act)
        if act in JUDGED or case_id is None:
            # One at a time, or two directives for one name could both be found fit for the same list, and two reports
            # of one name both open a case.
            async with self._judging:
                return await self._decide(case_id, act, actor, data, heard, turn=turn, done=done, mail=mail)
        return await self._decide(case_id, act, actor, data, heard, turn=turn, done=done, mail=mail)

    async def _decide(
        self,
        case_id: str | None,
        act: str,
        actor: Actor,
        data: Mapping[str, str],
        heard: Mapping[DomainName, Heard | str],
        *,
        turn: int | None,
        done: str | None,
        mail: str | None,
    ) -> Case:
        now, facts = self.now(), await self.facts()
        draft = await self.lists.draft(case_id) if case_id is not None and act in WRITING else None
        judgement = await self._before.judgement(case_id, act, heard, draft, now=now, facts=facts)
        other = await self.store.case(data["other"]) if "other" in data else None
        context = Context(
            list=facts,
            letterhead=self.letterhead,
            templates=self.templates,
            sealing=self.evidence.recipients > 0,
            draft=draft,
            drafted=judgement.names,
            refusals=judgement.refusals,
            warnings=judgement.warnings,
            revoked=await self.store.closed_accounts(),
            policy=self.policy,
            barring=await self._before.barring() if act in JUDGED else (),
            same=await self._before.same(data) if case_id is None else {},
            other=other,
            findings=judgement.findings,
            suffixes=judgement.suffixes,
        )

        def decide(case: Case | None, numbers: Numbers) -> workflow.Outcome:
            return workflow.apply(case, act, actor, data, now=now, context=context, numbers=numbers)

        year = facts.local(now).year
        case = await self.store.record(case_id, decide, year=year, turn=turn, done=done, mail=mail)
        log.info("step taken case=%s act=%s by=%s state=%s", case.id, act, actor.number, case.state)
        return case


@asynccontextmanager
async def open_road(settings: Settings, clock: Clock, lists: ListView | None = None) -> AsyncIterator[Road]:
    """Open the case road of these settings; a new database is stamped trial, or real, as the list is.

    `lists` is another view of the list than that of the settings' folder.

    Raises:
        ListRefusedError, OperationError: if list or database cannot be read, or do not belong together.
    """
    admin = settings.admin
    lists = lists or ListView(admin.lists, settings.blocklist.index, settings.blocklist.popular)
    async with Store.open(admin.database, trial=(await lists.facts()).trial) as store:
        offered = Terms.of(settings)
        agreed = await agreements.begin(store, offered, clock.now().replace(microsecond=0))
        links = AnswerLinks(store, None)
        server = None if admin.smtp is None else MailServer(admin.smtp)
        letters = LetterChannel(admin.letters, agreed.terms.sender, server, links)
        road = Road(
            store=store,
            lists=lists,
            agreed=agreed,
            offered=offered,
            duty=_on_duty(settings),
            templates=_templates(),
            clock=clock,
            channels={"letter": letters, "list": ListChannel(admin.lists)},
            letters=letters,
            evidence=Evidence(admin.evidence, 0, admin.evidence_mib << 20),
            links=links,
            resolver=admin.resolver,
            lookups=None if admin.lookups is None else Lookups(admin.lookups, suffixes()),
            incoming=admin.incoming,
        )
        await road.work_as_agreed()
        yield road


@cache
def _templates() -> jinja2.Environment:
    """Return the letters' templates as they come with this program: compiled once, however often a road is opened."""
    folder = resources.files("blocker.cases") / "templates"
    return compile_templates({name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in TEMPLATES})


def _on_duty(settings: Settings) -> tuple[Recipient, ...]:
    return tuple(Recipient(f"duty-{role}", f"Duty {role}", mail) for role, mail in settings.admin.duty if mail)
