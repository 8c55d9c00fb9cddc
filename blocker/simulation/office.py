"""The desk of a simulation: the real case road on one store, opened, stopped at any moment, and opened again.

Keeps true: what a stop may lose is what a killed process loses; providers change as all settings do: in the file, which
is read at a start, and then by two administrators.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from blocker.cases.case import Actor, Role, entry
from blocker.cases.channels import Channel, Due
from blocker.cases.post.letters import LetterChannel
from blocker.cases.road import Road, open_road
from blocker.config import BlocklistSettings, Settings
from blocker.desk_settings import AdminSettings, Duty, Overseer
from blocker.people.account import Account
from blocker.people.accounts import Accounts
from blocker.people.agreement import Agreement
from blocker.people.passwords import Passwords
from blocker.policy import CasesSettings
from blocker.simulation.post import Post
from blocker.simulation.providers import AT_FIRST, LEAVES, Provider
from blocker.simulation.repository import Repository, RepositoryView, Ticking

KILLED = 0.01
"""Of a hundred effects so many are carried out and not recorded, because the desk is killed in between."""

ADMINISTRATORS = (Actor("admin-1", Role.ADMINISTRATOR), Actor("admin-2", Role.ADMINISTRATOR))


class Killed(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Mortal:
    """A channel in whose hands the desk dies now and then: its work is done, and no record of it was made."""

    channel: Channel
    dice: Random

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        """Carry the effect out.

        Raises:
            Killed: although the work is done.
        """
        done = await self.channel.carry_out(due)
        if self.dice.random() < KILLED:
            raise Killed
        return done


@dataclass(slots=True)
class Office:
    """The desk, its list and its post; `open` comes first and `close` last."""

    folder: Path
    policy: CasesSettings
    time: Ticking
    dice: Random
    post: Post
    repository: Repository
    providers: list[Provider] = field(default_factory=lambda: [*AT_FIRST, LEAVES])
    lists: RepositoryView = field(init=False)
    stops: int = 0
    """How often it was stopped and opened again, and how many of these were kills."""
    kills: int = 0
    _road: Road | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        """The view of the list outlives the desk: it holds what is in force."""
        self.lists = RepositoryView(self.repository)

    @property
    def road(self) -> Road:
        """The open road."""
        if self._road is None:
            raise RuntimeError("the desk is shut")
        return self._road

    @property
    def settings(self) -> Settings:
        """What the desk is opened with next."""
        return Settings(
            data=self.folder,
            blocklist=BlocklistSettings(index=self.folder / "list" / "current.index"),
            admin=AdminSettings(
                public_url="https://desk.example",
                database=self.folder / "redhand.sqlite3",
                letters=self.folder / "letters",
                incoming=self.post.incoming,
                evidence=self.folder / "evidence",
                evidence_recipients=(f"age1{'q' * 58}",),
                isps=tuple(each.isp for each in self.providers),
                overseer=Overseer(mail="overseer@oversight.example"),
                duty=Duty(officer="officers@ministry.example", approver="approvers@ministry.example"),
            ),
            cases=self.policy,
        )

    async def open(self) -> None:
        """Open the desk."""
        settings = self.settings
        road = await self._open.enter_async_context(open_road(settings, self.time.clock, self.lists))
        road.letters = LetterChannel(settings.admin.letters, road.terms.sender, self.post, road.links)
        road.channels = {"letter": Mortal(road.letters, self.dice), "list": Mortal(self.repository, self.dice)}
        self._road = road

    async def close(self) -> None:
        """Shut it."""
        self._road = None
        await self._open.aclose()

    async def reopen(self) -> None:
        """Stop the desk and open it again, with whatever its settings are now."""
        self.stops += 1
        await self.close()
        await self.open()

    async def work(self) -> None:
        """Let the desk's own worker take one round; if the desk dies of it, open it again and let it."""
        while True:
            try:
                await self.road.outbox().tick()
            except Killed:
                self.kills += 1
                await self.reopen()
            else:
                return

    async def employ(self, who: Actor) -> None:
        """Give somebody an account."""
        sql = "INSERT INTO accounts (number, role, created_at) VALUES (?, ?, ?)"
        await self._account(who, "account-made", sql, who.number, who.role.value, self.time.now.isoformat())

    async def dismiss(self, who: Actor) -> None:
        """Close the account of somebody who leaves: what they proposed waits for somebody else to stand for it."""
        sql = "UPDATE accounts SET closed_at = ? WHERE number = ? AND closed_at IS NULL"
        await self._account(who, "account-closed", sql, self.time.now.isoformat(), who.number)

    async def _account(self, who: Actor, done: str, sql: str, *values: str) -> None:
        noted = entry(who.number, done, ADMINISTRATORS[0], self.time.now, {"role": who.role.value})
        if not await self.road.store.note(noted, (sql, values)):
            raise RuntimeError("an account was not what the simulation knows of it")

    async def propose_settings(self) -> None:
        """One administrator proposes what the file says now; so long as no other approves it, nothing has changed."""
        road, (proposer, _) = self.road, ADMINISTRATORS
        issue = await road.notice(road.offered)
        await self._agreement().propose(
            Account(proposer.number, proposer.role), road.now(), offered=road.offered, standing=road.terms, issue=issue
        )

    async def approve_settings(self) -> None:
        """The other administrator approves it."""
        road, agreement, (_, approver) = self.road, self._agreement(), ADMINISTRATORS
        offer = await agreement.pending()
        if offer is None:
            raise RuntimeError("what was proposed waits")
        issue = await road.notice(road.offered, road.offered)
        who = Account(approver.number, approver.role)
        await agreement.approve(offer.id, who, road.now(), offered=road.offered, standing=road.terms, issue=issue)
        await road.work_as_agreed()

    def _agreement(self) -> Agreement:
        return Agreement(self.road.store, Accounts(self.road.store, _passwords(), lambda: self.time.now))

    async def keep(self, label: str) -> str:
        """Upload sealed evidence and return its SHA-256."""

        async def chunks() -> AsyncIterator[bytes]:
            yield sealed(label)

        return await self.road.evidence.take("file", chunks())


@cache
def _passwords() -> Passwords:
    """Return what would compare passwords, if anybody signed in here; it is slow to make, as it should be."""
    return Passwords()


def sealed(label: str) -> bytes:
    """Return a file of the form in which evidence is sealed; what would be in it does not matter here."""
    key, wrapped, mac = (hashlib.sha256(f"{part} {label}".encode()).hexdigest()[:43] for part in ("k", "w", "m"))
    head = f"age-encryption.org/v1\n-> X25519 {key}\n{wrapped}\n--- {mac}\n"
    return head.encode() + hashlib.sha512(label.encode()).digest()
