"""Would the list take this case's names? Asked before people spend their work on a case, and again before the commit.

Keeps true: the answer is that of the list's own rules on the list as it stands with the directive added, so that what
the desk approves is what `redhand lists check` accepts. Reading the list is left to road.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from blocker.blocklist.check import check
from blocker.blocklist.dates import add_months
from blocker.blocklist.decode import Shipped
from blocker.blocklist.entry import Blocklist, Entry
from blocker.blocklist.suffixes import Suffixes
from blocker.cases.case import OWNER_TIME, Case, CaseName
from blocker.cases.changes import REVIEW_MONTHS
from blocker.cases.collateral import Finding
from blocker.cases.context import ListFacts
from blocker.cases.documents import directive_yaml
from blocker.cases.drafts import Draft, covers
from blocker.errors import Fault, FaultsError, ListRefusedError


@dataclass(frozen=True, slots=True)
class Judgement:
    """What speaks against the names, and what a person should know all the same, in words."""

    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What else a block would cut off."""
    suffixes: str = ""
    """SHA-256 of the public suffix list that was asked."""
    names: tuple[CaseName, ...] = ()
    """The names that the directive would block, where the list could be read with it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The list's files and what it is judged by."""

    files: Mapping[str, bytes]
    shipped: Shipped
    suffixes: Suffixes


def judge(case: Case, rules: Rules, facts: ListFacts, now: datetime, draft: Draft | None = None) -> Judgement:
    """Judge the list with a directive for this case added, as it would be if it were issued at `now`.

    `draft` is the directive's file where there is one; without it the case's names are judged as they are.
    """
    drafted = _drafted(case, facts, now)
    if draft is not None:
        drafted = replace(drafted, directive=draft.directive, file=draft.text)
    if drafted.path is None:
        raise RuntimeError("a draft has a path")
    if draft is not None and draft.path != drafted.path:
        return Judgement((f"the file lies at {draft.path}; the directive of this case belongs at {drafted.path}",))
    try:
        added = {**rules.files, drafted.path: directive_yaml(drafted, facts).encode()}
    except FaultsError as error:
        return Judgement(tuple(fault.message for fault in error.faults))
    faults, blocklist = _faults(added, rules, now)
    own = [fault for fault in faults if fault.file == drafted.path]
    elsewhere = {fault for fault in faults if fault.file != drafted.path and not fault.warning}
    if elsewhere:
        # Some are there without us, some perhaps because of us.
        before = {fault for fault in _faults(rules.files, rules, now)[0] if not fault.warning}
        own += sorted(elsewhere - before)
        if elsewhere & before:
            return Judgement((f"the list itself has {len(before)} faults and must be mended first",))
    names = [entry for entry in blocklist.entries if entry.file == drafted.path] if blocklist else []
    return Judgement(
        (*(fault.message for fault in own if not fault.warning), *_not_of_the_case(case, names, blocklist, drafted)),
        tuple(fault.message for fault in own if fault.warning),
        names=tuple(CaseName(entry.name, entry.scope) for entry in names),
    )


def _not_of_the_case(case: Case, names: Sequence[Entry], blocklist: Blocklist | None, drafted: Case) -> Iterator[str]:
    """Say what a file holds that is not this case's: another case, or a name that nobody assessed."""
    for directive in blocklist.directives if blocklist else ():
        if directive.id == drafted.directive and directive.case != case.id:
            yield f"the file names {directive.case} as its case"
    for entry in names:
        if not covers(case.names, entry):
            yield f"{entry.name} is none of the case's names, or reaches further than was assessed"


def _drafted(case: Case, facts: ListFacts, now: datetime) -> Case:
    end = add_months(now, REVIEW_MONTHS, ZoneInfo(facts.timezone))
    return replace(
        case,
        directive=f"zz-draft-{case.id}",  # sorts last: a name that stands twice is then reported here,
        approved_by=("officer-1", "approver-1"),
        asked_at=now - OWNER_TIME,
        verified_at=now,
        issued_at=now,
        review_by=end,
        expires=end,
    )


def _faults(files: Mapping[str, bytes], rules: Rules, now: datetime) -> tuple[Sequence[Fault], Blocklist | None]:
    try:
        checked = check(files, rules.shipped, rules.suffixes, now)
    except ListRefusedError as error:
        return error.faults, None
    return checked.warnings, checked.blocklist
