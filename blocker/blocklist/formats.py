"""Other people's list formats, line by line: what each line asks to have blocked, or why it asks nothing that we take.

Nothing here raises on what a file holds: lists come from strangers and are big. Whether a name is one, and whether it
may be blocked, is judged afterwards (imports.py). Only whole-name blocks are taken; a rule that means less (a path, a
browser's context, a redirection) is left out rather than widened.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from blocker.blocklist.entry import Scope
from blocker.blocklist.zones import RpzReader

MAX_LINE = 4096  # octets; the longest honest line (a hosts line with several names) stays far below


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that a line asks to have blocked; `scope` is None where the format leaves it to whoever imports."""

    line: int
    text: str
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line, or one name of it, that is not taken, and why."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Excepted:
    """A name that the foreign list itself keeps reachable, with everything below it."""

    line: int
    text: str


Found = Wanted | LeftOut | Excepted
Reader = Callable[[bytes], Iterator[Found]]


def read_domains(data: bytes) -> Iterator[Found]:
    """One name a line; `#` begins a comment."""
    for line, text in lines(data):
        name = text.partition("#")[0].strip()
        if name:
            yield too_long(line, text) or Wanted(line, name)


# What every machine's own hosts file says of itself.
_OF_THE_MACHINE = frozenset({
    "localhost", "localhost.localdomain", "localhost4", "localhost6", "local", "broadcasthost", "0.0.0.0",  # noqa: S104
    "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes", "ip6-allrouters",
    "ip6-allhosts",
})  # fmt: skip
_NOWHERE = re.compile(r"(?:0\.0\.0\.0|127(?:\.\d{1,3}){3}|::1?|fe80::1%lo0)\Z", re.ASCII)


def read_hosts(data: bytes) -> Iterator[Found]:
    """A hosts file: an address that leads nowhere, then one or more names."""
    for line, text in lines(data):
        fields = text.partition("#")[0].split()
        if not fields:
            continue
        if (dirt := too_long(line, text)) is not None:
            yield dirt
        elif len(fields) == 1:
            yield LeftOut(line, text, "a hosts line has an address and then a name (or choose --format domains)")
        elif not _NOWHERE.match(fields[0]):
            yield LeftOut(line, text, "only an address that leads nowhere (0.0.0.0, 127.0.0.1, ::1, ::) blocks")
        else:
            for name in fields[1:]:
                if name.lower() in _OF_THE_MACHINE:
                    yield LeftOut(line, name, "a name of the machine itself, not of a site")
                else:
                    yield Wanted(line, name)


def read_adblock(data: bytes) -> Iterator[Found]:
    """Rules of ad blockers; `||name^` alone is a block of a whole name."""
    for line, text in lines(data):
        if text.startswith(("!", "[")):
            continue
        yield too_long(line, text) or _adblock_rule(line, text)


_ELEMENTS = re.compile(r"#[@?$%]*#|\$\$")
_WHOLE_NAME = re.compile(r"\|\|([^/^$|*]+)\^\Z")


def _adblock_rule(line: int, text: str) -> Found:
    exception = text.startswith("@@")
    rule = text.removeprefix("@@")
    reason = None
    if _ELEMENTS.search(rule):
        reason = "a rule that hides parts of pages: the DNS knows whole names only"
    elif rule.startswith("/") and rule.endswith("/") and len(rule) > 1:
        reason = "a regular expression: a block names each site"
    elif "$" in rule:
        reason = "a rule with a condition ($…): as a whole-name block it would reach further than it says"
    elif "*" in rule:
        reason = "a wildcard inside a rule: a block names each site"
    elif rule.startswith("||") and "/" in rule:
        reason = "a rule for a path: the DNS knows whole names only"
    elif (name := _WHOLE_NAME.match(rule)) is None:
        reason = "not of the form ||name^: it stands for parts of addresses"
    elif exception:
        return Excepted(line, name[1])
    else:
        return Wanted(line, name[1], Scope.DOMAIN)
    return LeftOut(line, text, reason)


def read_rpz(data: bytes) -> Iterator[Found]:
    """A response policy zone in master-file form: `name CNAME .`, with `*.name CNAME .` for what lies below."""
    apexes: dict[str, int] = {}
    below: dict[str, int] = {}
    reader = RpzReader()
    line = 1
    for line, text in lines(data, strip=False):
        if (dirt := too_long(line, text)) is not None:
            yield dirt
            continue
        for owner, reason in reader.read(text):
            if reason is not None:
                yield LeftOut(line, owner, reason)
            else:
                wild = owner.startswith("*.")
                first = (below if wild else apexes).setdefault(owner[2:] if wild else owner, line)
                if first != line:
                    yield LeftOut(line, owner, f"it stands in line {first} too")
    for text, reason in reader.end():
        yield LeftOut(line, text, str(reason))
    for name, line in apexes.items():
        yield Wanted(line, name, Scope.DOMAIN if name in below else Scope.HOST)
    for name in below.keys() - apexes.keys():
        reason = "names below it only: Redhand has no such scope, add the name itself if it is meant"
        yield LeftOut(below[name], f"*.{name}", reason)


FORMATS: dict[str, Reader] = {
    "domains": read_domains,
    "hosts": read_hosts,
    "rpz": read_rpz,
    "adblock": read_adblock,
}


def lines(data: bytes, *, strip: bool = True) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that is not blank; a bad byte makes that line dirt and no more."""
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        text = raw.decode("utf-8", "backslashreplace")
        if text.strip():
            yield number, text.strip() if strip else text.rstrip()


def too_long(line: int, text: str) -> LeftOut | None:
    """Return why a line is not even looked at, or None."""
    if len(text) > MAX_LINE:
        return LeftOut(line, text[:40], f"the line has {len(text)} characters; {MAX_LINE} are the most")
    return None
