"""Sentences that other parts of Redhand say in English, in the reader's language.

The core explains itself in plain English (a guard's reason, what is wrong with a name). For French, locales/
sentences.fr.yaml gives each of those sentences a counterpart; `{}` stands for what varies, which is translated itself
if it is a sentence of ours. Keeps true that nothing is ever lost: a sentence without a counterpart stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentences:
    """The counterparts of one language, most specific first."""

    pairs: tuple[tuple[re.Pattern[str], str], ...] = ()

    @classmethod
    def of(cls, counterparts: Mapping[str, str]) -> "Sentences":
        """Read counterparts by the English sentence; `{}` in both is what varies, in the same order."""
        longest_first = sorted(counterparts.items(), key=lambda pair: -len(pair[0].replace("{}", "")))
        return cls(tuple((_pattern(english), other) for english, other in longest_first))

    def __call__(self, english: str) -> str:
        """Return the sentence in this language, or as it is."""
        for pattern, other in self.pairs:
            if found := pattern.fullmatch(english):
                return other.format(*map(self, found.groups()))
        return english

    def knows(self, english: str) -> bool:
        """True when the sentence has a counterpart."""
        return any(pattern.fullmatch(english) for pattern, _ in self.pairs)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)
