import pytest

from blocker.blocklist.entry import Scope
from blocker.dns.walk import Message
from blocker.resolver.reasons import reason
from tests.resolver.listed import NOW, directive, index
from tests.resolver.questions import packet, query, upstream
from tests.resolver.test_engine import Resolver

LISTED = index(
    ("propaganda.example", Scope.DOMAIN, directive("FR-2026-0001", exceptions=["mail.propaganda.example"])),
    ("followed.example", Scope.HOST, directive("FR-2026-0002", aliases=True)),
    ("mail-too.example", Scope.HOST, directive("FR-2026-0003", record_types=["A", "MX"])),
)
PASSES = "listed, but this type passes: the upstream answers"
CLEAN = "clean: the upstream answers"


def said(name: str, qtype: str, *records: str, rcode: str = "NOERROR") -> Message:
    return upstream(packet(name, qtype), *records, rcode=rcode)


@pytest.mark.parametrize(
    ("name", "qtype", "records", "verdict", "listed"),
    [
        ("www.propaganda.example", "A", (), "the warning page's addresses", "propaganda.example"),
        ("propaganda.example", "HTTPS", (), "the name exists, such data does not", "propaganda.example"),
        ("propaganda.example", "ANY", (), "one HINFO record (RFC 8482)", "propaganda.example"),
        ("mail-too.example", "MX", (), "the name exists, such data does not", "mail-too.example"),
        (
            "propaganda.example",
            "MX",
            ("propaganda.example. 9 MX 1 m.test.",),
            PASSES,
            "propaganda.example",
        ),
        (
            "propaganda.example",
            "MX",
            ("propaganda.example. 9 CNAME m.test.",),
            "listed, this type passes, but what the upstream says would undo the block: no such data",
            "propaganda.example",
        ),
        ("mail.propaganda.example", "A", ("mail.propaganda.example. 9 A 192.0.2.1",), CLEAN, None),
        (
            "www.example",
            "A",
            ("www.example. 9 CNAME a.test.", "a.test. 9 CNAME followed.example.", "followed.example. 9 A 192.0.2.1"),
            "an alias of followed.example, whose directive extends to aliases: the warning page's addresses",
            "followed.example",
        ),
        ("www.example", "MX", ("www.example. 9 CNAME followed.example.",), CLEAN, None),
        ("www.example", "A", ("www.example. 9 CNAME propaganda.example.",), CLEAN, None),
        ("printer.local", "A", (), "a special-use name: answered here, never asked upstream", None),
        ("www.example", "A", (), CLEAN, None),
        ("www.example", "AXFR", (), "not served for any name: REFUSED", None),
    ],
)
def test_the_reason_of_an_answer_is_told(name, qtype, records, verdict, listed):
    message = said(name, qtype, *records) if records else None
    found = reason(query(name, qtype), message, LISTED, NOW.wall)
    assert found.verdict == verdict
    assert (found.match and found.match.name) == listed


@pytest.mark.parametrize("name", ["propaganda.example", "www.example", "mail.propaganda.example", "followed.example"])
@pytest.mark.parametrize("qtype", ["A", "AAAA", "HTTPS", "MX", "TXT", "ANY", "AXFR"])
@pytest.mark.parametrize("alias", [(), ("propaganda.example",), ("followed.example",)], ids=["", "listed", "followed"])
def test_what_is_told_is_what_is_done(name, qtype, alias):
    resolver = Resolver(LISTED)
    records = [f"{name}. 9 CNAME {target}." for target in alias]
    asked = packet(name, qtype, use_edns=0)
    decision = resolver.engine.receive(asked, NOW)
    message = said(name, qtype, *records)
    found = reason(query(name, qtype), message, LISTED, NOW.wall)
    if found.verdict == CLEAN or found.verdict.startswith("listed, but"):
        reply = resolver.fill(asked, *records)
        assert not reply.options
    elif found.private:
        assert hasattr(decision, "packet")
    else:
        reply = resolver.answer(asked) if not hasattr(decision, "query") else resolver.fill(asked, *records)
        assert [int(option.code) for option in reply.options] == [4, 16]


def test_without_a_list_there_is_no_verdict():
    assert reason(query(), None, None, NOW.wall).verdict == "no list is in force"
