"""The whole table, explored: every step by everybody at every time, until nothing new comes up.

Two walks that look alike in all that matters for the road ahead (`_shape`) are one, so that the exploration ends: it
covers roads of any length, each state entered as often as it can be. What must hold of a block is read from the events
of the walk, not from the case: a fact that the workflow forgot would be missed by the workflow's own eyes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from blocker.cases import workflow
from blocker.cases.case import ENDED, QUESTION_TIME, SYSTEM, Actor, Case, Event, Role, State
from blocker.cases.documents import TEMPLATES, compile_templates
from blocker.cases.isps.order import current
from blocker.cases.table import BY_ACT, BY_ID, ON_LIST, TRANSITIONS
from blocker.errors import FormError, IllegalStepError
from blocker.policy import CasesSettings
from tests.cases.walking import (
    APPROVER,
    OFFICER,
    OTHER_APPROVER,
    OTHER_OFFICER,
    OVERSIGHT,
    Walk,
    actor_for,
    before,
    context,
)

PEOPLE = (OFFICER, APPROVER, Actor(OFFICER.number, Role.APPROVER), OVERSIGHT, SYSTEM)
PAUSES = (timedelta(minutes=61), timedelta(hours=24), timedelta(hours=49), timedelta(days=110))
CHOICES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "suspend-clock": ({"why": "undeliverable"}, {"why": "force_majeure"}),
    "record-search": tuple({"channel": channel} for channel in ("legal-notice", "whois", "rdap-address")),
    "enter-order": ({"order": "stay"}, {"order": "stay_lifted"}, {"order": "annulment"}),
}
NOTES = frozenset(
    {
        *("record-sending", "record-bounce", "propose-receipt", "add-evidence", "open-evidence", "record-renewal"),
        *("link-case", "record-recheck", "log-appeal", "decide-appeal", "call-review", "record-new-facts"),
        *("remind", "recommend", "answer-recommendation", "refer-to-court"),
    }
)
"""Acts that leave the road ahead as it is; a test says that they do."""
EVERYTHING = CasesSettings(
    owner_clock_basis="sent", deemed_service=True, emergency_basis="Loi d'exemple", on_review_lapse="auto_propose_lift"
)
POLICIES = {
    "default": CasesSettings(),
    "everything": EVERYTHING,
    "auto_lift": CasesSettings(on_review_lapse="auto_lift"),
}


@dataclass
class Explored:
    """What came up: the steps that were taken, and every event that decided a block, with the road to it."""

    steps: set[str] = field(default_factory=set)
    blocks: list[tuple[Event, ...]] = field(default_factory=list)
    moves: set[tuple[State | None, State | None, str, Role]] = field(default_factory=set)


@cache
def explored(policy: str) -> Explored:
    found = Explored()
    bare = replace(context(policy=POLICIES[policy]), templates=compile_templates(dict.fromkeys(TEMPLATES, "a letter")))
    seen: set[tuple[object, ...]] = set()
    frontier = [Walk(context=bare)]
    while frontier:
        for ahead in _ahead(frontier.pop()):
            event = ahead.events[-1] if ahead.events else None
            if event is not None and ahead.case is not None and event.seq == ahead.case.seq:
                _note(found, event, ahead)
            shape = _shape(ahead)
            if shape not in seen:
                seen.add(shape)
                frontier.append(ahead)
    return found


def _note(found: Explored, event: Event, ahead: Walk) -> None:
    found.steps.add(event.transition)
    found.moves.add((event.from_state, event.to_state, event.transition, event.role))
    if event.to_state is State.DECIDED and event.from_state is not State.DECIDED:
        found.blocks.append(tuple(ahead.events))


def _ahead(walk: Walk) -> Iterator[Walk]:
    """Every walk that is one step or one pause longer."""
    case, policy = walk.case, walk.context.policy
    if case is not None:
        listed = case.state in (*ON_LIST, State.SUSPENDED)
        yield from (replace(walk, now=walk.now + pause) for pause in (PAUSES if listed else PAUSES[:3]))
    people = (*PEOPLE, OTHER_APPROVER) if policy.emergency_basis else PEOPLE
    notes = NOTES if policy.deemed_service else NOTES | {"record-attempt"}
    if case is None or case.state not in {State.ASSESSED, State.CLOCK_SUSPENDED}:
        notes |= {"record-search"}  # it may as well be recorded there
    for actor in (*people, OTHER_OFFICER):
        for row in workflow.legal(case, actor, walk.now, policy):
            if actor is OTHER_OFFICER and row.act != "take-over":
                continue
            for choice in () if row.act in notes or row.at_isp else CHOICES.get(row.act, ({},)):
                ahead = replace(walk, events=list(walk.events), documents=[], effects=[])
                try:
                    ahead.act(row.act, actor, **choice)
                except (FormError, IllegalStepError):
                    continue
                yield ahead


def _shape(walk: Walk) -> tuple[object, ...]:
    """What matters for the road ahead: what stands, who acted, what is proved and proposed, how the clocks stand."""
    case, now = walk.case, walk.now
    if case is None or case.state in ENDED:
        return (case and case.state,)
    proposed = (case.order and case.order.kind, case.lift is None, case.annulment is None)
    gone = (
        all(each.settled(now) for each in current(case.served)),
        case.commit is None,
        case.lift_commit is None,
        case.withdrawn_at is None,
    )
    if case.state is State.UNBLOCK_DIRECTED:
        return (case.state, *proposed, *gone)
    if case.state in ON_LIST:
        dates = (_past(case.review_by, now), _past(case.expires, now), case.review.lapsed_at is None)
        return (case.state, *proposed, *gone, *dates, case.review.pending is None, case.owner is None)
    seen = (case.verified_at is None, _past(case.fresh_until, now), _stale(case), bool(case.statements))
    if case.state is State.SUSPENDED:
        return (case.state, *proposed, *gone, *seen, case.issued_at is None, case.anew is None)
    searched = len({each.channel for each in case.searches})
    officials = (frozenset(case.approvers), case.skip, case.proposed_by, searched)
    if case.suspension is not None:
        stopped = (case.suspension.reason, _past(_question_over(case), now), min(len(case.attempts), 3))
        return (case.state, *proposed, *stopped, case.receipt_at is None, *seen[::3], *officials)
    return (case.state, *proposed, *seen, _past(case.deadline, now), case.clock.sent_at is None, *officials)


def _question_over(case: Case) -> datetime | None:
    asked = case.suspension and case.suspension.asked_at
    return asked + QUESTION_TIME if asked else None


def _past(instant: datetime | None, now: datetime) -> bool | None:
    return None if instant is None else now >= instant


def _stale(case: Case) -> bool | None:
    """Whether the last look lies before the end of the owner's time."""
    return None if case.verified_at is None or case.deadline is None else case.verified_at < case.deadline


def _at(event: Event, name: str) -> datetime:
    return datetime.fromisoformat(event.data[name])


def _since_restart(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """What counts: after a stay that came before any block, the procedure began again."""
    began = max((number for number, event in enumerate(events) if event.transition == "T14r"), default=0)
    return events[began:]


def _owner_heard(events: tuple[Event, ...], decision: Event) -> bool:
    """A request that was approved, a proved beginning of the owner's time, and twenty-four hours since then."""
    asked = any(event.transition == "T4" for event in events)
    begun: datetime | None = None
    for event in events:
        match event.transition:
            case "T4p":
                begun = _at(event, "received_at")
            case "T4s":
                begun = begun or _at(event, "sent_at")
            case "T6d" | "T6u":
                begun = event.at_utc
            case "T6":
                begun = begun and max(begun, _at(event, "ended_at"))
    return asked and begun is not None and decision.at_utc - begun >= timedelta(hours=24)


def _excepted(events: tuple[Event, ...], decision: Event) -> bool:
    """An exception of the law, with its search, or with two approvers and an overseer who was told."""
    steps = {event.transition: event for event in events}
    if "T9" in steps or "T9s" in steps:
        return all(event.data["legal_notice"] == "absent" for step, event in steps.items() if step in {"T9", "T9s"})
    endorsed, approved = steps.get("T9a"), steps.get("T10x", decision)
    return "T9e" in steps and endorsed is not None and endorsed.actor != approved.actor


def _blocks(policy: str) -> list[tuple[tuple[Event, ...], Event]]:
    found = explored(policy).blocks
    assert found
    return [(_since_restart(road[:-1]), road[-1]) for road in found]


EACH = pytest.mark.parametrize("policy", POLICIES)


@EACH
def test_no_road_leads_to_a_block_without_an_assessment(policy: str):
    for road in explored(policy).blocks:
        assert "T2" in {event.transition for event in road}


@EACH
def test_no_road_leads_to_a_block_before_the_owners_time_is_over_or_an_exception_is_named(policy: str):
    for events, decision in _blocks(policy):
        assert _owner_heard(events, decision) or _excepted(events, decision)


@EACH
def test_no_road_leads_to_a_block_of_what_was_not_seen_in_the_last_hour(policy: str):
    for events, decision in _blocks(policy):
        seen = [_at(event, "verified_at") for event in events if event.transition in {"Tv", "Tvx"}]
        assert seen
        assert decision.at_utc - max(seen) <= timedelta(minutes=60)


@EACH
def test_no_road_leads_to_a_block_by_one_person_or_by_the_system(policy: str):
    for road in explored(policy).blocks:
        decision = road[-1]
        assert decision.role is Role.APPROVER
        proposals = [event for event in road if event.transition in {"T8", "T9", "T9s", "T9e", "T9f", "T14p"}]
        assert proposals[-1].actor != decision.actor
        assert decision.actor not in {event.actor for event in road if event.role is Role.OFFICER}


@EACH
def test_no_road_leads_to_a_block_while_the_owner_waits_for_an_answer(policy: str):
    for road in explored(policy).blocks:
        heard = [event.transition for event in road if event.transition in {"Th", "Tha"}]
        assert not heard or heard[-1] == "Tha"


@EACH
def test_no_road_leads_back_to_a_block_from_a_stay_that_no_decision_ended(policy: str):
    back = [road for road in explored(policy).blocks if road[-1].from_state is State.SUSPENDED]
    assert back
    for road in back:
        ended = [event for event in road if event.transition == "Tc" and event.data["order"] == "stay_lifted"]
        assert ended
        assert road[-1].data["document_sha256"] == ended[-1].data["document_sha256"]


@EACH
def test_every_step_of_the_settings_is_met_on_some_road(policy: str):
    notes = NOTES if POLICIES[policy].deemed_service else NOTES | {"record-attempt"}
    of_the_road = {row.id for row in TRANSITIONS if row.when(POLICIES[policy]) and row.at_isp is None}
    asides = {row.id for row in TRANSITIONS if row.act in notes}
    if POLICIES[policy].owner_clock_basis == "received":
        asides.add("T4s")
    if POLICIES[policy].emergency_basis is None:
        asides.add("T9a")
    assert of_the_road - asides - explored(policy).steps == set()


@EACH
def test_what_has_ended_is_never_left(policy: str):
    assert {move for move in explored(policy).moves if move[0] in ENDED and move[0] is not move[1]} == set()


@EACH
def test_the_system_lifts_only_what_two_officials_ended_or_the_settings_say_and_blocks_nothing(policy: str):
    own = {(step, to) for _, to, step, role in explored(policy).moves if role is Role.SYSTEM}
    leaving = {step for step, to in own if to in {State.SUSPENDED, State.UNBLOCK_DIRECTED} and BY_ID[step].commit}
    assert leaving == ({"T22", "T19l"} if policy == "auto_lift" else {"T22"})
    assert not [step for step, _ in own if BY_ID[step].commit == "add"]


@EACH
def test_the_overseer_moves_nothing(policy: str):
    rows = [row for row in TRANSITIONS if Role.OVERSEER in row.roles]
    assert rows
    assert [row for row in rows if row.target is not None or row.commit is not None] == []
    assert not [move for move in explored(policy).moves if move[3] is Role.OVERSEER and move[0] is not move[1]]


@pytest.mark.parametrize("act", sorted({*NOTES, "record-attempt"}))
def test_a_note_leaves_the_road_ahead_as_it_is(act: str):
    walk = before(act)
    if act == "link-case":
        walk.context = replace(walk.context, other=replace(walk.at, id="2026-000099"))
    actor = actor_for(BY_ACT[act])
    offered = [_offered(walk, person) for person in PEOPLE]
    state = walk.at.state
    walk.act(act, actor)
    assert walk.at.state is state
    assert [_offered(walk, person) for person in PEOPLE] == offered


def _offered(walk: Walk, actor: Actor) -> set[str]:
    """The acts that move a case, as far as they may be taken now."""
    rows = workflow.legal(walk.case, actor, walk.now, walk.context.policy)
    return {row.act for row in rows if row.target is not None or row.commit is not None}
