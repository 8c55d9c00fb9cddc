"""A case walked through the procedure in memory: no store, no list on disk, a clock that the test sets."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from blocker.blocklist.decode import decode
from blocker.blocklist.entry import Environment, Ground
from blocker.cases import workflow
from blocker.cases.case import SYSTEM, Actor, Case, Document, Effect, Event, Role, State
from blocker.cases.context import Context, Letterhead, ListFacts, Numbers, Recipient
from blocker.cases.documents import TEMPLATES, compile_templates
from blocker.cases.integrity import ledger
from blocker.cases.integrity.ledger import NOTHING, Head
from blocker.cases.table import BY_ACT
from blocker.cases.transition import Transition
from blocker.distribution.source import shipped
from blocker.errors import IllegalStepError
from blocker.policy import CasesSettings

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
OFFICER = Actor("agent-014", Role.OFFICER)
OTHER_OFFICER = Actor("agent-015", Role.OFFICER)
APPROVER = Actor("agent-022", Role.APPROVER)
OTHER_APPROVER = Actor("agent-023", Role.APPROVER)
OVERSIGHT = Actor("overseer-1", Role.OVERSEER)
CONTACT_A = Actor("contact-001", Role.ISP, "isp-a")
CONTACT_B = Actor("contact-002", Role.ISP, "isp-b")
COMMIT = "0" * 40
JUDGMENT = "cd" * 32
VERSION = {"serial": "7", "digest": "ab" * 32, "source": "national 7"}
ISPS = (
    Recipient("isp-a", "First Provider", "noc@isp-a.example"),
    Recipient("isp-b", "Second Provider", "noc@isp-b.example"),
)
OVERSEER = Recipient("overseer", "The overseer", "overseer@oversight.example")

CONFIRMATIONS = (
    *("confirm-stay", "confirm-early-stay", "resume-block", "restart-procedure"),
    *("confirm-annulment", "confirm-early-annulment"),
)
"""Acts by which an approver carries out what a court decided."""

_FOLDER = Path(workflow.__file__).with_name("templates")
_TEMPLATES = compile_templates({name: (_FOLDER / f"{name}.txt").read_text() for name in TEMPLATES})
_LIST = {"list.yaml": b"title: {fr: essai, en: trial}\nenvironment: trial\nmay_be_empty: true\n"}


@cache
def grounds() -> Mapping[str, Ground]:
    blocklist = decode(_LIST, shipped()).blocklist
    assert blocklist is not None
    return {ground.id: ground for ground in blocklist.grounds}


def facts(**changes: Any) -> ListFacts:
    values = {
        "environment": Environment.TRIAL,
        "timezone": "Europe/Paris",
        "grounds": grounds(),
        "directives": frozenset[str](),
        "committable": True,
    }
    return ListFacts(**{**values, **changes})


def context(**changes: Any) -> Context:
    values = {
        "list": facts(),
        "letterhead": Letterhead("Redhand desk <desk@redhand.invalid>", ISPS, ("192.0.2.1", "2001:db8::1"), OVERSEER),
        "templates": _TEMPLATES,
    }
    return Context(**{**values, **changes})


def exhibit(now: datetime) -> str:
    """The SHA-256 of what is sealed and uploaded at `now`."""
    return hashlib.sha256(now.isoformat().encode()).hexdigest()


def entered(act: str, now: datetime) -> dict[str, str]:
    """What a careful person enters for an act at `now`."""
    return dict(_forms(now).get(act, {"reason": "As the file shows."}))


@lru_cache(maxsize=1000)
def _forms(now: datetime) -> Mapping[str, dict[str, str]]:
    return {
        "report": {
            "ground": "terrorism",
            "names": "propaganda.example domain\nvideos.hosting.example",
            "urls": "http://propaganda.example/one",
            "source": "hotline 41",
            "seen_at": now.isoformat(),
            "seen_from": "a line at home, the provider's resolver",
            "capture": exhibit(now),
        },
        "assess": {
            "qualification": "It calls for attacks.",
            "proportionality": "The whole site is of one kind.",
            "extent": "whole",
            "by_hand": "Asked three public resolvers.",
            "deconfliction": "answer 7",
        },
        "propose-request": {
            "owner": "Example Hosting",
            "capacity": "host",
            "owner_mail": "abuse@hosting.example",
            "seat": "in_the_union",
            "contact_found": "The registry names it.",
        },
        "record-search": {
            "channel": "legal-notice",
            "asked": "propaganda.example",
            "searched_at": now.isoformat(),
            "found": "nobody",
        },
        "add-evidence": {
            "file": exhibit(now),
            "shows": "the page",
            "seen_at": now.isoformat(),
            "method": "A browser in Paris.",
        },
        "open-evidence": {"evidence": exhibit(START)},
        "record-receipt": {"received_at": now.isoformat(), "how": "A signed reply."},
        "record-removal": {"checked_at": now.isoformat(), "vantages": "Paris and Lyon: gone."},
        "verify": {"verified_at": now.isoformat(), "method": "From Paris: still there."},
        "propose-lift": {"reason_code": "content_removed", "reason": "The owner has removed it."},
        "record-commit": {"commit": COMMIT},
        "record-lift-commit": {"commit": COMMIT},
        "record-release": VERSION,
        "record-withdrawal": VERSION,
        "confirm-block": {"how": "Both have answered."},
        "confirm-lift": {"how": "Both have answered."},
        "isp-received": {"isp": "isp-a", "received_at": now.isoformat(), "how": "It says so."},
        "isp-correct-receipt": {"isp": "isp-a", "received_at": now.isoformat(), "how": "It says so."},
        "isp-applied": {"isp": "isp-a", "applied_at": now.isoformat(), "where": "Both resolvers."},
        "isp-query": {"isp": "isp-a", "about": "too_broad", "query": "Is the whole domain meant?"},
        "isp-answer": {"isp": "isp-a", "answer": "Yes."},
        "isp-grant-rest": {"isp": "isp-a", "reason": "The question is a fair one."},
        "isp-cannot": {"isp": "isp-a", "why": "outage", "reason": "Our resolvers are down until tomorrow."},
        "isp-not-delivered": {"isp": "isp-a"},
        "isp-overdue": {"isp": "isp-a"},
        "isp-left": {"isp": "isp-a"},
        "isp-reported-late": {
            "isp": "isp-a",
            "order": "block",
            "applied_at": now.isoformat(),
            "where": "Both resolvers.",
        },
        "isp-joined": {"isp": "isp-c", "onboarding": "D-2026-000001", "source": "national 7"},
        "isp-probe": {"isp": "isp-a", "asked": "4", "led": "4"},
        "confirm-annulled": {"how": "Both have answered."},
        "record-dispatch": {"sent_at": now.isoformat(), "how": "The server took it."},
        "suspend-clock": {"why": "force_majeure", "since": now.isoformat(), "statement": "A flood."},
        "ask-owner": {"question": "Which page is meant?"},
        "record-attempt": {"attempted_at": now.isoformat(), "channel": "by_mail", "proof": "It bounced."},
        "resume-clock": {"ended_at": now.isoformat(), "statement": "The flood is over."},
        "deem-served": {"notice": "At /legal: Example Ltd."},
        "log-statement": {"says": "says_objects", "said_at": now.isoformat(), "statement": "This is satire."},
        "answer-statement": {"answer": "It is not."},
        "propose-unidentified": {"legal_notice": "absent", "search_log": "RDAP: nothing.", "reason": "Nobody."},
        "propose-unreachable": {"legal_notice": "absent", "search_log": "RDAP: nothing.", "reason": "Nobody."},
        "verify-again": {"verified_at": now.isoformat(), "method": "From Paris: there."},
        "record-owner": {"owner": "Example Ltd", "capacity": "publisher", "owner_mail": "legal@propaganda.example"},
        "call-review": {"reason": "RDAP shows a new holder."},
        "propose-review": {
            "seen_at": now.isoformat(),
            "method": "Through the bypass view.",
            "holder": "same_holder",
            "collateral": "Nothing else.",
            "reason": "It is still there.",
        },
        "record-renewal": {"commit": COMMIT},
        "enter-order": {
            "order": "stay",
            "court": "TA Cergy-Pontoise",
            "number": "2600001",
            "decided_at": now.isoformat(),
            "served_at": now.isoformat(),
            "document_sha256": JUDGMENT,
            "operative": "The measure is stayed.",
        },
        **{act: {"document_sha256": JUDGMENT} for act in CONFIRMATIONS},
        "record-new-facts": {"new_facts": "A new video."},
        "recommend": {"recommendation": "It is satire: end it."},
        "answer-recommendation": {"answer": "refused", "reason": "It is not."},
        "refer-to-court": {"court": "TA Cergy-Pontoise", "number": "2600002", "filed_at": now.isoformat()},
        "log-appeal": {
            "kind": "gracieux",
            "appellant": "Example Ltd",
            "appellant_mail": "legal@propaganda.example",
            "received_at": now.isoformat(),
            "text": "This is satire.",
        },
        "decide-appeal": {"appeal": "2026-000001/R1", "outcome": "rejected", "reason": "It is not."},
        "link-case": {"relation": "mirror_of", "other": "2026-000099"},
        "record-recheck": {"checked_at": now.isoformat(), "seen": "still_gone"},
        "remind": {"about": "owner-4h", "to": "officer", "instant": now.isoformat()},
        "record-sending": {"document": "D-2026-000001", "message_id": "<a@b.invalid>", "said": "250 taken"},
        "record-bounce": {"document": "D-2026-000001", "said": "550 no such user"},
        "propose-receipt": {"document": "D-2026-000001", "said": "displayed", "arrived_at": now.isoformat()},
    }


TO_C1 = (("report", OFFICER), ("assess", OFFICER))
TO_C2 = (*TO_C1, ("propose-request", OFFICER))
TO_C3 = (*TO_C2, ("approve-request", APPROVER))
RECEIVED = (*TO_C3, ("record-receipt", OFFICER))
TO_C5 = (*RECEIVED, ("24h", OFFICER), ("verify", OFFICER), ("propose-directive", OFFICER))
TO_C5D = (*TO_C5, ("approve-directive", APPROVER), ("record-commit", SYSTEM))
TO_C6 = (*TO_C5D, ("record-release", SYSTEM))
APPLIED = (("isp-applied isp-a", OFFICER), ("isp-applied isp-b", CONTACT_B))
"""Both providers have carried out what they were told last."""
TO_C7 = (*TO_C6, *APPLIED, ("confirm-block", OFFICER))
LIFTING = (("propose-lift", OFFICER), ("approve-lift", APPROVER))
TO_C9 = (*TO_C7, *LIFTING)
RESTORING = (("record-lift-commit", SYSTEM), ("record-withdrawal", SYSTEM))
WITHDRAWN = (*TO_C9, *RESTORING)
TO_C10 = (*WITHDRAWN, *APPLIED, ("confirm-lift", OFFICER))
TO_C3S = (*TO_C3, ("suspend-clock", OFFICER))
SEARCHED = tuple((f"record-search {channel}", OFFICER) for channel in ("legal-notice", "whois", "rdap-address"))
TO_C5X = (*TO_C1, *SEARCHED, ("propose-unidentified", OFFICER))
TO_C8 = (*TO_C7, ("enter-order", OFFICER), ("confirm-stay", APPROVER))
TO_C11 = (*TO_C2, ("enter-annulment", OFFICER), ("confirm-early-annulment", APPROVER))
ROADS = {
    "C0": TO_C1[:1],
    "C1": TO_C1,
    "C2": TO_C2,
    "C3": TO_C3,
    "C4": (*TO_C3, ("record-removal", OFFICER)),
    "C3s": TO_C3S,
    "C5": TO_C5,
    "C5x": TO_C5X,
    "C5d": TO_C5D,
    "C6": TO_C6,
    "C7": TO_C7,
    "C8": TO_C8,
    "C9": TO_C9,
    "C10": TO_C10,
    "C11": TO_C11,
    "C12": (*TO_C1, ("withdraw", APPROVER)),
}
"""The shortest way to each state."""
UNDELIVERABLE = (*TO_C3, ("suspend-undeliverable", OFFICER))
ATTEMPTED = (*UNDELIVERABLE, *(("record-attempt", OFFICER),) * 3)
STAYED = (*TO_C8, ("record-lift-commit", SYSTEM), ("record-withdrawal", SYSTEM))
STAY_OVER = (*STAYED, ("24h", OFFICER), ("enter-stay-lifted", OFFICER), ("verify-again", OFFICER))
ANEW = (*STAY_OVER, ("propose-new-directive", OFFICER))
EARLY_STAY = (*TO_C3, ("enter-order", OFFICER), ("confirm-early-stay", APPROVER))
ANNULLING = (*TO_C7, ("enter-annulment", OFFICER), ("confirm-annulment", APPROVER))
EMERGENCY = (*TO_C1, ("propose-emergency", OFFICER))
BEFORE: Mapping[str, tuple[tuple[str, Actor], ...]] = {
    "deem-served": ATTEMPTED,
    "propose-unidentified": (*TO_C1, *SEARCHED),
    "propose-unreachable": (*UNDELIVERABLE, *SEARCHED),
    "ask-owner": TO_C3S,
    "resume-unanswered": (*TO_C3S, ("ask-owner", OFFICER), ("24h", OFFICER), ("24h", OFFICER)),
    "answer-statement": (*TO_C3, ("log-statement", OFFICER)),
    "verify": TO_C5[:-2],
    "propose-directive": TO_C5[:-1],
    "approve-expedited": (*TO_C5X, ("verify-again", OFFICER)),
    "endorse-emergency": EMERGENCY,
    "record-owner": (
        *(*TO_C5X, ("verify-again", OFFICER), ("approve-expedited", APPROVER)),
        *(("record-commit", SYSTEM), ("record-release", SYSTEM)),
    ),
    "record-release": TO_C5D,
    "approve-review": (*TO_C7, ("propose-review", OFFICER)),
    "refuse-review": (*TO_C7, ("propose-review", OFFICER)),
    "mark-overdue": (*TO_C7, ("100d", SYSTEM)),
    "lift-unreviewed": (*TO_C7, ("100d", SYSTEM)),
    "carry-out-expiry": (*TO_C7, ("110d", SYSTEM)),
    "approve-lift": (*TO_C7, ("propose-lift", OFFICER)),
    "refuse-lift": (*TO_C7, ("propose-lift", OFFICER)),
    "propose-lift": TO_C7,
    "record-lift-commit": TO_C9,
    "record-withdrawal": (*TO_C9, ("record-lift-commit", SYSTEM)),
    "confirm-lift": (*WITHDRAWN, *APPLIED),
    "confirm-annulled": (*ANNULLING, *RESTORING, *APPLIED),
    "confirm-block": (*TO_C6, *APPLIED),
    "isp-reported-late": WITHDRAWN,
    "isp-correct-receipt": (*TO_C6, ("isp-received", OFFICER), ("1h", OFFICER)),
    "isp-answer": (*TO_C6, ("isp-query", OFFICER), ("1h", OFFICER)),
    "isp-grant-rest": (*TO_C6, ("isp-query", OFFICER), ("1h", OFFICER)),
    "isp-overdue": (*TO_C6, ("49h", OFFICER)),
    "open-evidence": (*TO_C1[:1], ("add-evidence", OFFICER)),
    "refuse-order": (*TO_C7, ("enter-order", OFFICER)),
    "confirm-stay": (*TO_C7, ("enter-order", OFFICER)),
    "confirm-early-stay": (*TO_C3, ("enter-order", OFFICER)),
    "stay-block": TO_C7,
    "propose-new-directive": STAY_OVER,
    "resume-block": ANEW,
    "restart-procedure": (*EARLY_STAY, ("enter-stay-lifted", OFFICER)),
    "confirm-annulment": (*TO_C7, ("enter-annulment", OFFICER)),
    "confirm-early-annulment": (*TO_C3, ("enter-annulment", OFFICER)),
    "answer-recommendation": (*TO_C3, ("recommend", OVERSIGHT)),
    "refer-to-court": (*TO_C3, ("recommend", OVERSIGHT), ("answer-recommendation", APPROVER)),
    "decide-appeal": (*TO_C3, ("log-appeal", OFFICER)),
}
"""A way to where each step may be taken; where none stands here, the road to its first state is one."""


def policy_for(act: str) -> CasesSettings:
    """Settings under which this act exists."""
    return CasesSettings(
        owner_clock_basis="sent" if act == "record-dispatch" else "received",
        deemed_service=True,
        emergency_basis="Loi d'exemple, art. 1",
        on_review_lapse="auto_lift" if act == "lift-unreviewed" else "auto_propose_lift",
    )


def before(act: str) -> "Walk":
    """A walk that stands where this act may be taken."""
    row = BY_ACT[act]
    first = State.BLOCK_DIRECTED if row.at_isp else next(iter(row.sources), None)
    default = () if first is None else (*ROADS[first], *((("1h", SYSTEM),) if row.at_isp else ()))
    way = BEFORE.get(act, default)
    return Walk(context=context(policy=policy_for(act), sealing="evidence" in act)).go(*way)


def actor_for(row: Transition) -> Actor:
    """Whoever takes a step on these walks."""
    if row.act == "take-over":
        return OTHER_OFFICER
    people = {
        Role.OFFICER: OFFICER,
        Role.APPROVER: APPROVER,
        Role.OVERSEER: OVERSIGHT,
        Role.SYSTEM: SYSTEM,
        Role.ISP: CONTACT_A,
    }
    return people[row.roles[0]]


ORDERS = {"enter-annulment": "annulment", "enter-stay-lifted": "stay_lifted"}
"""What an officer enters of a court's decision, where it is no stay."""
PAUSES = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "49h": timedelta(hours=49),
    "100d": timedelta(days=100),
    "110d": timedelta(days=110),
}


@dataclass
class Walk:
    """One case, and all that its steps have made."""

    now: datetime = START
    case: Case | None = None
    context: Context = field(default_factory=context)
    events: list[Event] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    @property
    def at(self) -> Case:
        assert self.case is not None
        return self.case

    def go(self, *steps: tuple[str, Actor]) -> "Walk":
        for act, actor in steps:
            if act in PAUSES:
                self.now += PAUSES[act]
            elif act in ORDERS:
                self.act("enter-order", actor, order=ORDERS[act])
            elif act == "suspend-undeliverable":
                self.act("suspend-clock", actor, why="undeliverable")
            else:
                name, _, isp = act.partition(" ")
                field = "channel" if name == "record-search" else "isp"
                self.act(name, actor, **({field: isp} if isp else {}))
        return self

    def act(self, act: str, actor: Actor, **data: str) -> workflow.Outcome:
        head = Head(self.events[-1].seq, self.events[-1].hash) if self.events else NOTHING
        numbers = Numbers(head, 1, 1, len(self.documents) + 1)
        values = {**entered(act, self.now), **data}
        outcome = workflow.apply(self.case, act, actor, values, now=self.now, context=self.context, numbers=numbers)
        self.case = outcome.case
        self.events.append(ledger.link(outcome.event, head.hash))
        self.documents += outcome.documents
        self.effects += outcome.effects
        return outcome

    def later(self, **delta: float) -> "Walk":
        self.now += timedelta(**delta)
        return self


def refused(walk: Walk, act: str, actor: Actor, error: type[Exception] = IllegalStepError, **data: str) -> str:
    """Take a step that must be refused; nothing may change."""
    before = (walk.case, list(walk.events), list(walk.documents), list(walk.effects))
    with pytest.raises(error) as caught:
        walk.act(act, actor, **data)
    assert (walk.case, walk.events, walk.documents, walk.effects) == before
    return str(caught.value)
