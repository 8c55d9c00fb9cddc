"""The shape of one row of the procedure's table (table.py), and what several rows share."""

from collections.abc import Callable
from dataclasses import dataclass

from blocker.cases import changes, rules
from blocker.cases.case import ENDED, Role, State
from blocker.cases.forms import Field, Kind
from blocker.policy import CasesSettings

OFFICER, APPROVER, OVERSEER, SYSTEM = Role.OFFICER, Role.APPROVER, Role.OVERSEER, Role.SYSTEM
REASON = Field("reason", "Reasons", Kind.PROSE)
RECEIPT = (Field("received_at", "When it was received", Kind.INSTANT), Field("how", "How this is proved", Kind.PROSE))
SEEN = (
    Field("verified_at", "When it was seen", Kind.INSTANT),
    Field("method", "From where and how it was seen", Kind.PROSE),
)
SHOWN = (Field("how", "What shows it", Kind.PROSE),)
DONE = (Field("applied_at", "When it was carried out", Kind.INSTANT), Field("where", "At which resolvers", Kind.PROSE))
OPEN = tuple(state for state in State if state not in ENDED)
CARRIED = Field("source", "Signed list and its version, or unsigned")
VERSION = (Field("serial", "List version"), Field("digest", "SHA-256 of the list"), CARRIED)
"""Which list is in force: as this machine counts, and as the providers count who fetch the signed one."""
ON_LIST = (State.DECIDED, State.BLOCK_DIRECTED, State.IN_FORCE)
"""Where a case has a directive on the list, or one that goes there."""
ASKING = (State.NOTICE_PENDING, State.OWNER_NOTIFIED, State.CLOCK_SUSPENDED)
DECIDING = (State.BLOCK_PENDING, State.EXPEDITED_PENDING)
BEFORE_THE_LIST = (*ASKING, *DECIDING)
"""From the first act that touches anybody's rights to the decision to block."""
UNDER_WAY = (*BEFORE_THE_LIST, *ON_LIST, State.SUSPENDED, State.UNBLOCK_DIRECTED)
"""All of the road from that act on, until the case has ended."""


def always(_policy: CasesSettings) -> bool:
    """The step exists whatever the settings say."""
    return True


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
    """What the list channel must do: `draft`, `add`, `renew` or `remove`."""
    reason_code: str = ""
    """The short reason that the ledger keeps, where the act's own name says too little."""
    basis: str = ""
    """The law behind the step, as the ledger cites it."""
    when: Callable[[CasesSettings], bool] = always
    """Whether the settings have this step at all."""


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
