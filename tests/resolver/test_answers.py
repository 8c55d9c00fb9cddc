"""Every row of answers.txt, from a client's datagram to our answer, with an upstream that says what stands there."""

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from _pytest.mark import ParameterSet
from dns.edns import EDECode

from blocker.blocklist.entry import Scope
from blocker.blocklist.index import Index
from blocker.dns.walk import Message, walk
from blocker.resolver.cache import Instant
from blocker.resolver.engine import AskUpstream, Reply
from tests.resolver.listed import at, directive, index
from tests.resolver.questions import packet, read
from tests.resolver.test_engine import Resolver

OWN_TTL, UPSTREAM_TTL = 60, 300
REFERENCE = "FR-2026-0042"
SOA = "ns.test. mail.test. 7 3600 600 86400 60"


class Row(NamedTuple):
    """One case."""

    question: str
    listed: str
    upstream: str
    answer: str


def chapters() -> list[ParameterSet]:
    """Return the rows that are asked of one resolver each."""
    found: list[tuple[str, list[Row]]] = []
    for number, line in enumerate((Path(__file__).parent / "answers.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        row = Row(*line.split(" | "))
        if not row.question.startswith("& "):
            found.append((f"line {number}: {row.question}", []))
        found[-1][1].append(row._replace(question=row.question.removeprefix("& ")))
    return [pytest.param(rows, id=name) for name, rows in found]


def listed(text: str, serial: int) -> Index:
    entries = []
    for entry in text.split("; ") if text != "nothing" else ():
        name, scope, *settings = entry.split()
        given = dict(setting.partition("=")[::2] for setting in settings)
        under = directive(
            given.get("ref", REFERENCE),
            issued=timedelta(days=int(given.get("issued", -1))),
            expires=timedelta(seconds=int(given.get("expires", 1_000_000))),
            record_types=given["types"].split(",") if "types" in given else None,
            aliases="aliases" in given,
            exceptions=given["except"].split(",") if "except" in given else (),
        )
        entries.append((name, Scope(scope), under))
    return index(*entries, serial=serial)


def asked(text: str) -> tuple[bytes, Instant]:
    name, qtype, *how = text.split()
    given = dict(one.partition("=")[::2] for one in how)
    flags = dns.flags.RD * ("-rd" not in given) | dns.flags.AD * ("+ad" in given) | dns.flags.CD * ("+cd" in given)
    rdclass = dns.rdataclass.from_text(given.get("class", "IN"))
    edns = False if "-edns" in given else 0
    question = packet(name, qtype, rdclass=rdclass, flags=flags, use_edns=edns, want_dnssec="+do" in given)
    return question, at(int(given.get("at", 0)))


def said(text: str, question: bytes) -> Message:
    """Return what an upstream says to the packet `question`."""
    response = dns.message.make_response(dns.message.from_wire(question))
    for word in text.split("; "):
        first, *rest = word.split()
        if first in {"NODATA", "NXDOMAIN"}:
            response.authority.append(dns.rrset.from_text("example.", UPSTREAM_TTL, "IN", "SOA", SOA))
        if first == "AD":
            response.flags |= dns.flags.AD
        elif first == "EDE":
            response.use_edns(0, options=[dns.edns.EDEOption(EDECode(int(code))) for code in rest])
        elif first in dns.rcode.Rcode.__members__:
            response.set_rcode(dns.rcode.from_text(first))
        elif first != "NODATA":
            section = response.additional if first == "+" else response.answer
            owner, _, data = word.removeprefix("+ ").partition(" ")
            if not owner.endswith("."):
                owner, data = str(response.question[0].name), word
            rtype, _, data = data.partition(" ")
            section.append(dns.rrset.from_text(owner, UPSTREAM_TTL, "IN", rtype, data))
    return walk(response.to_wire(max_size=65535))


def as_words(reply: dns.message.Message) -> str:
    """Return a reply in the words of the table."""
    sections = [
        f"{mark}{owner(rrset, reply)}{dns.rdatatype.to_text(rrset.rdtype)} {data}"
        for mark, section in (("", reply.answer), ("+ ", reply.additional))
        for rrset in section
        for data in rrset
    ]
    soa = [f"SOA {rrset.name.to_text(omit_final_dot=True)}" for rrset in reply.authority]
    rcode = [] if reply.rcode() == dns.rcode.NOERROR else [dns.rcode.to_text(reply.rcode())]
    errors = [code_of(option) for option in reply.options]
    nodata = ["NODATA"] if not (sections or soa or rcode) else []
    authentic = ["AD"] if reply.flags & dns.flags.AD else []
    why = ["EDE", *errors] if errors else []
    return " ".join([*rcode, *(["; ".join(sections)] if sections else []), *soa, *nodata, *authentic, *why])


def owner(rrset: dns.rrset.RRset, reply: dns.message.Message) -> str:
    return "" if rrset.name == reply.question[0].name else f"{rrset.name} "


def code_of(option: dns.edns.Option) -> str:
    assert isinstance(option, dns.edns.EDEOption)
    return f"{int(option.code)}({option.text})" if option.text not in {None, REFERENCE} else str(int(option.code))


def check_what_goes_for_every_reply(reply: dns.message.Message, question: bytes) -> None:
    assert not reply.flags & (dns.flags.AA | dns.flags.TC)
    assert reply.flags & dns.flags.RA
    assert reply.question == dns.message.from_wire(question).question
    if any(int(option.code) == EDECode.CENSORED for option in reply.options):
        assert {rrset.ttl for rrset in (*reply.answer, *reply.authority)} == {OWN_TTL}
        assert {rrset[0].minimum for rrset in reply.authority} <= {OWN_TTL}


@pytest.mark.parametrize("chapter", chapters())
def test_each_question_has_its_answer(chapter):
    resolver = Resolver(None)
    in_force = ""
    for serial, row in enumerate(chapter, 1):
        question, now = asked(row.question)
        if row.listed not in {"same", in_force} or row.upstream == "kept":
            in_force = row.listed
            resolver.engine.use(listed(row.listed, serial), now)
        decision = resolver.ask(question, now)
        assert isinstance(decision, AskUpstream) == (row.upstream not in {"-", "kept"})
        if isinstance(decision, AskUpstream):
            reply = read(resolver.engine.answered(decision, said(row.upstream, decision.packet), now).packet)
        else:
            assert decision
            reply = decision
        assert as_words(reply) == row.answer
        check_what_goes_for_every_reply(reply, question)
        for _ in ("decided again", "from the cache"):
            assert as_words(resolver.answer(question, now)) == row.answer
        over_tcp = resolver.engine.receive(question, now, tcp=True)
        assert isinstance(over_tcp, Reply)
        assert as_words(read(over_tcp.packet)) == row.answer
