"""Each invariant is broken once, in what a simulation left, and is found."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from blocker.cases.case import Event, Role, State
from blocker.cases.integrity import audit
from blocker.cases.integrity.ledger import Head
from blocker.simulation.invariants import BLOCKS, Record, violations
from blocker.simulation.run import Plan, simulate_in

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lived")


@pytest.fixture(scope="module")
def record(folder):
    return simulate_in(folder, Plan(4, days=18, daily=1.6)).record


def changed(record: Record, wanted: Callable[[Event], bool], change: Callable[[Event], Event | None]) -> Record:
    events = [change(each) if wanted(each) else each for each in record.events]
    assert list(record.events) != events
    return replace(record, events=tuple(each for each in events if each is not None))


def blocked_after_asking(record: Record) -> str:
    return next(each.case for each in record.events if each.transition == "T10")


def of(case: str, *transitions: str) -> Callable[[Event], bool]:
    return lambda event: event.case == case and event.transition in transitions


def gone(_event: Event) -> None:
    return None


def test_what_the_seed_left_is_whole(record):
    assert violations(record) == ()
    assert {each.transition for each in record.events} >= {"T10", "T10x", "T12", "T4p", "Tb", "Th", "Ti", "Tm", "Tr"}


@pytest.mark.parametrize(
    ("missing", "said"),
    [("T2", "without an assessment"), ("T8", "without two people"), ("Tv", "without a fresh verification"),
     ("T4p", "while no clock of the owner runs")],
)  # fmt: skip
def test_a_block_that_lacks_a_step_before_it_is_found(record, missing, said):
    broken = changed(record, of(blocked_after_asking(record), missing), gone)
    assert any(said in each for each in violations(broken))


def test_a_block_that_its_proposer_approved_is_found(record):
    case = blocked_after_asking(record)
    proposer = next(each for each in record.events if of(case, "T8")(each))
    broken = changed(record, of(case, "T10"), lambda event: replace(event, actor=proposer.actor))
    said = violations(broken)
    assert any("without two people" in each for each in said)
    assert any("acted in two roles" in each for each in said)


def test_a_block_before_the_owners_time_was_over_is_found(record):
    case = blocked_after_asking(record)
    approved = next(each for each in record.events if of(case, "T10")(each))
    late = (approved.at_utc - 23 * HOUR).isoformat()
    broken = changed(record, of(case, "T4p"), lambda event: replace(event, data={**event.data, "received_at": late}))
    assert any("before the owner's 24 hours are over" in each for each in violations(broken))


def test_a_verification_of_an_hour_and_a_minute_before_is_found(record):
    case = blocked_after_asking(record)
    approved = next(each for each in record.events if of(case, "T10")(each))
    old = (approved.at_utc - timedelta(minutes=61)).isoformat()
    broken = changed(record, of(case, "Tv"), lambda event: replace(event, data={**event.data, "verified_at": old}))
    assert any("without a fresh verification" in each for each in violations(broken))


def test_a_block_over_an_unanswered_objection_is_found(record):
    case = blocked_after_asking(record)
    events: list[Event] = []
    for each in record.events:
        if of(case, "T10")(each):
            events.append(replace(each, transition="Th", actor="system", role=Role.SYSTEM))
        events.append(each)
    assert any("before the owner is answered" in each for each in violations(replace(record, events=events)))


def test_an_exception_without_its_ground_is_found(record):
    case = next(each.case for each in record.events if each.transition in {"T9s", "T9"} and _blocks(record, each.case))
    named = changed(
        record, of(case, "T9", "T9s"), lambda each: replace(each, data={**each.data, "legal_notice": "present"})
    )
    assert any("without asking an owner who is named" in each for each in violations(named))
    alone = changed(record, of(case, "T9", "T9s"), lambda event: replace(event, transition="T9e"))
    assert any("without a second approver" in each for each in violations(alone))


def _blocks(record: Record, case: str) -> bool:
    return any(each.case == case and each.transition in BLOCKS for each in record.events)


def test_an_entry_without_a_case_and_a_block_without_an_entry_are_found(record):
    stranger = replace(record, listed=record.listed | {"terrorism/FR-2026-9999.yaml"})
    assert any("no case covers it" in each for each in violations(stranger))
    assert any("is not on the list" in each for each in violations(replace(record, listed=frozenset())))
    at, _act, _path, order = record.commits[0]
    unordered = replace(record, commits=((at - 999 * HOUR, "add", "x/FR-2026-9999.yaml", order), *record.commits))
    assert any("no case ordered it" in each for each in violations(unordered))


def test_an_entry_that_came_late_or_went_early_is_found(record):
    late = tuple((at + 999 * HOUR, *rest) for at, *rest in record.commits)
    assert any("before its entry was on the list" in each for each in violations(replace(record, commits=late)))
    early = tuple((at - 999 * HOUR if act == "remove" else at, act, *rest) for at, act, *rest in record.commits)
    assert any("its entry was gone" in each for each in violations(replace(record, commits=early)))


def test_a_commit_of_one_person_is_found(record):
    alone = tuple((at, act, path, {**order, "by": "agent-001"}) for at, act, path, order in record.commits)
    assert any("fewer than two people" in each for each in violations(replace(record, commits=alone)))


def test_a_lost_a_doubled_and_a_strange_letter_are_found(record):
    number = min(record.taken)
    for times, said in ((0, "never went out"), (2, "went out 2 times")):
        assert any(said in each for each in violations(replace(record, taken={**record.taken, number: times})))
    strange = replace(record, taken={**record.taken, "D-2026-999999": 1})
    assert any("no case issued it" in each for each in violations(strange))
    assert any("was never done" in each for each in violations(replace(record, undone=("1.1",))))
    unrecorded = changed(record, lambda event: event.data.get("document") == number, gone)
    assert any("is recorded 0 times" in each for each in violations(unrecorded))


def test_a_step_that_was_acknowledged_and_lost_and_one_that_nobody_was_told_of_are_found(record):
    lost = changed(record, lambda event: event.transition == "T2", gone)
    assert any("step T2 was acknowledged" in each for each in violations(lost))
    untold = replace(record, acknowledged={**record.acknowledged, "T2": 0})
    assert any("step T2 was acknowledged 0 times" in each for each in violations(untold))


@pytest.mark.parametrize("step", ["Tb", "Tr", "Th"])
def test_what_came_in_and_is_recorded_twice_or_never_is_found(record, step):
    came = next(each for each in record.events if each.transition == step and each.role is Role.SYSTEM)
    assert any(f"{step} about" in each for each in violations(_with(record, came, came)))
    lost = changed(record, lambda event: event is came, gone)
    assert any("is recorded 0 times" in each for each in violations(lost))


def test_a_reminder_that_went_twice_is_found(record):
    sent = next(each for each in record.events if each.transition == "Tm")
    assert any("was reminded of 2 times" in each for each in violations(_with(record, sent, sent)))


@pytest.mark.parametrize(("step", "said"), [("T13", "blocks what is stayed"), ("T15", "without new facts")])
def test_a_block_of_what_a_court_has_freed_is_found(record, step, said):
    block = next(each for each in record.events if each.transition == "T10")
    first = next(each for each in record.events if each.transition == "T1" and each.case != block.case)
    same = next(each for each in record.cases if each.id == block.case).names
    cases = [replace(each, names=same) if each.id == first.case else each for each in record.cases]
    ruled = replace(first, transition=step, role=Role.SYSTEM)
    freed = _with(replace(record, cases=cases), first, ruled)
    assert any(said in each for each in violations(freed))
    ended = replace(first, transition="T17", role=Role.SYSTEM)
    known = replace(block, transition="T15n", seq=block.seq - 1, role=Role.SYSTEM)
    mended = _with(freed, *((ruled, ended) if step == "T13" else (first, known)))
    assert not any(said in each for each in violations(mended))


def test_sending_starts_the_owners_time_only_where_the_settings_say_so(record):
    case = blocked_after_asking(record)
    receipt = next(each for each in record.events if of(case, "T4p")(each))
    sent = replace(receipt, transition="T4s", data={"sent_at": receipt.data["received_at"]})
    by_sending = changed(record, of(case, "T4p"), lambda _event: sent)
    assert any("while no clock of the owner runs" in each for each in violations(by_sending))
    allowed = violations(replace(by_sending, by_sending=True))
    assert not any("while no clock" in each or "24 hours" in each for each in allowed if case in each)


def test_a_provider_that_is_called_late_too_early_or_is_not_waited_for_is_found(record):
    told = next(each for each in record.events if each.transition == "Ti")
    too_early = replace(told, transition="Tio", data={"isp": told.data["isp"]})
    assert any("as late before its own time" in each for each in violations(_with(record, told, too_early)))
    silent = changed(record, lambda event: event.transition in {"Ti", "Tid"}, gone)
    assert any("does not wait for" in each for each in violations(silent))


def _with(record: Record, after: Event, new: Event) -> Record:
    at = list(record.events).index(after) + 1
    return replace(record, events=(*record.events[:at], new, *record.events[at:]))


def test_a_block_without_an_end_or_beyond_it_is_found(record):
    def with_end(**changes: object) -> Sequence[str]:
        cases = [replace(each, **changes) if each.state is State.IN_FORCE else each for each in record.cases]
        return violations(replace(record, cases=cases))

    assert any("has no end" in each for each in with_end(expires=None))
    assert any("has no end" in each for each in with_end(expires=record.now + 9999 * HOUR))
    assert any("has outlived its end" in each for each in with_end(expires=record.now - HOUR))


@pytest.mark.parametrize(
    "sql",
    ["UPDATE cases SET state = 'C7' WHERE id = (SELECT min(id) FROM cases WHERE state = 'C4')",
     "UPDATE events SET actor = 'agent-999' WHERE seq = 5",
     "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)"],
)  # fmt: skip
def test_a_database_that_was_changed_is_found(folder, record, sql, tmp_path):
    copy = tmp_path / "redhand.sqlite3"
    copy.write_bytes((folder / "redhand.sqlite3").read_bytes())
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute(sql)
    faults = tuple(
        str(each) for each in audit.judge(copy, Head.parse(record.head)).findings if "trigger" not in str(each)
    )
    assert faults
    assert violations(replace(record, faults=faults)) == faults
