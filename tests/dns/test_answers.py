import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.dns.answers import (
    Answer,
    encode_query,
    encode_question,
    encode_reply,
    extended_error,
    from_upstream,
    record,
    soa,
    strings,
)
from blocker.dns.codes import Ede, Rcode, Type, type_name, type_number
from blocker.dns.walk import walk
from blocker.dns.wire import parse_query

CENSORED = extended_error(Ede.FORGED_ANSWER) + extended_error(Ede.CENSORED, "FR-2026-0042")
ADDRESS = Answer(Rcode.NOERROR, (1, 0, 0), record(Type.A, 60, bytes([192, 0, 2, 1])), CENSORED)


def question(**how) -> bytes:
    return dns.message.make_query("WwW.Example", "A", **how).to_wire()


def reply_to(packet: bytes, answer: Answer, limit: int = 1232) -> dns.message.Message:
    reply = encode_reply(parse_query(packet), answer, limit)
    assert len(reply) <= limit
    parsed = dns.message.from_wire(reply)
    assert dns.message.from_wire(packet).is_response(parsed)
    return parsed


def test_a_reply_repeats_id_and_question_as_they_were_spelled():
    reply = reply_to(question(), ADDRESS)
    assert str(reply.question[0].name) == "WwW.Example."
    assert str(reply.answer[0]) == "WwW.Example. 60 IN A 192.0.2.1"


def test_a_reply_is_neither_authoritative_nor_authentic():
    packet = question(flags=dns.flags.RD | dns.flags.AD | dns.flags.CD, want_dnssec=True)
    flags = dns.flags.to_text(reply_to(packet, ADDRESS).flags)
    assert flags == "QR RD RA CD"


def test_extended_errors_go_to_clients_that_sent_edns():
    options = reply_to(question(use_edns=0), ADDRESS).options
    assert [(option.code, option.text) for option in options] == [(4, None), (16, "FR-2026-0042")]
    assert reply_to(question(use_edns=False), ADDRESS).edns == -1


def test_the_do_bit_is_repeated():
    assert reply_to(question(want_dnssec=True), ADDRESS).ednsflags & dns.flags.DO
    assert not reply_to(question(use_edns=0), ADDRESS).ednsflags & dns.flags.DO


@pytest.mark.parametrize("edns", [False, 0])
def test_what_does_not_fit_is_truncated_with_its_question_kept(edns):
    body = b"".join(record(Type.TXT, 60, strings("x" * 200)) for _ in range(4))
    reply = reply_to(question(use_edns=edns), Answer(Rcode.NOERROR, (4, 0, 0), body), 512)
    assert reply.flags & dns.flags.TC
    assert len(reply.question) == 1
    assert not reply.answer


def test_an_soa_carries_its_ttl_as_its_minimum():
    answer = Answer(Rcode.NOERROR, (0, 1, 0), soa(b"\xc0\x10", 7, 60))
    assert str(reply_to(question(), answer).authority[0]) == "Example. 60 IN SOA . . 7 60 60 60 60"


def test_our_own_question_asks_for_recursion_and_carries_what_the_client_set():
    wire = encode_query(encode_question("www.example", Type.A), cd=True, do=True)
    parsed = dns.message.from_wire(wire)
    assert dns.flags.to_text(parsed.flags) == "RD CD"
    assert (parsed.payload, parsed.ednsflags) == (1232, dns.flags.DO)
    assert parsed.options == ()
    assert str(parsed.question[0]) == "www.example. IN A"


def test_what_an_upstream_said_keeps_of_its_opt_record_the_extended_errors_alone():
    response = dns.message.make_response(dns.message.make_query("example", "MX", use_edns=0))
    response.answer.append(dns.rrset.from_text("example.", 60, "IN", "MX", "10 mail.example."))
    response.additional.append(dns.rrset.from_text("mail.example.", 60, "IN", "A", "192.0.2.1"))
    stale = dns.edns.EDEOption(dns.edns.EDECode.STALE_ANSWER, "stale")
    response.use_edns(0, options=[dns.edns.CookieOption(b"12345678", b"abcdefgh"), stale])
    message = walk(response.to_wire())
    packet = dns.message.make_query("example", "MX", use_edns=0).to_wire()
    whole = reply_to(packet, from_upstream(message, additional=True))
    assert (len(whole.answer), len(whole.additional)) == (1, 1)
    assert [(option.code, option.text) for option in whole.options] == [(3, "stale")]
    bare = reply_to(packet, from_upstream(message, additional=False))
    assert (len(bare.answer), len(bare.additional)) == (1, 0)


@pytest.mark.parametrize(
    ("name", "number"), [("MX", 15), ("TYPE15", 15), ("CAA", 257), ("TYPE65280", 65280), ("NOPE", None)]
)
def test_types_have_names(name, number):
    assert type_number(name) == number


def test_a_type_without_a_name_is_written_by_its_number():
    assert (type_name(15), type_name(65280)) == ("MX", "TYPE65280")


SIZES = st.one_of(st.none(), st.sampled_from([0, 1, 511, 512, 513, 1231, 1232, 1233, 4096, 65535]))
LONG_NAME = ".".join(["x" * 63] * 3 + ["x" * 61])


@settings(max_examples=300, derandomize=True, deadline=None)
@given(SIZES, st.integers(0, 40), st.integers(0, 900), st.sampled_from(["example", LONG_NAME]))
def test_no_answer_over_udp_is_longer_than_the_client_and_1232_octets_allow(size, records, options, name):
    asked = dns.message.make_query(name, "TXT", use_edns=False if size is None else 0, payload=size or 0)
    query = parse_query(asked.to_wire())
    body = record(Type.TXT, 60, strings("x" * 50)) * records
    explained = extended_error(Ede.CENSORED, "y" * options)
    reply = encode_reply(query, Answer(Rcode.NOERROR, (records, 0, 0), body, explained), query.udp_limit)
    assert len(reply) <= min(max(size or 0, 512), 1232)
    read = dns.message.from_wire(reply)
    assert read.question == asked.question
    assert (read.edns == 0) == (size is not None)
    whole = 12 + len(query.question) + len(body) + (11 + len(explained)) * (size is not None)
    assert bool(read.flags & dns.flags.TC) == (whole > query.udp_limit)
    assert len(read.answer) == (0 if read.flags & dns.flags.TC else bool(records))


def test_no_option_of_a_client_comes_back():
    options = [
        dns.edns.GenericOption(dns.edns.OptionType.make(65001), b"anything"),
        dns.edns.ECSOption("198.51.100.7"),
        dns.edns.CookieOption(b"12345678", b""),
        dns.edns.GenericOption(dns.edns.NSID, b""),
        dns.edns.GenericOption(dns.edns.PADDING, bytes(100)),
    ]
    query = parse_query(dns.message.make_query("example", "A", options=options, ednsflags=0x7FFF).to_wire())
    reply = dns.message.from_wire(encode_reply(query, Answer(), 1232))
    assert (reply.options, reply.ednsflags & 0xFFFF, reply.payload) == ((), 0, 1232)
