"""Cases, events and documents as rows of the store, and back.

Keeps true: what was written is read back equal. SQL is left to store.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from blocker.blocklist.snapshot import canonical
from blocker.cases.appointments import asked_until, told
from blocker.cases.awaited import due_at, turn_of
from blocker.cases.case import Case, Document, Effect, Event, Role, State

Row = Mapping[str, Any]
Values = dict[str, Any]
"""What is to be written, by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """An effect that waits to be carried out."""

    id: str
    case: str
    kind: str
    payload: Mapping[str, str]
    attempts: int
    next_at: datetime
    last_error: str | None

    @property
    def stuck(self) -> bool:
        """True once so many attempts failed that a person should look; it is tried again all the same."""
        return self.attempts >= STUCK


STUCK = 8


def case_to_text(case: Case) -> str:
    """Return the case as JSON."""
    return canonical(_plain(case))


def case_from_text(text: str) -> Case:
    """Read what case_to_text wrote."""
    case: Case = _reader(Case)(json.loads(text))
    return case


def case_to_row(case: Case) -> Values:
    """Return the case by the table's columns: its body, and beside it what is searched for."""
    turn = turn_of(case)
    return {
        "id": case.id,
        "state": case.state,
        "directive": case.anew or case.directive,
        "seq": case.seq,
        "ground": case.ground,
        "awaited": turn.whose,
        "awaited_until": instant(turn.until),
        "awaited_then": turn.then,
        "turned_at": instant(case.turned_at),
        "due_at": instant(due_at(case)),
        "told": len(told(case)),
        "asked_until": instant(asked_until(case)),
        "sought": "\n".join((case.id, (case.directive or "").lower(), *(str(each.name) for each in case.names))),
        "body": case_to_text(case),
    }


def instant(at: datetime | None) -> str | None:
    """One spelling of an instant, so that the database can tell which comes first."""
    return None if at is None else at.astimezone(UTC).isoformat()


def _plain(value: Any) -> Any:
    """Return a value of the procedure as JSON has it: instants as ISO 8601, dataclasses as objects by field.

    What is as it is by default is left out: most of a case, and half of the time that reading one takes.
    """
    if is_dataclass(value):
        said = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(each) for field, each in said if each != _default(field)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """Return what brings back a value of this type from what `_plain` wrote of it."""
    if get_origin(kind) is UnionType:  # whatever may be None is of one type otherwise, and None is its default
        kind = next(each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is tuple:
        item = _reader(get_args(kind)[0])
        return lambda value: tuple(map(item, value))
    if is_dataclass(kind) and isinstance(kind, type):
        readers = {name: _reader(each) for name, each in get_type_hints(kind).items()}
        return lambda value: kind(**{name: readers[name](each) for name, each in value.items()})
    read: Callable[[Any], Any] = datetime.fromisoformat if kind is datetime else kind
    return read


def event_to_row(event: Event) -> Values:
    """Return the event by the table's columns."""
    return {
        "seq": event.seq,
        "case_id": event.case,
        "transition": event.transition,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "actor": event.actor,
        "role": event.role,
        "at_utc": event.at_utc.isoformat(),
        "reason_code": event.reason_code,
        "legal_basis": event.legal_basis,
        "data": canonical(dict(event.data)),
        "doc_sha256": canonical(list(event.doc_sha256)),
        "prev_hash": event.prev_hash,
        "hash": event.hash,
    }


def event_from_row(row: Row) -> Event:
    """Read what event_to_row wrote."""
    return Event(
        seq=row["seq"],
        case=row["case_id"],
        transition=row["transition"],
        from_state=None if row["from_state"] is None else State(row["from_state"]),
        to_state=None if row["to_state"] is None else State(row["to_state"]),
        actor=row["actor"],
        role=Role(row["role"]),
        at_utc=datetime.fromisoformat(row["at_utc"]),
        reason_code=row["reason_code"],
        legal_basis=row["legal_basis"],
        data=json.loads(row["data"]),
        doc_sha256=tuple(json.loads(row["doc_sha256"])),
        prev_hash=row["prev_hash"],
        hash=row["hash"],
    )


def document_to_row(document: Document, seq: int) -> Values:
    """Return the document, issued with event `seq`, by the table's columns."""
    return {
        "number": document.number,
        "case_id": document.case,
        "seq": seq,
        "kind": document.kind,
        "recipient": document.recipient,
        "mail": document.mail,
        "subject": document.subject,
        "text": document.text,
        "sha256": document.sha256,
        "issued_at": document.issued_at.isoformat(),
    }


def document_from_row(row: Row) -> Document:
    """Read what document_to_row wrote."""
    return Document(
        number=row["number"],
        case=row["case_id"],
        kind=row["kind"],
        recipient=row["recipient"],
        mail=row["mail"],
        subject=row["subject"],
        text=row["text"],
        sha256=row["sha256"],
        issued_at=datetime.fromisoformat(row["issued_at"]),
    )


def effect_to_row(effect: Effect, case_id: str, seq: int, ordinal: int) -> Values:
    """Return an effect of event `seq` by the columns that never change."""
    return {
        "id": f"{seq}.{ordinal}",
        "seq": seq,
        "ordinal": ordinal,
        "case_id": case_id,
        "kind": effect.kind,
        "payload": canonical(dict(effect.payload)),
    }


def outbox_from_row(row: Row) -> OutboxRow:
    """Read an effect that is not done."""
    return OutboxRow(
        id=row["id"],
        case=row["case_id"],
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        attempts=row["attempts"],
        next_at=datetime.fromisoformat(row["next_at"]),
        last_error=row["last_error"],
    )
