"""What a simulation came to, in lines for people, and what of the procedure it never met."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from blocker.cases.case import ENDED, State
from blocker.cases.isps.order import Order
from blocker.cases.table import BY_ID
from blocker.simulation.run import Lived, Plan

PARIS = ZoneInfo("Europe/Paris")

OUTSIDE = frozenset({"Tip"})
"""Steps that no simulation takes: what providers' resolvers answer is not simulated."""


def lines(lived: Lived) -> Iterator[str]:
    """Yield the summary: the time, cases, steps, letters, providers, what was refused, and the ledger's head."""
    record, plan = lived.record, lived.plan
    changes = ", ".join(map(str, clock_changes(plan))) or "never"
    yield f"from {plan.start.date()} to {plan.end.date()}; the clocks changed: {changes}"
    states = Counter(f"{case.state} {case.state.name.replace('_', ' ').lower()}" for case in record.cases)
    ended = sum(case.state in ENDED for case in record.cases)
    yield f"cases: {len(record.cases)}, of which ended: {ended}"
    yield from (f"  {number:5d}  {state}" for state, number in sorted(states.items()))
    steps = Counter(event.transition for event in record.events if event.to_state is not None)
    yield f"steps: {', '.join(f'{step} {steps[step]}' for step in BY_ID if steps[step])}"
    yield f"not reached: {', '.join(unreached([lived])) or 'nothing'}"
    taken = sum(record.taken.values())
    yield f"letters: {len(record.documents)}, taken: {taken}, came back: {steps['Tb']}, receipts: {steps['Tr']}"
    yield from _orders(lived)
    yield f"versions of the list: {lived.versions}; stops of the desk: {lived.stops}, kills: {lived.kills}"
    yield f"staff who left: {lived.left}; acts that were refused: {sum(lived.refused.values())}"
    yield f"events: {len(record.events)}; ledger's head: {record.head}"
    yield f"seconds: {lived.seconds:.1f}"


def _orders(lived: Lived) -> Iterator[str]:
    orders = [each for case in lived.record.cases for each in case.served]
    for order in Order:
        told = [each for each in orders if each.order is order]
        late = sum(each.late(lived.record.now) for each in told)
        silent = sum(each.delivered_at is None for each in told)
        yield f"orders to {order}: {len(told)}, late: {late}, without a receipt: {silent}"


def unreached(lives: Sequence[Lived]) -> tuple[str, ...]:
    """Return the states and steps that none of these simulations reached, of those that one's settings have."""
    events = [event for lived in lives for event in lived.record.events]
    met = {event.to_state for event in events} | {event.transition for event in events}
    possible = [row.id for row in BY_ID.values() if any(row.when(lived.plan.policy) for lived in lives)]
    return tuple(each for each in (*State, *possible) if each not in met | OUTSIDE)


def clock_changes(plan: Plan) -> tuple[date, ...]:
    """Return the days on which the clocks of the ministry changed meanwhile."""
    count = (plan.end - plan.start).days + 1
    noons = [datetime.combine(plan.start.date() + timedelta(days=day), time(12), UTC) for day in range(count)]
    offsets = [(noon.date(), noon.astimezone(PARIS).utcoffset()) for noon in noons]
    return tuple(day for (_, before), (day, after) in pairwise(offsets) if before != after)
