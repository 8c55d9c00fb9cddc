"""An upstream that hears every question and answers with nonsense that begins as a true answer must."""

import random  # noqa: TID251 - the same nonsense every time
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.dns.packet_files import UPSTREAMS, packets
from tests.dns.scripted import good

SEED = 8906


def spoiled(question: bytes, generator: random.Random) -> bytes:
    """Return an answer with the right id and question, and something wrong behind them."""
    head = question[:2] + b"\x81\x80\0\1"
    end = question.index(b"\0", 12) + 5
    how = generator.randrange(5)
    if how == 0:
        rest = generator.choice(packets(*UPSTREAMS))[6:]
        return head + rest[:6] + question[12:end] + rest[6:1200]
    if how == 1:  # records that hold anything
        return head + b"\0\x20\0\0\0\0" + question[12:end] + generator.randbytes(generator.randrange(900))
    answer = bytearray(good(question))
    if how == 2:
        del answer[generator.randrange(end, len(answer)) :]
    elif how == 3:
        answer[generator.randrange(end, len(answer))] ^= 1 << generator.randrange(8)
    else:
        answer += generator.randbytes(generator.randrange(1, 30))
    return bytes(answer)


def main() -> None:
    generator = random.Random(SEED)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        print(server.getsockname()[1], flush=True)  # noqa: T201 - the parent reads it
        while True:
            question, client = server.recvfrom(4096)
            with suppress(OSError):
                server.sendto(spoiled(question, generator), client)


@contextmanager
def hostile_upstream() -> Iterator[int]:
    """Run such an upstream as a process and yield its port."""
    command = [sys.executable, "-m", "tests.e2e.hostile_upstream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    main()
