"""New lists under load: `python -m tests.soak.swaps [--reduced]`.

A list of 100,000 names is replaced fifty times while 500 questions a second are asked of two workers. None may be lost,
both workers must have each new list within a second, and no worker may go back to an older one, be it for a name.
"""

import argparse
import json
import socket
import sys
import tempfile
import time
from pathlib import Path

from blocker.blocklist.entry import Scope
from tests.e2e.resolver_process import ResolverProcess, resolver
from tests.e2e.test_resolver_load import Load, Witness
from tests.ports import free_port
from tests.resolver.listed import directive, index_bytes

MOST_SECONDS = 1.0
PACE = 0.0015  # seconds between questions; to send one takes some time too


def compiled(serial: int, names: int) -> bytes:
    under = directive()
    listed = [(f"n{number}.v{serial}.example", Scope.DOMAIN, under) for number in range(names)]
    return index_bytes(("propaganda.example", Scope.DOMAIN, under), *listed, serial=serial)


def swap(index: Path, data: bytes) -> None:
    aside = index.with_suffix(".part")
    aside.write_bytes(data)
    aside.rename(index)


def serials(running: ResolverProcess) -> set[int]:
    found = set()
    for path in (running.config.parent / "data" / "control").glob("*.sock"):
        with socket.socket(socket.AF_UNIX) as worker:
            worker.settimeout(10)
            worker.connect(str(path))
            worker.sendall(b'{"command": "status"}\n')
            found.add(json.loads(worker.makefile("rb").readline())["serial"])
    return found


def run(swaps: int, names: int) -> list[str]:
    broken = []
    with tempfile.TemporaryDirectory(prefix="redhand-soak-") as folder:
        index = Path(folder) / "data" / "list" / "current.index"
        index.parent.mkdir(parents=True)
        swap(index, compiled(1, names))
        lists = [compiled(serial, names) for serial in range(2, swaps + 2)]  # before the load: it shares our process
        with resolver(Path(folder), upstreams=[free_port()]) as running:
            slowest = 0.0
            started = time.monotonic()
            with Load(running.port, PACE) as load, Witness(running.port) as witness:
                for serial, data in enumerate(lists, 2):
                    swap(index, data)
                    began = time.monotonic()
                    while serials(running) != {serial} and time.monotonic() - began < 10 * MOST_SECONDS:
                        time.sleep(0.02)
                    slowest = max(slowest, time.monotonic() - began)
                    time.sleep(0.5)
            rate = load.sent / (time.monotonic() - started)
            lost, wrong = load.sent - len(load.heard), len(load.heard) - load.blocked()
            figures = f"{load.sent} questions at {rate:.0f}/s, {lost} lost, {wrong} not blocked"
            print(f"swaps: {swaps} of {names} names, {figures}", flush=True)
            print(f"swaps: {sum(map(len, witness.seen))} answers by {swaps + 1} lists, none by an older one: ", end="")
            print("no" if witness.went_back() else "yes", flush=True)
            print(f"swaps: both workers had the new list after {slowest:.2f} s at most", flush=True)
    if lost or wrong:
        broken.append("a question was lost or not blocked during a swap")
    if witness.lost or witness.went_back():
        broken.append("a worker went back to an older list, or did not answer")
    if slowest > MOST_SECONDS:
        broken.append(f"a new list took longer than {MOST_SECONDS:g} s to reach both workers")
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reduced", action="store_true", help="five swaps of 5,000 names")
    broken = run(5, 5_000) if parser.parse_args().reduced else run(50, 100_000)
    for each in broken:
        print(f"swaps: BROKEN: {each}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
