"""Would the list take this case's names? Asked before people spend their work on a case, and again before the commit.

Keeps true: the answer is that of the list's own rules on the list as it stands with the directive added, so that what
the desk approves is what `redhand lists check` accepts. Reading the list is left to road.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from blocker.blocklist.check import check
from blocker.blocklist.dates import add_months
from blocker.blocklist.decode import Shipped
from blocker.blocklist.suffixes import Suffixes
from blocker.cases.case import OWNER_TIME, Case
from blocker.cases.changes import REVIEW_MONTHS
from blocker.cases.collateral import Finding
from blocker.cases.context import ListFacts
from blocker.cases.documents import directive_yaml
from blocker.errors import Fault, ListRefusedError


@dataclass(frozen=True, slots=True)
class Judgement:
    """What speaks against the names, and what a person should know all the same, in words."""

    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What else a block would cut off."""
    suffixes: str = ""
    """SHA-256 of the public suffix list that was asked."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The list's files and what it is judged by."""

    files: Mapping[str, bytes]
    shipped: Shipped
    suffixes: Suffixes


def judge(case: Case, rules: Rules, facts: ListFacts, now: datetime) -> Judgement:
    """Judge the list with a directive for this case added, as it would be if it were issued at `now`."""
    draft = _drafted(case, facts, now)
    if draft.path is None:
        raise RuntimeError("a draft has a path")
    added = {**rules.files, draft.path: directive_yaml(draft, facts).encode()}
    faults = _faults(added, rules, now)
    own = [fault for fault in faults if fault.file == draft.path]
    elsewhere = {fault for fault in faults if fault.file != draft.path and not fault.warning}
    if elsewhere:
        # Some are there without us, some perhaps because of us.
        before = {fault for fault in _faults(rules.files, rules, now) if not fault.warning}
        own += sorted(elsewhere - before)
        if elsewhere & before:
            return Judgement((f"the list itself has {len(before)} faults and must be mended first",))
    return Judgement(
        tuple(fault.message for fault in own if not fault.warning),
        tuple(fault.message for fault in own if fault.warning),
    )


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


def _faults(files: Mapping[str, bytes], rules: Rules, now: datetime) -> tuple[Fault, ...]:
    try:
        return check(files, rules.shipped, rules.suffixes, now).warnings
    except ListRefusedError as error:
        return error.faults
