import dns.message
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.dns.walk import walk
from blocker.errors import WireError
from tests.dns.mutations import SEEDED, mutated
from tests.dns.packet_files import UPSTREAMS, cases, each, packets
from tests.dns.steps import steps

MANY = 1000
STEPS_PER_OCTET = 5  # and some for the header; an answer's cost grows with its length and no faster


def outcome(packet: bytes) -> str:
    try:
        message = walk(packet)
    except WireError:
        return "refused"
    if len(message.records) > MANY:
        return f"*{len(message.records)}"
    return "; ".join(
        f"{one.section.name.lower()} {one.owner} {one.type} {one.ttl}" + (f" → {one.target}" if one.target else "")
        for one in message.records
    )


@pytest.mark.parametrize(("packet", "expected"), cases(*UPSTREAMS))
def test_each_packet_of_an_upstream_has_its_outcome(packet, expected):
    assert outcome(packet) == expected


@pytest.mark.parametrize(("packet", "expected"), cases("answers.txt"))
def test_no_prefix_of_a_good_answer_is_taken_for_the_whole(packet, expected):
    outcomes = {outcome(packet[:length]) for length in range(len(packet))}
    assert outcomes <= {"refused"} or expected == "refused"


@settings(SEEDED, max_examples=600)
@given(mutated(packets(*UPSTREAMS)))
def test_a_mutated_answer_is_refused_or_read_within_its_octets(packet):
    try:
        read = walk(packet)
    except WireError:
        return
    ends = [one.end for one in read.records]
    assert all(one.ttl_at + 4 < one.end for one in read.records)
    assert ends == sorted(ends)
    assert max([read.body_end, *ends]) <= len(packet)


LABEL = st.text("abcXYZ019-_", min_size=1, max_size=12)
NAME = st.lists(LABEL, min_size=1, max_size=6).map(".".join)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.tuples(NAME, NAME), min_size=1, max_size=12))
def test_names_and_places_are_read_as_dnspython_wrote_them(pairs):
    message = dns.message.make_response(dns.message.make_query(pairs[0][0], "A"))
    for owner, target in pairs:
        message.answer.append(dns.rrset.from_text(owner + ".", 300, "IN", "CNAME", target + "."))
    read = walk(message.to_wire())
    written = [(owner.lower(), target.lower()) for owner, target in pairs]
    assert [(one.owner, one.target) for one in read.records] == written
    for one in read.records:
        assert read.packet[one.ttl_at : one.ttl_at + 4] == (300).to_bytes(4, "big")
    assert read.body_end == read.records[-1].end


def chain_of_pointers() -> bytes:
    """Each owner points at the owner before it."""
    packet = b"\0\1\x81\x80\0\1\x14\x00\0\0\0\0" + b"\0\0\1\0\1"
    at = 12
    for _ in range(0x1400):
        packet += (0xC000 | at & 0x3FFF).to_bytes(2, "big") + b"\0\x0a\0\1\0\0\0\0\0\0"
        at = len(packet) - 12
    return packet


def many_pointers_to_a_long_name() -> bytes:
    packet = b"\0\1\x81\x80\0\1\x14\x00\0\0\0\0" + b"\x01a" * 126 + b"\0\0\1\0\1"
    record = b"\0\x0a\0\1\0\0\0\0\0\0"
    return packet + b"".join((0xC00C + 2 * (n % 126)).to_bytes(2, "big") + record for n in range(0x1400))


def nothing_but_pointers() -> bytes:
    return b"\0\1\x81\x80\0\1" + b"\xc0" * 65000


@pytest.mark.parametrize(
    "packet",
    [
        *each(*UPSTREAMS),
        *(
            pytest.param(make(), id=make.__name__)
            for make in (chain_of_pointers, many_pointers_to_a_long_name, nothing_but_pointers)
        ),
    ],
)
def test_the_cost_of_an_answer_grows_with_its_length_and_no_faster(packet):
    assert steps(lambda: outcome(packet)) < 200 + STEPS_PER_OCTET * len(packet)


def test_an_extended_rcode_is_put_together_from_header_and_opt():
    response = dns.message.make_response(dns.message.make_query("example", "A", use_edns=0))
    response.set_rcode(dns.rcode.BADVERS)
    assert walk(response.to_wire()).rcode == dns.rcode.BADVERS
