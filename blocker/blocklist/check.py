"""The whole judgement on a list: form, over-blocking and procedure, every fault at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from blocker.blocklist.contacts import unchecked_contacts
from blocker.blocklist.decode import GROUNDS, LIST, Decoded, Shipped, decode
from blocker.blocklist.entry import Blocklist, Environment, Scope
from blocker.blocklist.files import GroundsFile
from blocker.blocklist.guards import Guards
from blocker.blocklist.lookalikes import Lookalikes
from blocker.blocklist.procedure import Terms, check_directive
from blocker.blocklist.suffixes import Suffixes
from blocker.errors import Fault, ListRefusedError
from blocker.located import read_yaml


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that may be built, and what its keepers should look at all the same."""

    blocklist: Blocklist
    warnings: tuple[Fault, ...]


def check(files: Mapping[str, bytes], shipped: Shipped, suffixes: Suffixes, now: datetime) -> Checked:
    """Judge a list by its files at `now` (aware UTC).

    Raises:
        ListRefusedError: with every fault, warnings among them.
    """
    decoded = decode(files, shipped)
    faults = list(decoded.faults)
    blocklist = decoded.blocklist
    if blocklist is not None:
        faults += _judge(decoded, blocklist, suffixes, now)
        if GROUNDS in files and blocklist.grounds and blocklist.environment is not Environment.TRIAL:
            document = read_yaml(files[GROUNDS], GROUNDS)
            faults += unchecked_contacts(document, document.validate(GroundsFile).contacts, now.date())
    if blocklist is None or not all(fault.warning for fault in faults):
        raise ListRefusedError(faults)
    return Checked(blocklist, tuple(sorted(faults)))


def _judge(decoded: Decoded, blocklist: Blocklist, suffixes: Suffixes, now: datetime) -> list[Fault]:
    faults: list[Fault] = []
    terms = Terms(blocklist.environment, ZoneInfo(blocklist.timezone), now)
    for directive in blocklist.directives:
        document = decoded.documents[directive.id]
        faults += check_directive(directive, document, terms)
    alive = [entry for entry in blocklist.entries if entry.directive.expires > now]
    faults += Guards(blocklist, suffixes).check(alive)
    never_blocked = [*(each.name for each in blocklist.protected), *blocklist.own_names]
    faults += Lookalikes(never_blocked).check(alive)
    faults += _pointless_exceptions(decoded, blocklist)
    # Ended entries count here: a list does not become suspicious by growing old. A list whose entries could not be
    # read has been told so already.
    unreadable = any(not fault.warning for fault in decoded.faults)
    if not blocklist.entries and not blocklist.may_be_empty and not unreadable:
        message = "the list has no entry at all; if that is meant, say `may_be_empty: true`"
        faults.append(Fault(LIST, 1, 1, "empty", message))
    return faults


def _pointless_exceptions(decoded: Decoded, blocklist: Blocklist) -> list[Fault]:
    domains: dict[str, set[str]] = {}
    for entry in blocklist.entries:
        if entry.scope is Scope.DOMAIN and entry.directive.exceptions:
            domains.setdefault(entry.directive.id, set()).add(entry.name)
    return [
        decoded.documents[directive.id].fault(
            ("except",), "form", f"{name} lies below no name of this directive: take it out"
        )
        for directive in blocklist.directives
        for name in sorted(directive.exceptions)
        if not domains.get(directive.id, set()).intersection(list(name.ancestors())[1:])
    ]
