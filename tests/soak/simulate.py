"""A year of a ministry, seed by seed: `python -m tests.soak.simulate [--reduced] [--seeds N …]`.

Ends with 1 if an invariant is violated, if a case is stuck, if the statistics are not what the ledger comes to counted
by hand, or if a year took longer than five minutes.
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from blocker.simulation.invariants import violations
from blocker.simulation.run import Plan, simulate
from blocker.simulation.summary import lines
from tests.simulation import by_hand

YEAR, MONTH = 12, 1
LONGEST = 300.0
"""Seconds of real time."""


def main() -> int:
    """Simulate for each seed, print what came of it, and judge it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.simulate", description="a year in minutes")
    parser.add_argument("--reduced", action="store_true", help="a month instead of a year")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="which years")
    options = parser.parse_args()
    logging.getLogger("redhand").setLevel(logging.ERROR)
    failed = False
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            lived = simulate(Plan(seed, MONTH if options.reduced else YEAR), Path(folder))
            counts = by_hand.tallies(Path(folder))
        print(f"seed: {seed}")
        print("\n".join(lines(lived)))
        found = [*violations(lived.record), *by_hand.differences(lived.record, counts)]
        print("\n".join([*(f"violated: {each}" for each in found), *(f"stuck: {each}" for each in lived.stuck)]))
        failed = failed or bool(found) or bool(lived.stuck) or lived.seconds > LONGEST
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
