from functools import partial

import dns.message
import dns.rcode
import pytest
from hypothesis import given, settings

from blocker.dns.wire import MAX_QUERY, Query, parse_query
from blocker.errors import WireError
from tests.dns.mutations import SEEDED, mutated
from tests.dns.packet_files import CLIENTS, cases, each, packets
from tests.dns.steps import steps

MOST_STEPS = 3500  # of any packet; an honest question takes about 50


def outcome(packet: bytes) -> str:
    try:
        query = parse_query(packet)
    except WireError as error:
        return rcode_of(packet, error.reply)
    words = [query.name or ".", str(query.qtype), str(query.qclass)]
    if query.edns:
        words.append(f"edns={query.edns.size}")
        words += ["do"] * query.edns.do + ["options"] * query.edns.has_options
    return " ".join(words)


def rcode_of(packet: bytes, reply: bytes | None) -> str:
    if reply is None:
        return "drop"
    parsed = dns.message.from_wire(reply)
    assert reply[:2] == packet[:2]
    assert parsed.flags & dns.flags.QR
    assert (parsed.flags & dns.flags.RD) == (int.from_bytes(packet[2:4], "big") & dns.flags.RD)
    return dns.rcode.to_text(parsed.rcode()).replace("BADSIG", "BADVERS")


@pytest.mark.parametrize(("packet", "expected"), cases(*CLIENTS))
def test_each_packet_of_a_client_has_its_outcome(packet, expected):
    assert outcome(packet) == expected


@pytest.mark.parametrize("packet", each(*CLIENTS))
def test_no_prefix_of_a_packet_raises_anything_unforeseen(packet):
    for length in range(min(len(packet), 600)):
        assert outcome(packet[:length])


@pytest.mark.parametrize("packet", each(*CLIENTS))
def test_no_packet_costs_more_than_a_bounded_number_of_steps(packet):
    assert steps(lambda: outcome(packet)) < MOST_STEPS


def test_a_longer_packet_costs_no_more():
    longest = b"\0\1\1\0\0\1\0\0\0\0\0\1\0\0\1\0\1\0\0\x29\4\xd0\0\0\0\0"
    packets_of_options = [
        longest + octets.to_bytes(2, "big") + b"\xfd\xe9\0\0" * (octets // 4)
        for octets in (MAX_QUERY, 2 * MAX_QUERY, 64000)
    ]
    assert max(steps(partial(outcome, packet)) for packet in packets_of_options) < 50


@settings(SEEDED, max_examples=600)
@given(mutated(packets(*CLIENTS)))
def test_no_mutation_of_a_packet_raises_anything_unforeseen(packet):
    assert outcome(packet)


def test_the_question_is_kept_as_the_client_spelled_it():
    packet = dns.message.make_query("PropaGanda.Example", "A", use_edns=False).to_wire()
    assert parse_query(packet).question == packet[12:]


def test_a_reply_to_an_unknown_edns_version_keeps_the_question_and_names_ours():
    query = dns.message.make_query("example", "A", use_edns=7)
    with pytest.raises(WireError) as refused:
        parse_query(query.to_wire())
    assert refused.value.reply is not None
    reply = dns.message.from_wire(refused.value.reply)
    assert reply.rcode() == dns.rcode.BADVERS
    assert reply.edns == 0
    assert reply.question == query.question


def test_the_limit_for_udp_lies_between_512_and_1232():
    def limit(size: int | None) -> int:
        query = dns.message.make_query("example", "A", use_edns=0 if size else False, payload=size or 0)
        parsed = parse_query(query.to_wire())
        assert isinstance(parsed, Query)
        return parsed.udp_limit

    assert [limit(size) for size in (None, 100, 512, 900, 1232, 4096, 65535)] == [512, 512, 512, 900, 1232, 1232, 1232]
