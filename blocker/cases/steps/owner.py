"""The steps of the procedure from a report to the owner's answer (rows of table.py)."""

from collections.abc import Sequence

from blocker.cases import changes, inquiry, rules
from blocker.cases.case import State
from blocker.cases.documents import CAPACITIES
from blocker.cases.forms import Field, Kind
from blocker.cases.transition import APPROVER, BEFORE_THE_LIST, OFFICER, RECEIPT, Transition, refusal

ASK = "LCEN art. 6-1 §1"
BLOCK = "LCEN art. 6-1 §2"

TO_THE_OWNER: Sequence[Transition] = (
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
            Field("seen_from", "From where it was seen (network, resolver, address of the site)"),
            Field("capture", "SHA-256 of the sealed capture (redhand evidence seal prints it)", Kind.HASH),
        ),
        checks=(rules.ground_exists, rules.not_in_the_future("seen_at"), inquiry.no_open_case_has_it),
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
            Field("extent", "How much of what lies under these names is unlawful", Kind.CHOICE, inquiry.EXTENTS),
            Field("by_hand", "How you checked what the desk could not", Kind.PROSE, optional=True),
            Field("deconfliction", "The services' answer that a block disturbs no inquiry (reference)"),
        ),
        checks=(
            inquiry.capture_uploaded,
            inquiry.apt_for_the_dns,
            inquiry.nothing_else_is_hit,
            rules.list_takes_the_names,
            rules.no_court_bars,
            inquiry.unchecked_by_hand,
        ),
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
            Field("seat", "Where they are established", Kind.CHOICE, ("here", "in_the_union", "elsewhere")),
            Field("contact_found", "How this contact was found", Kind.PROSE),
        ),
        checks=(inquiry.addressee_in_order,),
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
        checks=(rules.proposer_in_office, rules.overseer_is_told),
        facts=changes.clock_facts,
        change=changes.requested,
        letters=("owner-request", "isp-information", "oversight-notice"),
        basis=ASK,
    ),
    refusal("T4r", "refuse-request", "Refuse the request to the owner", State.NOTICE_PENDING),
    Transition(
        id="T4p",
        act="record-receipt",
        title="Record that the owner received the request",
        sources=(State.OWNER_NOTIFIED,),
        roles=(OFFICER,),
        fields=RECEIPT,
        checks=(rules.not_in_the_future("received_at"), rules.receipt_in_order),
        change=changes.received,
        basis=BLOCK,
    ),
    Transition(
        id="T7",
        act="record-removal",
        title="Record that the content is gone",
        sources=BEFORE_THE_LIST,
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
