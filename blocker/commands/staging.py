"""What stands between a list and its signatures: the next version built, and shown to those who sign it."""

from pathlib import Path

import click

from blocker.blocklist.check import check
from blocker.blocklist.entry import Entry
from blocker.blocklist.snapshot import Snapshot
from blocker.clock import Clock
from blocker.commands.publish_options import confidential, names_may_be_shown
from blocker.distribution import git, metadata
from blocker.distribution.gate import Popular
from blocker.distribution.git import is_work_tree
from blocker.distribution.proposal import Before, Proposal, Wishes, propose
from blocker.distribution.publish import Publisher
from blocker.distribution.source import read_source, shipped, suffixes
from blocker.errors import Fault, ListRefusedError, OperationError


def require_commit(lists: Path) -> None:
    """Refuse a list of which something is not committed: what people see there would not be what is signed.

    Raises:
        ListRefusedError: if it is not in git, or not clean.
    """
    if not is_work_tree(lists):
        message = "only a list in git can be published: each version comes from a commit"
        raise ListRefusedError([Fault("list.yaml", 1, 1, "commit", message)])
    if not git.is_clean(lists):
        message = "there is uncommitted work: commit it, or put it aside, so that what you see is what is signed"
        raise ListRefusedError([Fault("list.yaml", 1, 1, "commit", message)])


def build(
    lists: Path, before: Before, popular: Popular, wishes: Wishes, clock: Clock | None = None
) -> tuple[Proposal, tuple[Fault, ...]]:
    """Return the next version from HEAD of a list's work tree, and the check's warnings.

    Raises:
        ListRefusedError: if a guard or a gate stands against it.
        OperationError: if the source cannot be read.
    """
    moment, tree = (clock or Clock()).now(), read_source(lists)
    try:
        checked = check(tree.files, shipped(), suffixes(), moment)
    except ListRefusedError as error:
        raise confidential(error) from error
    snapshot = Snapshot(checked.blocklist, 0, tree.commit, moment)
    try:
        return propose(snapshot, before, suffixes(), popular, wishes), checked.warnings
    except ListRefusedError as error:
        raise confidential(error) from error


def show_change(added: tuple[Entry, ...], removed: tuple[Entry, ...]) -> None:
    """Print a change line by line; where a machine keeps the output (CI=true), without names."""
    for sign, entries in (("+", added), ("-", removed)):
        for entry in entries:
            what = f"{entry.name} ({entry.scope})" if names_may_be_shown() else f"{entry.file}:{entry.line}"
            click.echo(f"{sign} {entry.directive.id}  {what}")


def show_staged(publisher: Publisher) -> None:
    """Print what a signature would be under: the change of the list, or of the keys."""
    state, staged = publisher.state(), publisher.staged_list()
    if state.pending.root is not None:
        root = state.pending.root.signed
        click.echo(f"root version {root.version}, environment {metadata.environment_of(state.pending.root)}, keys:")
        for role, holders in sorted(root.roles.items()):
            click.echo(f"  {role}: {holders.threshold} of {', '.join(keyid[:16] for keyid in holders.keyids)}")
    if staged is None:
        return
    custom = metadata.list_custom(state.pending.targets) if state.pending.targets else None
    if state.repository is None or custom is None or custom["digest"] != staged.digest:
        raise OperationError("what is staged does not say of itself what it is; stage it again")
    if staged.blocklist.environment is not state.repository.environment:
        raise OperationError("what is staged is of another environment than this repository")
    before = publisher.before()
    old = (
        {(entry.name, entry.scope, entry.directive.id) for entry in before.snapshot.entries}
        if before.snapshot
        else set()
    )
    new = {(entry.name, entry.scope, entry.directive.id) for entry in staged.entries}
    show_change(
        tuple(entry for entry in staged.entries if (entry.name, entry.scope, entry.directive.id) not in old),
        tuple(
            entry
            for entry in (before.snapshot.entries if before.snapshot else ())
            if (entry.name, entry.scope, entry.directive.id) not in new
        ),
    )
    for accepted in custom["steps"][-1]["accepted"]:
        click.echo(f"accepted: {accepted['rule']}, {accepted['count']} names, because: {accepted['reason']}")
    click.echo(f"list of {len(staged.entries)} names, commit {staged.commit}, digest {staged.digest}")
