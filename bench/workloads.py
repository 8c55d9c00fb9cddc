"""What is asked: one file of questions a workload, the same for every server."""

import random  # noqa: TID251 - the same questions every time, and nobody to fool
import struct
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

BLOCKED, CLEAN = 100_000, 20_000
MIX = 200_000
CLEAN_SHARE = 0.98
TYPES = {"A": 1, "AAAA": 28, "HTTPS": 65}
_DNSPERF_NAMES = {"HTTPS": "TYPE65"}
DEPTHS = ("", "www.", "a.b.")

Questions = list[tuple[str, str]]


def blocked_names() -> list[str]:
    """Return the names on the list."""
    return [f"blocked-{number}.example" for number in range(BLOCKED)]


def blocked(seed: int) -> Questions:
    """Blocked names at depth 0 to 2, A and AAAA."""
    chosen = random.Random(seed)
    return [
        (f"{chosen.choice(DEPTHS)}blocked-{chosen.randrange(BLOCKED)}.example", chosen.choice(("A", "AAAA")))
        for _ in range(60_000)
    ]


def mix(seed: int) -> Questions:
    """98 % clean names by Zipf's law, 2 % blocked ones; A, AAAA and HTTPS."""
    chosen = random.Random(seed)
    weights = list(accumulate(1 / rank for rank in range(1, CLEAN + 1)))
    asked = []
    for _ in range(MIX):
        rank = bisect_left(weights, chosen.random() * weights[-1])
        clean = chosen.random() < CLEAN_SHARE
        name = f"clean-{rank}.example" if clean else f"www.blocked-{chosen.randrange(BLOCKED)}.example"
        asked.append((name, chosen.choice(list(TYPES))))
    return asked


def mixed_case(seed: int) -> Questions:
    """The mix, with its letters in mixed case."""
    chosen = random.Random(seed)
    return [("".join(chosen.choice((c, c.upper())) for c in name), qtype) for name, qtype in mix(seed)]


def flood(seed: int) -> Questions:
    """A label that was never asked before under each blocked name."""
    return [(f"f{seed}x{number}.blocked-{number * 7919 % BLOCKED}.example", "A") for number in range(100_000)]


def misses(seed: int) -> Questions:
    """Clean names that were never asked before."""
    return [(f"m{seed}x{number}.example", "A") for number in range(30_000)]


def filling() -> Questions:
    """As many clean names as the memory figure wants kept."""
    return [(f"kept-{number}.example", "A") for number in range(100_000)]


def write_lines(questions: Questions, path: Path) -> Path:
    """Write questions as dnsperf reads them."""
    path.write_text("".join(f"{name} {_DNSPERF_NAMES.get(qtype, qtype)}\n" for name, qtype in questions))
    return path


def write_packets(questions: Questions, path: Path) -> Path:
    """Write questions as load.c reads them."""
    path.write_bytes(b"".join(_packets(questions)))
    return path


def _packets(questions: Questions) -> Iterator[bytes]:
    for name, qtype in questions:
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        packet = struct.pack(">6H", 0, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", TYPES[qtype], 1)
        yield len(packet).to_bytes(2, "big") + packet
