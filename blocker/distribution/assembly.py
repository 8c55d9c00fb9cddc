"""From what several repositories vouch for to the one index of this host.

Keeps true: an entry knows its repository; a directive's id belongs to the repository that is named first, a second one
is held; the list's serial here only rises, whatever comes and goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocker.blocklist.entry import Blocklist, Entry, Ground
from blocker.blocklist.index import Index, Source, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.distribution.judgement import Held


@dataclass(frozen=True, slots=True)
class Part:
    """What comes in force of one repository."""

    source: Source
    title: Mapping[str, str]
    timezone: str
    commit: str | None
    grounds: tuple[Ground, ...]
    entries: tuple[Entry, ...]
    held: tuple[Held, ...] = ()


def part_in_force(index: Index | None, repository: str) -> Part | None:
    """Return what is in force of a repository, as far as the index knows: enough to serve on, and to subtract from."""
    source = index.header.source(repository) if index else None
    if index is None or source is None:
        return None
    entries = tuple(
        Entry(name, scope, directive, repository, 1, 1)
        for name, scope, directive in index.entries()
        if index.origins.get(directive.id) == repository
    )
    header = index.header
    return Part(source, header.title, header.timezone, header.commit, tuple(index.grounds.values()), entries)


def assemble(parts: Sequence[Part], serial: int, now: datetime) -> tuple[Snapshot, bytes, tuple[Held, ...]]:
    """Return the snapshot of all parts, its index file, and what had to be held for two having the same id."""
    origins: dict[str, str] = {}
    entries: list[Entry] = []
    held: list[Held] = []
    for part in parts:
        for entry in part.entries:
            if origins.setdefault(entry.directive.id, part.source.repository) == part.source.repository:
                entries.append(entry)
            else:
                reason = f"its directive's id is one of {origins[entry.directive.id]}'s too"
                held.append(Held(entry, "duplicate-id", reason))
    grounds = {ground.id: ground for part in reversed(parts) for ground in part.grounds}
    first = parts[0]
    blocklist = Blocklist(
        title=first.title,
        environment=first.source.environment,
        timezone=first.timezone,
        may_be_empty=True,
        own_names=(),
        grounds=tuple(grounds[name] for name in sorted(grounds)),
        directives=tuple({entry.directive.id: entry.directive for entry in entries}.values()),
        entries=tuple(entries),
        protected=(),
    )
    commit = first.commit if len(parts) == 1 else None
    snapshot = Snapshot(blocklist, serial, commit, now)
    return snapshot, compile_index(snapshot, [part.source for part in parts], origins), tuple(held)
