"""`redhand lists`: check, build, show; what writes lists and what looks back stands beside this module."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.decode import LIST
from blocker.blocklist.entry import Blocklist, Environment, Scope
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.clock import Clock
from blocker.commands import lists_history, lists_import, lists_write
from blocker.commands.language import language_option, say
from blocker.commands.lists_options import FILE, at_option, directory_argument, judged, name
from blocker.commands.output import SpokenGroup, progress, show
from blocker.distribution import durable
from blocker.distribution.git import is_work_tree
from blocker.distribution.source import read_directory, read_source
from blocker.distribution.sync import MODE
from blocker.errors import Fault, ListRefusedError, OtherVersionIndexError
from blocker.names import DomainName


@click.group(name="lists", cls=SpokenGroup)
@language_option
def group() -> None:
    """Check, build, write and look back on blocklists: a folder of YAML files, one a directive.

    Exit codes: 0 fine (warnings included), 1 the list is refused, 2 wrong usage or unreadable files.
    """


@group.command(name="check")
@directory_argument
@at_option
@click.option("--cases", type=FILE, help="The desk's database: each entry must have its case, and each case its entry.")
def check_command(directory: Path, at: datetime | None, cases: Path | None) -> None:
    """Check the list in DIRECTORY as it lies there, uncommitted work included."""
    with progress("check"):
        tree = read_directory(directory)
        checked = judged(tree, at or Clock().now())
        if cases is not None:
            # Only whoever asks for it pays for loading the case road.
            from blocker.commands.lists_cases import refuse_uncovered  # noqa: PLC0415

            refuse_uncovered(checked.blocklist, tree.files, cases)
    blocklist = checked.blocklist
    show((*checked.warnings, *no_road(blocklist, directory)))
    directives, entries = len(blocklist.directives), len(blocklist.entries)
    say(f"fine: directives {directives}, entries {entries}, environment {blocklist.environment}")


@group.command()
@directory_argument
@click.option("--out", type=FILE, required=True, help="The index file to write.")
@at_option
def build(directory: Path, out: Path, at: datetime | None) -> None:
    """Compile the list in DIRECTORY into an index file.

    In a git work tree the committed state (HEAD) is built, elsewhere the files as they are. The serial rises by one
    if the file at --out is an older version with other content. The file is marked unsigned: as it is, it serves a
    trial only; staging and production lists travel signed (redhand publish).
    """
    now = at or Clock().now()
    with progress("build"):
        tree = read_source(directory)
        checked = judged(tree, now)
        if faults := no_road(checked.blocklist, directory):
            raise ListRefusedError(replace(fault, warning=False) for fault in faults)
        previous = _previous(out)
        snapshot = Snapshot(checked.blocklist, previous.header.serial + 1 if previous else 1, tree.commit, now)
        if previous is not None and previous.header.digest == snapshot.digest:
            say(f"unchanged: serial {previous.header.serial}, digest {snapshot.digest}")
            say(unsigned(snapshot.blocklist))
            return
        durable.write(out, compile_index(snapshot), MODE)
    show(checked.warnings)
    say(f"built: serial {snapshot.serial}, entries {len(snapshot.entries)}, digest {snapshot.digest}")
    say(unsigned(snapshot.blocklist))


@group.command(name="show")
@click.argument("name", callback=name)
@directory_argument
@at_option
def show_command(name: DomainName, directory: Path, at: datetime | None) -> None:
    """Say whether NAME is blocked by the list in DIRECTORY: by which directive, how far, until when."""
    now = at or Clock().now()
    with progress("show"):
        tree = read_source(directory)
        checked = judged(tree, now)
        index = Index.load(compile_index(Snapshot(checked.blocklist, 0, tree.commit, now)))
    match = index.match(name, now.timestamp())
    if match is None:
        say(f"{name}: not blocked")
        return
    directive = match.directive
    until = directive.expires.astimezone(ZoneInfo(checked.blocklist.timezone)).isoformat(timespec="minutes")
    reach = "it and everything below" if match.scope is Scope.DOMAIN else "that name alone"
    say(
        f"{name}: blocked by directive {directive.id} (case {directive.case}, ground {directive.ground}), "
        f"as {match.name}, scope {match.scope} ({reach}), until {until}"
    )


def unsigned(blocklist: Blocklist) -> str:
    """Return what an index that was built here, and not by sync, is good for."""
    if blocklist.environment is Environment.TRIAL:
        return "unsigned: it serves a trial only"
    return "unsigned: no resolver and no page takes it; such a list travels signed (redhand publish)"


def no_road(blocklist: Blocklist, directory: Path) -> tuple[Fault, ...]:
    """Return a warning if no road leads from where this list lies to anybody it could block something for."""
    if blocklist.environment is Environment.TRIAL or is_work_tree(directory):
        return ()
    message = f"a {blocklist.environment} list is published from a git commit; from a plain folder no road leads on"
    return (Fault(LIST, 1, 1, "environment", message, warning=True),)


def _previous(path: Path) -> Index | None:
    try:
        return Index.load(path.read_bytes())
    except (FileNotFoundError, OtherVersionIndexError):
        return None


for command in (*lists_write.COMMANDS, lists_import.command, *lists_history.COMMANDS):
    group.add_command(command)
