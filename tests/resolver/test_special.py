import re
from pathlib import Path

import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from blocker.blocklist.entry import Scope
from blocker.dns.answers import encode_reply
from blocker.dns.wire import parse_query
from blocker.resolver.engine import AskUpstream, Reply
from blocker.resolver.special import TABLE, TTL, Kind, local_answer
from tests.resolver.listed import NOW, directive, index
from tests.resolver.questions import packet, read
from tests.resolver.test_engine import PAGE, Resolver, says

# A space inside a name is written `\ `, as in master files.
ROWS = [
    re.split(r"(?<!\\) +", line, maxsplit=2)
    for line in (Path(__file__).parent / "special.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def as_words(reply: dns.message.Message) -> str:
    records = [
        f"{dns.rdatatype.to_text(rrset.rdtype)} {data}" for rrset in reply.answer for data in rrset if rrset.ttl == TTL
    ]
    if records:
        return ", ".join(records)
    (soa,) = reply.authority
    assert soa.ttl == soa[0].minimum == TTL
    assert soa[0].mname == soa.name
    rcode = "NODATA" if reply.rcode() == dns.rcode.NOERROR else dns.rcode.to_text(reply.rcode())
    return f"{rcode} {soa.name.to_text(omit_final_dot=True).lower()}"


def said(name: str, qtype: str, *, trial: bool = False) -> str:
    query = parse_query(packet(name, qtype))
    answer = local_answer(query, trial=trial)
    return as_words(read(encode_reply(query, answer, 1232))) if answer else "pass"


@pytest.mark.parametrize(("name", "qtype", "expected"), ROWS, ids=lambda word: str(word)[:40])
def test_each_question_about_a_special_name_has_its_answer(name, qtype, expected):
    assert said(name, qtype) == expected


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_of_the_table_holds_for_the_name_and_below_it(row):
    below = said(f"something.{row.name}", "A")
    assert (
        below
        == {
            Kind.LOOPBACK: "A 127.0.0.1",
            Kind.ABSENT: f"NXDOMAIN {row.name}",
            Kind.EMPTY_ZONE: f"NXDOMAIN {row.name}",
            Kind.TRIAL: f"NXDOMAIN {row.name}",
            Kind.UPSTREAM: "pass",
        }[row.kind]
    )
    assert (said(row.name, "A") == "pass") == (row.kind is Kind.UPSTREAM)


def test_a_trial_list_lets_names_under_test_through_and_no_other():
    passed = {row.name for row in TABLE if said(f"www.{row.name}", "A", trial=True) == "pass"}
    assert passed == {"test", "example", "ipv4only.arpa"}


@pytest.mark.parametrize("name", ["www.invalid", "www.test", "propaganda.onion", "www.localhost", "4.10.in-addr.arpa"])
def test_a_listed_name_is_blocked_however_special_it_is(name):
    resolver = Resolver(index((name, Scope.DOMAIN, directive())))
    assert says(resolver.answer(packet(name))) == f"NOERROR {PAGE}"
    resolver.question(packet(name, "MX"))  # its mail passes, as that of any blocked name


def test_a_special_name_is_answered_without_recursion_and_from_the_cache():
    resolver = Resolver()
    for asked in (packet("printer.local", flags=0), packet("printer.local"), packet("Printer.Local", use_edns=0)):
        for _ in range(2):
            assert says(resolver.answer(asked)) == "NXDOMAIN"


def test_a_special_name_is_answered_over_tcp_and_with_edns():
    decision = Resolver().engine.receive(packet("printer.local", want_dnssec=True), NOW, tcp=True)
    assert isinstance(decision, Reply)
    reply = read(decision.packet)
    assert (reply.rcode(), reply.edns, reply.ednsflags) == (dns.rcode.NXDOMAIN, 0, dns.flags.DO)


def test_an_ordinary_name_goes_upstream():
    assert isinstance(Resolver().engine.receive(packet("www.example"), NOW), AskUpstream)


def names_of(cell: str) -> list[str]:
    """Read the names in a cell of the documentation's table; `16…31.x` stands for 16.x to 31.x."""
    found = []
    for name in re.findall(r"`([^`]+)`", cell):
        whole_range = re.fullmatch(r"(\d+)…(\d+)\.(.+)", name)
        first, last, rest = whole_range.groups() if whole_range else ("0", "-1", "")
        found += [f"{number}.{rest}" for number in range(int(first), int(last) + 1)] or [name]
    return found


def test_the_documentation_tells_of_every_special_name():
    text = (Path(__file__).parents[2] / "docs" / "RESOLVER.md").read_text(encoding="utf-8")
    told = text.partition("## Special-use names")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+) \| (.+) \| (.+) \|$", told, re.MULTILINE)
    documented = [(name, said, source) for cell, said, source in rows for name in names_of(cell)]
    assert documented == [(row.name, row.kind.value, row.source) for row in TABLE]
