"""One process that walks a case over the whole road, and is killed where it was told to.

`python -m tests.soak._cases_worker DATA POINT [PORT CERTIFICATE]`: goes on from whatever stands in DATA, by the case's
state alone, and kills itself (SIGKILL) at the POINT-th of the places where something becomes durable: before and after
each transaction of the store, each file that is put in its place, each git command that writes, and each letter that
the mail server took. POINT 0: never. It prints how many such places it passed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import aiosmtplib
import aiosqlite

from blocker.cases.case import Actor, Case, State
from blocker.cases.isps.order import current
from blocker.cases.post.letters import LetterChannel
from blocker.cases.post.smtp import MailServer
from blocker.desk_settings import SmtpSettings
from blocker.distribution import durable, git
from tests.cases.desk import Desk, open_desk
from tests.cases.walking import APPROVER, OFFICER, START

WRITES = ("commit-tree", "update-ref", "update-index", "hash-object", "write-tree")
LIMIT = 60
"""Turns of the walk after which something does not move."""


class Reaper:
    """Counts the places, and ends the process at one of them."""

    def __init__(self, point: int) -> None:
        self.point, self.passed = point, 0

    def at(self) -> None:
        self.passed += 1
        if self.passed == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, *, only: Callable[..., bool] = lambda *_a: True) -> None:
        """Make `owner.name` a place before it and one after it."""
        inner = getattr(owner, name)

        @wraps(inner)
        def plain(*args: Any, **named: Any) -> Any:
            if not only(*args):
                return inner(*args, **named)
            self.at()
            result = inner(*args, **named)
            self.at()
            return result

        @wraps(inner)
        async def waiting(*args: Any, **named: Any) -> Any:
            if not only(*args):
                return await inner(*args, **named)
            self.at()
            result = await inner(*args, **named)
            self.at()
            return result

        setattr(owner, name, waiting if asyncio.iscoroutinefunction(inner) else plain)


BY_STATE: Mapping[State | None, tuple[str, Actor]] = {
    None: ("report", OFFICER),
    State.DRAFT: ("assess", OFFICER),
    State.ASSESSED: ("propose-request", OFFICER),
    State.NOTICE_PENDING: ("approve-request", APPROVER),
    State.BLOCK_PENDING: ("approve-directive", APPROVER),
}


def next_act(case: Case | None) -> tuple[str, Actor] | None:
    """What a person does next, by the case alone; None: it is the system's turn, or the end."""
    if case is not None and case.state is State.OWNER_NOTIFIED:
        if case.receipt_at is None:
            return "record-receipt", OFFICER
        return ("propose-directive" if case.verified_at else "verify"), OFFICER
    if case is not None and case.state is State.IN_FORCE:
        return ("approve-lift", APPROVER) if case.lift else ("propose-lift", OFFICER)
    if case is not None and any(each.open for each in current(case.served)):
        return "isp-applied", OFFICER
    return BY_STATE.get(case.state if case else None)


async def walk(desk: Desk) -> None:
    """Go on until the case is lifted and nothing is left to do."""
    for _ in range(LIMIT):
        case = next(iter(await desk.road.store.cases()), None)
        if case is not None:
            case = await desk.work(case)
        if case is not None and case.state is State.LIFTED and not await desk.road.store.effects():
            return
        act = next_act(case)
        if act is None or (act[0] == "verify"):
            desk.later(hours=24)
        if act is not None:
            await desk.act(case, *act)
    raise RuntimeError("the road has no end")


async def last_moment(data: Path) -> Any:
    """The instant of the last event: the walk's clock goes on from there."""
    async with open_desk(data) as desk:
        events = await desk.road.store.events()
    return events[-1].at_utc if events else START


async def main(data: Path, reaper: Reaper, server: MailServer | None) -> None:
    async with open_desk(data, await last_moment(data)) as desk:
        if server is not None:
            admin = desk.settings.admin
            desk.road.channels = {
                **desk.road.channels,
                "letter": LetterChannel(admin.letters, admin.sender, server),
            }
        reaper.around(
            aiosqlite.Connection, "execute", only=lambda _self, sql, *_a: sql in {"BEGIN IMMEDIATE", "COMMIT"}
        )
        reaper.around(durable, "write")
        reaper.around(durable, "remove")
        reaper.around(git, "run", only=lambda _directory, command, *_a: command in WRITES)
        reaper.around(aiosmtplib.SMTP, "sendmail")
        await walk(desk)
    sys.stdout.write(f"{reaper.passed}\n")


if __name__ == "__main__":
    mail = (
        MailServer(SmtpSettings(host="localhost", port=int(sys.argv[3]), ca=Path(sys.argv[4])))
        if sys.argv[3:]
        else None
    )
    asyncio.run(main(Path(sys.argv[1]), Reaper(int(sys.argv[2])), mail))
