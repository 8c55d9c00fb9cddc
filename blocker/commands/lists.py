"""`redhand lists`: check, build, show, import."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.check import Checked, check
from blocker.blocklist.dates import add_days, parse_instant
from blocker.blocklist.decode import decode
from blocker.blocklist.encode import Bulk, directive_path, directive_yaml
from blocker.blocklist.entry import Blocklist, Directive, Environment, Scope
from blocker.blocklist.guards import Guards
from blocker.blocklist.imports import import_domains
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.clock import Clock
from blocker.commands.output import progress, show
from blocker.distribution import durable
from blocker.distribution.source import SourceTree, read_directory, read_source, shipped, suffixes
from blocker.distribution.sync import MODE
from blocker.errors import Fault, InvalidNameError, ListRefusedError, OperationError
from blocker.names import DomainName

TRIAL_TERM = 80  # days that an import into a trial list stands, unless told otherwise

DIRECTORY = click.Path(path_type=Path, file_okay=False, exists=True)
FILE = click.Path(path_type=Path, dir_okay=False)


def _instant(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return parse_instant(value, ZoneInfo("Europe/Paris"))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.group(name="lists")
def group() -> None:
    """Check, build and read blocklists: a folder of YAML files, one a directive.

    Exit codes: 0 fine (warnings included), 1 the list is refused, 2 wrong usage or unreadable files.
    """


at_option = click.option(
    "--at", callback=_instant, metavar="INSTANT", help="Judge dates as of this instant instead of now."
)


@group.command(name="check")
@click.argument("directory", type=DIRECTORY)
@at_option
def check_command(directory: Path, at: datetime | None) -> None:
    """Check the list in DIRECTORY as it lies there, uncommitted work included."""
    with progress("check"):
        checked = _check(read_directory(directory), at or Clock().now())
    show(checked.warnings)
    entries = len(checked.blocklist.entries)
    directives = len(checked.blocklist.directives)
    click.echo(f"fine: {directives} directives, {entries} entries, environment {checked.blocklist.environment}")


@group.command()
@click.argument("directory", type=DIRECTORY)
@click.option("--out", type=FILE, required=True, help="The index file to write.")
@at_option
def build(directory: Path, out: Path, at: datetime | None) -> None:
    """Compile the list in DIRECTORY into an index file.

    In a git work tree the committed state (HEAD) is built, elsewhere the files as they are. The serial rises by one
    if the file at --out is an older version with other content.
    """
    now = at or Clock().now()
    with progress("build"):
        tree = read_source(directory)
        checked = _check(tree, now)
        previous = _previous(out)
        snapshot = Snapshot(checked.blocklist, previous.header.serial + 1 if previous else 1, tree.commit, now)
        if previous is not None and previous.header.digest == snapshot.digest:
            click.echo(f"unchanged: serial {previous.header.serial}, digest {snapshot.digest}")
            return
        durable.write(out, compile_index(snapshot), MODE)
    show(checked.warnings)
    click.echo(f"built: serial {snapshot.serial}, {len(snapshot.entries)} entries, digest {snapshot.digest}")


@group.command(name="show")
@click.argument("name")
@click.argument("directory", type=DIRECTORY)
@at_option
def show_command(name: str, directory: Path, at: datetime | None) -> None:
    """Say whether NAME is blocked by the list in DIRECTORY: by which directive, how far, until when."""
    now = at or Clock().now()
    try:
        wanted = DomainName.parse(name)
    except InvalidNameError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from error
    tree = read_source(directory)
    checked = _check(tree, now)
    index = Index.load(compile_index(Snapshot(checked.blocklist, 0, tree.commit, now)))
    match = index.match(wanted, now.timestamp())
    if match is None:
        click.echo(f"{wanted}: not blocked")
        return
    zone = ZoneInfo(checked.blocklist.timezone)
    until = match.directive.expires.astimezone(zone).isoformat(timespec="minutes")
    reach = "it and everything below" if match.scope is Scope.DOMAIN else "that name alone"
    click.echo(
        f"{wanted}: blocked by directive {match.directive.id} (case {match.directive.case}, "
        f"ground {match.directive.ground}), as {match.name}, scope {match.scope} ({reach}), until {until}"
    )


@group.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--format", "format_", type=click.Choice(["domains"]), required=True, help="domains: one name a line.")
@click.option("--directive", required=True, help="Id of the new directive, for example FR-2026-0042.")
@click.option("--ground", required=True, help="A ground of the list, for example terrorism.")
@click.option("--into", "directory", type=DIRECTORY, required=True, help="The list's folder.")
@click.option("--case", help="The case behind it (a trial list: trial).")
@click.option("--issued", callback=_instant, help="When it was issued (a trial list: now).")
@click.option("--review-by", callback=_instant, help=f"When it is reviewed (a trial list: in {TRIAL_TERM} days).")
@click.option("--expires", callback=_instant, help="When it ends (a trial list: at the review).")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    help="How far each name reaches (a trial list: domain).",
)
def import_command(
    file: Path,
    format_: str,
    directive: str,
    ground: str,
    directory: Path,
    **given: datetime | str | None,
) -> None:
    """Make a directive of the names in FILE.

    Lines that are no names, and names that a guard refuses, are reported with their line and left out. The directive
    and its names are written as two files; what the procedure still asks of them (who approved, the owner's step) is
    printed. Look at them, complete them, run `redhand lists check`, then commit.
    """
    del format_  # there is one; the option is mandatory so that the next ones need no guessing
    now = Clock().now()
    tree = read_directory(directory)
    before = _readable(tree)
    listed = [entry.name for entry in before.entries if entry.directive.ground == ground]
    with progress("import"):
        imported = import_domains(file.read_bytes(), str(file), Guards(before, suffixes()), listed)
    show(imported.left_out)
    if not imported.names:
        raise ListRefusedError([Fault(str(file), 1, 1, "import", "no line of this file can be imported")])
    decided = _directive(before, directive, ground, given, now)
    names = "".join(f"{name}\n" for name in imported.names).encode()
    scope = Scope(str(given["scope"] or Scope.DOMAIN))
    bulk = Bulk(f"{directive}.txt", scope, hashlib.sha256(names).hexdigest())
    path = directory / directive_path(decided)
    if path.exists():
        raise OperationError(f"{path} exists: choose another directive id")
    text = directive_yaml(decided, before.timezone, bulk=bulk).encode()
    new = {directive_path(decided): text, f"{ground}/{directive}.txt": names}
    with progress("check"):
        still_missing = _faults_in(new, SourceTree({**tree.files, **new}, None), now)
    path.parent.mkdir(exist_ok=True)
    for name, content in reversed(new.items()):  # the names first: a directive without its names is refused
        durable.write(directory / name, content, 0o644)
    show(still_missing)
    click.echo(f"imported: {len(imported.names)} names, {len(imported.left_out)} lines left out, into {path}")


def _directive(
    blocklist: Blocklist, name: str, ground: str, given: dict[str, datetime | str | None], now: datetime
) -> Directive:
    trial = blocklist.environment is Environment.TRIAL
    missing = [f"--{key.replace('_', '-')}" for key, value in given.items() if value is None]
    if missing and not trial:
        raise click.UsageError(f"only a trial list has defaults: give {', '.join(missing)}")
    issued = _or(given["issued"], now.replace(microsecond=0))
    review_by = _or(given["review_by"], add_days(issued, TRIAL_TERM, ZoneInfo(blocklist.timezone)))
    return Directive(
        id=name,
        case=str(given["case"] or "trial"),
        ground=ground,
        issued=issued,
        review_by=review_by,
        expires=_or(given["expires"], review_by),
        public_reference=name,
    )


def _or(value: datetime | str | None, default: datetime) -> datetime:
    return value if isinstance(value, datetime) else default


def _check(tree: SourceTree, now: datetime) -> Checked:
    return check(tree.files, shipped(), suffixes(), now)


def _readable(tree: SourceTree) -> Blocklist:
    decoded = decode(tree.files, shipped())
    if decoded.blocklist is None:
        raise ListRefusedError(decoded.faults)
    return decoded.blocklist


def _faults_in(new: Mapping[str, bytes], tree: SourceTree, now: datetime) -> tuple[Fault, ...]:
    """Return what the procedure still asks of the new files; any other fault of theirs refuses them."""
    try:
        _check(tree, now)
    except ListRefusedError as error:
        own = [fault for fault in error.faults if fault.file in new]
        if any(fault.rule != "procedure" for fault in own if not fault.warning):
            raise ListRefusedError(own) from error
        return tuple(own)
    return ()


def _previous(path: Path) -> Index | None:
    try:
        return Index.load(path.read_bytes())
    except FileNotFoundError:
        return None
