from ipaddress import IPv4Address, IPv6Address

import dns.message
import dns.rrset
import pytest

from blocker.blocklist.entry import Scope
from blocker.dns.answers import encode_reply
from blocker.dns.codes import WEB_TYPES, Type, is_data
from blocker.dns.walk import Message, walk
from blocker.dns.wire import parse_query
from blocker.errors import WireError
from blocker.resolver.policy import UNSERVED, WEB, Policy, aliases, on_chain, undoes_the_block
from tests.resolver.listed import at, directive, index

LISTED = index(("propaganda.example", Scope.DOMAIN, directive()), serial=7)
POLICY = Policy((IPv4Address("192.0.2.66"),), (IPv6Address("2001:db8::66"),))


def answer(qtype: str, policy: Policy = POLICY, **how) -> dns.message.Message:
    """Return our answer to a question about the listed name."""
    query = parse_query(dns.message.make_query("propaganda.example", qtype, **how).to_wire())
    match = LISTED.match(query.name, at().wall)
    assert match
    decided = policy.answer(query, match, 7)
    assert decided
    return dns.message.from_wire(encode_reply(query, decided, 1232))


@pytest.mark.parametrize("qtype", ["A", "HTTPS", "ANY"])
def test_a_blocked_answer_says_by_which_directive_to_those_who_can_read_it(qtype):
    reply = answer(qtype, use_edns=0)
    assert [(option.code, option.text) for option in reply.options] == [(4, None), (16, "FR-2026-0042")]
    without = answer(qtype, use_edns=False)
    assert without.edns == -1


@pytest.mark.parametrize("qtype", ["A", "AAAA", "HTTPS"])
def test_dnssec_bits_change_nothing_in_a_blocked_answer(qtype):
    plain = answer(qtype, use_edns=0)
    flags = dns.flags.RD | dns.flags.CD | dns.flags.AD
    checked = answer(qtype, want_dnssec=True, flags=flags)
    assert (plain.answer, plain.authority) == (checked.answer, checked.authority)
    assert not checked.flags & (dns.flags.AD | dns.flags.AA)


@pytest.mark.parametrize("qtype", ["A", "AAAA"])
def test_a_page_without_an_address_of_that_family_is_no_data(qtype):
    reply = answer(qtype, Policy((), ()))
    assert (reply.answer, reply.authority[0].rdtype) == ([], dns.rdatatype.SOA)


def test_every_address_of_the_page_is_given():
    policy = Policy((IPv4Address("192.0.2.66"), IPv4Address("192.0.2.67")), ())
    reply = answer("A", policy)
    assert sorted(map(str, reply.answer[0])) == ["192.0.2.66", "192.0.2.67"]


def test_the_soa_carries_the_serial_of_the_list():
    reply = answer("HTTPS")
    assert reply.authority[0][0].serial == 7


def said(name: str, qtype: str, *records: str, rcode: str = "NOERROR") -> Message:
    response = dns.message.make_response(dns.message.make_query(name, qtype))
    response.set_rcode(dns.rcode.from_text(rcode))
    for record in records:
        owner, rtype, data = record.split(maxsplit=2)
        response.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, data))
    return walk(response.to_wire())


@pytest.mark.parametrize(
    ("message", "undoes"),
    [
        (said("propaganda.example", "MX", "propaganda.example. MX 10 mail.test."), False),
        (said("propaganda.example", "MX"), False),
        (said("propaganda.example", "MX", rcode="NXDOMAIN"), True),
        (said("propaganda.example", "MX", "propaganda.example. CNAME elsewhere.test."), True),
        (said("www.propaganda.example", "TXT", "propaganda.example. DNAME elsewhere.test."), True),
        (said("propaganda.example", "MX", "elsewhere.test. CNAME other.test."), False),
    ],
    ids=["mail", "no mail", "no such name", "an alias", "a DNAME", "an alias that is not listed"],
)
def test_what_passes_does_not_undo_the_block(message, undoes):
    assert undoes_the_block(message, lambda name: name.endswith("propaganda.example")) is undoes


def test_aliases_are_followed_from_the_question_in_their_order():
    records = ("c.test. CNAME d.test.", "a.test. CNAME b.test.", "b.test. CNAME c.test.", "x.test. CNAME y.test.")
    assert aliases(said("A.test", "A", *records)) == ("b.test", "c.test", "d.test")


def test_aliases_that_run_in_a_circle_end():
    assert aliases(said("a.test", "A", "a.test. CNAME b.test.", "b.test. CNAME a.test.")) == ("b.test", "a.test")


def heard(*records: str) -> Message:
    """Return an upstream's answer to www.example A."""
    response = dns.message.make_response(dns.message.make_query("www.example", "A"))
    for record in records:
        owner, rtype, data = record.split(maxsplit=2)
        response.answer.append(dns.rrset.from_text(owner, 60, "IN", rtype, data))
    return walk(response.to_wire())


SIGNATURE = "DNAME 8 2 60 20270101000000 20260101000000 1 example. AAAA"


@pytest.mark.parametrize(
    ("records", "left"),
    [
        (("www.example. A 192.0.2.1",), 1),
        (("www.example. CNAME a.test.", "a.test. CNAME b.test.", "b.test. A 192.0.2.1"), 3),
        (("b.test. A 192.0.2.1", "www.example. CNAME b.test."), 2),
        (("example. DNAME test.", f"example. RRSIG {SIGNATURE}", "www.example. CNAME www.test."), 3),
        (("www.example. A 192.0.2.1", "bank.test. A 192.0.2.66"), 1),
        (("www.example. CNAME a.test.", "a.test. A 192.0.2.1", "c.test. CNAME a.test."), 2),
        (("www.example. A 192.0.2.1", "example. A 192.0.2.66"), 1),
    ],
    ids=["plain", "a chain", "a chain in odd order", "a DNAME", "a stranger", "a stranger's alias", "the name above"],
)
def test_only_records_on_the_chain_from_the_question_are_kept(records, left):
    message = heard(*records)
    assert len(on_chain(message, aliases(message)).records) == left


def test_an_answer_to_another_question_is_none():
    message = heard("bank.test. A 192.0.2.66")
    with pytest.raises(WireError):
        on_chain(message, aliases(message))


def test_the_types_that_the_check_knows_as_the_webs_are_those_of_the_table():
    assert WEB_TYPES | {Type.ANY} == set(WEB)
    assert all(is_data(number) for number in WEB_TYPES)
    assert not any(is_data(number) for number in (Type.ANY, Type.OPT, *UNSERVED, 0, 65536))
