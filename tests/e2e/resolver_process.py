"""The resolver as an operator runs it: the command, a configuration, a list in a plain directory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dns.message
import dns.query

from tests.distribution.publishing import Ministry
from tests.ports import free_port

READY_WITHIN = 30.0  # seconds
PAGE, PAGE6 = "192.0.2.66", "2001:db8::66"


class TrialList:
    """A list of one directive in a plain directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        title = "title: {fr: Liste d'essai, en: Trial list}\n"
        (folder / "list.yaml").write_text(title + "environment: trial\nmay_be_empty: true\n")

    def block(self, *names: str, more: str = "") -> None:
        """Make the list say that these names, and all below them, are blocked; none lifts everything."""
        path = self.folder / "terrorism" / "FR-2026-0042.yaml"
        path.parent.mkdir(exist_ok=True)
        if not names:
            path.unlink(missing_ok=True)
            return
        now = datetime.now(UTC)
        head = [
            "directive: FR-2026-0042",
            "case: 2026-000123",
            "ground: terrorism",
            f"issued: {now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
            f"review_by: {now + timedelta(days=80):%Y-%m-%d}",
            f"expires: {now + timedelta(days=80):%Y-%m-%d}",
        ]
        entries = [f"  - {{name: {name}, scope: domain}}" for name in names]
        aside = path.with_suffix(".part")
        aside.write_text("\n".join([*head, *([more] if more else []), "names:", *entries, ""]))
        aside.rename(path)


class ResolverProcess:
    """A running `redhand resolver`, and the questions that tests ask of it.

    An upstream is a port of 127.0.0.1, or what the configuration says of it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        upstreams: Iterable[int | str],
        lists: TrialList | None,
        workers: int = 2,
        more: str = "",
    ) -> None:
        self.port = free_port()
        self.log = folder / "resolver.log"
        self.config = folder / "redhand.yaml"
        asked = ", ".join(one if isinstance(one, str) else f'"127.0.0.1:{one}"' for one in upstreams)
        lines = [
            "data: ./data",
            "resolver:",
            f'  listen: ["127.0.0.1:{self.port}", "127.0.0.2:{self.port}", "[::1]:{self.port}"]',
            f"  workers: {workers}",
            '  allow: ["127.0.0.1/32", "::1/128"]',
            f"  upstreams: [{asked}]",
            *([f"  {more}"] if more else []),
            f'page: {{ipv4: ["{PAGE}"], ipv6: ["{PAGE6}"]}}',
        ]
        if lists:
            lines.append(f'blocklist: {{lists: "{lists.folder}"}}')
        self.config.write_text("\n".join(lines) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "blocker", "resolver", "--config", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        eventually(lambda: self.process_ended() or "redhand.resolver ready" in self.said(), READY_WITHIN)
        assert self.process.poll() is None, self.said()

    def process_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def said(self) -> str:
        return self.log.read_text()

    def workers(self) -> set[int]:
        """The process ids of the parent's children."""
        assert self.process
        found = set()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.process.pid and state != "Z":
                    found.add(int(stat.parent.name))
        return found

    def ask(
        self, name: str, qtype: str = "A", *, host: str = "127.0.0.1", tcp: bool = False, **how
    ) -> dns.message.Message:
        how.setdefault("use_edns", 0)
        question = dns.message.make_query(name, qtype, **how)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(question, host, port=self.port, timeout=5)

    def data(self, name: str, qtype: str = "A", **how) -> list[str]:
        return [str(one) for rrset in self.ask(name, qtype, **how).answer for one in rrset]

    def stop(self) -> int:
        """End it as a service manager does, and return its exit code."""
        assert self.process
        self.process.terminate()
        return self.process.wait(15)


def signed_resolver(folder: Path, ministry: Ministry, url: str, sync: str) -> ResolverProcess:
    """Return a resolver, not yet started, with the list of a ministry whose `public` folder is served at `url`."""
    folder.mkdir(parents=True, exist_ok=True)
    running = ResolverProcess(folder, upstreams=[9], lists=None, workers=2)
    source = f"{{name: ministry, url: '{url}', root: '{ministry.root}'}}"
    with running.config.open("a") as config:
        config.write(f"blocklist: {{repositories: [{source}]}}\nsync: {{{sync}}}\n")
    return running


@contextmanager
def resolver(
    folder: Path,
    *,
    upstreams: Iterable[int | str] = (),
    lists: TrialList | None = None,
    workers: int = 2,
    more: str = "",
) -> Iterator[ResolverProcess]:
    """`more` is one more line of the section `resolver`."""
    folder.mkdir(parents=True, exist_ok=True)
    running = ResolverProcess(folder, upstreams=upstreams, lists=lists, workers=workers, more=more)
    try:
        running.start()
        yield running
    finally:
        if running.process:
            with suppress(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait(10)


def eventually(happens, seconds: float) -> float:
    """Wait until `happens()` is true and return how long it took; fail after so many seconds."""
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began
