"""The case road as its users hold it: reads the world, lets workflow.py decide, stores the outcome, carries it out.

Rules are left to workflow.py, pages to blocker/admin.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from ipaddress import IPv4Address
from pathlib import Path

import jinja2

from blocker.addresses import Address
from blocker.cases import workflow
from blocker.cases.answer_links import AnswerLinks
from blocker.cases.candidate import Judgement
from blocker.cases.case import SYSTEM, Actor, Case, State
from blocker.cases.channels import Channel, ListChannel
from blocker.cases.collateral import Heard
from blocker.cases.context import Context, Letterhead, ListFacts, Numbers, Recipient
from blocker.cases.documents import TEMPLATES, compile_templates
from blocker.cases.drafts import Draft, proposed
from blocker.cases.evidence import Evidence
from blocker.cases.forms import parse_names
from blocker.cases.hearing import hear
from blocker.cases.incoming import Incoming
from blocker.cases.letters import LetterChannel
from blocker.cases.lists import ListView
from blocker.cases.lookups import Lookups
from blocker.cases.outbox import Bell, Outbox
from blocker.cases.probes import Prober
from blocker.cases.providers import Providers
from blocker.cases.reminders import Reminders
from blocker.cases.smtp import MailServer
from blocker.cases.store import Store
from blocker.cases.table import JUDGED, WEIGHED, WRITING
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
    letterhead: Letterhead
    templates: jinja2.Environment
    clock: Clock
    channels: Mapping[str, Channel]
    evidence: Evidence
    links: AnswerLinks
    policy: CasesSettings = field(default_factory=CasesSettings)
    resolver: Address | None = None
    """Whom the desk asks what lies at, below and beside a case's names."""
    lookups: Lookups | None = None
    """The searches that the desk may make itself."""
    probed: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    """The providers' resolvers that the desk looks at, by provider."""
    page: tuple[IPv4Address, ...] = ()
    """Where blocked names lead there."""
    incoming: Path | None = None
    """The folder of mail that came back, if there is one."""
    _bell: Bell = field(default_factory=Bell)
    _judging: asyncio.Lock = field(default_factory=asyncio.Lock)

    def now(self) -> datetime:
        """Return the time in whole seconds, as aware UTC: the procedure knows nothing finer."""
        return self.clock.now().replace(microsecond=0)

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
        return Prober(self.store, self._system_step, self.probed, self.page)

    def outbox(self) -> Outbox:
        """Return the worker behind `run`; whoever wants one round of its work calls `tick`."""
        providers = Providers(
            self.store, self._system_step, self.now, frozenset(isp.id for isp in self.letterhead.isps)
        )
        return Outbox(
            self.store,
            self.channels,
            self.lists.current,
            self._system_step,
            self.now,
            providers,
            Reminders(self.store, self._system_step, self.now, self._on_duty()),
            self.policy,
            self.post(),
        )

    def _on_duty(self) -> frozenset[str]:
        return frozenset(each.id.removeprefix("duty-") for each in self.letterhead.duty)

    def post(self) -> Incoming | None:
        """Return the reader of the folder of mail that came back."""
        return Incoming(self.incoming, self.store, self.arrived, self.now) if self.incoming else None

    async def arrived(self, case_id: str, act: str, data: Mapping[str, str], mail: str) -> Case:
        """Record what somebody outside told, once: `mail` is the SHA-256 of what it came by. Raises what `act` does."""
        return await self._step(case_id, act, SYSTEM, data, mail=mail)

    async def _system_step(self, case_id: str, act: str, data: Mapping[str, str], done: str | None) -> Case:
        return await self._step(case_id, act, SYSTEM, data, done=done)

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
        heard = await self._heard(case_id, act)
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
        judgement = await self._judgement(case_id, act, heard, draft, now=now, facts=facts)
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
            barring=await self._barring() if act in JUDGED else (),
            same=await self._same(data) if case_id is None else {},
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

    async def _same(self, data: Mapping[str, str]) -> Mapping[DomainName, str]:
        """Return the names of a report that an open case on its ground has already."""
        try:
            names = [each.name for each in parse_names(data.get("names", ""))]
        except ValueError:
            return {}  # the report itself says what is wrong with it
        found = await self.store.open_with(names, data.get("ground", ""))
        return {name: found[name] for name in names if name in found}

    async def _barring(self) -> tuple[Case, ...]:
        """Return the cases whose names a court or our own stay keeps off the list."""
        return await self.store.cases(State.SUSPENDED, State.ANNULLED)

    async def _heard(self, case_id: str | None, act: str) -> Mapping[DomainName, Heard | str]:
        """Ask the DNS where the step needs it; that takes seconds, so it holds up nobody else's step."""
        case = await self.store.case(case_id) if case_id is not None and act in WEIGHED else None
        return {} if case is None else await hear(self.resolver, case.names)

    async def _judgement(
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
        case = await self.store.case(case_id) if case_id is not None and act in JUDGED | WEIGHED else None
        if case is None:
            return Judgement()
        judgement = await self._judged(case, draft, facts, now) if act in JUDGED else Judgement()
        if act not in WEIGHED or judgement.refusals:
            return judgement
        return replace(judgement, findings=await self.lists.weigh(case, heard), suffixes=suffixes().digest)

    async def _judged(self, case: Case, draft: Draft | None, facts: ListFacts, now: datetime) -> Judgement:
        orders = [row.payload for row in await self.store.effects(kind="list")]
        coming = {order["path"]: order["text"].encode() for order in orders if order.get("act") == "add"}
        draft = draft or proposed(case)
        judgement = await self.lists.judge(case, coming, facts, now, draft)
        others = () if draft is None else await self.store.with_directive(draft.directive)
        taken = (f"{each.directive} is the directive of case {each.id}" for each in others if each.id != case.id)
        return replace(judgement, refusals=(*taken, *judgement.refusals))


@asynccontextmanager
async def open_road(settings: Settings, clock: Clock, lists: ListView | None = None) -> AsyncIterator[Road]:
    """Open the case road of these settings; a new database is stamped trial, or real, as the list is.

    `lists` is another view of the list than that of the settings' folder.

    Raises:
        ListRefusedError, OperationError: if list or database cannot be read, or do not belong together.
    """
    admin = settings.admin
    lists = lists or ListView(admin.lists, settings.blocklist.index, settings.blocklist.popular)
    folder = resources.files("blocker.cases") / "templates"
    async with Store.open(admin.database, trial=(await lists.facts()).trial) as store:
        links = AnswerLinks(store, admin.public_url)
        server = None if admin.smtp is None else MailServer(admin.smtp)
        letters = LetterChannel(admin.letters, admin.sender, server, links)
        yield Road(
            store=store,
            lists=lists,
            letterhead=_letterhead(settings),
            templates=compile_templates(
                {name: (folder / f"{name}.txt").read_text(encoding="utf-8") for name in TEMPLATES}
            ),
            clock=clock,
            channels={"letter": letters, "list": ListChannel(admin.lists)},
            evidence=Evidence(admin.evidence, len(admin.evidence_recipients), admin.evidence_mib << 20),
            links=links,
            policy=settings.cases,
            resolver=admin.resolver,
            lookups=None if admin.lookups is None else Lookups(admin.lookups, suffixes()),
            probed={isp.id: isp.resolvers for isp in admin.isps},
            page=settings.page.ipv4,
            incoming=admin.incoming,
        )


def _letterhead(settings: Settings) -> Letterhead:
    admin, overseer = settings.admin, settings.admin.overseer
    return Letterhead(
        sender=admin.sender,
        isps=tuple(Recipient(isp.id, isp.name, isp.mail) for isp in admin.isps),
        page=tuple(str(address) for address in (*settings.page.ipv4, *settings.page.ipv6)),
        overseer=None if overseer is None else Recipient("overseer", overseer.name, overseer.mail),
        duty=tuple(Recipient(f"duty-{role}", f"Duty {role}", mail) for role, mail in admin.duty if mail is not None),
        reply_page=admin.public_url is not None,
    )
