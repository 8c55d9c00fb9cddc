"""When the system must look: whatever it may do at an instant is found by then."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from blocker.cases.appointments import What, appointments, asked_until, next_move, waits_for_list
from blocker.cases.case import SYSTEM, State
from blocker.cases.isps.order import current
from blocker.cases.isps.providers import due
from blocker.cases.steps.isp import next_alarm
from blocker.cases.steps.reminder import reminder_due
from blocker.cases.table import BY_ACT
from blocker.cases.workflow import legal
from tests.cases.walking import APPLIED, CONTACT_A, OFFICER, ROADS, TO_C6, TO_C7, WITHDRAWN, Walk, before, policy_for

BY_CLOCK = {"carry-out-expiry", "lift-unreviewed", "mark-overdue", "confirm-block", "confirm-annulled", "confirm-lift"}
BY_LIST = {"record-release", "record-withdrawal"}
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ACTS = sorted(act for act, row in BY_ACT.items() if row.sources)


def instants(walk: Walk) -> Iterator[datetime]:
    """Moments from now on at which something could begin: around each instant that the case knows of, and far away."""
    known = {walk.now, walk.now + 1000 * HOUR, walk.now + 5000 * HOUR}
    for each in (walk.at.expires, walk.at.review_by, walk.at.isp_deadline, *(one.due for one in walk.at.served)):
        if each is not None:
            known |= {each - SECOND, each, each + SECOND}
    for one in appointments(walk.at):
        known |= {one.since - SECOND, one.since} | ({one.until} if one.until else set())
    return iter(sorted(each for each in known if each >= walk.now))


@pytest.mark.parametrize("act", ACTS)
def test_whatever_the_system_may_do_wherever_a_step_may_be_taken_has_its_appointment(act: str):
    walk = before(act)
    case, policy = walk.at, policy_for(act)
    for now in instants(walk):
        possible = {row.act for row in legal(case, SYSTEM, now, policy)}
        moved = next_move(case)
        assert not possible & BY_CLOCK or (moved is not None and moved <= now), (now, possible & BY_CLOCK)
        by_list = possible & BY_LIST if case.withdrawn_at is None else set()  # told once that it left the list
        assert not by_list or waits_for_list(case), (now, by_list)
        found = {(each.what, each.whom) for each in appointments(case) if each.since <= now}
        for served in current(case.served):
            alarm = next_alarm(served)
            wanted = [step for step, _ in due(served, (), now)]
            assert not wanted or (alarm is not None and alarm <= now), (now, wanted)
        reminder = reminder_due(case, now)
        assert reminder is None or (What.REMINDER, reminder["to"]) in found


@pytest.mark.parametrize("state", sorted(set(ROADS) - {"C6", "C7", "C8", "C9", "C5d"}))
def test_before_the_list_and_after_the_end_nothing_moves_by_itself(state: str):
    case = Walk().go(*ROADS[state]).at
    assert next_move(case) is None
    assert not waits_for_list(case)


def test_a_block_is_looked_at_when_its_last_provider_runs_out_of_time_and_at_once_when_all_are_done():
    walk = Walk().go(*TO_C6)
    assert next_move(walk.at) == walk.at.isp_deadline
    walk.go(*APPLIED)
    assert next_move(walk.at) == walk.at.turned_at
    assert asked_until(walk.at) is None


def test_a_clock_that_rests_is_looked_at_when_it_runs_again():
    walk = Walk().go(*TO_C6, ("isp-query", CONTACT_A))
    assert asked_until(walk.at) is not None
    assert What.PROVIDER not in {each.what for each in appointments(walk.at) if each.whom == "isp-a"}
    walk.go(("isp-answer", OFFICER))
    assert [each.since for each in appointments(walk.at) if each.whom == "isp-a"] == [walk.at.served[0].due]


def test_a_block_in_force_waits_for_its_review_and_a_lift_for_the_list():
    walk = Walk().go(*TO_C7)
    assert next_move(walk.at) == min(each for each in (walk.at.review_by, walk.at.expires) if each)
    walk.go(("100d", SYSTEM), ("mark-overdue", SYSTEM))
    assert next_move(walk.at) == walk.at.expires, "the alarm is raised once"
    walk = Walk().go(*WITHDRAWN)
    assert walk.at.state is State.UNBLOCK_DIRECTED
    assert not waits_for_list(walk.at)
    assert next_move(walk.at) == walk.at.isp_deadline
