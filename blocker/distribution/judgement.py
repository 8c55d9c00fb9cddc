"""What of a verified version comes in force here: the guards once more, with this network's own names.

Keeps true: what leaves the list leaves it, whatever is wrong with what would come; an addition that offends a guard, or
a procedure that an entry's directive does not show, holds that entry alone; a crowd of additions that nobody accepted
is held as a whole; a crowd of removals that nobody accepted, or a list that became empty, refuses the version. Signed
acceptances bind where the gate asks (jumps, popularity) and nowhere else: never for public suffixes, protected names,
or names of our own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from blocker.blocklist import files as form
from blocker.blocklist.entry import Blocklist, Entry, Protected
from blocker.blocklist.guards import Guards
from blocker.blocklist.procedure import Terms, check_directive
from blocker.blocklist.snapshot import Snapshot
from blocker.blocklist.suffixes import Suffixes
from blocker.distribution import gate
from blocker.distribution.gate import ADDED, REMOVED, Acceptance, Listed, Popular
from blocker.distribution.lifts import Lift, subtract
from blocker.errors import Fault, ListRefusedError
from blocker.located import Document, Mark, Path, read_yaml
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class Here:
    """What this network brings to the judgement."""

    suffixes: Suffixes
    protected: tuple[Protected, ...]
    own_names: tuple[DomainName, ...]
    popular: Popular


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force of this repository: the version (of the targets metadata) and what it blocks."""

    version: int
    listed: Listed
    protected: tuple[Protected, ...] = ()
    """What that version protected: who unprotects a name and lists it takes two versions for it."""


@dataclass(frozen=True, slots=True)
class Held:
    """An entry that does not come in force here, and why."""

    entry: Entry
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The entries that come in force, and those that do not."""

    entries: tuple[Entry, ...]
    held: tuple[Held, ...]


def protected_names(data: bytes, file: str) -> tuple[Protected, ...]:
    """Read a file in the form of protected.yaml.

    Raises:
        FaultsError: with every fault of the file.
    """
    read = read_yaml(data, file).validate(form.ProtectedFile, form.context(form.DEFAULT_TIMEZONE))
    return tuple(
        Protected(each.name, each.scope, group.id, group.reason) for group in read.groups for each in group.names
    )


def judge(
    snapshot: Snapshot,
    *,
    lifts: Sequence[Lift],
    steps: Sequence[Mapping[str, Any]],
    in_force: InForce | None,
    here: Here,
    now: datetime,
) -> Judgement:
    """Judge a verified version at `now` (the list's time); `lifts` are the open ones.

    Raises:
        ListRefusedError: if the version as a whole cannot be meant; its lifts count all the same.
    """
    blocklist = snapshot.blocklist
    alive = replace(snapshot, built_at=max(now, snapshot.built_at)).entries
    if not blocklist.entries and not blocklist.may_be_empty:
        raise _refused("empty", "the version has no entry, and does not say that it may be empty")
    entries = subtract(alive, lifts)
    since = _since(steps, in_force)
    accepted = [each for step in since for each in step.accepted]
    kept, held = _one_by_one(entries, blocklist, in_force=in_force, here=here, now=now, accepted=accepted)
    if in_force is not None:
        kept, crowd = _as_a_crowd(kept, entries, in_force, since, _lifted(alive, lifts))
        held += crowd
    return Judgement(tuple(kept), tuple(held))


@dataclass(frozen=True, slots=True)
class _Step:
    """What the metadata say of one step between versions."""

    version: int
    before: int
    accepted: tuple[Acceptance, ...]


def _since(steps: Sequence[Mapping[str, Any]], in_force: InForce | None) -> list[_Step]:
    try:
        read = [
            _Step(int(step["version"]), int(step["before"]), tuple(map(Acceptance.from_json, step["accepted"])))
            for step in steps
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("metadata", "what the metadata say of the steps before cannot be read") from error
    return [step for step in read if in_force is None or step.version > in_force.version]


def _lifted(alive: Iterable[Entry], lifts: Sequence[Lift]) -> Listed:
    return frozenset((entry.name, entry.scope) for entry in alive if any(lift.takes(entry) for lift in lifts))


def _one_by_one(
    entries: Sequence[Entry],
    blocklist: Blocklist,
    *,
    in_force: InForce | None,
    here: Here,
    now: datetime,
    accepted: Sequence[Acceptance],
) -> tuple[list[Entry], list[Held]]:
    there: Collection[tuple[str, object]] = in_force.listed if in_force else frozenset()
    before = in_force.protected if in_force else ()
    guards = Guards(
        replace(
            blocklist,
            protected=(*blocklist.protected, *here.protected),
            own_names=(*blocklist.own_names, *here.own_names),
        ),
        here.suffixes,
    )
    still = Guards(replace(blocklist, protected=before, own_names=()), here.suffixes)
    unlawful = _procedure(blocklist, now)
    meant = {(each.rule, directive) for each in accepted for directive in each.directives}
    kept: list[Entry] = []
    held: list[Held] = []
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        place, directive = (entry.directive.ground, entry.name), entry.directive.id
        is_new = (entry.name, entry.scope) not in there
        refusal = guards.refusal(entry.name) or (still.refusal(entry.name) if is_new else None)
        known = here.popular.rule(entry.name, entry.scope) if is_new else None
        if refusal is not None:
            held.append(Held(entry, refusal.rule, refusal.reason))
        elif directive in unlawful:
            held.append(Held(entry, "procedure", unlawful[directive]))
        elif place in seen:
            held.append(Held(entry, "duplicate", "the name stands twice for one ground"))
        elif known is not None and (known, directive) not in meant:
            held.append(Held(entry, known, "many people use it, and nobody accepted that"))
        else:
            kept.append(entry)
        seen.add(place)
    return kept, held


def _procedure(blocklist: Blocklist, now: datetime) -> dict[str, str]:
    terms = Terms(blocklist.environment, ZoneInfo(blocklist.timezone), now)
    nowhere: Mapping[Path, Mark] = {(): Mark(1, 1)}
    grounds = {ground.id for ground in blocklist.grounds}
    found: dict[str, str] = {}
    for directive in blocklist.directives:
        faults = check_directive(directive, Document(directive.id, {}, nowhere, nowhere), terms)
        wrong = next((fault.message for fault in faults if not fault.warning), None)
        if directive.ground not in grounds:
            wrong = "its ground is not one of the list's"
        if wrong is not None:
            found[directive.id] = wrong
    return found


def _as_a_crowd(
    kept: list[Entry], entries: Sequence[Entry], in_force: InForce, steps: Sequence[_Step], lifted: Listed
) -> tuple[list[Entry], list[Held]]:
    """Hold all additions, or refuse, if more changed than the steps since then allow."""
    here = {(entry.name, entry.scope) for entry in entries}
    gone = len(in_force.listed - here - lifted)
    most = _allowed(REMOVED, in_force, steps)
    if gone > most:
        raise _refused(REMOVED, f"{gone} names would leave at once; {most} are the most that were accepted")
    new = [entry for entry in kept if (entry.name, entry.scope) not in in_force.listed]
    most = _allowed(ADDED, in_force, steps)
    if len({(entry.name, entry.scope) for entry in new}) <= most:
        return kept, []
    reason = f"{len(new)} names would be added at once; {most} are the most that were accepted"
    there = [entry for entry in kept if (entry.name, entry.scope) in in_force.listed]
    return there, [Held(entry, ADDED, reason) for entry in new]


def _allowed(rule: str, in_force: InForce, steps: Sequence[_Step]) -> int:
    """Return how much may have changed since the version in force: a limit a step, or what was accepted in it."""
    total = 0
    for step in steps:
        accepted = [each.count for each in step.accepted if each.rule == rule]
        total += max([gate.limit(step.before), *accepted])
    return max(total, gate.limit(len(in_force.listed)))


def _refused(rule: str, message: str) -> ListRefusedError:
    return ListRefusedError([Fault("version", 1, 1, rule, message)])
