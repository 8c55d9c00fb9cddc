"""The steps of the inquiry: what is gathered and shown, at any time in a case, without moving it (rows of table.py)."""

from collections.abc import Sequence

from blocker.cases import changes, inquiry, rules
from blocker.cases.case import State
from blocker.cases.documents import CAPACITIES
from blocker.cases.forms import Field, Kind
from blocker.cases.transition import APPROVER, OFFICER, OPEN, OVERSEER, Transition

OF_THE_INQUIRY: Sequence[Transition] = (
    Transition(
        id="T2k",
        act="check-collateral",
        title="Look at what else a block would cut off",
        sources=(State.DRAFT, State.ASSESSED),
        roles=(OFFICER,),
        facts=changes.collateral,
    ),
    Transition(
        id="T3s",
        act="record-search",
        title="Record where somebody to ask was looked for",
        sources=(State.DRAFT, State.ASSESSED, State.NOTICE_PENDING, State.OWNER_NOTIFIED, State.CLOCK_SUSPENDED),
        roles=(OFFICER,),
        fields=(
            Field("channel", "Where it was looked", Kind.CHOICE, inquiry.CHANNELS),
            Field("asked", "What was looked for: a name, an address"),
            Field("searched_at", "When it was looked", Kind.INSTANT),
            Field("found", "Who was found", Kind.CHOICE, (inquiry.NOBODY, *CAPACITIES)),
            Field("contact", "How they are reached: mail, form, post", Kind.PROSE, optional=True),
            Field("answer", "The answer as it came", Kind.PROSE, optional=True),
        ),
        checks=(rules.not_in_the_future("searched_at"),),
        facts=changes.answer_digest,
        change=changes.searched,
    ),
    Transition(
        id="Te",
        act="add-evidence",
        title="Add sealed evidence",
        sources=OPEN,
        roles=(OFFICER,),
        fields=(
            Field("shows", "What it shows (no address of a site)"),
            Field("seen_at", "When this was seen", Kind.INSTANT),
            Field("method", "From where and how it was seen", Kind.PROSE),
            Field("file", "Sealed file (.age)", Kind.FILE),
        ),
        checks=(inquiry.evidence_can_be_kept, rules.not_in_the_future("seen_at"), inquiry.evidence_is_new),
        change=changes.exhibit_added,
    ),
    Transition(
        id="To",
        act="open-evidence",
        title="Open evidence",
        sources=tuple(State),
        roles=(OFFICER, APPROVER, OVERSEER),
        fields=(Field("evidence", "SHA-256 of the evidence", Kind.HASH),),
        ready=(inquiry.has_evidence,),
        checks=(inquiry.evidence_of_case,),
        change=changes.looked_at,
    ),
)
