"""The steps of the procedure that put a directive on the list (rows of table.py)."""

from collections.abc import Sequence

from blocker.cases import changes, inquiry, rules
from blocker.cases.case import State
from blocker.cases.forms import Field
from blocker.cases.isps import changes as changes_isp
from blocker.cases.transition import APPROVER, OFFICER, REASON, SEEN, SHOWN, SYSTEM, VERSION, Transition, refusal

BLOCK = "LCEN art. 6-1 §2"
BLOCK_WITHIN = "Décret 2015-125 art. 3"

TO_THE_LIST: Sequence[Transition] = (
    Transition(
        id="Tv",
        act="verify",
        title="Record that the content is still there",
        sources=(State.OWNER_NOTIFIED, State.BLOCK_PENDING),
        roles=(OFFICER,),
        fields=SEEN,
        ready=(rules.receipt_proved, rules.owner_time_over),
        checks=(rules.not_in_the_future("verified_at"), rules.verified_in_order),
        change=changes.verified,
        basis=BLOCK,
    ),
    Transition(
        id="T8",
        act="propose-directive",
        title="Propose the directive to block",
        # C5 too: a file that was changed after it was proposed is proposed anew.
        sources=(State.OWNER_NOTIFIED, State.BLOCK_PENDING),
        target=State.BLOCK_PENDING,
        roles=(OFFICER,),
        fields=(REASON,),
        ready=(rules.receipt_proved, rules.statements_answered, rules.owner_time_over, rules.verified_fresh),
        checks=(inquiry.verification_uploaded, rules.list_takes_the_names),
        facts=changes.proposal_facts,
        change=changes.directive_proposed,
        commit="draft",
        basis=BLOCK,
    ),
    Transition(
        id="T10",
        act="approve-directive",
        title="Approve the directive to block",
        sources=(State.BLOCK_PENDING,),
        target=State.DECIDED,
        roles=(APPROVER,),
        ready=(rules.receipt_proved, rules.statements_answered, rules.owner_time_over, rules.verified_fresh),
        checks=rules.BEFORE_A_BLOCK,
        facts=changes.directive_facts,
        change=changes.decided,
        letters=("oversight-notice",),
        commit="add",
        basis=BLOCK,
    ),
    refusal("T10r", "refuse-directive", "Refuse the directive to block", State.BLOCK_PENDING),
    Transition(
        id="T10c",
        act="record-commit",
        title="The directive was committed to the list",
        # C8 and C9 too: a stay or a lift may be approved between the commit and its record.
        sources=(State.DECIDED, State.SUSPENDED, State.UNBLOCK_DIRECTED),
        roles=(SYSTEM,),
        fields=(Field("commit", "Commit"),),
        change=changes.commit_recorded,
    ),
    Transition(
        id="T10d",
        act="record-release",
        title="The list in force holds the directive; the ISPs are directed",
        sources=(State.DECIDED,),
        target=State.BLOCK_DIRECTED,
        roles=(SYSTEM,),
        fields=VERSION,
        ready=(rules.committed,),
        facts=changes_isp.told_isps,
        change=changes.directed,
        letters=("isp-directive", "oversight-notice", "owner-blocked"),
        basis=BLOCK_WITHIN,
    ),
    Transition(
        id="T11",
        act="confirm-block",
        title="Record that the ISPs have blocked",
        sources=(State.BLOCK_DIRECTED,),
        target=State.IN_FORCE,
        roles=(OFFICER, SYSTEM),
        fields=SHOWN,
        ready=(rules.isps_settled,),
        basis=BLOCK_WITHIN,
    ),
)
