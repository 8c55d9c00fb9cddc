"""The over-block rules: what no list may hold, whoever decided it.

One function a rule, each with its reason; the known mistakes of others are the known mistakes here (17 October 2016:
google.fr, fr.wikipedia.org and ovh.com on a terrorism list for an hour). No guard ever stands in the way of a lift:
they look at entries that are on the list, never at those that leave it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from blocker.blocklist.entry import Blocklist, Entry, Environment, Protected, Scope, Texts
from blocker.blocklist.suffixes import Suffixes
from blocker.errors import Fault
from blocker.names import DomainName

# The IANA registry of special-use names (RFC 6761 and later), and `internal` (reserved by ICANN in 2024).
SPECIAL_USE = frozenset({
    "alt", "arpa", "example", "example.com", "example.net", "example.org", "internal", "invalid", "local", "localhost",
    "onion", "test",
})  # fmt: skip
# Names that belong to nobody are what a trial list is made of; anywhere else they are a test file gone astray.
FOR_TRIALS = frozenset({"example", "example.com", "example.net", "example.org", "invalid", "test"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which rule refuses a name, and why, for the person who listed it."""

    rule: str
    reason: str


class Guards:
    """The rules, made ready for one list: ask `refusal` of any name, or `check` the whole."""

    def __init__(self, blocklist: Blocklist, suffixes: Suffixes) -> None:
        self.environment = blocklist.environment
        self.suffixes = suffixes
        own: Texts = {"fr": "nom de l’autorité elle-même", "en": "the authority's own name"}
        own_names = [Protected(name, Scope.DOMAIN, "own_names", own) for name in blocklist.own_names]
        self.own = _Shield(own_names)
        self.protected = _Shield(blocklist.protected)

    def refusal(self, name: DomainName) -> Refusal | None:
        """Return the first rule that refuses `name`, the most fundamental first, or None."""
        for rule, judge in RULES.items():
            reason = judge(self, name)
            if reason is not None:
                return Refusal(rule, reason)
        return None

    def check(self, entries: Iterable[Entry]) -> Iterator[Fault]:
        """Yield a fault for each entry that a rule refuses, and for each that stands twice."""
        seen: dict[tuple[str, DomainName], Entry] = {}
        for entry in entries:
            refusal = self.refusal(entry.name)
            if refusal is not None:
                message = f"{entry.name}: {refusal.reason}"
                yield Fault(entry.file, entry.line, entry.column, refusal.rule, message)
            first = seen.setdefault((entry.directive.ground, entry.name), entry)
            if first is not entry:
                where = f"{first.file}:{first.line}"
                message = f"{entry.name} is listed for {entry.directive.ground} already, in {where}: keep one"
                yield Fault(entry.file, entry.line, entry.column, "duplicate", message)


class _Shield:
    """Names that may not be blocked: looked up from above and from below in one step each."""

    def __init__(self, names: Iterable[Protected]) -> None:
        self._whole: dict[str, Protected] = {}
        self._above: dict[str, Protected] = {}
        for each in names:
            for ancestor in each.name.ancestors():
                self._above.setdefault(ancestor, each)
            self._above[each.name] = each
            if each.scope is Scope.DOMAIN:
                self._whole[each.name] = each

    def hit(self, name: DomainName) -> Protected | None:
        """Return what `name` would take with it, or None."""
        if name in self._above:
            return self._above[name]
        return next((self._whole[above] for above in name.ancestors() if above in self._whole), None)


def _single_label(guards: Guards, name: DomainName) -> str | None:  # noqa: ARG001 - one signature for all rules
    if "." not in name:
        return "a single label is a top-level domain (or nothing): blocking it would block everything below"
    return None


def _special_use(guards: Guards, name: DomainName) -> str | None:
    trial = guards.environment is Environment.TRIAL
    for above in name.ancestors():
        if above in SPECIAL_USE and not (trial and above in FOR_TRIALS):
            where = "; such names may stand in a trial list only" if above in FOR_TRIALS else ""
            return f"`{above}` is reserved for special use (RFC 6761) and belongs to no site{where}"
    return None


def _public_suffix(guards: Guards, name: DomainName) -> str | None:
    if guards.suffixes.is_suffix(name):
        return "a public suffix: it has many owners, name the one site below it"
    if guards.suffixes.is_above_suffix(name):
        return "a public suffix with many owners stands below it: name the one site"
    return None


def _own_name(guards: Guards, name: DomainName) -> str | None:
    hit = guards.own.hit(name)
    return f"it would block {hit.name}, the authority's own name (list.yaml, own_names)" if hit else None


def _protected_name(guards: Guards, name: DomainName) -> str | None:
    hit = guards.protected.hit(name)
    if hit is None:
        return None
    what = (
        "it is"
        if hit.name == name
        else f"it would block {hit.name},"
        if name in hit.name.ancestors()
        else f"it lies below {hit.name},"
    )
    return f"{what} protected, group {hit.group}: {hit.reason['en']}"


Rule = Callable[[Guards, DomainName], str | None]
RULES: dict[str, Rule] = {
    "single-label": _single_label,
    "special-use": _special_use,
    "public-suffix": _public_suffix,
    "own-name": _own_name,
    "protected": _protected_name,
}
