import dns.edns
import dns.flags
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.dns.answers import Answer, from_upstream, record
from blocker.dns.codes import Rcode, Type
from blocker.dns.walk import Message
from blocker.dns.wire import parse_query
from blocker.resolver.cache import Cache, Entry, Instant
from blocker.resolver.lifetime import DEFAULT_TTLS, Ttls, from_message, lifetime
from tests.dns.packet_files import packets
from tests.resolver.listed import NOW, at
from tests.resolver.questions import packet, query, read, upstream

ADDRESS = Answer(Rcode.NOERROR, (1, 0, 0), record(Type.A, 60, bytes([192, 0, 2, 1])))
RECORD = "www.example. 300 A 192.0.2.1"


def entry_of(message: Message, now: Instant = NOW, ttls: Ttls = DEFAULT_TTLS) -> Entry:
    return from_message(message, from_upstream(message, additional=True), now, ttls, match=None, aliases=())


def cache_with(asked: bytes, message: Message) -> Cache:
    """Return a cache that has once answered `asked` with what the upstream said."""
    cache = Cache()
    keep(cache, asked, entry_of(message))
    return cache


def keep(cache: Cache, asked: bytes, entry: Entry) -> bytes:
    """Answer as the engine does, and return the reply."""
    question = parse_query(asked)
    cache.store(question, entry)
    reply = entry.reply(question, at(), question.udp_limit)
    for _ in range(2):  # what came once has no form yet
        cache.remember(asked, question, entry, reply, at())
    return reply


def test_a_hit_copies_the_clients_id_and_spelling():
    asked = packet()
    cache = cache_with(asked, upstream(asked, RECORD))
    again = packet("wWw.eXample")
    reply = cache.lookup(again, at())
    assert reply
    assert reply[:2] == again[:2]
    assert read(reply).question[0].name.to_text() == "wWw.eXample."
    assert read(reply).answer[0].name.to_text() == "wWw.eXample."


def test_a_reply_from_the_cache_is_the_one_that_the_engine_gave():
    asked = packet(use_edns=0, want_dnssec=True)
    entry = entry_of(upstream(asked, RECORD))
    cache = Cache()
    cache.store(parse_query(asked), entry)
    assert cache.lookup(asked, at()) is None  # nobody was answered in this form yet
    assert keep(cache, asked, entry) == cache.lookup(asked, at())


@pytest.mark.parametrize("how", [{}, {"use_edns": 0}, {"use_edns": 0, "payload": 4096}, {"flags": "RD AD"}])
def test_each_shape_of_a_question_gets_its_own_form_of_one_answer(how):
    if "flags" in how:
        how = {"flags": dns.flags.from_text(how["flags"])}
    first, asked = packet(), packet(**how)
    cache = cache_with(first, upstream(first, RECORD))
    entry = cache.find(parse_query(asked), at())
    assert entry
    assert keep(cache, asked, entry) == cache.lookup(asked, at())
    assert len(cache) == 1


@pytest.mark.parametrize(
    "other",
    [
        packet("www2.example"),
        packet(qtype="AAAA"),
        packet(rdclass="CH"),
        packet(flags=0),
        packet(flags=dns.flags.RD | dns.flags.CD),
        packet(use_edns=0, want_dnssec=True),
    ],
    ids=["name", "type", "class", "no recursion", "checking disabled", "dnssec"],
)
def test_what_changes_the_answer_is_part_of_the_key(other):
    asked = packet()
    assert cache_with(asked, upstream(asked, RECORD)).lookup(other, at()) is None


def test_a_type_is_no_letter_that_could_change_its_case():
    asked = packet(qtype="TYPE97")
    cache = cache_with(asked, upstream(asked, "www.example. 300 TYPE97 \\# 1 00"))
    assert cache.lookup(packet(qtype="HTTPS"), at()) is None  # 65 and 97 are A and a


@pytest.mark.parametrize(
    "uncommon",
    [
        packet(use_edns=0, options=[dns.edns.NSIDOption(b"")]),
        packet(use_edns=1),
        packet(ednsflags=0x0040),
        packet()[:-1],
        packet() + b"\0",
        packet()[:2] + b"\x81" + packet()[3:],
        packet()[:2] + b"\x29" + packet()[3:],
        packet()[:4] + b"\0\2" + packet()[6:],
        b"",
        b"\0" * 11,
        b"\xff" * 40,
    ],
    ids=[
        "an option",
        "EDNS version 1",
        "an unknown EDNS flag",
        "cut short",
        "an octet too many",
        "an answer",
        "a notify",
        "two questions",
        "nothing",
        "less than a header",
        "all ones",
    ],
)
def test_an_uncommon_packet_is_left_to_the_engine(uncommon):
    asked = packet(use_edns=0)
    assert cache_with(asked, upstream(asked, RECORD)).lookup(uncommon, at()) is None


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.data())
def test_lookup_raises_nothing_and_finds_nothing_that_the_parser_would_refuse(data):
    asked = packet("aAa.example", use_edns=0)
    cache = cache_with(asked, upstream(asked, "aaa.example. 300 A 192.0.2.1"))
    mutant = bytearray(data.draw(st.sampled_from([asked, *packets("questions.txt")])))
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(mutant)))
        mutant[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    if cache.lookup(bytes(mutant), at()) is not None:
        found = parse_query(bytes(mutant))
        assert (found.name, found.qtype, found.qclass, found.rd) == ("aaa.example", 1, 1, True)


def test_a_name_with_a_nul_inside_is_left_to_the_engine():
    asked = b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"\3a\0b\0" + b"\0\1\0\1"
    cache = Cache()
    keep(cache, asked, Entry(ADDRESS, at(), 60))
    assert cache.lookup(asked, at()) is None


def test_ttls_count_down():
    asked = packet()
    cache = cache_with(asked, upstream(asked, RECORD, authority=("example. 600 NS ns.example.",)))
    for seconds, left in ((0, 300), (0.5, 295), (5, 295), (5.1, 290), (100.5, 195), (299, 0)):
        reply = cache.lookup(packet(), at(seconds))
        assert reply
        assert read(reply).answer[0].ttl == left  # at most what is left, and no more than a sixty-fourth less
        assert read(reply).authority[0].ttl == left + 300
    assert cache.lookup(packet(), at(300)) is None
    assert cache.find(query(), at(300)) is None


def test_a_ttl_is_at_most_an_hour():
    asked = packet()
    cache = cache_with(asked, upstream(asked, "www.example. 86400 A 192.0.2.1"))
    reply = cache.lookup(packet(), at(1))
    assert reply
    assert read(reply).answer[0].ttl == 3600 - 57


@pytest.mark.parametrize(
    ("ttls", "of_upstream", "told"),
    [
        (Ttls(0, 3600), 5, 5),
        (Ttls(30, 3600), 5, 30),
        (Ttls(30, 3600), 0, 30),
        (Ttls(30, 3600), 60, 60),
        (Ttls(30, 300), 60000, 300),
        (Ttls(0, 86400), 60000, 60000),
    ],
)
def test_the_operator_bounds_for_how_long_an_answer_is_kept_and_what_clients_are_told(ttls, of_upstream, told):
    asked = packet()
    for records in (
        [f"www.example. {of_upstream} A 192.0.2.1"],
        [f"www.example. {of_upstream} CNAME a.test.", "a.test. 86400 A 192.0.2.1"],
    ):
        entry = entry_of(upstream(asked, *records), ttls=ttls)
        assert entry.expires - at().monotonic == told
        assert read(entry.reply(parse_query(asked), at(), 512)).answer[0].ttl == told
    negative = upstream(asked, authority=(f"example. 900 SOA ns.example. mail.example. 1 2 3 4 {of_upstream}",))
    assert entry_of(negative, ttls=ttls).expires - at().monotonic == min(told, max(ttls.least, 900))


SOA = "example. 900 SOA ns.example. mail.example. 1 2 3 4 120"


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        (upstream(packet(), RECORD), 300),
        (
            upstream(packet(), RECORD, "www.example. 20 RRSIG A 8 2 300 20270101000000 20260101000000 1 example. AAAA"),
            20,
        ),
        (upstream(packet(), rcode="NXDOMAIN", authority=(SOA,)), 120),
        (upstream(packet(), authority=(SOA,)), 120),
        (upstream(packet(), authority=(SOA.replace("900", "60"),)), 60),
        (upstream(packet(), "www.example. 30 CNAME cdn.example.", authority=(SOA,)), 30),
        (upstream(packet(), "www.example. 30 CNAME cdn.example."), 0),
        (upstream(packet(), rcode="NXDOMAIN"), 0),
        (upstream(packet(), authority=("example. 600 NS ns.example.",)), 0),
        (upstream(packet(), "www.example. 0 A 192.0.2.1"), 0),
        (upstream(packet(qtype="ANY"), RECORD), 300),
    ],
    ids=[
        "the record's own",
        "the least of all",
        "no such name: the SOA's minimum",
        "no such data: the SOA's minimum",
        "the SOA's own TTL if that is less",
        "an alias to nothing",
        "an alias to nothing, without an SOA",
        "no such name, without an SOA",
        "a referral",
        "zero",
        "any type will do",
    ],
)
def test_an_answer_is_kept_as_long_as_it_says(message, seconds):
    assert lifetime(message, DEFAULT_TTLS) == seconds


def test_a_ttl_with_its_top_bit_set_is_zero():
    message = upstream(packet(), "www.example. 300 A 192.0.2.1")
    raw = bytearray(message.packet)
    raw[message.records[0].ttl_at] = 0x80
    changed = message.records[0]._replace(ttl=0x8000012C)
    assert lifetime(message._replace(packet=bytes(raw), records=(changed,)), DEFAULT_TTLS) == 0


def test_an_answer_without_time_to_live_is_not_kept():
    cache = Cache()
    cache.store(query(), Entry(ADDRESS, at(), 0))
    assert len(cache) == 0


def test_a_form_of_an_older_generation_waits_for_the_engine_though_its_entry_was_decided_again():
    asked, other = packet(), packet(use_edns=0)
    cache = cache_with(asked, upstream(asked, RECORD))
    entry = cache.find(query(), at())
    assert entry
    keep(cache, other, entry)
    cache.begin_generation(at(3600).wall)
    reply = keep(cache, asked, entry)
    assert cache.lookup(asked, at()) == reply
    assert cache.lookup(other, at()) is None


def test_no_entry_of_an_older_generation_is_given_out():
    asked = packet()
    cache = cache_with(asked, upstream(asked, RECORD))
    cache.begin_generation(at(3600).wall)
    assert cache.lookup(asked, at()) is None
    assert cache.find(query(), at()) is not None


def test_the_passing_of_an_expiry_holds_everything_back():
    cache = Cache()
    cache.begin_generation(at(60).wall)
    asked = packet()
    keep(cache, asked, entry_of(upstream(asked, RECORD)))
    assert cache.lookup(asked, at(59)) is not None
    assert cache.lookup(asked, at(60)) is None
    assert (cache.overtaken(at(59)), cache.overtaken(at(60))) == (False, True)


def test_what_does_not_fit_the_client_is_left_to_the_engine():
    asked = packet(qtype="TXT", use_edns=0, payload=1232)
    many = tuple(f"www.example. 300 TXT {'x' * 200}{n}" for n in range(4))
    cache = cache_with(asked, upstream(asked, *many))
    assert cache.lookup(packet(qtype="TXT", use_edns=0, payload=1232), at())
    assert cache.lookup(packet(qtype="TXT", use_edns=0, payload=512), at()) is None


def test_entries_stay_within_their_bound_and_those_in_use_stay():
    cache = Cache(entries=100)
    cache.store(query("used.example"), Entry(ADDRESS, at(), 60))
    for number in range(1000):
        cache.store(query(f"flood{number}.example"), Entry(ADDRESS, at(), 60))
        assert len(cache) <= 100
        assert cache.find(query("used.example"), at())
    assert cache.find(query("flood0.example"), at()) is None


def test_octets_stay_within_their_bound():
    cache = Cache(octets=1_000_000)
    big = Answer(Rcode.NOERROR, (1, 0, 0), bytes(20_000))
    for number in range(200):
        cache.store(query(f"big{number}.example"), Entry(big, at(), 60))
    assert len(cache) * 20_000 <= 1_000_000


@pytest.mark.parametrize("qtype", ["A", "HTTPS"])
def test_a_name_in_capitals_gets_the_ttls_that_are_left_in_its_own_spelling(qtype):
    asked = packet(qtype=qtype, use_edns=0)
    data = {"A": "192.0.2.1", "HTTPS": "1 ."}[qtype]
    cache = cache_with(asked, upstream(asked, f"www.example. 300 {qtype} {data}"))
    for name in ("www.example", "WWW.example"):
        reply = cache.lookup(packet(name, qtype, use_edns=0), at(100.5))
        assert reply
        assert read(reply).question[0].name.to_text() == f"{name}."
        assert (read(reply).answer[0].ttl, read(reply).edns) == (195, 0)


def test_a_question_comes_again_in_whatever_case_it_is_asked():
    cache = Cache()
    assert not cache.comes_again(query("www.example"))
    assert cache.comes_again(query("WWW.example"))
    assert not cache.comes_again(query("www2.example"))


def test_a_name_is_forgotten_with_all_below_and_no_other():
    cache = Cache()
    for name in ("www.example", "a.www.example", "b.a.www.example", "xwww.example", "example", "www.example.test"):
        keep(cache, packet(name), Entry(ADDRESS, at(), 60))
    assert cache.flush(b"\3www\7example\0") == 6  # three entries, three forms
    assert len(cache) == 3
    assert cache.lookup(packet("a.www.example"), at()) is None
    assert cache.lookup(packet("xwww.example"), at())


def test_forms_stay_within_their_bound_too():
    cache = Cache(entries=100)
    for number in range(1000):
        keep(cache, packet(f"flood{number}.example"), Entry(ADDRESS, at(), 60))
    assert len(cache._forms) <= 100
