"""What else a block of these names would cut off: platforms, mail, names below, other entries of the list.

Keeps true: what was not asked or not answered is said to be unchecked and never passes for clear; each finding stands
as one line in the ledger and is read back from it. Asking the DNS is left to hearing.py, reading the list to lists.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from blocker.blocklist.entry import Entry, Scope
from blocker.blocklist.guards import Guards
from blocker.blocklist.lookalikes import Lookalikes
from blocker.cases.case import CaseName
from blocker.distribution.gate import Popular
from blocker.names import DomainName

TRIED_BELOW = ("www", "mail", "blog", "forum", "shop", "api", "static", "cdn")
"""Labels that often stand below a name; what exists beyond them the DNS does not tell."""


class Weight(StrEnum):
    """How much a finding weighs."""

    REFUSED = "refused"
    NOTED = "noted"
    UNCHECKED = "unchecked"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found about a name, as a sentence for people."""

    said: str
    weight: Weight
    name: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the DNS said of one name and its neighbourhood; `alias` is where it leads, if it is one."""

    mail: tuple[str, ...] = ()
    """Hosts that its mail goes to."""
    alias: str = ""
    below: tuple[str, ...] = ()
    """Names below it that answer, of those that were tried."""
    anything_below: bool = False
    """True if a name below it that nobody can have made answers too."""
    anything_beside: bool = False
    """True if such a name beside it answers."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known without asking anybody: the list with its guards, and the names that many people use."""

    guards: Guards
    lookalikes: Lookalikes
    entries: tuple[Entry, ...]
    popular: Popular


def weigh(names: Iterable[CaseName], known: Known, heard: Mapping[DomainName, Heard | str]) -> tuple[Finding, ...]:
    """Return the findings about these names; for each, `heard` has what the DNS said, or why it was not asked."""
    findings: list[Finding] = []
    for name in names:
        findings += _of_the_list(name, known)
        answer = heard[name.name]
        if isinstance(answer, str):
            findings.append(Finding(answer, Weight.UNCHECKED, name.name))
        else:
            findings += list(_of_the_dns(name, answer)) or [
                Finding("in the DNS: no mail, no alias, nothing else below it", Weight.CLEAR, name.name)
            ]
    return tuple(findings)


def _of_the_list(name: CaseName, known: Known) -> Iterator[Finding]:
    refusal = known.guards.refusal(name.name)
    if refusal is not None:
        yield Finding(refusal.reason, Weight.REFUSED, name.name)
    platform = known.guards.suffixes.platform(name.name)
    if platform is not None and name.scope is Scope.DOMAIN:
        reason = f"{platform} is a platform whose sites belong to many: block this host alone"
        yield Finding(reason, Weight.REFUSED, name.name)
    elif platform is not None:
        yield Finding(f"one site of the platform {platform}; the others are not touched", Weight.NOTED, name.name)
    if known.popular.rule(name.name, name.scope) is not None:
        yield Finding("many people use this name, or one below it", Weight.NOTED, name.name)
    for message in known.lookalikes.of(name.name):
        yield Finding(message, Weight.NOTED, name.name)
    for entry in known.entries:
        yield from _beside(name, entry)


def _beside(name: CaseName, entry: Entry) -> Iterator[Finding]:
    """Parent and child may both stand on the list; lifting one leaves the other, so a person should know."""
    directive = entry.directive.id
    if entry.name == name.name:
        yield Finding(f"on the list already: directive {directive}", Weight.NOTED, name.name)
    elif entry.name in name.name.ancestors():
        yield Finding(f"{entry.name} above it is on the list: directive {directive}", Weight.NOTED, name.name)
    elif name.name in entry.name.ancestors():
        yield Finding(f"{entry.name} below it is on the list: directive {directive}", Weight.NOTED, name.name)


def _of_the_dns(name: CaseName, heard: Heard) -> Iterator[Finding]:
    for host in heard.mail:
        cut = host == name.name or (name.scope is Scope.DOMAIN and host.endswith(f".{name.name}"))
        effect = "which the block cuts off" if cut else "which it leaves alone"
        yield Finding(f"its mail goes to {host}, {effect}", Weight.NOTED, name.name)
    if heard.alias:
        yield Finding(f"an alias of {heard.alias}: hosted together with others", Weight.NOTED, name.name)
    if heard.anything_beside:
        yield Finding("any name beside it answers: perhaps one site of a platform", Weight.NOTED, name.name)
    if name.scope is Scope.DOMAIN and heard.anything_below:
        yield Finding("any name below it answers: perhaps a platform with many sites", Weight.NOTED, name.name)
    elif name.scope is Scope.DOMAIN and heard.below:
        yield Finding(f"names below it that answer too: {', '.join(heard.below)}", Weight.NOTED, name.name)


def as_text(findings: Sequence[Finding]) -> str:
    """Return findings as the ledger keeps them: one a line, weight and name first."""
    return "\n".join(f"{each.weight} {each.name} {each.said}" for each in findings)


def from_text(text: str) -> tuple[Finding, ...]:
    """Read what as_text wrote."""
    parts = (line.split(" ", 2) for line in text.splitlines())
    return tuple(Finding(said, Weight(weight), name) for weight, name, said in parts)
