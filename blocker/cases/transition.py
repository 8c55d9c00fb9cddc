"""The shape of one row of the procedure's table (table.py), and what several rows share."""

from dataclasses import dataclass

from blocker.cases import changes, rules
from blocker.cases.case import ENDED, Role, State
from blocker.cases.forms import Field, Kind

OFFICER, APPROVER, OVERSEER, SYSTEM = Role.OFFICER, Role.APPROVER, Role.OVERSEER, Role.SYSTEM
REASON = Field("reason", "Reasons", Kind.PROSE)
OPEN = tuple(state for state in State if state not in ENDED)
VERSION = (
    Field("serial", "List version"),
    Field("digest", "SHA-256 of the list"),
    Field("source", "Signed list and its version, or unsigned"),
)
"""Which list is in force: as this machine counts, and as the providers count who fetch the signed one."""
ON_LIST = (State.DECIDED, State.BLOCK_DIRECTED, State.IN_FORCE)
"""Where a case has a directive on the list, or one that goes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row. `sources` is empty for the step that opens a case; `target` None leaves the state as it is."""

    id: str
    act: str
    """Name of the step in URLs and forms."""
    title: str
    """What the button says: plain English, and the key of its translations."""
    sources: tuple[State, ...]
    roles: tuple[Role, ...]
    target: State | None = None
    fields: tuple[Field, ...] = ()
    ready: tuple[rules.Readiness, ...] = ()
    """Judged from the case, the actor and the time, in this order, after the rule of one role a case."""
    at_isp: rules.AtProvider | None = None
    """Of a step about one provider, which its field `isp` names: what must hold there. None: about the whole case."""
    checks: tuple[rules.Check, ...] = ()
    """Judged from what was entered and from the list."""
    facts: changes.Facts = changes.no_facts
    change: changes.Change = changes.nothing
    letters: tuple[str, ...] = ()
    commit: str | None = None
    """What the list channel must do: `add` or `remove`."""
    basis: str = ""
    """The law behind the step, as the ledger cites it."""


def refusal(id_: str, act: str, title: str, *sources: State) -> Transition:
    """Return the row by which an approver ends a case that has not reached the list."""
    return Transition(
        id=id_,
        act=act,
        title=title,
        sources=sources,
        target=State.REFUSED,
        roles=(APPROVER,),
        fields=(REASON,),
        letters=("closed",),
    )
