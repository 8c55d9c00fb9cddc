"""A directive's file before it is decided: what officers edit on the branch `case/ID`, and what the desk adds to it.

Keeps true: officers write what is blocked and how far, the desk writes when it was decided, by whom and until when;
what was approved stands in the list's file word for word, with the desk's lines beside it. Git is left to channels.py.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from blocker.blocklist.entry import Entry, Scope
from blocker.blocklist.layout import laid_out
from blocker.cases.case import Case, CaseName

OF_THE_DESK = ("directive", "issued", "reviewed", "owner_step", "approved_by", "review_by", "expires")
"""The keys that the desk writes when the directive is approved, whatever stands in the draft; for a block
that is ordered anew, its new number too."""

_KEY = re.compile(r"([a-z_]+):")


@dataclass(frozen=True, slots=True)
class Draft:
    """A directive's file as it lies on its case's branch."""

    path: str
    text: str

    @property
    def directive(self) -> str:
        """The directive's id, after which its file is named."""
        return self.path.rpartition("/")[2].removesuffix(".yaml")

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, in hexadecimal: what a proposal and its approval name."""
        return sha256(self.text)


def sha256(text: str) -> str:
    """Return the SHA-256 of a file's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def branch(case_id: str) -> str:
    """Return the branch on which a case's directive is prepared."""
    return f"case/{case_id}"


def first_draft(case: Case, directive: str) -> Draft:
    """Write a case's directive as the desk proposes it: its names, and nothing that somebody must still decide.

    What officers wrote into an earlier file of this case stays as they wrote it.
    """
    lines = [f"case: {case.id}", f"ground: {case.ground}", "names:"]
    lines += [f"  - {{name: {entry.name}, scope: {entry.scope}}}" for entry in case.names]
    if case.file is not None:
        lines = list(_without(case.file, ("directive",)))
    return Draft(_path(case, directive), "\n".join([f"directive: {directive}", *lines]) + "\n")


def proposed(case: Case) -> Draft | None:
    """Return the file that a case's proposal covers; None while none is proposed since the last decision."""
    number = case.directive if case.issued_at is None else case.anew
    return None if number is None or case.file is None else Draft(_path(case, number), case.file)


def _path(case: Case, directive: str) -> str:
    return f"{case.ground}/{directive}.yaml"


def completed(draft: Draft, written: str) -> str:
    """Return the file for the list: the draft with the desk's own keys as they stand in `written`, laid out as all are.

    Raises:
        FaultsError: if the draft is no YAML that a list takes.
    """
    desk = [line for line in written.splitlines() if line.partition(":")[0] in OF_THE_DESK]
    return laid_out("\n".join([*_without(draft.text, OF_THE_DESK), *desk]).encode(), draft.path).decode()


def _without(text: str, keys: Iterable[str]) -> Iterable[str]:
    dropping, left_out = False, frozenset(keys)
    for line in text.splitlines():
        if found := _KEY.match(line):
            dropping = found[1] in left_out
        elif line[:1] not in {" ", "-"}:  # a comment of its own, or a blank line
            dropping = False
        if not dropping:
            yield line


def covers(names: Iterable[CaseName], entry: Entry) -> bool:
    """True if a case's names reach as far as this entry: what was assessed may be narrowed, never widened."""

    def reaches(name: CaseName) -> bool:
        below = name.scope is Scope.DOMAIN and entry.name.endswith(f".{name.name}")
        return below or (entry.name == name.name and (name.scope is Scope.DOMAIN or entry.scope is Scope.HOST))

    return any(map(reaches, names))
