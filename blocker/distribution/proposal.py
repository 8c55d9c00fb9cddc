"""What the next version would be: its file, what the metadata says of it, and its effect line by line.

Keeps true: what is proposed has passed every guard, also against the names that the version *before* protected (who
unprotects a name and lists it takes two versions for it), and every gate or a signed acceptance; a lift that is open
stays in force over it, and is settled only when the list no longer holds what was lifted, or by name.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from blocker.blocklist import version
from blocker.blocklist.entry import Blocklist, Entry, Environment
from blocker.blocklist.guards import Guards
from blocker.blocklist.snapshot import Snapshot
from blocker.blocklist.suffixes import Suffixes
from blocker.distribution import gate
from blocker.distribution.gate import Acceptance, Finding, Listed, Popular
from blocker.distribution.lifts import Lift, open_lifts, subtract
from blocker.distribution.metadata import STEPS_KEPT
from blocker.errors import Fault, ListRefusedError


@dataclass(frozen=True, slots=True)
class Before:
    """What is in force: the version (None: there is none yet), what the metadata says of it, and all lifts."""

    environment: Environment
    snapshot: Snapshot | None = None
    custom: Mapping[str, Any] | None = None
    lifts: tuple[Lift, ...] = ()
    version: int = 0
    """The version of the targets metadata in force."""

    @property
    def settled(self) -> tuple[str, ...]:
        """The lifts that count no more."""
        return tuple(self.custom["settled"]) if self.custom else ()

    @property
    def open_lifts(self) -> tuple[Lift, ...]:
        """The lifts that count."""
        return open_lifts(self.lifts, self.settled)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who stages says: rules accepted with their reasons, and lifts to be undone on purpose."""

    accept: Mapping[str, str]
    reinstate: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that may be signed."""

    data: bytes
    custom: Mapping[str, Any]
    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    accepted: tuple[Acceptance, ...]

    @property
    def empty(self) -> bool:
        """True if nothing would change for anybody."""
        return not self.added and not self.removed

    def effect(self) -> Iterator[str]:
        """Yield what changes, in counts a directive; no line names a site."""
        for word, entries in (("blocked", self.added), ("no longer blocked", self.removed)):
            for directive, count in sorted(Counter(entry.directive.id for entry in entries).items()):
                yield f"{directive}: {count} {'name' if count == 1 else 'names'} {word}"


def propose(snapshot: Snapshot, before: Before, suffixes: Suffixes, popular: Popular, wishes: Wishes) -> Proposal:
    """Return the next version, made of a checked list.

    Raises:
        ListRefusedError: if it belongs elsewhere, an old guard refuses it, or a gate has no acceptance.
    """
    if snapshot.blocklist.environment is not before.environment:
        message = f"this is a {snapshot.blocklist.environment} list; the repository is for {before.environment}"
        raise ListRefusedError([Fault("list.yaml", 1, 1, "environment", message)])
    settled = _settled(snapshot, before, wishes.reinstate)
    after = subtract(snapshot.entries, open_lifts(before.lifts, settled))
    old = subtract(_alive(before.snapshot, snapshot), before.open_lifts)
    there, here = listed(old), listed(after)
    added = tuple(entry for entry in after if (entry.name, entry.scope) not in there)
    removed = tuple(entry for entry in old if (entry.name, entry.scope) not in here)
    if before.snapshot is not None:
        _still_protected(added, before.snapshot.blocklist, suffixes)
    findings = gate.judge(there if before.snapshot else None, after, popular)
    accepted, refused = gate.accept(findings, wishes.accept)
    if refused:
        raise ListRefusedError([_as_fault(finding) for finding in refused])
    unused = sorted(set(wishes.accept) - {each.rule for each in accepted})
    if unused:
        message = f"nothing to accept under {', '.join(unused)}: an acceptance is for what is there"
        raise ListRefusedError([Fault("stage", 1, 1, "accept", message)])
    step = {
        "version": before.version + 1,
        "before": len(there),
        "added": len(added),
        "removed": len(removed),
        "accepted": [_json(a) for a in accepted],
    }
    steps = [*reversed([*_worth_keeping(before.custom["steps"] if before.custom else ())]), step]
    custom = {
        "environment": snapshot.blocklist.environment.value,
        "commit": snapshot.commit,
        "built_at": snapshot.built_at.isoformat(),
        "digest": snapshot.digest,
        "names": len(snapshot.entries),
        "directives": len(snapshot.directives),
        "settled": list(settled),
        "steps": steps,
    }
    return Proposal(version.encode(snapshot), custom, added, removed, accepted)


def listed(entries: Sequence[Entry]) -> Listed:
    """Return what these entries block."""
    return frozenset((entry.name, entry.scope) for entry in entries)


def _worth_keeping(steps: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    # An acceptance counts as long as what it accepted may stand; a step without one only for those who were away.
    for age, step in enumerate(reversed(steps), 1):
        if age < STEPS_KEPT or step["accepted"]:
            yield step


def _json(acceptance: Acceptance) -> dict[str, Any]:
    return acceptance.to_json()


def _alive(old: Snapshot | None, new: Snapshot) -> tuple[Entry, ...]:
    # What has ended meanwhile is no change that anybody made: time alone breaks nothing and jumps nowhere.
    return replace(old, built_at=new.built_at).entries if old else ()


def _settled(snapshot: Snapshot, before: Before, reinstate: Collection[str]) -> tuple[str, ...]:
    known = {lift.id for lift in before.open_lifts}
    unknown = sorted(set(reinstate) - known)
    if unknown:
        raise ListRefusedError([Fault("stage", 1, 1, "lift", f"no open lift is called {', '.join(unknown)}")])
    gone = {lift.id for lift in before.open_lifts if not any(lift.takes(entry) for entry in snapshot.entries)}
    return tuple(sorted({*before.settled, *gone, *reinstate} & {lift.id for lift in before.lifts}))


def _still_protected(added: Sequence[Entry], old: Blocklist, suffixes: Suffixes) -> None:
    guards = Guards(old, suffixes)
    faults = []
    for entry in added:
        refusal = guards.refusal(entry.name)
        if refusal is not None:
            message = (
                f"{entry.name}: {refusal.reason} (in the version in force: unprotect first, list one version later)"
            )
            faults.append(Fault(entry.file, entry.line, entry.column, refusal.rule, message))
    if faults:
        raise ListRefusedError(faults)


def _as_fault(finding: Finding) -> Fault:
    where = f"; directives {', '.join(finding.directives[:5])}" if finding.directives else ""
    message = f"{finding.message}{where}. If it is meant: --accept {finding.rule} --reason …"
    return Fault("stage", 1, 1, finding.rule, message)
