"""What a list in force holds of a case, and as which version providers know that list."""

from datetime import datetime

from blocker.blocklist.index import Index
from blocker.cases.case import Case

UNSIGNED = "unsigned"


def signed_version(index: Index, case: Case) -> str:
    """Name the signed list that carries the directive, or carried it, and its version as providers count it."""
    carried = {each.list for each in case.served if each.list}
    origin = index.origins.get(case.directive or "")
    names = carried if origin is None else {origin}
    source = next((each for each in index.header.sources if each.repository in names), None)
    return f"{source.repository} {source.serial}" if source else UNSIGNED


def holds(index: Index, case: Case, now: datetime) -> bool:
    """True if each of the case's names is in force by its directive, with its scope."""
    return all(
        any(
            (match.name, match.scope, match.directive.id) == (each.name, each.scope, case.directive)
            for match in index.matches(each.name, now.timestamp())
        )
        for each in case.names
    )
