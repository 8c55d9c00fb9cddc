"""One run of a load against one server, and what a row of the table says of several."""

import re
import statistics
import subprocess
from pathlib import Path

from bench import server
from bench.server import Server

MAX_LOSS = 0.001
QUANTILES = ("p50_us", "p99_us", "p99.9_us")

Figures = dict[str, float]


def dnsperf(to: Server, questions: Path, options: tuple[str, ...], *, seconds: float = 0, times: int = 0) -> Figures:
    """Load a server with dnsperf: for so many seconds, or so many times through the file."""
    pids = server.family(to.pid)
    before = server.cpu_seconds(pids)
    command = ["dnsperf", "-s", server.LOOPBACK, "-p", str(to.port), "-d", str(questions), "-c", "8", "-q", "200"]
    said = _pinned([*command, *options, *(["-n", str(times)] if times else ["-l", str(seconds)])])
    spent = server.cpu_seconds(pids) - before
    sent, answered = (int(re.findall(rf"Queries {what}:\s+(\d+)", said)[0]) for what in ("sent", "completed"))
    rate = float(re.findall(r"Queries per second:\s+([\d.]+)", said)[0])
    return _figures(spent, sent, answered) | {"queries_per_second": rate}


def load(to: Server, program: Path, packets: Path, how: tuple[int, int, float]) -> Figures:
    """Load a server with our own sender; `how` is from how many addresses, at which rate, for how many seconds."""
    pids = server.family(to.pid)
    before = server.cpu_seconds(pids)
    said = _pinned([str(program), str(to.port), str(packets), *map(str, how)])
    spent = server.cpu_seconds(pids) - before
    sent, answered, *quantiles = map(int, said.split())
    return _figures(spent, sent, answered) | dict(zip(QUANTILES, quantiles, strict=True))


def _pinned(command: list[str]) -> str:
    line = ["taskset", "-c", str(server.LOAD_CORE), *command]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


def _figures(spent: float, sent: int, answered: int) -> Figures:
    return {"us_per_query": spent / max(answered, 1) * 1e6, "lost": 1 - answered / max(sent, 1)}


def cost(runs: list[Figures]) -> str:
    """Return minimum / median / maximum of the CPU a query of the runs that lost next to nothing, or "void"."""
    if not runs:
        return "–"
    values = sorted(each["us_per_query"] for each in _valid(runs))
    if not values:
        return f"void ({min(each['lost'] for each in runs):.1%} lost)"
    void = len(runs) - len(values)
    figures = f"{values[0]:.1f} / {statistics.median(values):.1f} / {values[-1]:.1f}"
    return f"{figures} ({void} void)" if void else figures


def latency(runs: list[Figures]) -> str:
    """Return p50 / p99 / p99.9 (the median of the runs that lost next to nothing), or "void"."""
    valid = _valid(runs)
    if not valid:
        return "void"
    return " / ".join(f"{statistics.median(one[key] for one in valid):.0f}" for key in QUANTILES)


def _valid(runs: list[Figures]) -> list[Figures]:
    return [each for each in runs if each["lost"] <= MAX_LOSS]
