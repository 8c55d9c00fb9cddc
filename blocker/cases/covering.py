"""Does every entry of a list have its case, and every case on the list its entry? (`redhand lists check --cases`)

Keeps true: an entry stands on the list only while its case allows it, and as it was approved; what the desk has still
to commit is no fault. Reading the list and the desk's database is left to the command.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from blocker.blocklist.entry import Blocklist
from blocker.cases.case import Case, State
from blocker.cases.context import ListFacts
from blocker.cases.documents import directive_yaml
from blocker.cases.transition import ON_LIST
from blocker.errors import Fault

_LEAVING = (State.SUSPENDED, State.UNBLOCK_DIRECTED)
"""Where the directive may still stand on the list until its removal is committed."""


def faults(
    blocklist: Blocklist, files: Mapping[str, bytes], cases: Iterable[Case], awaited: Collection[str]
) -> Iterator[Fault]:
    """Yield each entry without a case, and each case whose entry is not there as it was approved.

    `awaited` are the cases of which the desk has a commit to make, so that the list cannot agree with them yet.
    """
    known = {case.id: case for case in cases}
    facts = _facts(blocklist)
    paths = {directive.id: f"{directive.ground}/{directive.id}.yaml" for directive in blocklist.directives}
    for directive in blocklist.directives:
        case = known.get(directive.case)
        if case is None or case.directive != directive.id or not _may_stand(case):
            message = f"no case of the desk covers {directive.id}: it names {directive.case}"
            yield Fault(paths[directive.id], 1, 1, "cases", message)
    for case in known.values():
        if case.state not in ON_LIST or case.path is None or case.id in awaited:
            continue
        if case.path not in files:
            yield Fault(case.path, 1, 1, "cases", f"the entry of case {case.id} is not on the list")
        elif files[case.path] != directive_yaml(case, facts).encode():
            yield Fault(case.path, 1, 1, "cases", f"this is not what was approved in case {case.id}")


def _may_stand(case: Case) -> bool:
    return case.state in ON_LIST or (case.state in _LEAVING and case.lift_commit is None)


def _facts(blocklist: Blocklist) -> ListFacts:
    return ListFacts(
        environment=blocklist.environment,
        timezone=blocklist.timezone,
        grounds={ground.id: ground for ground in blocklist.grounds},
        directives=frozenset(directive.id for directive in blocklist.directives),
        committable=True,
    )
