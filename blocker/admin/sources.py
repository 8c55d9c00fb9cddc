"""`redhand sources`: the tokens with which machines report addresses."""

import asyncio
from pathlib import Path

import click

from blocker.cases.road import open_road
from blocker.cases.tokens import Machine, Tokens
from blocker.clock import open_clock
from blocker.config import Settings, load
from blocker.errors import OperationError


async def issue_token(settings: Settings, source: str) -> str:
    """Make a token for a source of these settings; the desk must not be running.

    Raises:
        OperationError, ListRefusedError: if there is no such source, or the store cannot be opened.
    """
    if source not in {each.id for each in settings.admin.reports.sources}:
        raise OperationError(f"admin.reports.sources has no `{source}`")
    async with open_road(settings, open_clock(settings.data)) as road:
        return await Tokens(road.store, Machine.SOURCE).issue(source, road.now())


@click.group()
def sources() -> None:
    """Keep the tokens of machines that report. Stop the desk first: its store is one process's at a time."""


@sources.command()
@click.argument("source")
@click.option(
    "--config", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The configuration file."
)
def token(source: str, path: Path) -> None:
    """Make a token for SOURCE and print it, once; the one it had no longer counts."""
    click.echo(asyncio.run(issue_token(load(path), source)))
