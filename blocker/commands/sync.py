"""`redhand sync`: fetch, verify and put in force the signed list, once or as a service beside another engine."""

import asyncio
from pathlib import Path

import click

from blocker.clock import open_clock
from blocker.commands.output import REFUSED, UNUSABLE
from blocker.commands.roles import config_option
from blocker.config import Settings, load
from blocker.distribution.outcome import Outcome, Result
from blocker.distribution.runner import SignedRunner
from blocker.distribution.signed import SignedSync
from blocker.errors import OperationError

EXIT = {Result.IN_FORCE: 0, Result.REFUSED: REFUSED, Result.FAILED: UNUSABLE}


@click.command()
@config_option
@click.option("--once", is_flag=True, help="Look once and end: 0 in force, 1 refused, 2 configuration or IO.")
@click.pass_context
def command(context: click.Context, path: Path, once: bool) -> None:
    """Keep the list of `blocklist.repositories` in force; `redhand resolver` does the same by itself.

    Every version is verified and judged before it takes the old one's place; what is refused changes nothing. One look
    takes a minute at most, whatever the servers do.
    """
    settings = load(path)
    if not settings.blocklist.repositories:
        raise OperationError(f"{path} names no signed repository (blocklist.repositories)")
    if not once:
        asyncio.run(_serve(settings))
        return
    outcomes = SignedSync(settings, open_clock(settings.data)).look()
    for each in outcomes:
        click.echo(_line(each), err=each.result is not Result.IN_FORCE)
    context.exit(max(EXIT[each.result] for each in outcomes))


async def _serve(settings: Settings) -> None:
    await SignedRunner(settings, open_clock(settings.data)).run()


def _line(outcome: Outcome) -> str:
    reason = f": {outcome.reason}: {outcome.message}" if outcome.reason else ""
    return f"{outcome.repository}: {outcome.result}{reason}"
