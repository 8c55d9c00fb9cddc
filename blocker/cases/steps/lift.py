"""The steps of the procedure that take a directive off the list, or end a case before (rows of table.py)."""

from collections.abc import Sequence
from dataclasses import replace

from blocker.cases import changes, rules
from blocker.cases.case import State
from blocker.cases.documents import LIFT_GROUNDS
from blocker.cases.forms import Field, Kind
from blocker.cases.isps import changes as changes_isp
from blocker.cases.transition import APPROVER, OFFICER, ON_LIST, REASON, SHOWN, SYSTEM, VERSION, Transition, refusal

LIFT = "Décret 2015-125 art. 4"

WITHDRAWABLE = (State.DRAFT, State.ASSESSED, State.OWNER_NOTIFIED, State.CLOCK_SUSPENDED, State.SUSPENDED)
LIFTABLE = (*ON_LIST, State.SUSPENDED)

# No rule but that of two people stands before a lift: no guard, clock or fault of the list ever delays one.
OFF_THE_LIST: Sequence[Transition] = (
    Transition(
        id="T12p",
        act="propose-lift",
        title="Propose to lift the block",
        sources=LIFTABLE,
        roles=(OFFICER,),
        fields=(Field("reason_code", "Ground of lifting", Kind.CHOICE, tuple(LIFT_GROUNDS)), REASON),
        ready=(rules.was_decided, rules.lift_not_proposed),
        change=changes.lift_proposed,
        basis=LIFT,
    ),
    Transition(
        id="T12",
        act="approve-lift",
        title="Approve lifting the block",
        sources=LIFTABLE,
        target=State.UNBLOCK_DIRECTED,
        roles=(APPROVER,),
        ready=(rules.lift_proposed,),
        change=changes.lift_approved,
        letters=("oversight-notice",),
        commit="remove",
        basis=LIFT,
    ),
    Transition(
        id="T12r",
        act="refuse-lift",
        title="Refuse lifting the block",
        sources=LIFTABLE,
        roles=(APPROVER,),
        fields=(REASON,),
        ready=(rules.lift_proposed,),
        change=changes.lift_refused,
    ),
    Transition(
        id="T12c",
        act="record-lift-commit",
        title="The directive was removed from the list",
        sources=(State.SUSPENDED, State.UNBLOCK_DIRECTED),
        roles=(SYSTEM,),
        fields=(Field("commit", "Commit"),),
        change=changes.lift_commit_recorded,
    ),
    Transition(
        id="T12d",
        act="record-withdrawal",
        title="The list in force no longer holds the directive; the ISPs are told to restore access",
        sources=(State.SUSPENDED, State.UNBLOCK_DIRECTED),
        roles=(SYSTEM,),
        fields=VERSION,
        ready=(rules.lift_committed,),
        facts=changes_isp.told_isps,
        change=changes.withdrawn,
        letters=("isp-unblocking", "oversight-notice", "owner-lifted"),
        basis=LIFT,
    ),
    Transition(
        id="T16",
        act="confirm-lift",
        title="Record that access is restored",
        sources=(State.UNBLOCK_DIRECTED,),
        target=State.LIFTED,
        roles=(OFFICER, SYSTEM),
        fields=SHOWN,
        ready=(rules.not_annulled, rules.withdrawn, rules.isps_settled),
        basis=LIFT,
    ),
    Transition(
        id="T16a",
        act="confirm-annulled",
        title="Record that access is restored after the annulment",
        sources=(State.UNBLOCK_DIRECTED,),
        target=State.ANNULLED,
        roles=(OFFICER, SYSTEM),
        fields=SHOWN,
        ready=(rules.annulled, rules.withdrawn, rules.isps_settled),
        basis=LIFT,
    ),
    # Where a proposal waits, its refusal is the way out.
    replace(
        refusal("T17", "withdraw", "Withdraw the case", *WITHDRAWABLE),
        ready=(rules.never_decided,),
    ),
)
