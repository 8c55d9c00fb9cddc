"""The gate between two consecutive versions: jumps and well-known names need somebody who says that they are meant.

Keeps true: what needs acceptance is counted the same way where a version is staged and where it is received; an
acceptance names a rule, counts and directives, never a site (it travels in the signed metadata). No gate stands before
a lift: the role `lifts` does not pass here, and names that leave are gated only as a crowd (half a list gone by mistake
is a fault too). What may never be listed at all is guards.py's business: nothing is accepted there.
"""

import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from blocker.blocklist.entry import Entry, Scope

FLOOR, CEILING, SHARE = 20, 200, 0.05
"""More than max(20, min(200, 5 %)) names added or removed is a jump."""
MANY_BELOW = 10
"""Known names below a listed subtree, from which on it is a platform rather than a site."""

ADDED, REMOVED, POPULAR, SUBTREE = "delta-added", "delta-removed", "popular", "subtree"
RULES = (ADDED, REMOVED, POPULAR, SUBTREE)

Listed = frozenset[tuple[str, Scope]]
"""What a version blocks: names with their scopes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a step from one version to the next does not pass without acceptance."""

    rule: str
    count: int
    directives: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody's word that a finding is meant; signed with the version."""

    rule: str
    reason: str
    count: int
    directives: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it stands in the signed metadata."""
        return {
            "rule": self.rule,
            "reason": self.reason,
            "count": self.count,
            "directives": list(self.directives),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Acceptance":
        """Read what to_json wrote; raises KeyError, TypeError or ValueError if it is not that."""
        return cls(str(value["rule"]), str(value["reason"]), int(value["count"]), tuple(map(str, value["directives"])))


class Popular:
    """Names that many people use, looked up by name and by how many of them a subtree holds."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._keys = sorted({_key(name) for name in names})

    def at_or_below(self, name: str) -> int:
        """Return how many known names are `name` or lie below it."""
        key = _key(name)
        return bisect.bisect_left(self._keys, key[:-1] + "/") - bisect.bisect_left(self._keys, key)

    def holds(self, name: str) -> bool:
        """Return True if `name` itself is known."""
        key = _key(name)
        at = bisect.bisect_left(self._keys, key)
        return at < len(self._keys) and self._keys[at] == key

    def rule(self, name: str, scope: Scope) -> str | None:
        """Return the rule that a new entry offends, or None."""
        if scope is Scope.DOMAIN and self.at_or_below(name) > MANY_BELOW:
            return SUBTREE
        if self.holds(name) or (scope is Scope.DOMAIN and self.at_or_below(name)):
            return POPULAR
        return None


def _key(name: str) -> str:
    # Reversed labels, each ending in a dot: what lies below a name begins with its key. `/` follows `.` in ASCII.
    return ".".join(reversed(name.split("."))) + "."


def limit(before: int) -> int:
    """Return how many names may be added, or removed, in one step from a version of `before` names."""
    return max(FLOOR, min(CEILING, int(before * SHARE)))


def judge(before: Listed | None, after: Sequence[Entry], popular: Popular) -> tuple[Finding, ...]:
    """Return what the step from `before` (None: there was no version) to `after` needs acceptance for."""
    there = before or frozenset()
    new = [entry for entry in after if (entry.name, entry.scope) not in there]
    findings = [*_known_names(new, popular)]
    if before is not None:
        gone = len(before) - (len({(entry.name, entry.scope) for entry in after}) - len(_names(new)))
        most = limit(len(before))
        for rule, count, word in ((ADDED, len(_names(new)), "added"), (REMOVED, gone, "removed")):
            if count > most:
                message = f"{count} names are {word} at once; {most} are the most that pass without acceptance"
                findings.append(Finding(rule, count, _directives(new) if rule == ADDED else (), message))
    return tuple(findings)


def _known_names(new: Iterable[Entry], popular: Popular) -> Iterable[Finding]:
    hits: dict[str, list[Entry]] = {}
    for entry in new:
        rule = popular.rule(entry.name, entry.scope)
        if rule is not None:
            hits.setdefault(rule, []).append(entry)
    texts = {
        POPULAR: "names are, or cover, names that many people use (the popularity file)",
        SUBTREE: f"subtrees hold more than {MANY_BELOW} names that many people use: platforms, not sites",
    }
    for rule, entries in sorted(hits.items()):
        yield Finding(rule, len(entries), _directives(entries), f"{len(entries)} {texts[rule]}")


def _directives(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(sorted({entry.directive.id for entry in entries}))


def _names(entries: Iterable[Entry]) -> Collection[tuple[str, Scope]]:
    return {(entry.name, entry.scope) for entry in entries}


def accept(
    findings: Sequence[Finding], reasons: Mapping[str, str]
) -> tuple[tuple[Acceptance, ...], tuple[Finding, ...]]:
    """Split findings into what `reasons` (by rule) accept and what is still open."""
    accepted = tuple(
        Acceptance(found.rule, reasons[found.rule], found.count, found.directives)
        for found in findings
        if found.rule in reasons
    )
    return accepted, tuple(found for found in findings if found.rule not in reasons)
