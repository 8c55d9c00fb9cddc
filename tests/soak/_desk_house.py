"""A desk's folder as `redhand admin` finds it: configuration, list, accounts, and a mail server for its letters."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocker import config
from blocker.cases.case import Role
from blocker.commands.accounts import add_account
from blocker.config import Settings
from tests.admin.running import PASSWORD, TRIAL_DAY, browser
from tests.cases.mail_server import Server, mail_server
from tests.certificates import Authority
from tests.e2e.desk_process import configured
from tests.ports import free_port
from tests.soak._desk_people import Pair

SHOWN = 20
"""Lines of what is wrong that a soak prints."""


@dataclass
class House:
    """The desk, which is not running yet, its mail server, and the people who will work there."""

    folder: Path
    port: int
    settings: Settings
    server: Server
    more: str
    pairs: list[Pair]
    now: datetime = TRIAL_DAY

    @property
    def config(self) -> Path:
        return self.folder / "redhand.yaml"


@contextmanager
def unheard(*loggers: str) -> Iterator[None]:
    """Let these say nothing until the block ends."""
    for name in loggers:
        logging.getLogger(name).disabled = True
    try:
        yield
    finally:
        for name in loggers:
            logging.getLogger(name).disabled = False


@asynccontextmanager
async def house(folder: Path, pairs: int) -> AsyncIterator[House]:
    """Found a desk with an account for each of so many pairs."""
    authority = Authority.made(folder / "authority")
    data, port = folder / "data", free_port()
    data.mkdir()
    async with AsyncExitStack() as stack:
        stack.enter_context(unheard("mail.log"))  # the mail server's surprise at clients that are killed
        server = stack.enter_context(mail_server(authority))
        more = f"  smtp: {{host: localhost, port: {server.port}, ca: {authority.certificate}}}\n"
        settings = config.load(configured(data, port, more))
        people = []
        for number in range(pairs):
            numbers = {Role.OFFICER: f"agent-1{number:02}", Role.APPROVER: f"agent-2{number:02}"}
            for role, account in numbers.items():
                await add_account(settings, account, role, PASSWORD)
            officer, approver = [await stack.enter_async_context(browser(f"http://127.0.0.1:{port}")) for _ in numbers]
            people.append(Pair(f"pair{number}", officer, approver, numbers))
        yield House(data, port, settings, server, more, people)
