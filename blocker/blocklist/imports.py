"""Names from other people's lists: what can be taken, and why the rest cannot.

Real lists carry dirt (addresses, comments, URLs, names without a dot). Nothing of it stops an import and nothing of it
vanishes: each line that is left out is reported with its number and the reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from blocker.blocklist.guards import Guards
from blocker.errors import Fault, InvalidNameError
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class Imported:
    """The names to list, in the order of the file, and what was left out or respelled."""

    names: tuple[DomainName, ...]
    left_out: tuple[Fault, ...]


def import_domains(data: bytes, file: str, guards: Guards, listed: Iterable[str]) -> Imported:
    """Read a file with a name a line (`#` begins a comment); `listed` are names that the ground has already."""
    known = set(listed)
    names: dict[DomainName, int] = {}
    left_out: list[Fault] = []
    for line, text in _lines(data):
        try:
            name = DomainName.parse(text)
        except InvalidNameError as error:
            left_out.append(Fault(file, line, 1, "name", f"`{text[:80]}`: {error}", warning=True))
            continue
        if name in names:
            left_out.append(Fault(file, line, 1, "duplicate", f"{name} stands in line {names[name]} too", warning=True))
        elif name in known:
            left_out.append(Fault(file, line, 1, "duplicate", f"{name} is listed for this ground", warning=True))
        elif (refusal := guards.refusal(name)) is not None:
            left_out.append(Fault(file, line, 1, refusal.rule, f"{name}: {refusal.reason}", warning=True))
        else:
            names[name] = line
    return Imported(tuple(names), tuple(left_out))


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    # A list of 32,000 names may have one bad byte: that line is dirt like any other.
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = raw.decode("utf-8", "backslashreplace").partition("#")[0].strip()
        if text:
            yield number, text
