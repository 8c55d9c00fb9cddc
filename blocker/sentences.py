"""Sentences that other parts of Redhand say in English, in the reader's language.

The core explains itself in plain English (a guard's reason, what is wrong with a name). For French, locales/
sentences.fr.yaml gives each of those sentences a counterpart; `{}` stands for what varies, which is translated itself
if it is a sentence of ours. Keeps true that nothing is ever lost: a sentence without a counterpart stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentences:
    """The counterparts of one language: of whole sentences, and of those in which something varies, longest first."""

    whole: Mapping[str, str] = field(default_factory=dict)
    pairs: tuple[tuple[re.Pattern[str], str], ...] = ()

    @classmethod
    def of(cls, counterparts: Mapping[str, str]) -> "Sentences":
        """Read counterparts by the English sentence; `{}` in both is what varies, in the same order."""
        whole = {english: other for english, other in counterparts.items() if "{}" not in english}
        varying = ((english, other) for english, other in counterparts.items() if "{}" in english)
        longest_first = sorted(varying, key=lambda pair: -len(pair[0].replace("{}", "")))
        return cls(whole, tuple((_pattern(english), other) for english, other in longest_first))

    def __call__(self, english: str) -> str:
        """Return the sentence in this language, or as it is."""
        if english in self.whole:
            return self.whole[english].format()  # doubled braces stand for one, as in the others
        for pattern, other in self.pairs:
            if found := pattern.fullmatch(english):
                return other.format(*map(self, found.groups()))
        return english

    def knows(self, english: str) -> bool:
        """True when the sentence has a counterpart."""
        return english in self.whole or any(pattern.fullmatch(english) for pattern, _ in self.pairs)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)
