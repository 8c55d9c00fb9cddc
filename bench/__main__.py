"""CPU per query of our own resolver, blocked and cached: `make bench`.

The server runs on one core, dnsperf on the other. A figure is the user and system time of all of the server's
processes over the queries that were answered, in microseconds. Each workload runs several times; a run that loses more
than one query in a thousand is void. The result is printed and written to bench/results/ as JSON.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import server

BLOCKED, CLEAN = 100_000, 20_000
MAX_LOSS = 0.001
RESULTS = Path(__file__).with_name("results")


def workloads() -> dict[str, list[str]]:
    """Return dnsperf's question lines by workload."""
    under = ("", "www.", "a.b.")
    return {
        "blocked": [
            f"{under[n % 3]}blocked-{n * 7919 % BLOCKED}.example {'A' if n % 2 else 'AAAA'}" for n in range(60_000)
        ],
        "cached": [f"clean-{n * 7919 % CLEAN}.test A" for n in range(CLEAN)],
    }


def measure(questions: Path, port: int, pids: list[int], seconds: float) -> dict[str, float]:
    """Run dnsperf once; return microseconds of CPU per answered query, queries per second and the share lost."""
    before = server.cpu_seconds(pids)
    command = [
        "dnsperf",
        "-s",
        "127.0.0.1",
        "-p",
        str(port),
        "-d",
        str(questions),
        "-l",
        str(seconds),
        "-c",
        "8",
        "-q",
        "200",
    ]
    pinned = ["taskset", "-c", str(server.LOAD_CORE), *command]
    said = subprocess.run(pinned, check=True, capture_output=True, text=True).stdout
    spent = server.cpu_seconds(pids) - before
    sent = int(re.findall(r"Queries sent:\s+(\d+)", said)[0])
    answered = int(re.findall(r"Queries completed:\s+(\d+)", said)[0])
    rate = float(re.findall(r"Queries per second:\s+([\d.]+)", said)[0])
    return {"us_per_query": spent / answered * 1e6, "queries_per_second": rate, "lost": 1 - answered / sent}


def spread(values: Iterable[float]) -> str:
    """Return minimum / median / maximum."""
    listed = sorted(values)
    return f"{listed[0]:.1f} / {statistics.median(listed):.1f} / {listed[-1]:.1f}"


def run(folder: Path, rounds: int, seconds: float) -> dict[str, object]:
    """Measure every workload."""
    today = datetime.now(UTC).date()
    names = [f"blocked-{number}.example" for number in range(BLOCKED)]
    server.make_list(folder / "lists", names, str(today), str(today + timedelta(days=80)))
    results: dict[str, object] = {}
    with server.upstream() as upstream_port, server.resolver(folder, upstream_port) as (pid, port):
        pids = server.family(pid)
        print(f"{BLOCKED} names, {len(pids)} processes, {rounds} rounds of {seconds:g} s")
        print(f"memory when ready: {server.memory_mb(pids):.0f} MB")
        for name, lines in workloads().items():
            questions = folder / f"{name}.questions"
            questions.write_text("\n".join(lines) + "\n")
            measure(questions, port, pids, seconds)  # fills the cache; not counted
            runs = [measure(questions, port, pids, seconds) for _ in range(rounds)]
            valid = [each for each in runs if each["lost"] <= MAX_LOSS]
            results[name] = runs
            if not valid:
                print(f"{name:8} void: {spread(each['lost'] * 100 for each in runs)} % lost")
                continue
            cpu, rate = spread(r["us_per_query"] for r in valid), spread(r["queries_per_second"] for r in valid)
            print(f"{name:8} {cpu} µs of CPU per query (min / median / max), {rate} queries/s, {len(valid)} valid runs")
        results["memory_mb_after"] = server.memory_mb(pids)
        print(f"memory afterwards: {results['memory_mb_after']:.0f} MB")
    return results


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    missing = [name for name in ("dnsperf", "taskset") if shutil.which(name) is None]
    if missing or (os.cpu_count() or 1) < 2:
        sys.exit(f"the bench needs two cores, dnsperf and taskset; missing: {', '.join(missing) or 'a second core'}")
    with tempfile.TemporaryDirectory(prefix="redhand-bench-") as folder:
        results = run(Path(folder), given.rounds, given.seconds)
    RESULTS.mkdir(exist_ok=True)
    out = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out}")


if __name__ == "__main__":
    main()
