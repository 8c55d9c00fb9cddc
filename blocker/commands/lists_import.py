"""`redhand lists import`: somebody else's list of names as a directive of ours."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.dates import add_days, parse_instant
from blocker.blocklist.encode import Bulk, directive_path, directive_yaml
from blocker.blocklist.entry import Blocklist, Directive, Environment, Scope
from blocker.blocklist.formats import FORMATS
from blocker.blocklist.guards import Guards
from blocker.blocklist.imports import Imported, import_names
from blocker.clock import Clock
from blocker.commands.language import say
from blocker.commands.lists_options import DIRECTORY, dated, judged, readable
from blocker.commands.output import Spoken, progress, show
from blocker.distribution import durable
from blocker.distribution.source import SourceTree, read_directory, suffixes
from blocker.errors import Fault, ListRefusedError, OperationError

TRIAL_TERM = 80  # days that an import into a trial list stands, unless told otherwise
MAX_BYTES = 256 * 1024 * 1024
SCOPED = frozenset({"rpz", "adblock"})  # formats that say themselves how far each name reaches


@click.command(name="import", cls=Spoken)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="domains: one name a line; hosts: a hosts file; rpz: a response policy zone; adblock: ||name^ rules.",
)
@click.option("--directive", required=True, help="Id of the new directive, for example FR-2026-0042.")
@click.option("--ground", required=True, help="A ground of the list, for example terrorism.")
@click.option("--into", "directory", type=DIRECTORY, required=True, help="The list's folder.")
@click.option("--case", help="The case behind it (a trial list: trial).")
@click.option("--issued", callback=dated, help="When it was issued (a trial list: now).")
@click.option("--review-by", callback=dated, help=f"When it is reviewed (a trial list: in {TRIAL_TERM} days).")
@click.option("--expires", callback=dated, help="When it ends (a trial list: at the review).")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    help="How far each name reaches, for domains and hosts (a trial list: domain, and host for hosts).",
)
def command(
    file: Path,
    format_: str,
    directive: str,
    ground: str,
    directory: Path,
    **given: str | None,
) -> None:
    """Make a directive of the names in FILE.

    Lines that block no whole name, and names that a guard refuses, are reported with their line and left out. The
    directive and its names are written as files of their own; what the procedure still asks of them (who approved, the
    owner's step) is printed. Look at them, complete them, run `redhand lists check`, then commit.
    """
    now = Clock().now()
    tree = read_directory(directory)
    before = readable(tree)
    scope = _scope(format_, given)
    decided = _directive(before, directive, ground, given, now)
    with progress("import"):
        imported = import_names(
            _read(file),
            format_,
            str(file),
            guards=Guards(before, suffixes()),
            listed=[entry.name for entry in before.entries if entry.directive.ground == ground],
            scope=scope,
        )
    show(imported.left_out)
    if not imported.names:
        raise ListRefusedError([Fault(str(file), 1, 1, "import", "no line of this file can be imported")])
    new = _files(decided, imported, before.timezone)
    _refuse_to_overwrite(directory, new)
    with progress("check"):
        noticed = _faults_in(new, SourceTree({**tree.files, **new}, None), now)
    path = directory / directive_path(decided)
    path.parent.mkdir(exist_ok=True)
    for name, content in reversed(new.items()):  # the names first: a directive without its names is refused
        durable.write(directory / name, content, 0o644)
    show(noticed)
    say(f"imported: names {len(imported.names)}, left out {len(imported.left_out)}, into {path}")


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise OperationError(f"{file} has more than {MAX_BYTES} bytes: split it")
        return file.read_bytes()
    except OSError as error:
        raise OperationError(f"cannot read {file}: {error.strerror}") from error


def _scope(format_: str, given: dict[str, str | None]) -> Scope:
    """Return the scope of names whose format says none; `given` keeps what outside trials must still be given."""
    if format_ in SCOPED:
        if given.pop("scope") is not None:
            raise click.UsageError(f"the format {format_} says itself how far each name reaches: leave --scope out")
        return Scope.HOST
    if given["scope"] is None:
        return Scope.HOST if format_ == "hosts" else Scope.DOMAIN
    return Scope(str(given["scope"]))


def _directive(blocklist: Blocklist, name: str, ground: str, given: dict[str, str | None], now: datetime) -> Directive:
    trial = blocklist.environment is Environment.TRIAL
    missing = [f"--{key.replace('_', '-')}" for key, value in given.items() if value is None]
    if missing and not trial:
        raise click.UsageError(f"only a trial list has defaults: give {', '.join(missing)}")
    zone = ZoneInfo(blocklist.timezone)
    issued = _or(given["issued"], zone, now.replace(microsecond=0))
    review_by = _or(given["review_by"], zone, add_days(issued, TRIAL_TERM, zone))
    return Directive(
        id=name,
        case=str(given["case"] or "trial"),
        ground=ground,
        issued=issued,
        review_by=review_by,
        expires=_or(given["expires"], zone, review_by),
        public_reference=name,
    )


def _or(text: str | None, zone: ZoneInfo, default: datetime) -> datetime:
    return default if text is None else parse_instant(text, zone)


def _files(directive: Directive, imported: Imported, timezone: str) -> dict[str, bytes]:
    """Return the directive's file and one names_file a scope, by path."""
    names: dict[str, bytes] = {}
    bulks = []
    scopes = sorted({scope for _, scope in imported.names})
    for scope in scopes:
        file = f"{directive.id}.txt" if len(scopes) == 1 else f"{directive.id}.{scope}.txt"
        content = "".join(f"{name}\n" for name, reach in imported.names if reach is scope).encode()
        names[f"{directive.ground}/{file}"] = content
        bulks.append(Bulk(file, scope, hashlib.sha256(content).hexdigest()))
    return {directive_path(directive): directive_yaml(directive, timezone, bulks=bulks).encode(), **names}


def _refuse_to_overwrite(directory: Path, new: Iterable[str]) -> None:
    for path in (directory / name for name in new):
        if path.exists():
            raise OperationError(f"{path} exists: choose another directive id")


def _faults_in(new: Mapping[str, bytes], tree: SourceTree, now: datetime) -> tuple[Fault, ...]:
    """Return the warnings about the new files and what the procedure still asks of them.

    Raises:
        ListRefusedError: if anything else is wrong with them.
    """
    try:
        own = [fault for fault in judged(tree, now).warnings if fault.file in new]
    except ListRefusedError as error:
        own = [fault for fault in error.faults if fault.file in new]
        if any(fault.rule != "procedure" for fault in own if not fault.warning):
            raise ListRefusedError(own) from error
    return tuple(own)
