"""Domain names as the list and the resolver compare them: lower-case A-labels without the root's dot.

What a person types is brought to that one form here and nowhere else, or refused with a sentence that says what to
write. Whether a name may be *blocked* is not decided here (blocklist/guards.py).
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Self

import idna

from blocker.errors import InvalidNameError

MAX_NAME = 253  # octets in presentation form, RFC 1035 §2.3.4 less the root's length byte and dot
MAX_LABEL = 63
_MAX_TEXT = 4 * MAX_NAME  # characters that are looked at; normalising composes three into one at most

# Plain names are nearly all names. Underscores and hyphens anywhere are legal in the DNS (RFC 2181 §11) and occur in
# names that are really asked for (`_dmarc`, `r3---sn…`), which is why IDNA is not asked about ASCII labels.
_PLAIN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\Z")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")  # what UTS 46 reads as a full stop
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}
# Default_Ignorable_Code_Point in other categories: IDNA drops these, so that two spellings look and read the same.
_IGNORABLE = (
    *((0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFFA0, 0xFFA0), (0xE0100, 0xE01EF)),
)
_HINTS = (
    ("://", "a URL: write the host name alone, without scheme and path"),
    ("/", "a path or a network: write the host name alone"),
    ("@", "a mail address: write the domain name alone"),
    ("*", "a wildcard: write the name and `scope: domain`"),
    (":", "a port or an IPv6 address: write the host name alone; addresses are never blocked"),
    ("[", "an IP address: addresses are never blocked, name the host"),
    ("%", "percent-encoded: write the name in plain letters or as an A-label (xn--…)"),
)


class DomainName(str):
    """A valid name: lower-case A-labels joined by dots, at most 253 octets, no final dot, never an IP address."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Bring `text` to the one form; upper case, U-labels and one final dot are accepted (RFC 5891, UTS 46).

        Raises:
            InvalidNameError: with what is wrong and what to write instead.
        """
        if len(text) > _MAX_TEXT:
            raise InvalidNameError(f"the name is {len(text)} octets long; {MAX_NAME} are the most (RFC 1035)")
        name = text.translate(_DOTS).removesuffix(".")
        if not _PLAIN.match(name) or "xn--" in name:
            name = _normalised(text, name)
        if len(name) > MAX_NAME:
            raise InvalidNameError(f"the name is {len(name)} octets long; {MAX_NAME} are the most (RFC 1035)")
        if _NUMBER.match(name.rpartition(".")[2]):
            raise InvalidNameError("the name ends in a number, which clients read as an IP address: name the host")
        return cls(name)

    def ancestors(self) -> Iterator["DomainName"]:
        """Yield this name, then each name above it, down to the top-level domain."""
        name: str = self
        while name:
            yield DomainName(name)
            name = name.partition(".")[2]

    def to_unicode(self) -> str:
        """Return the name with U-labels, to be shown beside the A-label form."""
        if "xn--" not in self:
            return str(self)
        return ".".join(_to_ulabel(label) for label in self.split("."))


def _normalised(text: str, name: str) -> str:
    _refuse_what_is_no_name(text, name)
    labels = []
    for label in name.split("."):
        if not label:
            raise InvalidNameError("the name has an empty label (two dots in a row, or one in front)")
        labels.append(_to_alabel(label))
    return ".".join(labels)


def _refuse_what_is_no_name(text: str, name: str) -> None:
    if not name:
        raise InvalidNameError("the root is not a name that can be listed" if text else "the name is empty")
    for character in name:
        if _is_invisible(character):
            point = f"U+{ord(character):04X}"
            called = unicodedata.name(character, "a control character")
            raise InvalidNameError(f"the name contains {point} ({called}), which cannot be seen: type the name anew")
    for mark, hint in _HINTS:
        if mark in name:
            raise InvalidNameError(f"this is {hint}")


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE_CATEGORIES or any(
        first <= ord(character) <= last for first, last in _IGNORABLE
    )


def _to_alabel(label: str) -> str:
    lower = label.lower()
    if lower.isascii():
        if not _PLAIN.match(lower):
            if len(lower) > MAX_LABEL:
                raise InvalidNameError(f"a label is {len(lower)} octets long; {MAX_LABEL} are the most (RFC 1035)")
            wrong = next(character for character in lower if not _PLAIN.match(character))
            raise InvalidNameError(f"{wrong!r} cannot stand in a domain name")
        if lower.startswith("xn--"):
            _check_punycode(lower)
        return lower
    try:
        return idna.encode(label, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidNameError(f"the label cannot be written as an A-label (IDNA): {error}") from error


def _check_punycode(label: str) -> None:
    # Not the whole of IDNA 2008: registered names (emoji, for one) break it and are asked for all the same.
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError as error:
        raise InvalidNameError("the label begins with xn-- but is no A-label (RFC 5890)") from error
    if decoded.isascii():
        raise InvalidNameError("the label begins with xn-- but encodes no international character (RFC 5890)")


def _to_ulabel(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return label
