"""Letters that belong to no case, but to the settings or to a provider: what becomes of them is an entry of the ledger.

Keeps true: it is recorded once, under the name that the step has in a case.
"""

import re
from collections.abc import Mapping
from datetime import datetime

from blocker.cases.case import SYSTEM, Event, entry
from blocker.cases.table import BY_ACT

_NUMBER = re.compile(r"[0-9]{4}-[0-9]+")

Change = tuple[str, tuple[str | None, ...]]
"""What makes an entry one that is written once: a statement that finds nothing to change the second time."""


def of_a_case(about: str) -> bool:
    """True if this is a case's number; what else letters are about has another form."""
    return _NUMBER.fullmatch(about) is not None


def became(about: str, act: str, data: Mapping[str, str], now: datetime) -> Event:
    """Return the entry: a letter was sent, never can be, or something came back."""
    return entry(about, BY_ACT[act].id, SYSTEM, now, data)


def sent(effect: str | None) -> Change:
    """Mark its order as done."""
    return "UPDATE outbox SET done = 1 WHERE id = ? AND NOT done", (effect,)


def read(mail: str) -> Change:
    """Mark what came back as read, by the SHA-256 of what it came by."""
    return "INSERT INTO post (sha256) VALUES (?) ON CONFLICT DO NOTHING", (mail,)
