"""An upstream that answers each question after so many seconds, and not at all while it is stopped."""

import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS = "192.0.2.1"
RECEIVE_BUFFER = 1 << 20


class SlowUpstream:
    """The process, and the port where it is asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self._process = process
        self.port = int(process.stdout.readline())

    def falls_silent(self) -> None:
        self._process.send_signal(signal.SIGSTOP)


@contextmanager
def slow_upstream(seconds: float) -> Iterator[SlowUpstream]:
    command = [sys.executable, "-m", "tests.e2e.slow_upstream", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield SlowUpstream(process)
        finally:
            process.kill()


def answer(question: bytes) -> bytes:
    """Say that a name has ADDRESS, whatever was asked about it; without an OPT record."""
    end = question.index(b"\0", 12) + 5
    record = b"\xc0\x0c\0\1\0\1" + (60).to_bytes(4, "big") + b"\0\4" + socket.inet_aton(ADDRESS)
    return question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + record


def main() -> None:
    delay = float(sys.argv[1])
    waiting: deque[tuple[float, bytes, tuple[str, int]]] = deque()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        server.bind(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
        while True:
            until_due = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            if select.select([server], [], [], until_due)[0]:
                question, client = server.recvfrom(4096)
                waiting.append((time.monotonic() + delay, answer(question), client))
            while waiting and waiting[0][0] <= time.monotonic():
                server.sendto(*waiting.popleft()[1:])


if __name__ == "__main__":
    main()
