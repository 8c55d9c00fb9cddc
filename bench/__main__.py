"""CPU per query of the resolver beside a bare echo and its peers: `make bench`.

All servers run at once on one core, the load and the upstreams on the other; they are asked in turn, round by round, so
that a figure and those beside it saw the same machine. A figure is the user and system time of all of a server's
processes over the queries that it answered, in microseconds. A run that loses more than one query in a thousand is
void. Each row is printed, and written to bench/results/ as JSON, as soon as it is measured; docs/BENCHMARKS.md says how
to read them.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import server, workloads
from bench.measure import Figures, cost, dnsperf, latency, load
from bench.server import Server
from bench.workloads import Questions

RESULTS = Path(__file__).with_name("results")
RATES = (1000, 5000, 20000)
SOURCES = 1000
WARM = 3  # times that the questions are asked before it counts


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked, by round, and how.

    `once`: every round asks names that were never asked before. `sources`: from as many addresses, by our own sender;
    `rate`: so many a second, not as many as are answered. `elsewhere`: the upstream is at a stranger's address.
    """

    questions: Callable[[int], Questions]
    options: tuple[str, ...] = ()
    once: bool = False
    sources: int = 0
    rate: int = 0
    elsewhere: bool = False


CLOSED_LOOP = {
    "blocked": Workload(workloads.blocked),
    "mix": Workload(workloads.mix),
    "mix, mixed case": Workload(workloads.mixed_case),
    "mix, EDNS": Workload(workloads.mix, ("-e",)),
    "flood": Workload(workloads.flood, once=True),
    "misses": Workload(workloads.misses, once=True),
    "misses, upstream elsewhere": Workload(workloads.misses, once=True, elsewhere=True),
}
OFFERED = {
    f"{name}, {how}": Workload(questions, sources=sources, rate=rate)
    for name, questions in (("blocked", workloads.blocked), ("mix", workloads.mix))
    for how, sources, rate in (
        ("one address", 1, 0),
        (f"{SOURCES} addresses", SOURCES, 0),
        *((f"{rate}/s", SOURCES, rate) for rate in RATES),
    )
}
WORKLOADS = CLOSED_LOOP | OFFERED


@dataclass(frozen=True, slots=True)
class Field:
    """Everything that runs: the servers in the order of the table, and our own with its upstream elsewhere."""

    folder: Path
    servers: list[Server]
    elsewhere: Server | None

    def asked(self, workload: Workload) -> list[Server]:
        """Return who is asked: with the upstream elsewhere, nobody but the echo and ourselves."""
        if not workload.elsewhere:
            return self.servers
        return [self.servers[0], self.elsewhere] if self.elsewhere else []


def measure(field: Field, workload: Workload, rounds: int, seconds: float) -> dict[str, list[Figures]]:
    """Return the runs of one workload, by server."""
    folder, servers = field.folder, field.asked(workload)
    runs: dict[str, list[Figures]] = {each.name: [] for each in servers}
    file = workloads.write_lines(workload.questions(0), folder / "questions")
    for each in servers:
        if not (workload.once or each.name == "echo"):
            dnsperf(each, file, workload.options, times=WARM)  # fills the cache; not counted
    if workload.sources:
        packets = workloads.write_packets(workload.questions(0), folder / "packets")
        how = (workload.sources, workload.rate, seconds)
        for _ in range(rounds):
            for each in servers:
                runs[each.name].append(load(each, folder / "load", packets, how))
        return runs
    for number in range(rounds):
        if workload.once:
            workloads.write_lines(workload.questions(number + 1), file)
        for each in servers:
            measured = dnsperf(each, file, workload.options, seconds=seconds, times=int(workload.once))
            runs[each.name].append(measured)
    return runs


def rows(servers: list[Server], name: str, workload: Workload, runs: dict[str, list[Figures]]) -> Iterator[str]:
    """Yield the lines of a workload in the table, in Markdown."""
    yield f"| {name} | " + " | ".join(cost(runs.get(each.name, [])) for each in servers) + " |"
    if workload.rate:
        yield "| … p50 / p99 / p99.9, µs | " + " | ".join(latency(runs[each.name]) for each in servers) + " |"


def memory(field: Field) -> dict[str, dict[str, float]]:
    """Return what each server takes in megabytes: when it is ready, with 100,000 answers, and our worker alone."""
    ready = {each.name: server.memory_mb(server.family(each.pid)) for each in field.servers}
    filling = workloads.write_lines(workloads.filling(), field.folder / "questions")
    for each in field.servers:
        dnsperf(each, filling, (), times=1)
    full = {each.name: server.memory_mb(server.family(each.pid)) for each in field.servers}
    print("\nmemory in MB, ready → with 100,000 answers in the cache:")
    print(", ".join(f"{name} {ready[name]:.0f} → {full[name]:.0f}" for name in ready))
    worker = server.memory_mb(server.family(field.servers[1].pid)[1:])
    print(f"Redhand's worker alone: {worker:.0f}\n", flush=True)
    return {"ready": ready, "with_100000_answers": full, "redhand_worker": {"Redhand": worker}}


def start(stack: ExitStack, folder: Path, peers: Iterable[str], *, elsewhere: bool) -> Field:
    """Start every server."""
    names = workloads.blocked_names()
    server.make_list(folder / "lists", names)
    for program in ("echo", "load"):
        server.compiled(program, folder)
    here = stack.enter_context(server.upstream(folder))
    servers = [stack.enter_context(server.echo(folder)), stack.enter_context(server.redhand(folder, here))]
    servers += [stack.enter_context(server.peer(each, names, folder / each, here)) for each in peers]
    host = server.elsewhere() if elsewhere else None
    if host is None:
        return Field(folder, servers, None)
    there = stack.enter_context(server.upstream(folder, host))
    return Field(folder, servers, stack.enter_context(server.redhand(folder, there)))


def run(field: Field, chosen: Iterable[str], given: argparse.Namespace, out: Path) -> None:
    """Measure what was chosen, print each row and keep it at once."""
    results = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"kernel": platform.release(), "python": platform.python_version(), "cores": os.cpu_count()},
        "rounds": given.rounds,
        "seconds": given.seconds,
        "servers": {each.name: {"version": each.version, "config": each.config} for each in field.servers},
        "memory_mb": None if given.only else memory(field),
        "runs": {},
    }
    print("| µs of CPU a query: min / median / max | " + " | ".join(each.name for each in field.servers) + " |")
    print("|---" * (len(field.servers) + 1) + "|", flush=True)
    for name in chosen:
        runs = measure(field, WORKLOADS[name], given.rounds, given.seconds)
        print("\n".join(rows(field.servers, name, WORKLOADS[name], runs)), flush=True)
        results["runs"][name] = runs
        out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nwritten: {out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out}")


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--peers", default=",".join(server.installed()), help="which, by name; default: all installed")
    parser.add_argument("--only", action="append", choices=WORKLOADS, help="a workload; several times for several")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with us
    missing = [name for name in ("dnsperf", "taskset", "gcc") if shutil.which(name) is None]
    if missing or (os.cpu_count() or 1) < 2:
        sys.exit(
            f"the bench needs two cores, dnsperf, taskset and gcc; missing: {', '.join(missing) or 'a second core'}"
        )
    chosen = given.only or list(WORKLOADS)
    peers = [name for name in given.peers.split(",") if name]
    if unknown := set(peers) - set(server.installed()):
        parser.error(f"no such peer here: {', '.join(sorted(unknown))}; there are {', '.join(server.installed())}")
    RESULTS.mkdir(exist_ok=True)
    out = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    with tempfile.TemporaryDirectory(prefix="redhand-bench-") as folder, ExitStack() as stack:
        elsewhere = any(WORKLOADS[name].elsewhere for name in chosen)
        run(start(stack, Path(folder), peers, elsewhere=elsewhere), chosen, given, out)


if __name__ == "__main__":
    main()
