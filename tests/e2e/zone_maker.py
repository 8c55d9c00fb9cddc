"""Zones made by a seeded generator, with all that zones may hold; and questions about what is there and what is not."""

import random  # noqa: TID251 - the same zones every time
from collections.abc import Callable, Iterator

TYPES = (
    "A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "PTR", "SRV", "CAA", "NAPTR", "DS", "DNSKEY", "HTTPS", "SVCB",
    "TLSA", "TYPE65280",
)  # fmt: skip
ZONE = "agree.example"
CHILD = f"child.{ZONE}"
LISTED = f"listed.{ZONE}"

_HOSTS = 160
_SOA = "SOA ns.{zone}. hostmaster.{zone}. 2026112100 7200 900 1209600 {minimum}"


class ZoneMaker:
    """One generator, two zones and the root above them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.hosts = [self._label() + ("" if n % 4 else f".{self._label()}") for n in range(_HOSTS)]

    def zonefiles(self) -> dict[str, str]:
        """Return each zone's text by its name."""
        root = [f". 86400 {_SOA.format(zone='example', minimum=900)}", ". 86400 NS ns.example."]
        root += ["ns.example. 86400 A 127.0.0.1", f"{ZONE}. 86400 NS ns.{ZONE}.", f"ns.{ZONE}. 86400 A 127.0.0.1"]
        return {".": _text(root), f"{ZONE}.": _text(self._zone()), f"{CHILD}.": _text(self._child())}

    def questions(self, count: int) -> Iterator[tuple[str, str]]:
        """Yield names, spelled in any case, and types; no question twice."""
        asked: set[tuple[str, str]] = set()
        while len(asked) < count:
            question = self._name(), self._random.choice(TYPES)
            if question not in asked:
                asked.add(question)
                yield (
                    "".join(self._random.choice((str.upper, str.lower))(letter) for letter in question[0]),
                    question[1],
                )

    def _name(self) -> str:
        host = self._random.choice(self.hosts)
        if self._random.random() < 0.5:
            return f"{host}.{ZONE}"
        return self._random.choice([
            f"alias{self._random.randrange(40)}.{ZONE}",
            f"{self._label()}.wild.{ZONE}", f"{self._label()}.{ZONE}", f"{self._label()}.{host}.{ZONE}", ZONE, CHILD,
            f"www.{CHILD}", f"{self._label()}.{CHILD}", f"www.dead.{ZONE}", f"{host}.moved.{ZONE}",
            f"dead.{ZONE}", f"below.empty.{ZONE}", f"empty.{ZONE}", f"long.{ZONE}", "example",
            f"{self._label()}.example", self._label(),
        ])  # fmt: skip

    def _zone(self) -> Iterator[str]:
        yield f"{ZONE}. 7200 {_SOA.format(zone=ZONE, minimum=300)}"
        yield f"{ZONE}. 3600 NS ns.{ZONE}."
        yield f"ns.{ZONE}. 3600 A 127.0.0.1"
        yield f"{CHILD}. 3600 NS ns.{CHILD}."
        yield f"ns.{CHILD}. 3600 A 127.0.0.1"
        yield f"{CHILD}. 3600 DS 4711 13 2 {'ab' * 32}"
        yield f"dead.{ZONE}. 3600 NS ns.dead.{ZONE}."
        yield f"ns.dead.{ZONE}. 3600 A 127.0.0.1"
        yield f"moved.{ZONE}. 600 DNAME {CHILD}."
        yield f"*.wild.{ZONE}. 120 A 192.0.2.77"
        yield f"*.wild.{ZONE}. 120 TXT wild"
        yield f"really.below.empty.{ZONE}. 60 A 192.0.2.78"
        yield f"{LISTED}. 600 A 198.51.100.1"
        yield f"{ZONE}. 600 DNSKEY 257 3 13 {'q' * 85}A=="
        yield from (f"long.{ZONE}. 60 TXT {'x' * 200}{n}" for n in range(20))
        for number in range(40):  # chains of aliases; the last one of each leads out of the zone, or nowhere
            onward = f"alias{number + 1}.{ZONE}" if number % 5 < 3 else self._random.choice(self.hosts) + f".{ZONE}"
            yield f"alias{number}.{ZONE}. {self._ttl()} CNAME {onward if number % 10 else 'nowhere.example'}."
        for host in self.hosts:
            for make in self._random.sample(self._makers(), self._random.randrange(4, 12)):
                ttl = self._ttl()  # one for each set of records (RFC 2181 §5.2)
                yield from (f"{host}.{ZONE}. {ttl} {make()}" for _ in range(self._random.randrange(1, 4)))

    def _child(self) -> Iterator[str]:
        yield f"{CHILD}. 7200 {_SOA.format(zone=CHILD, minimum=30)}"
        yield f"{CHILD}. 3600 NS ns.{CHILD}."
        yield f"ns.{CHILD}. 3600 A 127.0.0.1"
        yield f"www.{CHILD}. 300 A 192.0.2.80"
        yield f"www.{CHILD}. 300 HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80"
        yield from (f"{host}.{CHILD}. 300 AAAA 2001:db8::80" for host in self.hosts[:40])

    def _makers(self) -> list[Callable[[], str]]:
        number, host = self._random.randrange, lambda: f"{self._random.choice(self.hosts)}.{ZONE}."
        return [
            lambda: f"A 192.0.2.{number(256)}",
            lambda: f"AAAA 2001:db8::{number(65536):x}",
            lambda: f"MX {number(100)} {host()}",
            lambda: f'TXT "{self._label()}" "{self._label()} {self._label()}"',
            lambda: f"PTR {host()}",
            lambda: f"SRV {number(10)} {number(10)} {number(65536)} {host()}",
            lambda: f'CAA 0 issue "{self._label()}.example"',
            lambda: f'NAPTR {number(100)} 10 "S" "SIP+D2U" "" {host()}',
            lambda: f"HTTPS {number(1, 9)} . alpn=h2 ipv4hint=192.0.2.{number(256)} ipv6hint=2001:db8::{number(99)}",
            lambda: f"SVCB {number(1, 9)} {host()} port={number(65536)}",
            lambda: f"TLSA 3 1 1 {number(1 << 256):064x}",
            lambda: f"TYPE65280 \\# 4 {number(1 << 32):08x}",
        ]

    def _ttl(self) -> int:
        return self._random.choice([1, 30, 60, 300, 3600, 86400, 604800])

    def _label(self) -> str:
        return "".join(self._random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8))


def _text(records: Iterator[str] | list[str]) -> str:
    return "".join(f"{record}\n" for record in records)
