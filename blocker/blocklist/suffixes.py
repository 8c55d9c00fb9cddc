"""The public suffix list, asked two questions: is this name a suffix, and is it above one?

Both sections count: a name of the private section (`github.io`) is a platform with many owners. The text is handed in,
so that a check can state which edition it used.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property

from publicsuffixlist import PublicSuffixList, encode_idn

from blocker.names import DomainName


class Suffixes:
    """An edition of the public suffix list; `digest` is the SHA-256 of its text in hexadecimal."""

    def __init__(self, text: str) -> None:
        self._rules = PublicSuffixList(text, accept_unknown=False)
        self._text = text
        self._above = frozenset(_names_above_suffixes(text))
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def is_suffix(self, name: str) -> bool:
        """Return True if names of several owners stand directly below `name` (wildcard rules included)."""
        return bool(self._rules.is_public(name))

    def is_above_suffix(self, name: str) -> bool:
        """Return True if a public suffix stands somewhere below `name`."""
        return name in self._above

    def platform(self, name: DomainName) -> str | None:
        """Return the suffix of the private section above `name` (`github.io`), whose names have owners of their own."""
        above = (each for each in name.ancestors() if each != name)
        return next((each for each in above if self.is_suffix(each) and not self._registries.is_public(each)), None)

    def registrable(self, name: DomainName) -> DomainName:
        """Return what was registered at a registry: the name one label below the suffix that `name` lies under."""
        found = self._registries.privatesuffix(str(name))
        return DomainName(found) if found else name

    @cached_property
    def _registries(self) -> PublicSuffixList:
        # Read when it is first asked for: only the desk does.
        return PublicSuffixList(self._text, accept_unknown=False, only_icann=True)


def _names_above_suffixes(text: str) -> Iterator[str]:
    for line in text.splitlines():
        rule = line.split(" ")[0].strip().lower()
        if not rule or rule.startswith(("//", "!")):
            continue
        name = encode_idn(rule.removeprefix("*."))
        if rule.startswith("*."):
            yield name
        while name := name.partition(".")[2]:
            yield name
