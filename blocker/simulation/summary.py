"""What a simulation came to, in lines for people."""

from collections import Counter
from collections.abc import Iterator

from blocker.cases.case import ENDED
from blocker.cases.isp import Order
from blocker.simulation.run import Lived


def lines(lived: Lived) -> Iterator[str]:
    """Yield the summary: cases, letters, clocks, providers, what was refused, and the ledger's head."""
    record = lived.record
    states = Counter(f"{case.state} {case.state.name.replace('_', ' ').lower()}" for case in record.cases)
    ended = sum(case.state in ENDED for case in record.cases)
    yield f"cases: {len(record.cases)}, of which ended: {ended}"
    yield from (f"  {number:5d}  {state}" for state, number in sorted(states.items()))
    steps = Counter(event.transition for event in record.events)
    yield f"letters: {len(record.documents)}, taken: {sum(record.taken.values())}, came back: {steps['Tb']}"
    yield f"owner's clock: stopped {steps['T5']}, ran again {steps['T6'] + steps['T6u'] + steps['T6d']}"
    yield (
        f"blocks decided: {steps['T10'] + steps['T10x'] + steps['T14']}, reviewed: {steps['T18']}, "
        f"lifted: {steps['T12']}, stayed: {steps['T13'] + steps['T13s']}, "
        f"annulled: {steps['T15'] + steps['T15e']}, ended by time: {steps['T22'] + steps['T19l']}"
    )
    orders = [each for case in record.cases for each in case.served]
    for order in Order:
        told = [each for each in orders if each.order is order]
        late = sum(each.late(record.now) for each in told)
        silent = sum(each.delivered_at is None for each in told)
        yield f"orders to {order}: {len(told)}, late: {late}, without a receipt: {silent}"
    yield f"versions of the list: {lived.versions}; effects carried out and not recorded: {lived.interruptions}"
    yield f"staff who left: {lived.replaced}; acts that were refused: {sum(lived.refused.values())}"
    yield f"events: {len(record.events)}; ledger's head: {record.head}"
    yield f"seconds: {lived.seconds:.1f}"
