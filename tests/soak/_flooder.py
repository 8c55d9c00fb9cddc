"""A flood of random labels: `python -m tests.soak._flooder PORT A_SECOND COUNT`; no label is asked for twice.

It sends at a steady rate, waits for what is still due, and prints one line of JSON: how many were sent, in how many
seconds, and how many nobody answered.
"""

import json
import secrets
import socket
import sys
import time

from blocker.dns.answers import encode_query, encode_question
from blocker.dns.codes import Type

RECEIVE_BUFFER = 4 << 20  # octets; the system may grant less
PATIENCE = 5.0  # seconds for the last answers; a resolver gives up after four


def main() -> None:
    port, a_second, count = map(int, sys.argv[1:])
    due: dict[bytes, int] = {}
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        client.settimeout(0.001)
        began = time.monotonic()
        ended = 0.0
        while sent < count or (due and time.monotonic() < ended + PATIENCE):
            while sent < min(count, (time.monotonic() - began) * a_second):
                ident = (sent & 0xFFFF).to_bytes(2, "big")
                name = f"{secrets.token_hex(8)}.flooded.example"
                client.send(ident + encode_query(encode_question(name, Type.A))[2:])
                due[ident] = sent
                sent += 1
                ended = time.monotonic()
            try:
                due.pop(client.recv(4096)[:2], None)
            except TimeoutError:
                continue
    print(json.dumps({"sent": sent, "seconds": ended - began, "unanswered": len(due)}))


if __name__ == "__main__":
    main()
