"""The public suffix list, asked two questions: is this name a suffix, and is it above one?

Both sections count: a name of the private section (`github.io`) is a platform with many owners. The text is handed in,
so that a check can state which edition it used.
"""

import hashlib
from collections.abc import Iterator

from publicsuffixlist import PublicSuffixList, encode_idn


class Suffixes:
    """An edition of the public suffix list; `digest` is the SHA-256 of its text in hexadecimal."""

    def __init__(self, text: str) -> None:
        self._rules = PublicSuffixList(text, accept_unknown=False)
        self._above = frozenset(_names_above_suffixes(text))
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def is_suffix(self, name: str) -> bool:
        """Return True if names of several owners stand directly below `name` (wildcard rules included)."""
        return bool(self._rules.is_public(name))

    def is_above_suffix(self, name: str) -> bool:
        """Return True if a public suffix stands somewhere below `name`."""
        return name in self._above


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
