"""What two versions of a list say differently: names that came, went or reach further, and directives that changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from blocker.blocklist.entry import Directive, Scope
from blocker.blocklist.snapshot import directive_to_json
from blocker.names import DomainName

Listed = tuple[DomainName, Scope, Directive]


@dataclass(frozen=True, slots=True)
class Rescoped:
    """A name whose reach changed under the same directive."""

    name: DomainName
    directive: str
    old: Scope
    new: Scope


@dataclass(frozen=True, slots=True)
class Changed:
    """A key of a directive, by its name in the index, that says something else."""

    directive: str
    key: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs, in the order of names and directives."""

    added: tuple[Listed, ...]
    removed: tuple[Listed, ...]
    rescoped: tuple[Rescoped, ...]
    changed: tuple[Changed, ...]


def difference(old: Iterable[Listed], new: Iterable[Listed], now: datetime) -> Difference:
    """Compare two versions by what is in force at `now` (aware UTC)."""
    before, after = _alive(old, now), _alive(new, now)
    kept = sorted(before.keys() & after.keys())
    return Difference(
        added=tuple(after[key] for key in sorted(after.keys() - before.keys())),
        removed=tuple(before[key] for key in sorted(before.keys() - after.keys())),
        rescoped=tuple(
            Rescoped(*key, before[key][1], after[key][1]) for key in kept if before[key][1] is not after[key][1]
        ),
        changed=tuple(_changes(_directives(before), _directives(after))),
    )


def _alive(listed: Iterable[Listed], now: datetime) -> dict[tuple[DomainName, str], Listed]:
    return {(each[0], each[2].id): each for each in listed if each[2].expires > now}


def _directives(listed: Mapping[tuple[DomainName, str], Listed]) -> dict[str, Directive]:
    return {directive.id: directive for _, _, directive in listed.values()}


def _changes(old: Mapping[str, Directive], new: Mapping[str, Directive]) -> Iterable[Changed]:
    for name in sorted(old.keys() & new.keys()):
        before, after = directive_to_json(old[name]), directive_to_json(new[name])
        for key in before:
            if before[key] != after[key]:
                yield Changed(name, key, _text(before[key]), _text(after[key]))


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "-" if value is None else str(value)
