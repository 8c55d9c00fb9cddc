"""A million names through check, stage, sign, release, sync and swap: `python -m bench.million [NAMES]`.

Every step runs in a process of its own, so that its peak memory is its own; what is printed goes into
docs/BENCHMARKS.md. Modules are imported by the step that needs them, so that the memory before a step is honest.
"""

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.distribution.publishing import Ministry

MANY = 1_000_000


def names(count: int) -> bytes:
    """Return names with the look of real ones: syllables and a number below one of six top-level domains."""
    digests = (hashlib.sha256(str(number).encode()).digest() for number in range(count * 2))
    syllables = [c + v for c in "bcdfglmnprstv" for v in "aeiou"]
    tlds = ("com", "net", "info", "fr", "ru", "top")
    made = (
        "".join(syllables[byte % len(syllables)] for byte in d[:4]) + f"{d[4] % 100}.{tlds[d[5] % 6]}" for d in digests
    )
    return "".join(f"{name}\n" for name in list(dict.fromkeys(made))[:count]).encode()


def main() -> None:
    """Measure each step in a process of its own."""
    if len(sys.argv) > 2:
        step(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    with tempfile.TemporaryDirectory() as folder:
        for name in ("lay", "check", "build", "stage", "sign", "release", "sync", "again", "look", "load"):
            subprocess.run([sys.executable, "-m", "bench.million", name, folder, str(count)], check=True)


def step(name: str, folder: Path, count: int) -> None:
    """Run one step and print its time and its process's peak memory."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    work, said = STEPS[name](folder, count)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, spent = time.perf_counter(), time.process_time()
    result = work()
    took, cpu = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = f"peak {peak / 1024:6.0f} MB (before the step {base / 1024:.0f})"
    print(f"{said:34} {took:7.2f} s, CPU {cpu:6.2f} s   {memory}   {result or ''}")


Work = tuple[Callable[[], object], str]


def lay(folder: Path, count: int) -> Work:
    """Lay a list in git and an empty repository; the keys are kept for the other steps."""
    from tests.distribution.publishing import Ministry, directive_text, now

    def work() -> None:
        ministry = Ministry(folder / "ministry").found()
        keep(folder, ministry)
        data = names(count)
        ground = ministry.lists / "terrorism"
        ground.mkdir()
        (ground / "FR-2026-0001.txt").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        head = directive_text("FR-2026-0001", [], "domain", now()).replace("names:\n", "")
        bulk = f"names_file: {{file: FR-2026-0001.txt, scope: domain, sha256: {digest}}}\n"
        (ground / "FR-2026-0001.yaml").write_text(head + bulk)
        ministry.commit()

    return work, "(list laid, repository made)"


def keep(folder: Path, ministry: "Ministry") -> None:
    """Keep a ministry's keys; they are a benchmark's."""
    from securesystemslib.signer import CryptoSigner, Signer

    def private(signer: Signer) -> str:
        assert isinstance(signer, CryptoSigner)
        return signer.private_bytes.hex()

    signers = {role: [private(signer) for signer in some] for role, some in ministry.people.items()}
    online = [private(ministry.online.snapshot), private(ministry.online.timestamp)]
    (folder / "keys.json").write_text(json.dumps({"people": signers, "online": online}))


def kept(folder: Path) -> "Ministry":
    """Return the ministry that `lay` made."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner, Signer

    from blocker.distribution.online import Online
    from tests.distribution.publishing import Ministry

    def signer(text: str) -> Signer:
        return CryptoSigner(load_pem_private_key(bytes.fromhex(text), None))

    value = json.loads((folder / "keys.json").read_text())
    people = {role: [signer(text) for text in some] for role, some in value["people"].items()}
    return Ministry(folder / "ministry", people=people, online=Online(*map(signer, value["online"])))


def check(folder: Path, _: int) -> Work:
    """`redhand lists check`."""
    from blocker.blocklist.check import check as judge
    from blocker.clock import Clock
    from blocker.distribution.source import read_directory, shipped, suffixes

    lists = folder / "ministry" / "lists"

    def work() -> str:
        return f"{len(judge(read_directory(lists).files, shipped(), suffixes(), Clock().now()).warnings)} warnings"

    return work, "check"


def build(folder: Path, _: int) -> Work:
    """`redhand lists build`: check and compile."""
    from blocker.clock import Clock
    from blocker.distribution.source import read_source
    from blocker.distribution.sync import build as make

    def work() -> str:
        return f"index {len(make(read_source(folder / 'ministry' / 'lists'), 1, Clock()).index) / 1e6:.2f} MB"

    return work, "check + build"


def stage(folder: Path, _: int) -> Work:
    """`redhand publish stage`: check, guards, gate, file."""
    return lambda: kept(folder).stage(), "stage"


def sign(folder: Path, _: int) -> Work:
    """Two officials: each reads and shows the whole version, then signs."""

    def work() -> None:
        ministry = kept(folder)
        for signer in ministry.people["targets"][:2]:
            with ministry.shelf.locked():
                assert ministry.publisher.staged_list()
            ministry.sign(signer)

    return work, "sign, both officials"


def release(folder: Path, _: int) -> Work:
    """`redhand publish release`."""

    def work() -> str:
        ministry = kept(folder)
        ministry.release()
        file = next((ministry.shelf.public / "targets").glob("*.redhand"))
        return f"served file {file.stat().st_size / 1e6:.2f} MB"

    return work, "release"


def receiving(folder: Path) -> Callable[[], object]:
    """Return one look at the repository."""
    from tests.distribution.publishing import Receiver, serving

    def work() -> str:
        ministry = kept(folder)
        with serving(ministry.shelf.public) as server:
            isp = Receiver(folder / "isp", ("ministry", server.url, ministry.root))
            (outcome,) = isp.look()
            index = isp.settings.blocklist.index
            return f"{outcome.result}, index {index.stat().st_size / 1e6:.2f} MB"

    return work


def sync(folder: Path, _: int) -> Work:
    """The first look: fetch, verify, judge, compile, swap."""
    return receiving(folder), "sync: the first version"


def again(folder: Path, _: int) -> Work:
    """A version that adds one name."""
    ministry = kept(folder)
    ministry.block("one-more-name.com", directive="FR-2026-0002")
    ministry.publish()
    return receiving(folder), "sync: one name more"


def look(folder: Path, _: int) -> Work:
    """A look that finds nothing new."""
    return receiving(folder), "sync: nothing new"


def load(folder: Path, _: int) -> Work:
    """What a worker does: check the digest and map."""
    from blocker.distribution.current import CurrentIndex

    def work() -> str:
        current = CurrentIndex(folder / "isp" / "list" / "current.index")
        current.refresh()
        return f"{current.index.header.names} names" if current.index else "nothing"

    return work, "resolver: index mapped and ready"


STEPS = {f.__name__: f for f in (lay, check, build, stage, sign, release, sync, again, look, load)}


if __name__ == "__main__":
    main()
