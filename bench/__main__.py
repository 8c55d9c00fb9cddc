"""CPU per query of the resolver beside a bare echo and its peers: `make bench`.

All servers run at once on one core, the load and the upstream on the other; they are asked in turn, round by round, so
that a figure and those beside it saw the same machine. A figure is the user and system time of all of a server's
processes over the queries that it answered, in microseconds. A run that loses more than one query in a thousand is
void. The tables are printed and everything is written to bench/results/ as JSON; docs/BENCHMARKS.md says how to read
them.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench import server, workloads
from bench.server import Server
from bench.workloads import Questions

MAX_LOSS = 0.001
RESULTS = Path(__file__).with_name("results")
RATES = (1000, 5000, 20000)
SOURCES = 1000

# name: questions by round, dnsperf's options, and whether every round asks names that were never asked before
WORKLOADS: dict[str, tuple[Callable[[int], Questions], tuple[str, ...], bool]] = {
    "blocked": (workloads.blocked, (), False),
    "mix": (workloads.mix, (), False),
    "mix, mixed case": (workloads.mixed_case, (), False),
    "mix, EDNS": (workloads.mix, ("-e",), False),
    "flood": (workloads.flood, (), True),
    "misses": (workloads.misses, (), True),
}
Figures = dict[str, float]
Runs = dict[str, dict[str, list[Figures]]]


def dnsperf(to: Server, questions: Path, seconds: float, options: tuple[str, ...], *, once: bool) -> Figures:
    """Load a server with dnsperf: for so many seconds, or once through the file."""
    pids = server.family(to.pid)
    before = server.cpu_seconds(pids)
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(to.port), "-d", str(questions), "-c", "8", "-q", "200", *options]
    command += ["-n", "1"] if once else ["-l", str(seconds)]
    said = pinned(command)
    spent = server.cpu_seconds(pids) - before
    sent, answered = (int(re.findall(rf"Queries {what}:\s+(\d+)", said)[0]) for what in ("sent", "completed"))
    rate = float(re.findall(r"Queries per second:\s+([\d.]+)", said)[0])
    return figures(spent, sent, answered) | {"queries_per_second": rate}


def load(to: Server, program: Path, packets: Path, how: tuple[int, int, float]) -> Figures:
    """Load a server with our own sender; `how` is from how many addresses, at which rate, for how many seconds."""
    pids = server.family(to.pid)
    before = server.cpu_seconds(pids)
    said = pinned([str(program), str(to.port), str(packets), *map(str, how)])
    spent = server.cpu_seconds(pids) - before
    sent, answered, p50, p99, p999 = map(int, said.split())
    return figures(spent, sent, answered) | {"p50_us": p50, "p99_us": p99, "p99.9_us": p999}


def pinned(command: list[str]) -> str:
    """Run a command on the core of the load and return what it says."""
    line = ["taskset", "-c", str(server.LOAD_CORE), *command]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


def figures(spent: float, sent: int, answered: int) -> Figures:
    """Return microseconds a query and the share lost."""
    return {"us_per_query": spent / max(answered, 1) * 1e6, "lost": 1 - answered / max(sent, 1)}


def valid(runs: Iterable[Figures]) -> list[Figures]:
    """Return the runs that lost next to nothing."""
    return [each for each in runs if each["lost"] <= MAX_LOSS]


def cell(runs: list[Figures]) -> str:
    """Return minimum / median / maximum of the valid runs, or "void"."""
    values = sorted(each["us_per_query"] for each in valid(runs))
    if not values:
        return f"void ({min(each['lost'] for each in runs):.1%} lost)"
    return f"{values[0]:.1f} / {statistics.median(values):.1f} / {values[-1]:.1f}"


def closed_loop(servers: list[Server], folder: Path, rounds: int, seconds: float) -> Runs:
    """Measure every workload with dnsperf."""
    measured: Runs = {}
    for name, (questions, options, once) in WORKLOADS.items():
        print(f"… {name}", file=sys.stderr)
        runs = measured[name] = {each.name: [] for each in servers}
        file = workloads.write_lines(questions(0), folder / "questions")
        for each in servers:
            if not (once or each.name == "echo"):
                dnsperf(each, file, seconds, options, once=False)  # fills the cache; not counted
        for number in range(rounds):
            file = workloads.write_lines(questions(number + 1), folder / "questions") if once else file
            for each in servers:
                runs[each.name].append(dnsperf(each, file, seconds, options, once=once))
    return measured


def offered(servers: list[Server], folder: Path, rounds: int, seconds: float) -> Runs:
    """Measure blocked and mix from many addresses, and at the rates that are offered."""
    program = server.compiled("load", folder)
    measured: Runs = {}
    for name, questions in (("blocked", workloads.blocked), ("mix", workloads.mix)):
        packets = workloads.write_packets(questions(0), folder / "packets")
        kinds = {f"{name}, one address": (0, 1), f"{name}, {SOURCES} addresses": (0, SOURCES)}
        kinds |= {f"{name} at {rate}/s": (rate, SOURCES) for rate in RATES}
        for kind, (rate, sources) in kinds.items():
            print(f"… {kind}", file=sys.stderr)
            runs = measured[kind] = {each.name: [] for each in servers}
            for _ in range(rounds):
                for each in servers:
                    runs[each.name].append(load(each, program, packets, (sources, rate, seconds)))
    return measured


def table(servers: list[Server], measured: Runs) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| µs of CPU a query | " + " | ".join(each.name for each in servers) + " |",
        "|---" * (len(servers) + 1) + "|",
    ]
    for name, runs in measured.items():
        lines.append(f"| {name} | " + " | ".join(cell(runs[each.name]) for each in servers) + " |")
    return "\n".join(lines)


def latencies(servers: list[Server], measured: Runs) -> str:
    """Return p50 / p99 / p99.9 of the open-loop runs (the median of the rounds), in microseconds."""
    lines = ["| latency, µs | " + " | ".join(each.name for each in servers) + " |", "|---" * (len(servers) + 1) + "|"]
    for name, runs in measured.items():
        cells = []
        for each in servers:
            good = valid(runs[each.name])
            quantiles = (statistics.median(one[key] for one in good) for key in ("p50_us", "p99_us", "p99.9_us"))
            cells.append(" / ".join(f"{value:.0f}" for value in quantiles) if good else "void")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def run(folder: Path, rounds: int, seconds: float, wanted: list[str]) -> dict[str, object]:
    """Start everything, measure everything."""
    names = workloads.blocked_names()
    server.make_list(folder / "lists", names)
    with ExitStack() as stack:
        port = stack.enter_context(server.upstream(folder))
        servers = [stack.enter_context(server.echo(folder)), stack.enter_context(server.redhand(folder, port))]
        servers += [stack.enter_context(server.peer(each, names, folder / each, port)) for each in wanted]
        ready = {each.name: server.memory_mb(server.family(each.pid)) for each in servers}
        filling = workloads.write_lines(workloads.filling(), folder / "questions")
        for each in servers:
            dnsperf(each, filling, seconds, (), once=True)
        full = {each.name: server.memory_mb(server.family(each.pid)) for each in servers}
        worker = server.memory_mb(server.family(servers[1].pid)[1:])
        measured = closed_loop(servers, folder, rounds, seconds)
        at_rates = offered(servers, folder, rounds, seconds)
        print(table(servers, measured), table(servers, at_rates), latencies(servers, at_rates), sep="\n\n")
        print("\nmemory in MB, ready → with 100,000 answers in the cache:")
        print(", ".join(f"{each.name} {ready[each.name]:.0f} → {full[each.name]:.0f}" for each in servers))
        print(f"Redhand's worker alone: {worker:.0f}")
        described = {each.name: {"version": each.version, "config": each.config} for each in servers}
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"kernel": platform.release(), "python": platform.python_version(), "cores": os.cpu_count()},
        "rounds": rounds,
        "seconds": seconds,
        "servers": described,
        "closed_loop": measured,
        "offered": at_rates,
        "memory_mb": {"ready": ready, "with_100000_answers": full, "redhand_worker": worker},
    }


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--peers", default=",".join(server.installed()), help="which, by name; default: all installed")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers end with us
    missing = [name for name in ("dnsperf", "taskset", "gcc") if shutil.which(name) is None]
    if missing or (os.cpu_count() or 1) < 2:
        sys.exit(
            f"the bench needs two cores, dnsperf, taskset and gcc; missing: {', '.join(missing) or 'a second core'}"
        )
    wanted = [name for name in given.peers.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="redhand-bench-") as folder:
        results = run(Path(folder), given.rounds, given.seconds, wanted)
    RESULTS.mkdir(exist_ok=True)
    out = RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    out.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {out.relative_to(Path.cwd()) if out.is_relative_to(Path.cwd()) else out}")


if __name__ == "__main__":
    main()
