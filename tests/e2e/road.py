"""`redhand up` as a newcomer runs it, on ports of the test's own; and the questions that the tests ask of it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype

from tests.ports import free_twin

READY_WITHIN = 90.0  # seconds


class Road:
    """A running `redhand up`; `data` outlives it, so that it can be started again."""

    def __init__(self, data: Path, upstream: int) -> None:
        self.data = data
        self.upstream = upstream
        self.dns, self.page, self.admin = free_twin(), free_twin(), free_twin()
        self.log = data.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", "blocker", "up", "--data", str(self.data)]
        command += ["--dns", f"127.0.0.1:{self.dns}", "--page", f"127.0.0.1:{self.page}"]
        command += ["--admin", f"127.0.0.1:{self.admin}", "--upstream", f"127.0.0.1:{self.upstream}", *more]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        before = self.said().count("\nready\n")
        deadline = time.monotonic() + READY_WITHIN
        while self.said().count("\nready\n") == before:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def said(self) -> str:
        return "\n" + self.log.read_text() if self.log.exists() else ""

    def stop(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None

    def accounts(self) -> dict[str, tuple[str, str]]:
        """Role → (number, password), from the file that `up` wrote."""
        lines = (self.data / "demo-accounts.txt").read_text().splitlines()[1:]
        return {role: (number, password) for number, role, password in (line.split() for line in lines)}

    def role_pid(self, role: str) -> int:
        """The process of one role, among the children of `up`."""
        assert self.process is not None
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                words = (stat.parent / "cmdline").read_bytes().split(b"\0")
                if parent == self.process.pid and role.encode() in words:
                    return int(stat.parent.name)
        raise AssertionError(f"{role} does not run")

    def ask(self, name: str, kind: str = "A") -> dns.message.Message:
        question = dns.message.make_query(name, kind, use_edns=0)
        return dns.query.udp(question, "127.0.0.1", port=self.dns, timeout=5)

    def addresses(self, name: str, kind: str = "A") -> list[str]:
        rdtype = dns.rdatatype.from_text(kind)
        return [str(item) for rrset in self.ask(name, kind).answer if rrset.rdtype == rdtype for item in rrset]
