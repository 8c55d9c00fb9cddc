"""What a careful person enters for an act at an instant."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from blocker.cases.case import Case
from blocker.cases.forms import Kind
from blocker.cases.table import BY_ACT

JUDGMENT = hashlib.sha256(b"a judgment").hexdigest()
_CHOSEN = {"extent": "whole", "legal_notice": "absent", "order": "stay", "why": "insufficient_information"}


def entered(act: str, case: Case | None, now: datetime, known: Mapping[str, str]) -> dict[str, str]:
    """Fill in every field of the act's form: what is `known`, or what fits its kind."""
    about = case.id if case else "a new case"
    values = {
        Kind.LINE: f"as of {now.date().isoformat()}",
        Kind.PROSE: f"Simulated, about {about}.",
        Kind.INSTANT: now.isoformat(),
        Kind.MAIL: "abuse@hosting.example",
        Kind.HASH: hashlib.sha256(f"{about} {now.isoformat()}".encode()).hexdigest(),
        Kind.ISP: "isp-1",
    }
    filled = {}
    for field in BY_ACT[act].fields:
        chosen = _CHOSEN.get(field.name, "")
        choice = chosen if chosen in field.choices else next(iter(field.choices), "")
        filled[field.name] = choice or values.get(field.kind, "")
    if "document_sha256" in filled:
        filled["document_sha256"] = JUDGMENT
    return {**filled, **{name: value for name, value in known.items() if name in filled}}
