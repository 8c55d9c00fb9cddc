"""A case walked through the procedure in memory: no store, no list on disk, a clock that the test sets."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from blocker.blocklist.decode import decode
from blocker.blocklist.entry import Environment, Ground
from blocker.cases import ledger, workflow
from blocker.cases.case import SYSTEM, Actor, Case, Document, Effect, Event, Role
from blocker.cases.context import Context, Letterhead, ListFacts, Numbers, Recipient
from blocker.cases.documents import TEMPLATES, compile_templates
from blocker.cases.ledger import NOTHING, Head
from blocker.distribution.source import shipped

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
OFFICER = Actor("agent-014", Role.OFFICER)
OTHER_OFFICER = Actor("agent-015", Role.OFFICER)
APPROVER = Actor("agent-022", Role.APPROVER)
CONTACT_A = Actor("contact-001", Role.ISP, "isp-a")
CONTACT_B = Actor("contact-002", Role.ISP, "isp-b")
COMMIT = "0" * 40
VERSION = {"serial": "7", "digest": "ab" * 32, "source": "national 7"}
ISPS = (
    Recipient("isp-a", "First Provider", "noc@isp-a.example"),
    Recipient("isp-b", "Second Provider", "noc@isp-b.example"),
)
OVERSEER = Recipient("overseer", "The overseer", "overseer@oversight.example")

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
    forms: Mapping[str, dict[str, str]] = {
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
            "deconfliction": "answer 7",
        },
        "propose-request": {
            "owner": "Example Hosting",
            "capacity": "host",
            "owner_mail": "abuse@hosting.example",
            "contact_found": "The registry names it.",
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
        "isp-probe": {"isp": "isp-a", "asked": "4", "led": "4"},
        "record-sending": {"document": "D-2026-000001", "message_id": "<a@b.invalid>", "said": "250 taken"},
        "record-bounce": {"document": "D-2026-000001", "said": "550 no such user"},
        "propose-receipt": {"document": "D-2026-000001", "said": "displayed", "arrived_at": now.isoformat()},
    }
    return dict(forms.get(act, {"reason": "As the file shows."}))


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
ROADS = {
    "C0": TO_C1[:1],
    "C1": TO_C1,
    "C2": TO_C2,
    "C3": TO_C3,
    "C4": (*TO_C3, ("record-removal", OFFICER)),
    "C5": TO_C5,
    "C5d": TO_C5D,
    "C6": TO_C6,
    "C7": TO_C7,
    "C9": TO_C9,
    "C10": TO_C10,
    "C12": (*TO_C1, ("withdraw", APPROVER)),
}
"""The shortest way to each state."""


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
            if act == "24h":
                self.now += timedelta(hours=24)
            else:
                name, _, isp = act.partition(" ")
                self.act(name, actor, **({"isp": isp} if isp else {}))
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
