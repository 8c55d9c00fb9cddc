"""`redhand lists new`, `fmt` and `schema`: what helps people to write a list's files."""

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.entry import PUBLIC_REFERENCE, Blocklist
from blocker.blocklist.layout import laid_out
from blocker.blocklist.schema import FOLDER, schemas
from blocker.blocklist.template import next_directive, template
from blocker.clock import Clock
from blocker.commands.language import say
from blocker.commands.lists_options import DIRECTORY, directory_argument, readable
from blocker.commands.output import REFUSED, Spoken
from blocker.distribution import durable
from blocker.distribution.git import is_work_tree
from blocker.distribution.history import read_commits
from blocker.distribution.source import SourceTree, read_directory
from blocker.errors import Fault, FaultsError, ListRefusedError, OperationError

MODE = 0o644


@click.command(cls=Spoken)
@click.option("--case", required=True, help="The case that the directive is of, for example 2026-000123.")
@click.option("--ground", help="A ground of the list (otherwise the first of grounds.yaml).")
@click.option("--directive", help="The id of the directive (otherwise the next free one of this year).")
@click.argument("directory", type=DIRECTORY, default=".")
def new(case: str, ground: str | None, directive: str | None, directory: Path) -> None:
    """Write the file of a new directive into the list in DIRECTORY (the current one, if left out), to be completed.

    The file explains each key and holds no value that somebody must decide: `redhand lists check` names those that are
    missing, one by one, until it is complete. An id that was ever used is never given again.
    """
    tree = read_directory(directory)
    blocklist = readable(tree)
    chosen = _ground(blocklist, ground)
    year = Clock().now().astimezone(ZoneInfo(blocklist.timezone)).year
    name = directive or next_directive(_used(directory, tree), year)
    for option, value in (("--case", case), ("--directive", name)):
        if not _is_identifier(value):
            raise click.UsageError(f"{option} {value}: write letters, digits and hyphens, 64 at most")
    path = directory / chosen / f"{name}.yaml"
    if path.exists():
        raise OperationError(f"{path} exists: choose another directive id")
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise OperationError(f"cannot make {path.parent}: {error.strerror}") from error
    durable.write(path, template(name, case, chosen).encode(), MODE)
    say(f"written: {path}, to be completed; then: redhand lists check {directory}")


def _ground(blocklist: Blocklist, asked: str | None) -> str:
    known = [ground.id for ground in sorted(blocklist.grounds, key=lambda ground: ground.order)]
    if asked is not None and asked not in known:
        raise click.UsageError(f"--ground {asked}: the grounds of this list are {', '.join(known)}")
    if not known:
        raise ListRefusedError([Fault("grounds.yaml", 1, 1, "form", "the list has no ground: write one first")])
    return asked or known[0]


def _used(directory: Path, tree: SourceTree) -> set[str]:
    """Return every directive id that the list has or, under git, ever had."""
    paths = set(tree.files)
    if is_work_tree(directory):
        paths |= {path for commit in read_commits(directory) for path in commit.files}
    return {path.rpartition("/")[2].removesuffix(".yaml") for path in paths}


def _is_identifier(value: str) -> bool:
    return re.fullmatch(PUBLIC_REFERENCE, value) is not None


@click.command(cls=Spoken)
@directory_argument
@click.option("--check", "only_check", is_flag=True, help="Change nothing; exit code 1 if a file would change.")
def fmt(directory: Path, *, only_check: bool) -> None:
    """Lay out the YAML files of the list in DIRECTORY alike: order of keys, spelling of names, blanks, line ends.

    Comments stay, and no file comes to say anything else than before. Files of names (names_file) are left alone:
    their digest is part of the decision.
    """
    changed = _changed(read_directory(directory).files)
    for path, content in changed.items():
        if not only_check:
            durable.write(directory / path, content, MODE)
        click.echo(path)
    if not changed:
        say("nothing to lay out anew")
    elif only_check:
        say(f"to be laid out anew: {len(changed)}", err=True)
        click.get_current_context().exit(REFUSED)
    else:
        say(f"laid out anew: {len(changed)}")


def _changed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    changed: dict[str, bytes] = {}
    faults: list[Fault] = []
    for path, content in files.items():
        if path.endswith(".yaml"):
            try:
                after = laid_out(content, path)
            except FaultsError as error:
                faults += error.faults
                continue
            if after != content:
                changed[path] = after
    if faults:
        raise ListRefusedError(faults)
    return changed


@click.command(cls=Spoken)
@directory_argument
def schema(directory: Path) -> None:
    """Write the JSON Schemas of this version of Redhand into the list in DIRECTORY, for editors to help while writing.

    A YAML file names its schema in its first line: see lists/README.md.
    """
    try:
        (directory / FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        raise OperationError(f"cannot make {directory / FOLDER}: {error.strerror}") from error
    for path, content in schemas().items():
        durable.write(directory / path, content, MODE)
        click.echo(path)


COMMANDS = (new, fmt, schema)
