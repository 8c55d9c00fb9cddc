"""What the commands of `redhand lists` share: their arguments, and how a list is read and judged for them."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.check import Checked, check
from blocker.blocklist.dates import parse_instant
from blocker.blocklist.decode import decode
from blocker.blocklist.entry import Blocklist
from blocker.blocklist.files import DEFAULT_TIMEZONE
from blocker.distribution.source import SourceTree, shipped, suffixes
from blocker.errors import InvalidNameError, ListRefusedError
from blocker.names import DomainName

DIRECTORY = click.Path(path_type=Path, file_okay=False, exists=True)
FILE = click.Path(path_type=Path, dir_okay=False)


def instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    """Read an option that is an instant; a bare date is midnight in Paris."""
    if value is None:
        return None
    try:
        return parse_instant(value, ZoneInfo(DEFAULT_TIMEZONE))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def dated(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Check an option that is an instant, and leave what day it means to the list's own timezone."""
    instant(context, parameter, value)
    return value


def name(_context: click.Context, _parameter: click.Parameter, value: str) -> DomainName:
    """Read an argument that is a domain name."""
    try:
        return DomainName.parse(value)
    except InvalidNameError as error:
        raise click.BadParameter(str(error)) from error


at_option = click.option(
    "--at", callback=instant, metavar="INSTANT", help="Judge dates as of this instant instead of now."
)
directory_argument = click.argument("directory", type=DIRECTORY)


def judged(tree: SourceTree, now: datetime) -> Checked:
    """Return a list that passes the whole check.

    Raises:
        ListRefusedError: with every fault.
    """
    return check(tree.files, shipped(), suffixes(), now)


def readable(tree: SourceTree) -> Blocklist:
    """Return what can be read of a list, whatever the check would say of it.

    Raises:
        ListRefusedError: if not even list.yaml can be read.
    """
    decoded = decode(tree.files, shipped())
    if decoded.blocklist is None:
        raise ListRefusedError(decoded.faults)
    return decoded.blocklist
