"""A day without a mail server: `python -m tests.soak.desk_mail [--reduced]` prints figures; 1 if a claim fails.

The clock is simulated, all else is real: the store, git, and SMTP with TLS. For eight hours nobody listens, for eight
the server puts everybody off, for eight it hangs up; then it takes what comes. Meanwhile people decide on: some ask
owners, some block, some lift. No letter may be lost, doubled or overtaken, no clock run for an owner or a provider that
has nothing, and no block or lift wait for the post.
"""

import argparse
import asyncio
import socketserver
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from blocker.cases.case import Case, State
from blocker.cases.integrity import ledger
from blocker.cases.isps.order import Standing, current
from blocker.cases.post.letters import LetterChannel
from blocker.cases.post.smtp import MailServer
from blocker.cases.workflow import legal
from blocker.desk_settings import SmtpSettings
from tests.cases.desk import Desk, open_desk
from tests.cases.mail_server import Received, mail_server
from tests.cases.walking import APPROVER, LIFTING, OFFICER, RECEIVED, TO_C3, TO_C5
from tests.certificates import Authority
from tests.ports import free_port
from tests.soak._desk_house import SHOWN, unheard

CASES, REDUCED = 20, 1
"""Cases of each kind: an owner is asked, a block is approved, a block is approved and lifted."""
EVERY, EVERY_REDUCED = 10, 120
"""Minutes of the clock between two rounds of the desk's work."""
OUT = 8 * 60
"""Minutes for which the server fails in each of three ways."""


@dataclass
class Figures:
    """What the day showed."""

    rounds: int = 0
    letters: int = 0
    failures: int = 0
    """Attempts that failed."""
    stuck: int = 0
    """Letters that the desk shows as stuck, to be looked at by somebody."""
    to_recover: int = 0
    """Rounds until all was sent, once the server was there again."""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def claim(self, what: str, *, holds: bool) -> None:
        if not holds:
            self.wrong.append(what)


class _HangsUp(socketserver.BaseRequestHandler):
    """Says nothing and goes."""


@contextmanager
def hanging_up(port: int) -> Iterator[None]:
    """Run a server that takes connections and ends them."""
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer(("127.0.0.1", port), _HangsUp) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Day:
    """A desk on a day without post."""

    desk: Desk
    figures: Figures
    every: int
    asked: list[Case] = field(default_factory=list)
    blocked: list[Case] = field(default_factory=list)
    lifted: list[Case] = field(default_factory=list)

    async def pass_by(self, minutes: int, server: AbstractContextManager[object]) -> None:
        """Let so much time pass, with a server that takes nothing."""
        with server:
            for _ in range(minutes // self.every):
                self.desk.later(minutes=self.every)
                await self.round()

    async def round(self) -> None:
        self.desk.sync.look(self.desk.settings.admin.lists)
        await self.desk.road.outbox().tick()
        self.figures.rounds += 1

    async def see(self, cases: list[Case]) -> list[Case]:
        return [await self.desk.see(case) for case in cases]


async def worked(day: Day, count: int) -> None:
    """Bring cases to where the day finds them, before an approver; the post works until then."""
    for number in range(count):
        for kind, cases in (("blocked", day.blocked), ("lifted", day.lifted)):
            case = await day.desk.act(None, "report", OFFICER, names=f"{kind}-{number}.example")
            cases.append(await day.desk.go(case, *RECEIVED[1:]))
    day.desk.later(hours=24)
    await day.round()
    day.figures.claim("letters waited before the day began", holds=not await day.desk.road.store.effects())
    for cases in (day.blocked, day.lifted):
        cases[:] = [await day.desk.go(case, *TO_C5[-2:]) for case in await day.see(cases)]


async def decided(day: Day, count: int) -> None:
    """Decide what makes letters: owners are asked, blocks are approved."""
    for number in range(count):
        case = await day.desk.act(None, "report", OFFICER, names=f"asked-{number}.example")
        day.asked.append(await day.desk.go(case, *TO_C3[1:]))
    for case in (*day.blocked, *day.lifted):
        await day.desk.act(case, "approve-directive", APPROVER)


async def the_day(day: Day, port: int, authority: Authority, count: int) -> None:
    """Let the day pass, and say what it must not have done."""
    figures, store = day.figures, day.desk.road.store
    await decided(day, count)
    await day.pass_by(OUT, nullcontext())
    directed = await day.see(day.blocked + day.lifted)
    figures.claim("blocks wait for the post", holds={case.state for case in directed} == {State.BLOCK_DIRECTED})
    for case in await day.see(day.lifted):
        await day.desk.go(case, *LIFTING)
    await day.pass_by(OUT, mail_server(authority, port=port, closed=True))
    await day.pass_by(OUT, hanging_up(port))
    for case in await day.see(day.lifted):
        figures.claim(f"{case.id}: the lift waits for the post", holds=case.withdrawn_at is not None)
    for case in await day.see(day.asked):
        may = {row.act for row in legal(case, OFFICER, day.desk.road.now())}
        stands = case.state is State.OWNER_NOTIFIED and (case.clock_start, case.deadline) == (None, None)
        figures.claim(f"{case.id}: a clock runs for an owner who has nothing", holds=stands and "verify" not in may)
    for case in await day.see(day.blocked + day.lifted):
        (told,) = current(case.served)
        undelivered = (told.delivered_at, told.standing(day.desk.road.now())) == (None, Standing.NOT_DELIVERED)
        figures.claim(f"{case.id}: no alarm that its provider has received nothing", holds=undelivered)
    waiting = await store.effects()
    first = {(row.case, row.payload["to"]): row for row in reversed(waiting)}.values()
    alarms = {row.id for row in await store.stuck(len(waiting))}
    figures.claim("no alarm for a letter that is stuck", holds=alarms == {row.id for row in waiting if row.stuck})
    figures.failures, figures.stuck = sum(row.attempts for row in waiting), sum(row.stuck for row in first)
    figures.claim(
        "not every line of letters is shown as stuck, with the reason",
        holds=all(row.stuck and "mail server failed" in str(row.last_error) for row in first),
    )


async def after_it(day: Day, received: list[Received]) -> None:
    """Judge what the mail server got once it was there again."""
    store, figures = day.desk.road.store, day.figures
    events = await store.events()
    sent = [event for event in events if event.transition == "Ts"]
    issued = [row["number"] for row in await store.fetch("SELECT number FROM documents ORDER BY number")]
    figures.letters = len(issued)
    figures.claim("the ledger does not hold", holds=ledger.verify(events) is None)
    figures.claim("letters are lost", holds=sorted(event.data["document"] for event in sent) == issued)
    taken = Counter(each.message_id for each in received)
    figures.claim("the mail server got others", holds=set(taken) == {event.data["message_id"] for event in sent})
    figures.claim("letters are doubled", holds=taken.total() == len(taken))
    order: dict[tuple[str, ...], list[str]] = {}
    by_id = {event.data["message_id"]: event for event in sent}
    for each in received:
        event = by_id[each.message_id]
        order.setdefault((event.case, *each.recipients), []).append(event.data["document"])
    figures.claim("letters overtook each other", holds=all(line == sorted(line) for line in order.values()))


async def measure(count: int, every: int) -> Figures:
    """Let a day pass with so many cases of each kind."""
    began, figures = time.monotonic(), Figures()
    # There is a line for each attempt of the day.
    with tempfile.TemporaryDirectory() as folder, unheard("mail.log", "redhand.cases"):
        authority, port = Authority.made(Path(folder) / "authority"), free_port()
        async with open_desk(Path(folder) / "desk") as desk:
            admin, day = desk.settings.admin, Day(desk, figures, every)
            server = MailServer(SmtpSettings(host="localhost", port=port, ca=authority.certificate))
            desk.road.channels = {**desk.road.channels, "letter": LetterChannel(admin.letters, admin.sender, server)}
            with mail_server(authority, port=port) as before:
                await worked(day, count)
            await the_day(day, port, authority, count)
            with mail_server(authority, port=port) as after:
                while await desk.road.store.effects() and figures.to_recover < OUT:
                    figures.to_recover += 1
                    desk.later(minutes=10)
                    await day.round()
            await after_it(day, before.received + after.received)
    figures.seconds = time.monotonic() - began
    return figures


def main() -> int:
    """Print the figures; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.desk_mail", description="a day without a mail server")
    parser.add_argument("--reduced", action="store_true", help="a few cases, and rounds every two hours")
    counts = (REDUCED, EVERY_REDUCED) if parser.parse_args().reduced else (CASES, EVERY)
    figures = asyncio.run(measure(*counts))
    print(
        f"rounds of the desk's work in the day     {figures.rounds}\n"
        f"letters, each once at the mail server    {figures.letters}\n"
        f"attempts that failed before              {figures.failures}\n"
        f"lines of letters shown as stuck          {figures.stuck}\n"
        f"rounds until all was sent                {figures.to_recover}\n"
        f"lost, doubled, overtaken, clocks wrong   {len(figures.wrong)}\n"
        f"seconds                                  {figures.seconds:.0f}"
    )
    print(*(f"  {each}" for each in figures.wrong[:SHOWN]), sep="\n")
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
