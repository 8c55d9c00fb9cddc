"""What a person must enter for a step, and how it is brought to one form.

Keeps true: what passes `clean` is text without surprises (no control characters, bounded, instants in UTC), so that it
can stand in the ledger and in letters as it is. What the values mean for a case is left to rules.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from blocker.blocklist.dates import EARLIEST, LATEST
from blocker.blocklist.entry import Scope
from blocker.cases.case import CaseName
from blocker.errors import FormError, InvalidNameError
from blocker.names import DomainName

MAX_LINE = 500
MAX_PROSE = 20_000
MAX_NAMES = 100
"""More names than that in one case are no case but a list; they come by `redhand lists import`."""

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}\Z")
_HASH = re.compile(r"[0-9a-f]{64}\Z")
_URL = re.compile(r"https?://[^\s/?#]+\S*\Z", re.IGNORECASE)


class Kind(StrEnum):
    """How a field is entered and checked."""

    LINE = "line"
    PROSE = "prose"
    INSTANT = "instant"
    CHOICE = "choice"
    GROUND = "ground"
    NAMES = "names"
    URLS = "urls"
    MAIL = "mail"
    HASH = "hash"
    FILE = "file"
    ISP = "isp"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a step; `label` is plain English and the key of its translations.

    The value of a file is the SHA-256 under which it was kept.
    """

    name: str
    label: str
    kind: Kind = Kind.LINE
    choices: tuple[str, ...] = ()
    optional: bool = False


def clean(fields: Sequence[Field], data: Mapping[str, str]) -> dict[str, str]:
    """Bring what was entered to its one form; keys that are no field are dropped.

    Raises:
        FormError: with every problem, by field.
    """
    cleaned: dict[str, str] = {}
    problems: dict[str, str] = {}
    for field in fields:
        try:
            cleaned[field.name] = _clean_field(field, data.get(field.name, ""))
        except ValueError as error:
            problems[field.name] = str(error)
    if problems:
        raise FormError(problems)
    return cleaned


def parse_names(text: str) -> tuple[CaseName, ...]:
    """Read names, one a line: `videos.example` (that name alone), or with its scope: `propaganda.example domain`.

    Raises:
        ValueError: with the first line that is none.
    """
    names: dict[DomainName, CaseName] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        words = line.split()
        # A scope that was not said is the narrower one: nobody blocks a whole domain by leaving out a word.
        scope = words[1] if len(words) > 1 else Scope.HOST
        if len(words) > 2 or scope not in tuple(Scope):  # noqa: PLR2004 - a name and a scope
            raise ValueError(f"“{line}”: write a name, then host or domain")
        try:
            name = DomainName.parse(words[0])
        except InvalidNameError as error:
            raise ValueError(f"“{words[0]}”: {error}") from error
        if name in names:
            raise ValueError(f"“{name}” stands here twice")
        names[name] = CaseName(name, Scope(scope))
    if not 1 <= len(names) <= MAX_NAMES:
        raise ValueError(f"write from 1 to {MAX_NAMES} names, one a line")
    return tuple(names.values())


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with its offset, as aware UTC in whole seconds.

    Raises:
        ValueError: if it is none, or has no offset.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("write a date and a time, such as 2026-11-21T14:05:00+01:00") from None
    if not EARLIEST <= instant.year <= LATEST:  # sums and offsets stay within what datetime can hold
        raise ValueError("write a date and a time, such as 2026-11-21T14:05:00+01:00")
    if instant.tzinfo is None:
        raise ValueError("the time needs its offset from UTC, such as +01:00")
    return instant.astimezone(UTC).replace(microsecond=0)


def _clean_field(field: Field, raw: str) -> str:
    text = raw.replace("\r\n", "\n").strip()
    if text:
        return _clean_text(field, text)
    if not field.optional:
        raise ValueError("this must be filled in")
    return ""


def _clean_text(field: Field, text: str) -> str:
    many_lines = field.kind in {Kind.PROSE, Kind.NAMES, Kind.URLS}
    if len(text) > (MAX_PROSE if many_lines else MAX_LINE):
        raise ValueError("this is too long")
    if any(not character.isprintable() and not (many_lines and character == "\n") for character in text):
        raise ValueError("this contains characters that cannot be printed")
    match field.kind:
        case Kind.INSTANT:
            return parse_instant(text).isoformat()
        case Kind.NAMES:
            return "\n".join(f"{entry.name} {entry.scope}" for entry in parse_names(text))
        case Kind.URLS:
            return "\n".join(_url(line.strip()) for line in text.splitlines() if line.strip())
        case Kind.MAIL if not _MAIL.match(text):
            raise ValueError("write one mail address, such as abuse@hosting.example")
        case Kind.HASH | Kind.FILE if not _HASH.match(text):
            raise ValueError("write the 64 hexadecimal digits of a SHA-256")
        case Kind.CHOICE if text not in field.choices:
            raise ValueError(f"choose one of: {', '.join(field.choices)}")
        case _:
            return text


def _url(line: str) -> str:
    if not _URL.match(line):
        raise ValueError(f"“{line}”: write whole addresses, one a line, beginning with http:// or https://")
    return line
