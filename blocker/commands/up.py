"""`redhand up`: the whole road on one machine, from the list to the page and the desk."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import click

from blocker.addresses import Address
from blocker.blocklist.check import check
from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index
from blocker.clock import open_clock
from blocker.commands import processes, trial
from blocker.commands.joined import NAME, Joined, serve_public
from blocker.commands.output import show
from blocker.config import Settings, load
from blocker.distribution import durable
from blocker.distribution.git import is_work_tree
from blocker.distribution.source import read_source, shipped, suffixes
from blocker.dns.ask import ask
from blocker.dns.codes import Class, Type
from blocker.errors import ListRefusedError, OperationError, UpstreamError, WireError

ACCOUNTS = "demo-accounts.txt"
ACCOUNTS_HEADING = "# Demonstration accounts of this trial: number, role, password\n"
DEMO_ACCOUNTS = {
    "agent-014": "officer",
    "agent-022": "approver",
    "overseer-001": "overseer",
    "auditor-001": "auditor",
    "contact-001": "isp",
    "admin-001": "administrator",
    "admin-002": "administrator",
}


class AddressType(click.ParamType[Address]):
    """HOST:PORT on the command line."""

    name = "host:port"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Return the address, or say what to write."""
        if isinstance(value, Address):
            return value
        try:
            return Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


ADDRESS = AddressType()
DIRECTORY = click.Path(path_type=Path, file_okay=False, resolve_path=True)


@click.command()
@click.option("--dns", type=ADDRESS, default="127.0.0.1:5300", show_default=True, help="Where the resolver answers.")
@click.option("--page", type=ADDRESS, default="127.0.0.1:8451", show_default=True, help="Where the warning page is.")
@click.option("--admin", type=ADDRESS, default="127.0.0.1:8400", show_default=True, help="Where the desk is.")
@click.option("--lists", type=DIRECTORY, help="Serve this list instead of the trial list that ships with Redhand.")
@click.option("--data", type=DIRECTORY, default="data", show_default=True, help="Where everything is kept.")
@click.option("--upstream", type=ADDRESS, help="Resolver to ask for clean names (default: the system's).")
@click.option(
    "--time-scale",
    type=click.FloatRange(min=1, max=100_000),
    help="Let N seconds pass in one, to try the 24-hour clocks (trial lists only; the data stay marked as a trial's).",
)
def command(**wishes: Any) -> None:
    """Run resolver, warning page and desk together on this machine, until Ctrl-C.

    Nothing outside the data directory is written, except by the desk: its decisions become commits in the list's own
    git repository. Run it again and it goes on where it stopped.
    """
    asyncio.run(_up(trial.Wishes(**wishes)))


async def _up(wishes: trial.Wishes) -> None:
    stop = processes.stopped_by_signal()
    processes.refuse_taken((wishes.dns, wishes.page, wishes.admin))
    wishes.data.mkdir(parents=True, exist_ok=True)
    lists = trial.prepare_lists(wishes)
    environment = trial.environment_of(lists)
    trial.start_clock(wishes, environment)
    async with AsyncExitStack() as stack:
        stack.callback(trial.stop_clock, wishes.data)
        publisher, config = await _source(wishes, lists, environment, stack)
        settings = load(config)
        _judge(lists, settings)
        if not is_work_tree(lists):
            click.echo(f"{lists} is no git work tree: it is served as it stands, and the desk cannot commit to it")
        accounts = await _demo_accounts(settings, environment)
        if publisher is not None:
            await _demo_token(settings)
            await asyncio.to_thread(publisher.prepare)
        roles: list[processes.Role] = []
        stack.push_async_callback(processes.end, roles)
        probes = {
            "resolver": _resolver_ready(wishes.dns),
            "page": _http_ready(wishes.page, "/"),
            "admin": _http_ready(wishes.admin, "/health"),
        }
        for name in processes.ROLES:
            roles.append(await processes.start(name, config, probes[name]))  # noqa: PERF401 - whatever fails, each ends
        await processes.wait_until_ready(roles, stop)
        if not stop.is_set():
            _say_ready(wishes, settings, accounts, lists)
        ended = await _until_stopped(roles, publisher, settings, stop)
    if ended is not None:
        raise OperationError(f"{ended} ended by itself; its last lines say why")


async def _source(
    wishes: trial.Wishes, lists: Path, environment: Environment, stack: AsyncExitStack
) -> tuple[Joined | None, Path]:
    """Publish a trial list in git as a ministry would; what else there is comes in force as its configuration says."""
    if environment is not Environment.TRIAL:
        return None, trial.write_config(wishes, lists)
    recipient = trial.evidence_key(wishes)
    if not is_work_tree(lists):
        return None, trial.write_config(wishes, lists, recipient=recipient)
    publisher = Joined(wishes.data, lists, open_clock(wishes.data))
    runner, url = await serve_public(publisher.public())
    stack.push_async_callback(runner.cleanup)
    signed = {"name": NAME, "url": url, "root": str(publisher.root)}
    return publisher, trial.write_config(wishes, lists, signed, recipient)


async def _until_stopped(
    roles: list[processes.Role], publisher: Joined | None, settings: Settings, stop: asyncio.Event
) -> str | None:
    working = asyncio.create_task(publisher.run(settings)) if publisher is not None else None
    try:
        return await processes.wait_until_stopped(roles, stop)
    finally:
        if working is not None:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def _demo_token(settings: Settings) -> None:
    """Give the demonstration ISP its token, once."""
    path = settings.data / trial.ISP_KEY
    if path.exists():
        return
    from blocker.admin.isps import issue_token  # noqa: PLC0415 - only a trial pays for it

    durable.write(path, (await issue_token(settings, trial.ISP)).encode())


def _judge(lists: Path, settings: Settings) -> None:
    """Say at once what is wrong with the list; without an older version in force there is nothing to start for.

    Raises:
        ListRefusedError: if the list is refused and none was in force before.
    """
    try:
        check(read_source(lists).files, shipped(), suffixes(), open_clock(settings.data).now())
    except ListRefusedError as error:
        if not settings.blocklist.index.exists():
            raise
        show(error.faults)
        click.echo("the list is refused; the version that was in force stays", err=True)


async def _demo_accounts(settings: Settings, environment: Environment) -> Path | None:
    """Make one account of each role, once, where nobody else can reach them and nothing real is at stake."""
    path = settings.data / ACCOUNTS
    loopback = settings.admin.listen.host in {"127.0.0.1", "::1"}
    if environment is not Environment.TRIAL or not loopback:
        return None
    from blocker.cases.case import Role  # noqa: PLC0415
    from blocker.commands.accounts import add_account, list_accounts  # noqa: PLC0415 - only a trial pays for it

    if not path.exists():
        lines = [f"{number}  {role:<13} {secrets.token_urlsafe(12)}\n" for number, role in DEMO_ACCOUNTS.items()]
        durable.write(path, "".join([ACCOUNTS_HEADING, *lines]).encode())
    known = {account.number for account in await list_accounts(settings)}
    # The file first: after a kill in between, the next start makes the accounts that it promises.
    for number, role, password in (line.split() for line in path.read_text().splitlines()[1:]):
        if number not in known:
            await add_account(settings, number, Role(role), password, trial.ISP if role == Role.ISP else None)
    return path


def _resolver_ready(address: Address) -> processes.Probe:
    async def ready() -> bool:
        try:
            await ask(address, "version.server", Type.TXT, qclass=Class.CH, timeout=1.0)
        except (UpstreamError, WireError):
            return False
        return True

    return ready


def _http_ready(address: Address, path: str) -> processes.Probe:
    async def ready() -> bool:
        timeout = aiohttp.ClientTimeout(total=2)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"http://{address}{path}") as got:
                return got.status < 500 or path == "/"  # noqa: PLR2004 - the page answers 503 where it has nothing to say
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    return ready


def _say_ready(wishes: trial.Wishes, settings: Settings, accounts: Path | None, lists: Path) -> None:
    index = Index.load(settings.blocklist.index.read_bytes())
    example = min(((directive.id, name) for name, _, directive in index.entries()), default=("", ""))[1]
    dig = f"dig @{wishes.dns.host} -p {wishes.dns.port} {example or 'example.com'}"
    lines = [
        "ready",
        f"  resolver  {dig}",
        f"  page      http://{wishes.page}",
        f"  desk      http://{wishes.admin}",
    ]
    if accounts is not None:
        lines.append(f"  accounts  {accounts}")
    lines.append(f"  list      {lists}, serial {index.header.serial}, {index.header.names} names")
    clock = open_clock(settings.data)
    if clock.scaled:
        lines.append(f"  time      a trial's own: {clock.now():%Y-%m-%d %H:%M} UTC, {clock.scale:g} seconds in one")
    click.echo("\n".join(lines))
