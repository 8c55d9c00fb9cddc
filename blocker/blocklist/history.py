"""What befell a name: the commits of a list by which it came, changed and went.

Old files are read leniently: what an earlier Redhand accepted, or a check would refuse today, still has its history.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from blocker.blocklist.entry import Scope
from blocker.errors import FaultsError, InvalidNameError
from blocker.located import read_yaml
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the list's own line of history, and the blobs (None: gone) that it put at its paths."""

    id: str
    when: datetime
    author: str
    subject: str
    trailers: tuple[tuple[str, str], ...]
    files: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Listing:
    """How a directive's file lists a name; the dates as they are written there."""

    name: DomainName
    scope: str
    directive: str
    expires: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit did to a name under one directive."""

    commit: Commit
    before: Listing | None
    after: Listing | None


def trace(commits: Iterable[Commit], contents: Mapping[str, bytes], name: DomainName) -> Iterator[Step]:
    """Yield what happened to `name`, the oldest first; `contents` has the bytes of each blob.

    A name counts as listed where it stands itself, and where a name above it stands with scope domain.
    """
    tree: dict[str, str] = {}
    listed: dict[str, Listing | None] = {}

    @cache
    def value(blob: str) -> Mapping[str, Any]:
        try:
            read = read_yaml(contents[blob], "").value
        except FaultsError:
            return {}
        return read if isinstance(read, Mapping) else {}

    for commit in commits:
        for path, blob in commit.files.items():
            if blob is None:
                tree.pop(path, None)
            else:
                tree[path] = blob
        for path in sorted(_touched(commit, tree, value)):
            after = _listing(path, value(tree[path]), tree, contents, name) if path in tree else None
            before = listed.get(path)
            if before != after:
                listed[path] = after
                yield Step(commit, before, after)


def _touched(commit: Commit, tree: Mapping[str, str], value: Any) -> set[str]:
    """Return the directives that a commit wrote, and those whose bulk names it wrote."""
    touched = {path for path in commit.files if _is_directive(path)}
    for path in commit.files.keys() - touched:
        folder = path.rpartition("/")[0]
        beside = (each for each in tree if _is_directive(each) and each.rpartition("/")[0] == folder)
        touched |= {each for each in beside if path in dict(_bulks(each, value(tree[each])))}
    return touched


def _is_directive(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(".yaml")


def _listing(
    path: str, value: Mapping[str, Any], tree: Mapping[str, str], contents: Mapping[str, bytes], wanted: DomainName
) -> Listing | None:
    found: dict[str, str] = {}
    for each in value.get("names") or ():
        if isinstance(each, Mapping):
            _note(found, str(each.get("name", "")), str(each.get("scope", "")), wanted)
    for file, scope in _bulks(path, value):
        for line in contents.get(tree.get(file, ""), b"").decode("utf-8", "replace").splitlines():
            _note(found, line.strip(), scope, wanted)
    if not found:
        return None
    name = DomainName(max(found, key=len))
    return Listing(name, found[name], str(value.get("directive", path)), str(value.get("expires", "")))


def _note(found: dict[str, str], written: str, scope: str, wanted: DomainName) -> None:
    # Nearly all lines of a long file are other names in plain spelling: those need no parsing.
    if written.isascii() and not wanted.endswith(written.lower().rstrip(".")):
        return
    try:
        name = DomainName.parse(written)
    except InvalidNameError:
        return
    if name == wanted or (scope == Scope.DOMAIN and name in wanted.ancestors()):
        found[name] = scope


def _bulks(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = value.get("names_file") or ()
    folder = path.rpartition("/")[0]
    for each in (given,) if isinstance(given, Mapping) else given:
        if isinstance(each, Mapping):
            yield f"{folder}/{each.get('file', '')}", str(each.get("scope", ""))
