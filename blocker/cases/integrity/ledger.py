"""The ledger: events chained by hash, so that nobody changes, drops or reorders one unnoticed.

Keeps true: each event's hash covers all of it and the hash before it, from the first row on. A chain that was cut at
its end is still a chain: only somebody who holds a later head can tell, which is why heads are given away, in every
letter and to the overseer (checkpoint.py). Storing is left to store.py, judging a whole database to audit.py.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from blocker.blocklist.snapshot import canonical
from blocker.cases.case import Event
from blocker.errors import OperationError

GENESIS = "0" * 64
"""What stands for the hash before the first event."""

FORMAT = 1
"""The form of the bytes that are hashed; a new form is a new number, and old events keep theirs."""

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger ends: the number and the hash of its last event."""

    seq: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `SEQ:HASH`, as letters write it.

        Raises:
            OperationError: if it is something else.
        """
        found = _HEAD.fullmatch(text.strip().lower())
        if found is None:
            raise OperationError("a head of the ledger is a number, a colon and a SHA-256: 41:9f86d0…")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        """Return `SEQ:HASH`."""
        return f"{self.seq}:{self.hash}"


NOTHING = Head(0, GENESIS)
"""The head of an empty ledger."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold."""

    seq: int
    reason: str


def link(event: Event, prev_hash: str) -> Event:
    """Return the event as the next link after `prev_hash`."""
    linked = replace(event, prev_hash=prev_hash)
    return replace(linked, hash=_digest(linked))


def judge(event: Event, before: Head) -> Break | None:
    """Return what is wrong with an event as the one after `before`, or None."""
    if event.seq != before.seq + 1:
        return Break(before.seq + 1, f"event {before.seq + 1} is missing; event {event.seq} stands in its place")
    if event.prev_hash != before.hash:
        return Break(event.seq, "the event does not follow from the one before it")
    if event.hash != _digest(event):
        return Break(event.seq, "the event is not what was written")
    return None


def verify(events: Iterable[Event]) -> Break | None:
    """Return the first break of a ledger read from its beginning, or None if it holds to its end."""
    head = NOTHING
    for event in events:
        if (found := judge(event, head)) is not None:
            return found
        head = Head(event.seq, event.hash)
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
