"""A real desk on a socket of its own: real store, real git, real list; only the clock can be moved on by hand."""

import re
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import aiohttp

from blocker import config
from blocker.addresses import Address
from blocker.admin.app import make_app, serving
from blocker.admin.desk import Desk
from blocker.cases.case import Role
from blocker.cases.road import open_road
from blocker.clock import Clock
from blocker.commands.trial import Wishes, prepare_lists
from blocker.config import Settings
from blocker.distribution.runner import SignedRunner, open_sync
from blocker.distribution.source import shipped_lists
from blocker.distribution.sync import Sync
from blocker.people.people import People

PASSWORD = "correct horse battery"
OFFICER, APPROVER = "agent-014", "agent-022"
OVERSEER, AUDITOR, CONTACT = "overseer-001", "auditor-001", "contact-001"
ADMINISTRATOR = "admin-001"
NUMBERS = {
    Role.OFFICER: OFFICER,
    Role.APPROVER: APPROVER,
    Role.OVERSEER: OVERSEER,
    Role.AUDITOR: AUDITOR,
    Role.ISP: CONTACT,
    Role.ADMINISTRATOR: ADMINISTRATOR,
}
ISPS = ("isp-a", "isp-b")
HERE = Address("127.0.0.1", 0)


TRIAL_DAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
"""The trial list's own days: its entries end, and these tests should not."""


class Steered(Clock):
    """A clock that starts on the trial day and that a test may move on."""

    __slots__ = ("_ahead",)
    _ahead: float

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale=scale)
        object.__setattr__(self, "_ahead", TRIAL_DAY.timestamp() - Clock().timestamp())

    def timestamp(self) -> float:
        return Clock().timestamp() + self._ahead

    def move(self, span: timedelta) -> None:
        object.__setattr__(self, "_ahead", self._ahead + span.total_seconds())


@dataclass
class Running:
    """The desk under test."""

    url: str
    desk: Desk
    clock: Steered
    sync: Sync | SignedRunner
    settings: Settings

    async def carry_out(self) -> None:
        """Do what waits: letters, commits, the build of the list, the steps of the system; one leads to another."""
        for _ in range(2):
            await self.desk.road.outbox().tick()
            if isinstance(self.sync, Sync) and self.settings.blocklist.lists is not None:
                self.sync.look(self.settings.blocklist.lists)
            self.desk.current.refresh()
        await self.desk.road.outbox().tick()


def git(directory: Path, *arguments: str) -> None:
    """Run git as somebody who keeps the list."""
    subprocess.run(["git", "-C", str(directory), *arguments], check=True, capture_output=True)


def lay_lists(folder: Path) -> Path:
    """Copy the trial list into a folder and put it under git, as `redhand up` does."""
    return prepare_lists(Wishes(folder, HERE, HERE, HERE, None, None, None))


def config_text(
    folder: Path, lists: Path, listen: str = "127.0.0.1:8400", blocklist: str = "", isps: Sequence[str] = ISPS
) -> str:
    """Return the configuration of a desk whose state lies in a folder; `blocklist`: that section, not these lists."""
    named = (f"{{id: {isp}, name: {isp.upper().replace('-', ' ')}, mail: noc@{isp}.example}}" for isp in isps)
    return f"""
data: {folder}
blocklist: {{{blocklist or f"lists: {lists}"}}}
admin:
  listen: {listen}
  lists: {lists}
  isps: [{", ".join(named)}]
  overseer: {{mail: overseer@oversight.example}}
  incoming: {folder}/incoming
  proxies: [127.0.0.0/8]
  reports:
    sources: [{{id: hotline, name: Hotline}}, {{id: partner, name: Partner}}]
    per_minute: 1000000
"""


@asynccontextmanager
async def running(
    folder: Path,
    *,
    plain: bool = False,
    scale: float = 1.0,
    blocklist: str = "",
    more: str = "",
    trial: bool = True,
    isps: Sequence[str] = ISPS,
    wall: Callable[[], datetime] | None = None,
) -> AsyncIterator[Running]:
    """Run a desk with one account of each role, and with a list in force; one from elsewhere is of today.

    `more` are further settings of the desk. Without `trial` the list is real, and none is in force: that comes signed.
    """
    lists = shipped_lists() if plain else lay_lists(folder)
    if not trial:
        header = lists / "list.yaml"
        header.write_text(header.read_text().replace("environment: trial", "environment: staging"))
        git(lists, "commit", "--quiet", "--all", "--message", "staging")
    text = config_text(folder, lists, blocklist=blocklist, isps=isps) + more
    settings, clock = config.parse(text.encode(), "redhand.yaml", folder), Steered(scale)
    if blocklist:
        clock.move(Clock().now() - clock.now())
    sync = open_sync(settings, clock)
    if trial:
        await sync.first()
    async with open_road(settings, clock) as road:
        desk = Desk.of(settings, clock, road)
        if wall is not None:
            desk = replace(desk, people=People.of(road.store, settings.admin.database, wall))
        for role, number in NUMBERS.items():
            await desk.people.accounts.create(number, role, PASSWORD, "isp-a" if role is Role.ISP else None)
        async with serving(make_app(desk), [listener := socket.create_server(("127.0.0.1", 0))]):
            yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", desk, clock, sync, settings)


@dataclass
class Answer:
    """What came back, redirects not followed."""

    status: int
    headers: Mapping[str, str]
    text: str
    location: str | None = None

    def hidden(self, name: str) -> str:
        """Return the value of a hidden field."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"no field {name} on this page"
        return unescape(found[1])

    @property
    def words(self) -> str:
        """The page's text without its tags."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


@dataclass
class Browser:
    """A client that keeps cookies and takes the form token from the page it saw last."""

    url: str
    http: aiohttp.ClientSession
    seen: Answer | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Accept-Language": "en"})

    async def get(self, path: str, **headers: str) -> Answer:
        self.seen = await self.request("GET", path, **headers)
        return self.seen

    async def post(self, path: str, data: dict[str, str] | None = None, **headers: str) -> Answer:
        assert self.seen is not None
        return await self.request("POST", path, {"csrf": self.seen.hidden("csrf"), **(data or {})}, **headers)

    async def act(self, case: str, act: str, **data: str) -> Answer:
        """Open the case's page and send one of its forms."""
        page = await self.get(f"/cases/{case}")
        return await self.post(f"/cases/{case}/{act}", {"turn": page.hidden("turn"), **data})

    async def sign_in(self, number: str, password: str = PASSWORD) -> Answer:
        await self.get("/sign-in")
        answer = await self.post("/sign-in", {"number": number, "password": password})
        await self.get("/cases")
        return answer

    async def request(self, method: str, path: str, data: object = None, **headers: str) -> Answer:
        """Send anything; an underscore in a header's name stands for a hyphen."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        asked = self.http.request(method, self.url + path, data=data, headers=sent, allow_redirects=False)
        async with asked as response:
            text = await response.text()
            return Answer(response.status, response.headers, text, response.headers.get("Location"))


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Browser]:
    """A browser without any session."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Browser(url, http)
