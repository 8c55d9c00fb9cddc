"""The chain of events: any change of the past is found."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from blocker.cases.case import Event, Role, State
from blocker.cases.integrity import ledger
from blocker.errors import OperationError
from tests.cases.walking import ROADS, Walk


def written() -> list[Event]:
    return Walk().go(*ROADS["C7"]).events


def broken(events: list[Event]) -> int:
    found = ledger.verify(events)
    assert found is not None
    return found.seq


def test_an_untouched_ledger_holds():
    assert ledger.verify(written()) is None
    assert ledger.verify([]) is None


def test_each_event_follows_from_the_one_before_it_from_the_first_row_on():
    events = written()
    assert events[0].prev_hash == ledger.GENESIS
    assert [event.prev_hash for event in events[1:]] == [event.hash for event in events[:-1]]


CHANGES: dict[str, Any] = {
    "case": "2026-000999",
    "transition": "T99",
    "from_state": State.LIFTED,
    "to_state": State.LIFTED,
    "actor": "agent-999",
    "role": Role.SYSTEM,
    "reason_code": "other",
    "legal_basis": "other",
    "data": {"other": "x"},
    "doc_sha256": ("0" * 64,),
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_is_found(field: str):
    events = written()
    events[3] = dataclasses.replace(events[3], **{field: CHANGES[field]})
    assert broken(events) == 4


def test_a_changed_time_is_found():
    events = written()
    events[3] = dataclasses.replace(events[3], at_utc=events[3].at_utc + timedelta(seconds=1))
    assert broken(events) == 4


def test_a_changed_event_that_was_linked_anew_is_found_at_the_next():
    events = written()
    events[3] = ledger.link(dataclasses.replace(events[3], actor="agent-999"), events[2].hash)
    assert broken(events) == 5


def test_every_field_of_an_event_is_covered():
    covered = {*CHANGES, "at_utc", "seq", "prev_hash", "hash"}
    assert covered == {field.name for field in dataclasses.fields(Event)}


def test_a_dropped_event_is_found():
    events = written()
    del events[3]
    assert broken(events) == 4


def test_swapped_events_are_found():
    events = written()
    events[3], events[4] = events[4], events[3]
    assert broken(events) == 4


def test_a_false_beginning_is_found():
    assert broken(written()[1:]) == 1


def test_a_head_is_read_as_it_is_written():
    head = ledger.Head(41, "ab" * 32)
    assert ledger.Head.parse(f" {str(head).upper()}\n") == head


@pytest.mark.parametrize(
    "text", ["", "41", "41:", f"x:{'ab' * 32}", f"41:{'ab' * 31}", f"-1:{'ab' * 32}", f"41:{'ab' * 32}x"]
)
def test_what_is_no_head_is_said_to_be_none(text: str):
    with pytest.raises(OperationError, match="a number, a colon"):
        ledger.Head.parse(text)
