"""People of a store of their own, by a wall clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pyotp

from blocker.cases.case import Role
from blocker.cases.store import Store
from blocker.people.codes import spelled
from blocker.people.people import People
from tests.cases.walking import START

PASSWORD = "correct horse battery"
OFFICER = "agent-014"


class Wall:
    """The wall's clock."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@asynccontextmanager
async def opened(folder: Path, wall: Wall | None = None) -> AsyncIterator[People]:
    """People with one officer."""
    async with Store.open(folder / "db", trial=True) as store:
        people = People.of(store, folder / "db", wall or Wall())
        await people.accounts.create(OFFICER, Role.OFFICER, PASSWORD)
        yield people


def shown(secret: bytes, at: datetime) -> str:
    """What an app that has the secret shows at an instant."""
    return pyotp.TOTP(spelled(secret).replace(" ", "")).at(at)
