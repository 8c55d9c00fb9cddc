"""The ledger: events chained by hash, so that nobody changes, drops or reorders one unnoticed.

Keeps true: each event's hash covers all of it and the hash before it, from the first row on. A chain that was cut at
its end is still a chain: only somebody who holds a later head can tell. Storing is left to store.py.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from blocker.blocklist.snapshot import canonical
from blocker.cases.case import Event

GENESIS = "0" * 64
"""What stands for the hash before the first event."""

FORMAT = 1
"""The form of the bytes that are hashed; a new form is a new number, and old events keep theirs."""


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold."""

    seq: int
    reason: str


def seal(event: Event, prev_hash: str) -> Event:
    """Return the event as the next link after `prev_hash`."""
    linked = replace(event, prev_hash=prev_hash)
    return replace(linked, hash=_digest(linked))


def verify(events: Iterable[Event]) -> Break | None:
    """Return the first break of a ledger read from its beginning, or None if it holds to its end."""
    prev_hash, seq = GENESIS, 1
    for event in events:
        if event.seq != seq:
            return Break(seq, f"event {seq} is missing; event {event.seq} stands in its place")
        if event.prev_hash != prev_hash:
            return Break(seq, "the event does not follow from the one before it")
        if event.hash != _digest(event):
            return Break(seq, "the event is not what was sealed")
        prev_hash, seq = event.hash, seq + 1
    return None


def _digest(event: Event) -> str:
    """SHA-256 (hex) over every field but the hash itself, spelled one way."""
    body = {
        "format": FORMAT,
        "seq": event.seq,
        "case": event.case,
        "transition": event.transition,
        "from": event.from_state,
        "to": event.to_state,
        "actor": event.actor,
        "role": event.role,
        "at_utc": event.at_utc.isoformat(),
        "reason_code": event.reason_code,
        "legal_basis": event.legal_basis,
        "data": dict(event.data),
        "doc_sha256": list(event.doc_sha256),
        "prev_hash": event.prev_hash,
    }
    return hashlib.sha256(canonical(body).encode()).hexdigest()
