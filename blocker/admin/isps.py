"""`redhand isps`: the tokens with which providers report what is in force at theirs."""

import asyncio
from pathlib import Path

import click

from blocker.cases.road import open_road
from blocker.cases.tokens import Machine, Tokens
from blocker.clock import open_clock
from blocker.config import Settings, load
from blocker.errors import OperationError


async def issue_token(settings: Settings, isp: str) -> str:
    """Make a token for a provider of these settings; the desk must not be running.

    Raises:
        OperationError, ListRefusedError: if there is no such provider, or the store cannot be opened.
    """
    async with open_road(settings, open_clock(settings.data)) as road:
        if isp not in {each.id for each in road.terms.isps}:
            raise OperationError(f"admin.isps has no provider `{isp}` that is in force")
        return await Tokens(road.store, Machine.PROVIDER).issue(isp, road.now())


@click.group()
def isps() -> None:
    """Keep the providers' tokens. Stop the desk first: its store is one process's at a time."""


@isps.command()
@click.argument("isp")
@click.option(
    "--config", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The configuration file."
)
def token(isp: str, path: Path) -> None:
    """Make a token for ISP and print it, once; the one it had no longer counts."""
    click.echo(asyncio.run(issue_token(load(path), isp)))
