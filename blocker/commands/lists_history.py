"""`redhand lists diff` and `log`: what changed between two versions, and what befell a name."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from blocker.blocklist.difference import Difference, Listed, difference
from blocker.blocklist.history import Step, trace
from blocker.blocklist.index import Index
from blocker.clock import Clock
from blocker.commands.language import say
from blocker.commands.lists_options import DIRECTORY, at_option, name, readable
from blocker.commands.output import Spoken, progress
from blocker.distribution import git
from blocker.distribution.history import read_history
from blocker.distribution.source import SourceTree, read_directory
from blocker.errors import OperationError
from blocker.names import DomainName

SHOWN_TRAILERS = ("Case", "Directive", "Approved-by", "Lifted-by")


@dataclass(frozen=True, slots=True)
class _Version:
    listed: tuple[Listed, ...]
    timezone: ZoneInfo


@click.command(cls=Spoken)
@click.argument("old")
@click.argument("new")
@at_option
def diff(old: str, new: str, at: datetime | None) -> None:
    """Say what is in force in NEW and not in OLD, and the other way round: names, scopes, dates of directives.

    OLD and NEW are each a list's folder (as it lies there), FOLDER@REVISION (a commit of it by its id, a branch or a
    tag: .@HEAD is the last one, .@HEAD~1 the one before), or an index file made by `redhand lists build`.

    Each line begins with + (added), - (removed) or ~ (changed). The exit code is 0 whether they differ or not.
    """
    now = at or Clock().now()
    with progress("diff"):
        before, after = _version(old), _version(new)
        found = difference(before.listed, after.listed, now)
    for line in _lines(found, after.timezone):
        click.echo(line)
    changed = len(found.rescoped) + len(found.changed)
    if found.added or found.removed or changed:
        say(f"added {len(found.added)}, removed {len(found.removed)}, changed {changed}")
    else:
        say("no difference")


def _version(text: str) -> _Version:
    path = Path(text)
    if path.is_file():
        try:
            index = Index.load(path.read_bytes())
        except OSError as error:
            raise OperationError(f"cannot read {path}: {error.strerror}") from error
        return _Version(tuple(index.entries()), ZoneInfo(index.header.timezone))
    if path.is_dir():
        tree = read_directory(path)
    else:
        folder, at, revision = text.rpartition("@")
        if not at or not Path(folder).is_dir():
            raise click.UsageError(f"{text} is neither a folder, nor FOLDER@REVISION, nor an index file")
        commit, files = git.read_revision(Path(folder), revision)
        tree = SourceTree(files, commit)
    blocklist = readable(tree)
    listed = tuple((entry.name, entry.scope, entry.directive) for entry in blocklist.entries)
    return _Version(listed, ZoneInfo(blocklist.timezone))


def _lines(found: Difference, timezone: ZoneInfo) -> Iterator[str]:
    for sign, listed in (("+", found.added), ("-", found.removed)):
        for each, scope, directive in listed:
            until = directive.expires.astimezone(timezone).isoformat(timespec="minutes")
            yield f"{sign} {each}  {scope}  {directive.id}  → {until}"
    for rescoped in found.rescoped:
        yield f"~ {rescoped.name}  {rescoped.directive}  scope: {rescoped.old} → {rescoped.new}"
    for changed in found.changed:
        yield f"~ {changed.directive}  {changed.key}: {changed.old} → {changed.new}"


@click.command(cls=Spoken)
@click.argument("name", callback=name)
@click.argument("directory", type=DIRECTORY, default=".")
def log(name: DomainName, directory: Path) -> None:
    """Say what befell NAME on the list in DIRECTORY: when it came, changed and went, by whom, why, in which commits.

    DIRECTORY (the current one, if left out) must be a git work tree. A name above NAME counts where its scope is
    domain.
    """
    with progress("log"):
        steps = list(trace(*read_history(directory), name))
        timezone = ZoneInfo(readable(SourceTree(git.read_head(directory)[1], None)).timezone)
    for step in steps:
        _tell(step, timezone)
    if not steps:
        say(f"{name} has never stood on this list")


def _tell(step: Step, timezone: ZoneInfo) -> None:
    when = step.commit.when.astimezone(timezone).isoformat(sep=" ", timespec="minutes")
    old, new = step.before, step.after
    if new is None and old is not None:
        say(f"{when}  removed: {old.name} (scope {old.scope}, directive {old.directive})")
    elif old is None and new is not None:
        say(f"{when}  added: {new.name} (scope {new.scope}, directive {new.directive}, until {new.expires})")
    elif old is not None and new is not None:
        parts = {"scope": (old.scope, new.scope), "expires": (old.expires, new.expires), "name": (old.name, new.name)}
        parts["directive"] = (old.directive, new.directive)
        changes = ", ".join(f"{key} {a} → {b}" for key, (a, b) in parts.items() if a != b)
        say(f"{when}  changed: {new.name} ({changes})")
    say(f"    commit {step.commit.id} by {step.commit.author}")
    click.echo(f"    {step.commit.subject}")
    for key, value in step.commit.trailers:
        if key in SHOWN_TRAILERS:
            click.echo(f"    {key}: {value}")


COMMANDS = (diff, log)
