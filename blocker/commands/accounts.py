"""`redhand accounts`: who may sign in at the desk.

A password is read from a prompt or made here and printed once; it never stands on a command line, where other users of
the machine could read it. The store is one process's at a time, so the desk must not run meanwhile.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from blocker.cases.case import Role
from blocker.cases.road import open_road
from blocker.clock import open_clock
from blocker.config import Settings, load
from blocker.errors import FormError, OperationError
from blocker.people.account import Account
from blocker.people.people import People

ROLES = [role.value for role in Role if role is not Role.SYSTEM]

PASSWORD_BYTES = 15
"""Of randomness in a generated password: 120 bits, 20 characters."""

_config = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The configuration file (docs/CONFIGURATION.md).",
)


async def add_account(settings: Settings, number: str, role: Role, password: str, isp: str | None = None) -> Account:
    """Make an account in the store of these settings; the desk must not be running.

    Raises:
        FormError: if the number is taken or malformed, the ISP is missing or unknown, or the password too short.
        OperationError, ListRefusedError: if the store cannot be opened.
    """
    async with open_road(settings, open_clock(settings.data)) as road:
        known = [each.id for each in road.terms.isps]
        if isp is not None and isp not in known:
            raise FormError({"isp": f"admin.isps has none of this id; it has: {', '.join(known) or 'none'}"})
        if not road.store.trial:
            raise OperationError("outside a trial two people make an account: `redhand accounts first`, then the desk")
        return await People.of(road.store, settings.admin.database).accounts.create(number, role, password, isp)


async def make_first(settings: Settings, numbers: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Make the first two administrators and return the halves of their invitations; the desk must not be running.

    Raises:
        FormError, IllegalStepError: if these are no two numbers, or there is an administrator.
        OperationError, ListRefusedError: if the store cannot be opened.
    """
    async with open_road(settings, open_clock(settings.data)) as road:
        people = People.of(road.store, settings.admin.database)
        return await people.administration.first(numbers, road.now())


async def list_accounts(settings: Settings) -> tuple[Account, ...]:
    """Return all accounts in the store of these settings; the desk must not be running.

    Raises:
        OperationError, ListRefusedError: if the store cannot be opened.
    """
    async with open_road(settings, open_clock(settings.data)) as road:
        return await People.of(road.store, settings.admin.database).accounts.all()


@click.group()
def accounts() -> None:
    """Keep the desk's accounts. Stop the desk first: its store is one process's at a time."""


@accounts.command()
@click.argument("number")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What for.")
@click.option("--isp", metavar="ID", help="The provider of an ISP contact, by its id in admin.isps.")
@click.option("--generate", is_flag=True, help="Make a random password and print it, once.")
@_config
def add(number: str, role: str, isp: str | None, generate: bool, path: Path) -> None:
    """Add the account NUMBER (such as agent-014) with one role, for good, in a trial; the password is asked for.

    One person has one number. Officers propose, approvers approve; the overseer and auditors read every case; an ISP's
    contact reads what was sent to that ISP; administrators keep accounts and see no case.
    """
    settings = load(path)
    password = secrets.token_urlsafe(PASSWORD_BYTES) if generate else _asked()
    asyncio.run(add_account(settings, number, Role(role), password, isp))
    click.echo(f"{number} may now sign in as {role}")
    if generate:
        click.echo(f"password: {password}")


@accounts.command()
@click.argument("numbers", nargs=2)
@_config
def first(numbers: tuple[str, str], path: Path) -> None:
    """Make the first two administrators, once, and print their invitations.

    Two, since one alone can do nothing: whatever gives power takes one who proposes and one who approves. Each takes up
    the invitation at the desk, under /invitation, within 72 hours; further accounts are proposed there.
    """
    for number, halves in asyncio.run(make_first(load(path), numbers)).items():
        click.echo(f"{number}  {halves[0]}  {halves[1]}")


@accounts.command("list")
@_config
def list_(path: Path) -> None:
    """Print every account's number and role."""
    for account in asyncio.run(list_accounts(load(path))):
        isp, closed = f"  {account.isp}" if account.isp else "", "  closed" if account.closed else ""
        click.echo(f"{account.number}  {account.role}{isp}{closed}")


def _asked() -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
