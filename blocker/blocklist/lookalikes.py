"""Names that look like another: labels of mixed scripts, and letters of one script that pass for those of another.

Nothing is refused here: a site may lawfully be ordered blocked *because* it imitates a bank. But whoever reads a list
must see that `gоogle.fr` with a Cyrillic о is not google.fr, so the A-label is always shown with the warning. The
ideas are those of UTS #39 (mixed scripts, skeletons), in the few lines that a list of names needs.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from blocker.blocklist.entry import Entry
from blocker.errors import Fault
from blocker.names import DomainName

# Writing systems that use several scripts side by side (UTS #39 §5.1), each of them with Latin letters too.
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
# Letters that a reader takes for Latin ones in most typefaces: Cyrillic, Greek, Armenian, Latin's own odd ones.
_LATIN = str.maketrans({
    "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "ё": "e", "һ": "h", "і": "i", "ї": "i", "ј": "j", "к": "k",
    "ӏ": "l", "м": "m", "н": "h", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t", "ц": "u", "ѵ": "v",
    "ԝ": "w", "х": "x", "у": "y", "ү": "y", "з": "3", "ь": "b", "п": "n",
    "α": "a", "β": "b", "γ": "y", "ε": "e", "η": "n", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "σ": "o",
    "τ": "t", "υ": "u", "χ": "x", "ω": "w",
    "օ": "o", "ս": "u", "ո": "n", "հ": "h", "զ": "q", "ց": "g", "ք": "p",
    "ı": "i", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʟ": "l", "ɴ": "n", "ᴏ": "o", "ʀ": "r", "ꜱ": "s", "ᴠ": "v", "ᴡ": "w",
    "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t",
})  # fmt: skip


class Lookalikes:
    """Ready to compare names with those that may never be blocked."""

    def __init__(self, protected: Iterable[DomainName]) -> None:
        self._protected = {skeleton(name): name for name in protected}

    def check(self, entries: Iterable[Entry]) -> Iterator[Fault]:
        """Yield a warning for each entry that looks like something else than it is."""
        for entry in entries:
            if "xn--" in entry.name:
                for message in self.of(entry.name):
                    yield Fault(entry.file, entry.line, entry.column, "look-alike", message, warning=True)

    def of(self, name: DomainName) -> Iterator[str]:
        """Yield what a reader should know of a name before taking it for the one it looks like."""
        shown = name.to_unicode()
        likeness = skeleton(name)
        for above in DomainName(likeness).ancestors():
            imitated = self._protected.get(above)
            if imitated is not None and imitated not in name.ancestors():
                yield f"{name} is shown as {shown} and looks like {imitated}: make sure which of the two is meant"
                break
        for label in shown.split("."):
            scripts = scripts_of(label)
            if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
                mixed = ", ".join(sorted(script.capitalize() for script in scripts))
                yield f"{name} is shown as {shown} and mixes scripts ({mixed}): make sure that it is the name meant"


@lru_cache(maxsize=4096)
def skeleton(name: DomainName) -> str:
    """Return what a hurried reader sees: U-labels without accents, foreign look-alike letters as Latin ones."""
    shown = name.to_unicode()
    if shown.isascii():
        return shown
    plain = "".join(each for each in unicodedata.normalize("NFKD", shown) if not unicodedata.combining(each))
    return plain.translate(_LATIN)


def scripts_of(label: str) -> frozenset[str]:
    """Return the scripts of a label's letters, by the first word of their Unicode names."""
    letters = (each for each in label if unicodedata.category(each) in {"Ll", "Lo", "Lm", "Lt", "Lu"})
    return frozenset(unicodedata.name(each, "UNKNOWN").split(" ")[0].split("-")[0] for each in letters)
