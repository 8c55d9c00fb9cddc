"""A list of 32,247 lines with all its dirt, from the file to the answer: imported, checked, built, served, asked.

The real one is a category of the blacklists of Université Toulouse Capitole, which the project does not bundle; a
generated one of the same size, with more dirt, takes the same road everywhere.
"""

import random  # noqa: TID251 - a sample that can be drawn again
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from blocker.blocklist.index import Index
from tests.e2e.resolver_process import PAGE, TrialList, resolver

pytestmark = pytest.mark.e2e

SIZE = 32_247
SAMPLE = 200
SEED = 20261122
CLEAN = "198.51.100.7"
UT1 = Path(__file__).parents[3] / "shared" / "data" / "ut1"


@dataclass(frozen=True)
class RealList:
    """A file to import, what must come of it, and names that must stay reachable."""

    file: Path
    names: list[str]
    left_out: int
    clean: list[str]


def generated(folder: Path) -> RealList:
    chance = random.Random(SEED)
    lines: list[bytes] = [b"\xef\xbb\xbf# a generated list"]
    names: dict[str, None] = {}
    left_out = 0
    before = ""
    while len(lines) < SIZE:
        number = len(lines)
        line, name = next_line(chance, number, before)
        lines.append(line)
        if name:
            names[name] = None
            before = name
        elif line.partition(b"#")[0].strip():
            left_out += 1
    file = folder / "generated.domains"
    file.write_bytes(b"\r\n".join(lines))
    return RealList(file, list(names), left_out, [f"clean-{number}.example" for number in range(SAMPLE)])


def next_line(chance: random.Random, number: int, before: str) -> tuple[bytes, str | None]:
    """Return a line, and the name that an import must take from it."""
    word = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789-", k=chance.randint(1, 20))).strip("-")
    top = chance.choice(["example", "example.com", "shop.example.net"])
    name = f"{word}n{number}.{top}"
    if number % 40:
        return name.encode(), name
    dirt: list[tuple[str | bytes, str | None]] = [
        (name.upper(), name),
        (f"{name}.", name),
        (f"\t {name}  \t", name),
        (f"{name} # why", name),
        (f"_x.{name}", f"_x.{name}"),
        (f"jeu-à-gratter-{number}.{top}", f"{f'jeu-à-gratter-{number}'.encode('idna').decode()}.{top}"),
        ("", None),
        ("# nothing", None),
        (before, None),
        (f"192.0.2.{number % 256}", None),
        (f"2001:db8::{number % 256:x}", None),
        (f"http://{name}/", None),
        (f"{name}/path", None),
        (f"*.{name}", None),
        (f"{name}:8080", None),
        (f"0.0.0.0 {name}", None),
        (f"a..{name}", None),
        (f"{'x' * 64}.{name}", None),
        (f"zero\u200bwidth.{name}", None),
        (b"bad\xff\xfebyte." + name.encode(), None),
        (word, None),
        ("co.uk", None),
        ("www.impots.gouv.fr", None),
        ("fr.wikipedia.org", None),
        ("ovh.com", None),
    ]
    line, taken = chance.choice(dirt)
    return line.encode() if isinstance(line, str) else line, taken


def real() -> RealList:
    """Read the real list with other eyes than the import's: what is no bare name of letters is dirt."""
    file = UT1 / "gambling.domains"
    lines = file.read_text("utf-8", "replace").splitlines()
    numbers = {line for line in lines if line.replace(".", "").isdigit()}
    refused = {"bet.br", *(line for line in lines if line.endswith((".orange.fr", ".nhs.uk", ".sfr.fr")))}
    names = [line for line in dict.fromkeys(lines) if line not in numbers | refused]
    blocked = frozenset(names)
    clean = [name for name in [*read("press"), *read("bank")] if blocked.isdisjoint(above(name))]
    return RealList(file, names, len(lines) - len(names), clean)


def read(category: str) -> list[str]:
    lines = (UT1 / f"{category}.domains").read_text("utf-8", "replace").splitlines()
    return [line for line in lines if line.isascii() and "." in line and not line.replace(".", "").isdigit()]


def above(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]


class Upstream(socketserver.BaseRequestHandler):
    """Says that every name has the same address."""

    def handle(self) -> None:
        packet, sock = self.request
        response = dns.message.make_response(dns.message.from_wire(packet))
        response.answer.append(dns.rrset.from_text(response.question[0].name, 60, "IN", "A", CLEAN))
        sock.sendto(response.to_wire(), self.client_address)


@contextmanager
def upstream() -> Iterator[int]:
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def redhand(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "blocker", "lists", "--lang", "en", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


def takes_the_whole_road(given: RealList, folder: Path) -> None:
    lists = TrialList(folder / "lists")
    options = ["--format", "domains", "--directive", "REAL-1", "--ground", "terrorism"]
    imported = redhand("import", given.file, *options, "--into", lists.folder)
    assert (lists.folder / "terrorism" / "REAL-1.txt").read_text().split() == given.names
    assert len([line for line in imported.stderr.splitlines() if "warning" in line]) == given.left_out
    assert f"entries {len(given.names)}," in redhand("check", lists.folder).stdout
    redhand("build", lists.folder, "--out", folder / "built.index")
    assert Index.load((folder / "built.index").read_bytes()).header.names == len(given.names)

    chance = random.Random(SEED)
    with upstream() as port, resolver(folder, upstreams=[port], lists=lists, workers=1) as running:
        for name in chance.sample(given.names, SAMPLE):
            for below in ("", "www.", "a.b.c."):
                assert running.data(below + name) == [PAGE], below + name
        for name in chance.sample(given.clean, SAMPLE):
            assert running.data(name) == [CLEAN], name
        assert running.stop() == 0


def test_a_generated_list_of_the_same_size_and_dirt(tmp_path: Path) -> None:
    given = generated(tmp_path)
    assert len(given.file.read_bytes().splitlines()) == SIZE
    assert given.left_out > 300
    takes_the_whole_road(given, tmp_path)


@pytest.mark.skipif(not UT1.is_dir(), reason="../shared/data/ut1 is absent: the real list is not bundled")
def test_the_gambling_list_blocks_its_names_and_neither_press_nor_banks(tmp_path: Path) -> None:
    given = real()
    assert len(given.file.read_text("utf-8", "replace").splitlines()) == SIZE
    takes_the_whole_road(given, tmp_path)
