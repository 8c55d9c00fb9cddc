"""`redhand resolver`, `redhand page`, `redhand admin`: one process each, run by one configuration file."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from blocker.config import Settings, load

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
@config_option
def admin(path: Path) -> None:
    """Run the desk: cases from report to directive and to lifting, letters, and commits to the list.

    SIGTERM and SIGINT end it cleanly.
    """
    from blocker.admin.app import serve  # noqa: PLC0415 - a role imports what it needs

    _run(serve, path)
