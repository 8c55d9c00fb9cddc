"""`redhand resolver`, `redhand page`, `redhand admin`: one process each, run by one configuration file."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from blocker.config import Settings, load

DIFFERS = 1  # the exit code of --check
Serve = Callable[[Settings], Awaitable[None]]

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The configuration file (docs/CONFIGURATION.md).",
)


def _run(serve: Serve, path: Path) -> None:
    settings = load(path)

    async def run() -> None:
        await serve(settings)

    asyncio.run(run())


@click.command()
@config_option
def resolver(path: Path) -> None:
    """Answer DNS queries: blocked names lead to the warning page, all others are asked of the upstreams.

    SIGTERM and SIGINT end it cleanly; at SIGHUP it reads its configuration again and loses no query.
    """
    from blocker.resolver.parent import serve  # noqa: PLC0415 - a role imports what it needs

    _run(lambda settings: serve(settings, lambda: load(path)), path)


@click.command()
@config_option
def page(path: Path) -> None:
    """Serve the warning page for every name on the list that `blocklist.index` holds.

    SIGTERM and SIGINT end it cleanly.
    """
    from warning_page.app import serve  # noqa: PLC0415 - a role imports what it needs

    _run(serve, path)


@click.command()
@click.option("--check", is_flag=True, help="Say which settings of the file are not in force, and end.")
@config_option
@click.pass_context
def admin(context: click.Context, check: bool, path: Path) -> None:
    """Run the desk: cases from report to directive and to lifting, letters, and commits to the list.

    SIGTERM and SIGINT end it cleanly. --check runs nothing: it ends with 0 if the file says what is in force, 1 if two
    people have yet to approve some of it, 2 if the file or the database cannot be read.
    """
    if check:
        context.exit(_compare(load(path)))
    from blocker.admin.app import serve  # noqa: PLC0415 - a role imports what it needs

    _run(serve, path)


def _compare(settings: Settings) -> int:
    """Print what a file says otherwise than what is in force; return the exit code."""
    from blocker.cases.agreed import seen_from_beside  # noqa: PLC0415 - a role imports what it needs
    from blocker.cases.terms import Terms, changes  # noqa: PLC0415

    agreed = seen_from_beside(settings.admin.database)
    if agreed is None:
        click.echo("no settings are in force yet: the first start records those of this file")
        return 0
    differing = changes(agreed.terms, Terms.of(settings))
    for change in differing:
        click.echo(f"{change.key}: {change.before or '–'} → {change.after or '–'}")
    if not differing:
        click.echo(f"the file says what is in force since entry {agreed.seq} of the ledger")
        return 0
    click.echo(f"not in force: {len(differing)}; two people approve them at the desk, under /settings", err=True)
    return DIFFERS
