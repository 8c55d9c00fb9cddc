"""The steps of a case whose owner is not asked first: nobody can be identified, or the law allows it in an emergency.

Keeps true: each exception names its ground in law and what was searched in vain; an emergency takes two approvers, and
the overseer hears of it before anything takes effect; the owner is told as soon as somebody knows who that is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from blocker.cases import changes, inquiry, rules
from blocker.cases.case import Actor, Case, Event, State
from blocker.cases.context import Context
from blocker.cases.documents import CAPACITIES
from blocker.cases.forms import Field, Kind
from blocker.cases.found import Owner
from blocker.cases.proceedings import Skip
from blocker.cases.rules import Bar
from blocker.cases.step import Step
from blocker.cases.steps.clock import UNDELIVERABLE
from blocker.cases.transition import APPROVER, OFFICER, ON_LIST, REASON, SEEN, Transition, refusal
from blocker.errors import FormError

BLOCK = "LCEN art. 6-1 §2"
NO_IDENTIFICATION, EMERGENCY = "no-identification", "emergency"

SEARCHED = (
    Field("legal_notice", "The legal notice (mentions légales) of the site", Kind.CHOICE, ("absent", "present")),
    Field("search_log", "Where a publisher or host was looked for, when, and with what result", Kind.PROSE),
    REASON,
)


def nothing_was_delivered(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Only a request that reached nobody can be given up."""
    if case.suspension is None or case.suspension.reason != UNDELIVERABLE or case.receipt_at is not None:
        return Bar("Nothing says that the request cannot be delivered.", moot=True)
    return None


def not_endorsed(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """The first of an emergency's two approvals."""
    wanted = case.skip is not None and case.skip.ground == EMERGENCY and case.skip.endorsed_by is None
    return None if wanted else Bar("No first approval is needed.", moot=True)


def endorsed_by_another(case: Case, actor: Actor, _now: datetime) -> Bar | None:
    """An emergency takes two approvers beside the officer: who skips the owner's hearing needs more than one other."""
    if case.skip is None or case.skip.ground != EMERGENCY:
        return None
    if case.skip.endorsed_by is None:
        return Bar("An emergency needs two approvers; the first has not approved yet.")
    if case.skip.endorsed_by == actor.number:
        return Bar("You gave the first approval. Another approver must give the second.", forbidden=True)
    return None


def owner_unknown(case: Case, _actor: Actor, _now: datetime) -> Bar | None:
    """Whoever was asked is known already."""
    return None if case.owner is None else Bar("The owner is known.", moot=True)


def notice_absent(_case: Case | None, data: Mapping[str, str], _now: datetime, _context: Context) -> None:
    """LCEN art. 6-1 §2: without a request only if the site does not say who publishes it; a bounce is not enough."""
    if data["legal_notice"] != "absent":
        raise FormError({"legal_notice": "with a legal notice the owner can be identified and must be reached"})


def unidentified(case: Case, event: Event) -> Mapping[str, Any]:
    """T9, T9s."""
    skip = Skip(NO_IDENTIFICATION, event.legal_basis)
    return {**changes.directive_proposed(case, event), "skip": skip, "suspension": None}


def emergency_facts(step: Step) -> Mapping[str, str]:
    """T9e: the directive's file, and the law that the deployer's settings name."""
    return {**changes.proposal_facts(step), "emergency_basis": step.context.policy.emergency_basis or ""}


def in_emergency(case: Case, event: Event) -> Mapping[str, Any]:
    """T9e."""
    return {**changes.directive_proposed(case, event), "skip": Skip(EMERGENCY, event.data["emergency_basis"])}


def file_changed(case: Case, event: Event) -> Mapping[str, Any]:
    """T9f: the exception stays, but whoever approved it first approved another file."""
    if case.skip is None:
        raise RuntimeError("a file was proposed on a road that nobody took")
    return {**changes.directive_proposed(case, event), "skip": replace(case.skip, endorsed_by=None)}


def endorsed(case: Case, event: Event) -> Mapping[str, Any]:
    """T9a."""
    if case.skip is None:
        raise RuntimeError("an exception was approved that nobody proposed")
    return {"skip": replace(case.skip, endorsed_by=event.actor)}


def owner_found(_case: Case, event: Event) -> Mapping[str, Any]:
    """T9o."""
    return {"owner": Owner(event.data["owner"], event.data["capacity"], event.data["owner_mail"])}


WITHOUT_THE_OWNER: Sequence[Transition] = (
    Transition(
        id="T9",
        act="propose-unidentified",
        title="Propose to block without a request: nobody can be identified",
        sources=(State.ASSESSED,),
        target=State.EXPEDITED_PENDING,
        roles=(OFFICER,),
        fields=SEARCHED,
        ready=(inquiry.looked_everywhere, inquiry.nobody_was_found),
        checks=(notice_absent, rules.list_takes_the_names),
        facts=changes.proposal_facts,
        change=unidentified,
        letters=("oversight-notice",),
        commit="draft",
        basis=BLOCK,
    ),
    Transition(
        id="T9s",
        act="propose-unreachable",
        title="Propose to block: the request reached nobody, and nobody can be identified",
        sources=(State.CLOCK_SUSPENDED,),
        target=State.EXPEDITED_PENDING,
        roles=(OFFICER,),
        fields=SEARCHED,
        ready=(nothing_was_delivered, inquiry.looked_everywhere),
        checks=(notice_absent, rules.list_takes_the_names),
        facts=changes.proposal_facts,
        change=unidentified,
        letters=("oversight-notice",),
        commit="draft",
        basis=BLOCK,
    ),
    Transition(
        id="T9e",
        act="propose-emergency",
        title="Propose to block at once, in an emergency",
        sources=(State.ASSESSED,),
        target=State.EXPEDITED_PENDING,
        roles=(OFFICER,),
        fields=(REASON,),
        checks=(rules.list_takes_the_names,),
        facts=emergency_facts,
        change=in_emergency,
        letters=("oversight-notice",),
        commit="draft",
        basis="settings: cases.emergency_basis",
        when=lambda policy: policy.emergency_basis is not None,
    ),
    Transition(
        id="T9f",
        act="propose-file",
        title="Propose the directive's file as it stands now",
        sources=(State.EXPEDITED_PENDING,),
        roles=(OFFICER,),
        fields=(REASON,),
        checks=(rules.list_takes_the_names,),
        facts=changes.proposal_facts,
        change=file_changed,
        commit="draft",
        basis=BLOCK,
    ),
    Transition(
        id="T9a",
        act="endorse-emergency",
        title="Approve the emergency, as the first of two",
        sources=(State.EXPEDITED_PENDING,),
        roles=(APPROVER,),
        ready=(not_endorsed,),
        checks=(rules.proposer_in_office, rules.file_as_proposed, rules.overseer_is_told),
        facts=changes.covered_file,
        change=endorsed,
        letters=("oversight-notice",),
    ),
    Transition(
        id="Tvx",
        act="verify-again",
        title="Record that the content is there",
        sources=(State.EXPEDITED_PENDING, State.SUSPENDED),
        roles=(OFFICER,),
        fields=SEEN,
        checks=(rules.not_in_the_future("verified_at"), rules.verified_later),
        change=changes.verified,
        basis=BLOCK,
    ),
    Transition(
        id="T10x",
        act="approve-expedited",
        title="Approve the directive to block without a request",
        sources=(State.EXPEDITED_PENDING,),
        target=State.DECIDED,
        roles=(APPROVER,),
        ready=(endorsed_by_another, rules.statements_answered, rules.verified_fresh),
        checks=rules.BEFORE_A_BLOCK,
        facts=changes.directive_facts,
        change=changes.decided,
        letters=("oversight-notice",),
        commit="add",
        basis=BLOCK,
    ),
    refusal("T10xr", "refuse-expedited", "Refuse the directive to block without a request", State.EXPEDITED_PENDING),
    Transition(
        id="T9o",
        act="record-owner",
        title="Record who the owner is, and tell them",
        sources=ON_LIST,
        roles=(OFFICER,),
        fields=(
            Field("owner", "Who the owner is"),
            Field("capacity", "In which capacity", Kind.CHOICE, tuple(CAPACITIES)),
            Field("owner_mail", "Their mail address", Kind.MAIL),
        ),
        ready=(owner_unknown,),
        change=owner_found,
        letters=("owner-blocked",),
        basis=BLOCK,
    ),
)
