"""A year of a ministry, seed by seed: `python -m tests.soak.simulate [--reduced] [--seeds N …]`.

Ends with 1 if an invariant is violated, if a case is stuck, if the statistics are not what the ledger comes to counted
by hand, if a year took longer than five minutes, or if three seeds together never reached some state or step.
"""

import argparse
import logging
import resource
import sys

from blocker.simulation.invariants import violations
from blocker.simulation.run import Lived, Plan, scratch, simulate_in
from blocker.simulation.summary import lines, unreached
from tests.simulation import by_hand

YEAR, MONTH = 12, 1
LONGEST = 300.0
"""Seconds of real time."""
ALL = 3
"""Seeds in a row that have every choice of the settings."""


def main() -> int:
    """Simulate for each seed, print what came of it, and judge it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.simulate", description="a year in minutes")
    parser.add_argument("--reduced", action="store_true", help="a month instead of a year")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="which years")
    options = parser.parse_args()
    logging.getLogger("redhand").setLevel(logging.ERROR)
    judged = [_judged(Plan(seed, MONTH if options.reduced else YEAR)) for seed in options.seeds]
    missing = unreached([lived for lived, _ in judged])
    print(f"not reached by any seed: {', '.join(missing) or 'nothing'}")
    complete = options.reduced or len(judged) < ALL or not missing
    return int(not complete or any(found or lived.seconds > LONGEST for lived, found in judged))


def _judged(plan: Plan) -> tuple[Lived, list[str]]:
    before = resource.getrusage(resource.RUSAGE_SELF)
    with scratch() as folder:
        lived = simulate_in(folder, plan)
        used = resource.getrusage(resource.RUSAGE_SELF)
        counts = by_hand.tallies(folder)
    print(f"seed: {plan.seed}")
    print("\n".join(lines(lived)))
    print(f"CPU seconds: {used.ru_utime - before.ru_utime:.0f} + {used.ru_stime - before.ru_stime:.0f}")
    broken = [f"violated: {each}" for each in (*violations(lived.record), *by_hand.differences(lived.record, counts))]
    found = [*broken, *(f"stuck: {each}" for each in lived.stuck)]
    print("\n".join(found), flush=True)
    return lived, found


if __name__ == "__main__":
    sys.exit(main())
