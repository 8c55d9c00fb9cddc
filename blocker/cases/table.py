"""The procedure: every step there is, in one table. Docs, forms and tests are generated from it.

Keeps true: whatever affects who may do what, when, with which proof and which consequences, stands here and nowhere
else. Odd but real events have a row of their own. Taking a step is workflow.py's business.

Ids are those of the specification. A letter after the number marks a part of that step that is recorded by itself:
`p` proposed or proved, `r` refused, `c` committed to the list, `d` directed (in force, and the ISPs told).
"""

from collections.abc import Sequence

from blocker.cases import changes, rules
from blocker.cases.case import Role, State
from blocker.cases.documents import CAPACITIES, LIFT_GROUNDS
from blocker.cases.forms import Field, Kind
from blocker.cases.transition import Transition

OFFICER, APPROVER, SYSTEM = Role.OFFICER, Role.APPROVER, Role.SYSTEM
REASON = Field("reason", "Reasons", Kind.PROSE)
ON_LIST = (State.DECIDED, State.BLOCK_DIRECTED, State.IN_FORCE)

ASK = "LCEN art. 6-1 §1"
BLOCK = "LCEN art. 6-1 §2"
BLOCK_WITHIN = "Décret 2015-125 art. 3"
LIFT = "Décret 2015-125 art. 4"


def _refusal(id_: str, act: str, title: str, *sources: State) -> Transition:
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


_TO_THE_OWNER = (
    Transition(
        id="T1",
        act="report",
        title="Open a case",
        sources=(),
        target=State.DRAFT,
        roles=(OFFICER,),
        fields=(
            Field("ground", "Legal ground", Kind.GROUND),
            Field("names", "Names, one a line; then host (that name alone) or domain (and all below it)", Kind.NAMES),
            Field("urls", "Addresses (URLs) where the content was seen, one a line", Kind.URLS),
            Field("source", "Who or what reported it (a reference, no private person's name)"),
            Field("seen_at", "When the content was seen", Kind.INSTANT),
            Field("capture", "Where the capture is kept, and its SHA-256"),
        ),
        checks=(rules.ground_exists, rules.not_in_the_future("seen_at")),
    ),
    Transition(
        id="T2",
        act="assess",
        title="Record the assessment",
        sources=(State.DRAFT,),
        target=State.ASSESSED,
        roles=(OFFICER,),
        fields=(
            Field("qualification", "Why this is unlawful (the owner will read this)", Kind.PROSE),
            Field(
                "proportionality",
                "Why not less: what else lies under these names, and who would be cut off",
                Kind.PROSE,
            ),
            Field("deconfliction", "The services' answer that a block disturbs no inquiry (reference)"),
        ),
        checks=(rules.list_takes_the_names,),
        facts=changes.guard_outcome,
        change=changes.assessed,
    ),
    Transition(
        id="T3",
        act="propose-request",
        title="Propose the request to the owner",
        sources=(State.ASSESSED,),
        target=State.NOTICE_PENDING,
        roles=(OFFICER,),
        fields=(
            Field("owner", "Whom the request goes to"),
            Field("capacity", "In which capacity", Kind.CHOICE, tuple(CAPACITIES)),
            Field("owner_mail", "Their mail address", Kind.MAIL),
            Field("contact_found", "How this contact was found", Kind.PROSE),
        ),
        change=changes.request_proposed,
        basis=ASK,
    ),
    Transition(
        id="T4",
        act="approve-request",
        title="Approve the request to the owner",
        sources=(State.NOTICE_PENDING,),
        target=State.OWNER_NOTIFIED,
        roles=(APPROVER,),
        change=changes.requested,
        letters=("owner-request", "isp-information"),
        basis=ASK,
    ),
    _refusal("T4r", "refuse-request", "Refuse the request to the owner", State.NOTICE_PENDING),
    Transition(
        id="T4p",
        act="record-receipt",
        title="Record that the owner received the request",
        sources=(State.OWNER_NOTIFIED,),
        roles=(OFFICER,),
        fields=(
            Field("received_at", "When it was received", Kind.INSTANT),
            Field("how", "How this is proved", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("received_at"), rules.receipt_in_order),
        change=changes.received,
        basis=BLOCK,
    ),
    Transition(
        id="T7",
        act="record-removal",
        title="Record that the content is gone",
        sources=(State.NOTICE_PENDING, State.OWNER_NOTIFIED, State.BLOCK_PENDING),
        target=State.REMOVED,
        roles=(OFFICER,),
        fields=(
            Field("checked_at", "When this was checked", Kind.INSTANT),
            Field("vantages", "From which two places or more, and what was seen", Kind.PROSE),
        ),
        checks=(rules.not_in_the_future("checked_at"),),
        letters=("closed",),
    ),
)

_TO_THE_LIST = (
    Transition(
        id="Tv",
        act="verify",
        title="Record that the content is still there",
        sources=(State.OWNER_NOTIFIED, State.BLOCK_PENDING),
        roles=(OFFICER,),
        fields=(
            Field("verified_at", "When it was seen", Kind.INSTANT),
            Field("method", "From where and how it was seen", Kind.PROSE),
        ),
        ready=(rules.receipt_proved, rules.owner_time_over),
        checks=(rules.not_in_the_future("verified_at"), rules.verified_in_order),
        change=changes.verified,
        basis=BLOCK,
    ),
    Transition(
        id="T8",
        act="propose-directive",
        title="Propose the directive to block",
        sources=(State.OWNER_NOTIFIED,),
        target=State.BLOCK_PENDING,
        roles=(OFFICER,),
        fields=(REASON,),
        ready=(rules.receipt_proved, rules.owner_time_over, rules.verified_fresh),
        change=changes.directive_proposed,
        basis=BLOCK,
    ),
    Transition(
        id="T10",
        act="approve-directive",
        title="Approve the directive to block",
        sources=(State.BLOCK_PENDING,),
        target=State.DECIDED,
        roles=(APPROVER,),
        ready=(rules.receipt_proved, rules.owner_time_over, rules.verified_fresh),
        checks=(rules.list_takes_commits, rules.list_takes_the_names),
        facts=changes.directive_facts,
        change=changes.decided,
        commit="add",
        basis=BLOCK,
    ),
    _refusal("T10r", "refuse-directive", "Refuse the directive to block", State.BLOCK_PENDING),
    Transition(
        id="T10c",
        act="record-commit",
        title="The directive was committed to the list",
        # C9 too: a lift may be approved between the commit and its record.
        sources=(State.DECIDED, State.UNBLOCK_DIRECTED),
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
        fields=(Field("serial", "List version"), Field("digest", "SHA-256 of the list")),
        ready=(rules.committed,),
        change=changes.directed,
        letters=("isp-directive",),
        basis=BLOCK_WITHIN,
    ),
    Transition(
        id="T11",
        act="confirm-block",
        title="Record that the ISPs have blocked",
        sources=(State.BLOCK_DIRECTED,),
        target=State.IN_FORCE,
        roles=(OFFICER, SYSTEM),
        fields=(Field("how", "What shows it", Kind.PROSE),),
        ready=(rules.isp_time_over,),
        basis=BLOCK_WITHIN,
    ),
)

# No rule but that of two people stands before a lift: no guard, clock or fault of the list ever delays one.
_OFF_THE_LIST = (
    Transition(
        id="T12p",
        act="propose-lift",
        title="Propose to lift the block",
        sources=ON_LIST,
        roles=(OFFICER,),
        fields=(Field("reason_code", "Ground of lifting", Kind.CHOICE, tuple(LIFT_GROUNDS)), REASON),
        ready=(rules.lift_not_proposed,),
        change=changes.lift_proposed,
        basis=LIFT,
    ),
    Transition(
        id="T12",
        act="approve-lift",
        title="Approve lifting the block",
        sources=ON_LIST,
        target=State.UNBLOCK_DIRECTED,
        roles=(APPROVER,),
        ready=(rules.lift_proposed,),
        commit="remove",
        basis=LIFT,
    ),
    Transition(
        id="T12r",
        act="refuse-lift",
        title="Refuse lifting the block",
        sources=ON_LIST,
        roles=(APPROVER,),
        fields=(REASON,),
        ready=(rules.lift_proposed,),
        change=changes.lift_refused,
    ),
    Transition(
        id="T12c",
        act="record-lift-commit",
        title="The directive was removed from the list",
        sources=(State.UNBLOCK_DIRECTED,),
        roles=(SYSTEM,),
        fields=(Field("commit", "Commit"),),
        change=changes.lift_commit_recorded,
    ),
    Transition(
        id="T12d",
        act="record-withdrawal",
        title="The list in force no longer holds the directive; the ISPs are told to restore access",
        sources=(State.UNBLOCK_DIRECTED,),
        roles=(SYSTEM,),
        fields=(Field("serial", "List version"), Field("digest", "SHA-256 of the list")),
        ready=(rules.lift_committed,),
        change=changes.withdrawn,
        letters=("isp-unblocking",),
        basis=LIFT,
    ),
    Transition(
        id="T16",
        act="confirm-lift",
        title="Record that access is restored",
        sources=(State.UNBLOCK_DIRECTED,),
        target=State.LIFTED,
        roles=(OFFICER, SYSTEM),
        fields=(Field("how", "What shows it", Kind.PROSE),),
        ready=(rules.withdrawn, rules.isp_time_over),
        basis=LIFT,
    ),
    # Where a proposal waits, its refusal is the way out.
    _refusal("T17", "withdraw", "Withdraw the case", State.DRAFT, State.ASSESSED, State.OWNER_NOTIFIED),
    Transition(
        id="Ts",
        act="record-sending",
        title="A letter was sent",
        sources=tuple(State),
        roles=(SYSTEM,),
        fields=(Field("document", "Letter"), Field("message_id", "Message-ID")),
    ),
)

TRANSITIONS: Sequence[Transition] = (*_TO_THE_OWNER, *_TO_THE_LIST, *_OFF_THE_LIST)
BY_ID = {row.id: row for row in TRANSITIONS}
BY_ACT = {row.act: row for row in TRANSITIONS}

JUDGED = frozenset(row.act for row in TRANSITIONS if rules.list_takes_the_names in row.checks)
"""Acts for which the list's own rules must be asked."""
