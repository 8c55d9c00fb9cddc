"""A client beside an attack: `python -m tests.soak._prober PORT [NAME…]` asks over UDP until its stdin ends.

It prints one line of JSON: how long each answer took, in milliseconds, and how many never came. It is a process of its
own, so that the attacker's work does not count as the resolver's.
"""

import json
import select
import socket
import sys
import time

import dns.message

BETWEEN = 0.005  # seconds
GIVES_UP = 2.0
NAMES = ("propaganda.example", "www.propaganda.example", "printer.local")  # listed, below it, and one answered here


def main() -> None:
    names = sys.argv[2:] or NAMES
    packets = [dns.message.make_query(name, "A", use_edns=0).to_wire()[2:] for name in names]
    took: list[float] = []
    lost = number = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", int(sys.argv[1])))
        client.settimeout(GIVES_UP)
        while not select.select([sys.stdin], [], [], BETWEEN)[0]:
            number += 1
            ident = (number & 0xFFFF).to_bytes(2, "big")
            began = time.perf_counter()
            client.send(ident + packets[number % len(packets)])
            try:
                while client.recv(4096)[:2] != ident:
                    pass
            except TimeoutError:
                lost += 1
            else:
                took.append((time.perf_counter() - began) * 1000)
    print(json.dumps({"took": took, "lost": lost}))


if __name__ == "__main__":
    main()
