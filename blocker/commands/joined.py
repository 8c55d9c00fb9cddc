"""`redhand up` as a publisher: what the desk commits is staged, signed by two demonstration officials, and released.

Keeps true: it walks the same road as a ministry (the same functions as `redhand publish`), with nothing skipped but the
distance between machines; the keys are a trial's, made here, and sign nothing but trial lists. Each stage is said once.
"""

import asyncio
import secrets
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
from aiohttp import web
from securesystemslib.signer import Signer

from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index
from blocker.clock import Clock
from blocker.commands.staging import build
from blocker.config import Settings
from blocker.distribution import durable, keys, metadata
from blocker.distribution.acknowledge import noted
from blocker.distribution.keys import KeyFile
from blocker.distribution.online import Online, make_online, open_online
from blocker.distribution.popular import read_popular
from blocker.distribution.proposal import Wishes
from blocker.distribution.publish import Publisher
from blocker.distribution.shelf import Shelf
from blocker.distribution.source import fingerprint
from blocker.errors import CorruptIndexError, ListRefusedError, OperationError

EVERY = 0.5
REFRESH = 3600.0  # seconds between two timestamps
OFFICIALS = ("official-1", "official-2", "official-3")
NAME = "ministry"


@dataclass(slots=True)
class Joined:
    """A publisher of one trial list, its server, and its voice."""

    data: Path
    lists: Path
    clock: Clock
    _seen: Hashable = None
    _said: set[str] = field(default_factory=set)
    _serial: int = 0

    @property
    def shelf(self) -> Shelf:
        """The signed repository."""
        return Shelf(self.data / "publishing")

    @property
    def root(self) -> Path:
        """What the demonstration ISP pins."""
        return self.shelf.public / "metadata" / "1.root.json"

    def public(self) -> Path:
        """Return the folder to serve; it is made if it is not there."""
        self.shelf.public.mkdir(mode=0o750, parents=True, exist_ok=True)
        return self.shelf.public

    def prepare(self) -> None:
        """Make officials and repository, once, and release what HEAD holds.

        Raises:
            ListRefusedError: if HEAD is refused and nothing was released before.
        """
        if not (self.shelf.public / "metadata" / "timestamp.json").exists():
            self._found()
        try:
            self.publish()
        except ListRefusedError as error:
            with self.shelf.locked():
                if metadata.list_custom(Publisher(self.shelf).in_force().targets) is None:
                    raise
            self._say(f"refused: {error}")

    def _found(self) -> None:
        folder = self.data / "officials"
        folder.mkdir(mode=0o700, exist_ok=True)
        password = folder / "password"
        if not password.exists():
            durable.write(password, secrets.token_urlsafe(24).encode())
        for official in OFFICIALS:
            if not KeyFile(folder / official).public.exists():
                (folder / official).unlink(missing_ok=True)
                keys.make(folder / official, password.read_bytes())
        public = [keys.read_public(KeyFile(folder / official).public) for official in OFFICIALS]
        now = datetime.now(UTC)
        with self.shelf.locked(new=True):
            self.shelf.drop_staged()
            publisher = Publisher(self.shelf)
            online = {
                role: make_online(self.shelf, role, password.read_bytes())
                for role in (metadata.SNAPSHOT, metadata.TIMESTAMP)
            }
            publisher.init(Environment.TRIAL, dict.fromkeys(metadata.BY_PEOPLE, public), online, now)
            for signer in self._signers():
                publisher.sign(signer)
            publisher.release(open_online(self.shelf, password.read_bytes()), now)

    def _signers(self) -> list[Signer]:
        folder = self.data / "officials"
        password = (folder / "password").read_bytes()
        return [keys.open_signer(KeyFile(folder / official), password) for official in OFFICIALS[:2]]

    def publish(self) -> bool:
        """Walk a new HEAD from commit to release; return False if there was nothing to do.

        Raises:
            ListRefusedError: if a guard or the gate refuses it; what is released stays.
        """
        seen = fingerprint(self.lists)
        if seen == self._seen:
            return False
        self._seen = seen
        now = datetime.now(UTC)
        with self.shelf.locked():
            publisher = Publisher(self.shelf)
            before = publisher.before()
            proposal, _ = build(self.lists, before, read_popular(self.shelf.directory), Wishes({}), self.clock)
            if before.custom is not None and proposal.custom["digest"] == before.custom["digest"]:
                publisher.refresh(self._online(), now)
                return False
            publisher.stage(proposal, now)
            self._say(f"commit {str(proposal.custom['commit'])[:12]} staged: {'; '.join(proposal.effect()) or 'texts'}")
            for number, signer in enumerate(self._signers()):
                publisher.sign(signer)
                self._say(f"signed by {OFFICIALS[number]}")
            self._serial = publisher.release(self._online(), now).serial
        self._say(f"released, serial {self._serial}")
        return True

    def _online(self) -> Online:
        return open_online(self.shelf, (self.data / "officials" / "password").read_bytes())

    def _say(self, what: str) -> None:
        click.echo(f"  list      {what}")

    async def run(self, settings: Settings) -> None:
        """Publish each new commit and tell how far it has come, until cancelled."""
        loop = asyncio.get_running_loop()
        refreshed = loop.time()
        while True:
            await asyncio.sleep(EVERY)
            try:
                await asyncio.to_thread(self.publish)
                if loop.time() - refreshed > REFRESH:
                    refreshed = loop.time()
                    await asyncio.to_thread(self._refresh)
                await asyncio.to_thread(self._follow, settings)
            except ListRefusedError as error:
                self._say(f"refused, what is released stays: {error}")
            except (OperationError, OSError) as error:
                self._say(f"not published: {error}; it will be tried again")
                self._seen = None
                await asyncio.sleep(10 * EVERY)

    def _refresh(self) -> None:
        with self.shelf.locked():
            Publisher(self.shelf).refresh(self._online(), datetime.now(UTC))

    def _follow(self, settings: Settings) -> None:
        """Say once when the released version is in force, and when the demonstration ISP acknowledged it."""
        try:
            source = Index.load(settings.blocklist.index.read_bytes()).header.source(NAME)
        except (OSError, CorruptIndexError):
            return
        if source is None or source.serial < self._serial:
            return
        told = noted(settings.data / "list" / "acknowledged.json").get(NAME) == source.metadata
        for reached, what in ((True, "in force"), (told, "acknowledged")):
            line = f"{what}, serial {source.serial}"
            if reached and line not in self._said:
                self._said.add(line)
                self._say(line)


async def serve_public(folder: Path) -> tuple[web.AppRunner, str]:
    """Serve a folder as any static web server would, on a free port of loopback; return its address too."""
    app = web.Application()
    app.router.add_static("/", folder)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"
