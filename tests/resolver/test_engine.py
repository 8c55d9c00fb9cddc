from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import dns.message
import dns.rcode
import pytest
from dns.edns import EDECode

from blocker.blocklist.entry import Scope
from blocker.blocklist.index import Index
from blocker.dns.codes import Ede
from blocker.resolver.cache import Cache, Instant
from blocker.resolver.engine import AskUpstream, Drop, Engine, Reply
from blocker.resolver.policy import Policy
from tests.dns.packet_files import CLIENTS, cases, packets
from tests.resolver.listed import NOW, at, directive, index
from tests.resolver.questions import packet, read, upstream

PAGE = "192.0.2.66"
EMPTY = index()
LISTED = index(("propaganda.example", Scope.DOMAIN, directive()), serial=2)


class Resolver:
    """An engine and its cache, asked as a lane asks them."""

    def __init__(self, listed: Index | None = LISTED, *, without_list: bool = False) -> None:
        self.cache = Cache()
        policy = Policy((IPv4Address(PAGE),), (IPv6Address("2001:db8::66"),))
        self.engine = Engine(self.cache, policy, "redhand 9.9", without_list=without_list)
        if listed:
            self.engine.use(listed, at())

    def ask(self, asked: bytes, now: Instant = NOW, **how) -> dns.message.Message | AskUpstream | None:
        kept = self.cache.lookup(asked, now)
        decision = Reply(kept) if kept else self.engine.receive(asked, now, **how)
        if isinstance(decision, Drop):
            return None
        return read(decision.packet) if isinstance(decision, Reply) else decision

    def answer(self, asked: bytes, now: Instant = NOW, **how) -> dns.message.Message:
        reply = self.ask(asked, now, **how)
        assert isinstance(reply, dns.message.Message)
        return reply

    def question(self, asked: bytes, now: Instant = NOW) -> AskUpstream:
        question = self.ask(asked, now)
        assert isinstance(question, AskUpstream)
        return question

    def fill(self, asked: bytes, *records: str, now: Instant = NOW, **said) -> dns.message.Message:
        """Ask for a clean name and let an upstream answer."""
        question = self.question(asked, now)
        return read(self.engine.answered(question, upstream(question.packet, *records, **said), now).packet)


def says(reply: dns.message.Message) -> str:
    """Return rcode, records and extended errors as words."""
    records = [str(data) for rrset in reply.answer for data in rrset]
    errors = [f"EDE {option.code}" for option in reply.options]
    return " ".join([dns.rcode.to_text(reply.rcode()), *records, *errors])


@pytest.mark.parametrize(
    ("name", "qtype", "how", "expected"),
    [
        ("propaganda.example", "AXFR", {}, "REFUSED"),
        ("www.example", "AXFR", {}, "REFUSED"),
        ("www.example", "TYPE251", {}, "REFUSED"),
        ("www.example", "MAILB", {}, "NOTIMP"),
        ("www.example", "TKEY", {}, "NOTIMP"),
        ("www.example", "OPT", {}, "FORMERR"),
        ("www.example", "A", {"rdclass": "HS"}, "REFUSED"),
        ("www.example", "A", {"rdclass": "ANY"}, "REFUSED"),
        ("propaganda.example", "A", {"rdclass": "CH"}, "REFUSED"),
        ("hostname.bind", "TXT", {"rdclass": "CH"}, "REFUSED"),
        ("version.bind", "A", {"rdclass": "CH"}, "NOERROR"),
        ("www.example", "A", {"flags": 0, "use_edns": 0}, "REFUSED EDE 20"),
        ("propaganda.example", "A", {"flags": 0, "use_edns": 0}, f"NOERROR {PAGE} EDE 4 EDE 16"),
    ],
)
def test_what_no_upstream_is_asked_for(name, qtype, how, expected):
    assert says(Resolver().answer(packet(name, qtype, **{"use_edns": False, **how}))) == expected


@pytest.mark.parametrize("name", ["version.server", "version.redhand", "version.bind", "VERSION.Server"])
@pytest.mark.parametrize("qtype", ["TXT", "ANY"])
def test_version_tells_software_serial_and_environment(name, qtype):
    reply = Resolver().answer(packet(name, qtype, rdclass="CH"))
    assert says(reply) == 'NOERROR "redhand 9.9" "serial 2" "environment trial"'
    without_list = Resolver(None).answer(packet(name, qtype, rdclass="CH"))
    assert says(without_list) == 'NOERROR "redhand 9.9" "serial none" "environment none"'


@pytest.mark.parametrize(("asked", "outcome"), cases(*CLIENTS))
def test_every_packet_of_a_client_gets_a_reply_a_question_or_silence(asked, outcome):
    for tcp in (False, True):
        decision = Resolver().engine.receive(asked, at(), tcp=tcp)
        assert isinstance(decision, Drop) == (outcome == "drop")
        if isinstance(decision, Reply):
            assert read(decision.packet).id == int.from_bytes(asked[:2], "big")


def test_a_stranger_is_refused_whatever_is_asked():
    resolver = Resolver()
    for asked in (packet("www.example"), packet("propaganda.example"), packet("version.server", "TXT", rdclass="CH")):
        reply = resolver.engine.receive(asked, at(), allowed=False)
        assert isinstance(reply, Reply)
        assert says(read(reply.packet)) == "REFUSED"
    with_edns = resolver.engine.receive(packet(use_edns=0), at(), allowed=False)
    assert isinstance(with_edns, Reply)
    assert says(read(with_edns.packet)) == "REFUSED EDE 18"


def test_without_a_list_nothing_is_known_to_be_clean():
    assert says(Resolver(None).answer(packet(use_edns=0))) == "SERVFAIL EDE 14"


def test_an_answer_from_before_the_first_list_is_decided_again_when_it_comes():
    resolver = Resolver(None, without_list=True)
    asked = packet("www.propaganda.example")
    clean = resolver.fill(asked, "www.propaganda.example. 300 A 198.51.100.1")
    assert says(clean) == says(resolver.answer(asked)) == "NOERROR 198.51.100.1"
    resolver.engine.use(LISTED, at(1))
    assert says(resolver.answer(asked, at(1))) == f"NOERROR {PAGE}"


def test_a_clean_question_goes_to_the_upstream_without_the_clients_options():
    options = [dns.edns.ECSOption("198.51.100.7"), dns.edns.CookieOption(b"12345678", b"")]
    question = Resolver().question(packet("wWw.Example", want_dnssec=True, options=options))
    sent = dns.message.from_wire(question.packet)
    assert sent.question[0].name.to_text() == "www.example."  # one spelling, so that the same is asked once
    assert (sent.options, sent.ednsflags, sent.payload) == ((), dns.flags.DO, 1232)
    assert b"\xc6\x33\x64" not in question.packet


def test_an_upstreams_answer_reaches_the_client_without_its_claims():
    reply = Resolver().fill(packet(), "www.example. 300 A 192.0.2.1")
    assert says(reply) == "NOERROR 192.0.2.1"
    assert dns.flags.to_text(reply.flags) == "QR RD RA"


@pytest.mark.parametrize("rcode", ["REFUSED", "FORMERR", "NOTIMP", "NOTAUTH"])
def test_an_upstream_that_will_not_answer_is_no_authority(rcode):
    resolver = Resolver()
    assert says(resolver.fill(packet(use_edns=0), rcode=rcode)) == "SERVFAIL EDE 22"


def test_a_failure_is_kept_for_a_moment():
    resolver = Resolver()
    asked = packet(use_edns=0)
    assert says(resolver.fill(asked, rcode="SERVFAIL")) == "SERVFAIL"
    assert says(resolver.answer(asked, at(1))) == "SERVFAIL"
    resolver.question(asked, at(3))


@pytest.mark.parametrize(("why", "said"), [(Ede.NO_REACHABLE_AUTHORITY, "EDE 22"), (Ede.NETWORK_ERROR, "EDE 23")])
def test_why_no_upstream_answered_is_said(why, said):
    resolver = Resolver()
    asked = packet(use_edns=0)
    reply = resolver.engine.failed(resolver.question(asked), why, at())
    assert says(read(reply.packet)) == f"SERVFAIL {said}"
    assert says(resolver.answer(asked, at(1))) == f"SERVFAIL {said}"
    without = resolver.answer(packet(), at(1))
    assert (says(without), without.edns) == ("SERVFAIL", -1)


@pytest.mark.parametrize(
    ("rcode", "expected"), [("SERVFAIL", "SERVFAIL EDE 6 EDE 9"), ("REFUSED", "SERVFAIL EDE 22 EDE 6 EDE 9")]
)
def test_the_reasons_of_an_upstream_that_fails_are_passed_on(rcode, expected):
    resolver = Resolver()
    asked = packet(use_edns=0)
    reasons = [
        dns.edns.EDEOption(EDECode.DNSSEC_BOGUS, "signature expired"),
        dns.edns.EDEOption(EDECode.DNSKEY_MISSING),
    ]
    reply = resolver.fill(asked, rcode=rcode, options=reasons)
    assert says(reply) == expected
    assert "signature expired" in [option.text for option in reply.options]
    assert says(resolver.answer(asked, at(1))) == expected
    assert says(resolver.answer(packet(), at(1))) == "SERVFAIL"


def test_the_reasons_of_an_upstream_that_answers_are_passed_on():
    reply = Resolver().fill(
        packet(use_edns=0), "www.example. 300 A 192.0.2.1", options=[dns.edns.EDEOption(EDECode.STALE_ANSWER)]
    )
    assert says(reply) == "NOERROR 192.0.2.1 EDE 3"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({}, False),
        ({"use_edns": 0}, False),
        ({"flags": dns.flags.RD | dns.flags.AD}, True),
        ({"want_dnssec": True}, True),
        ({"want_dnssec": True, "flags": dns.flags.RD | dns.flags.CD}, True),
    ],
    ids=["nothing", "EDNS", "AD", "DO", "DO and CD"],
)
def test_an_authentic_answer_is_called_so_to_those_who_ask(how, told):
    resolver = Resolver()
    asked = packet(**how)
    for reply in (
        resolver.fill(asked, "www.example. 300 A 192.0.2.1", authentic=True),  # from the upstream
        *(resolver.answer(asked, at(second)) for second in (1, 2, 100)),  # decided by the engine, and from the cache
    ):
        assert bool(reply.flags & dns.flags.AD) is told
    resolver.engine.use(LISTED, at(101))
    assert bool(resolver.answer(asked, at(101)).flags & dns.flags.AD) is told


def test_one_kept_answer_serves_those_who_ask_for_authenticity_and_those_who_do_not():
    resolver = Resolver()
    question = resolver.question(packet())
    assert dns.message.from_wire(question.packet).flags & dns.flags.AD
    resolver.fill(packet(), "www.example. 300 A 192.0.2.1", authentic=True)
    assert resolver.answer(packet(flags=dns.flags.RD | dns.flags.AD)).flags & dns.flags.AD


def test_nothing_that_we_say_ourselves_is_authentic():
    resolver = Resolver()
    how: dict[str, Any] = {"want_dnssec": True, "flags": dns.flags.RD | dns.flags.AD}
    undone = resolver.fill(packet("x.propaganda.example", "TXT", **how), rcode="NXDOMAIN", authentic=True)
    for reply in (resolver.answer(packet("propaganda.example", **how)), undone):
        assert not reply.flags & dns.flags.AD


def test_a_name_that_was_blocked_while_the_upstream_was_asked_is_blocked():
    resolver = Resolver(EMPTY)
    asked = packet("propaganda.example")
    question = resolver.question(asked)
    said = upstream(question.packet, "propaganda.example. 300 A 198.51.100.1")
    resolver.engine.use(LISTED, at(1))
    assert says(read(resolver.engine.answered(question, said, at(1)).packet)) == f"NOERROR {PAGE}"
    other = Resolver(EMPTY)
    question = other.question(asked)
    other.engine.use(LISTED, at(1))
    assert says(read(other.engine.failed(question, Ede.NO_REACHABLE_AUTHORITY, at(1)).packet)) == f"NOERROR {PAGE}"


def test_a_cached_clean_name_is_blocked_by_the_next_list():
    resolver = Resolver(EMPTY)
    asked = packet("www.propaganda.example")
    resolver.fill(asked, "www.propaganda.example. 3600 A 198.51.100.1")
    assert says(resolver.answer(asked, at(1))) == "NOERROR 198.51.100.1"
    resolver.engine.use(LISTED, at(2))
    assert says(resolver.answer(asked, at(2))) == f"NOERROR {PAGE}"
    assert says(resolver.answer(asked, at(3))) == f"NOERROR {PAGE}"


def test_cache_a_blocked_name_resolves_after_the_list_that_lifts_it():
    resolver = Resolver()
    asked = packet("www.propaganda.example")
    assert says(resolver.answer(asked)) == f"NOERROR {PAGE}"
    resolver.engine.use(EMPTY, at(1))
    assert says(resolver.fill(asked, "www.propaganda.example. 300 A 198.51.100.1", now=at(1))) == "NOERROR 198.51.100.1"


def test_a_cached_clean_name_that_stays_clean_is_not_asked_for_again():
    resolver = Resolver(EMPTY)
    asked = packet("www.example")
    resolver.fill(asked, "www.example. 300 A 192.0.2.1")
    resolver.engine.use(LISTED, at(2))
    for _ in range(2):
        assert says(resolver.answer(asked, at(2))) == "NOERROR 192.0.2.1"
    assert resolver.cache.lookup(asked, at(2)) is not None


def test_a_flood_of_names_below_a_blocked_one_takes_no_room_until_one_of_them_comes_again():
    resolver = Resolver()
    flood = [packet(f"f{number}.propaganda.example") for number in range(500)]
    for asked in flood:
        assert says(resolver.answer(asked)) == f"NOERROR {PAGE}"
    assert (len(resolver.cache), len(resolver.cache._forms)) == (0, 0)
    assert says(resolver.answer(flood[0])) == f"NOERROR {PAGE}"
    assert (len(resolver.cache), len(resolver.cache._forms)) == (0, 1)
    assert resolver.cache.lookup(flood[0], at())


def test_what_is_remembered_of_a_flood_is_bounded(monkeypatch):
    monkeypatch.setattr("blocker.resolver.cache.MAX_ONCE", 100)
    resolver = Resolver()
    for number in range(500):
        resolver.answer(packet(f"f{number}.propaganda.example"))
        assert len(resolver.cache._once) <= 100


def test_a_directive_that_ends_between_two_questions_blocks_the_first_alone():
    ending = index(("propaganda.example", Scope.DOMAIN, directive(expires=timedelta(seconds=10))))
    resolver = Resolver(ending)
    asked = packet("propaganda.example")
    assert says(resolver.answer(asked, at(9.9))) == f"NOERROR {PAGE}"
    resolver.question(asked, at(10))


def test_a_longer_directive_remains_when_a_shorter_one_ends():
    short = directive("FR-2026-0001", expires=timedelta(seconds=10))
    both = index(("www.propaganda.example", Scope.HOST, short), ("propaganda.example", Scope.DOMAIN, directive()))
    resolver = Resolver(both)
    asked = packet("www.propaganda.example", use_edns=0)
    assert resolver.answer(asked, at(9)).options[1].text == "FR-2026-0001"
    assert resolver.answer(asked, at(11)).options[1].text == "FR-2026-0042"


def test_mail_passes_without_its_additional_records():
    reply = Resolver().fill(
        packet("propaganda.example", "MX", use_edns=0),
        "propaganda.example. 300 MX 10 mail.propaganda.example.",
        additional=("mail.propaganda.example. 300 A 198.51.100.1",),
    )
    assert says(reply) == "NOERROR 10 mail.propaganda.example."
    assert not reply.additional


def test_a_passed_answer_that_would_undo_the_block_becomes_no_data():
    resolver = Resolver()
    asked = packet("propaganda.example", "MX", use_edns=0)
    reply = resolver.fill(asked, "propaganda.example. 300 CNAME elsewhere.test.", "elsewhere.test. 300 MX 10 m.test.")
    assert says(reply) == "NOERROR EDE 4 EDE 16"
    assert reply.authority[0].name.to_text() == "propaganda.example."
    nothing = resolver.fill(packet("x.propaganda.example", "TXT"), rcode="NXDOMAIN")
    assert says(nothing) == "NOERROR"
    assert nothing.authority[0].name.to_text() == "propaganda.example."


def test_a_cached_answer_that_passed_is_asked_for_again_when_its_directive_changes():
    resolver = Resolver()
    asked = packet("propaganda.example", "MX")
    resolver.fill(asked, "propaganda.example. 300 MX 10 mail.test.")
    assert says(resolver.answer(asked, at(1))) == "NOERROR 10 mail.test."
    mail_too = index(("propaganda.example", Scope.DOMAIN, directive(record_types=["A", "MX"])))
    resolver.engine.use(mail_too, at(2))
    assert says(resolver.answer(asked, at(2))) == "NOERROR"
    resolver.engine.use(EMPTY, at(3))
    resolver.question(asked, at(3))


ALIASED = ("www.clean.example. 300 CNAME cdn.example.", "cdn.example. 300 CNAME propaganda.example.")
BEHIND = "propaganda.example. 300 A 198.51.100.1"


def test_cname_to_a_listed_name_resolves():
    assert "198.51.100.1" in says(Resolver().fill(packet("www.clean.example"), *ALIASED, BEHIND))


def test_cname_to_a_listed_name_is_blocked_if_the_directive_says_so():
    resolver = Resolver(index(("propaganda.example", Scope.DOMAIN, directive(aliases=True))))
    assert says(resolver.fill(packet("www.clean.example"), *ALIASED, BEHIND)) == f"NOERROR {PAGE}"
    no_data = resolver.fill(packet("www.clean.example", "HTTPS"), *ALIASED)
    assert no_data.authority[0].name.to_text() == "www.clean.example."
    assert "mail.test" in says(
        resolver.fill(packet("www.clean.example", "MX"), *ALIASED, "propaganda.example. 300 MX 1 mail.test.")
    )


def test_a_cached_alias_is_decided_again_with_every_list():
    resolver = Resolver(EMPTY)
    asked = packet("www.clean.example")
    resolver.fill(asked, *ALIASED, BEHIND)
    resolver.engine.use(LISTED, at(1))
    assert "198.51.100.1" in says(resolver.answer(asked, at(1)))
    following = index(("cdn.example", Scope.HOST, directive(aliases=True)))
    resolver.engine.use(following, at(2))
    assert says(resolver.fill(asked, *ALIASED, BEHIND, now=at(2))) == f"NOERROR {PAGE}"
    resolver.engine.use(EMPTY, at(3))
    assert "198.51.100.1" in says(resolver.fill(asked, *ALIASED, BEHIND, now=at(3)))


def test_a_long_answer_is_truncated_over_udp_and_whole_over_tcp():
    resolver = Resolver()
    asked = packet("big.example", "TXT", use_edns=0, payload=4096)
    many = tuple(f"big.example. 300 TXT {'x' * 200}{n}" for n in range(20))
    assert resolver.fill(asked, *many).flags & dns.flags.TC
    assert resolver.answer(asked).flags & dns.flags.TC
    assert len(resolver.answer(asked, tcp=True).answer[0]) == 20


def test_no_packet_of_the_hostile_files_leaves_anything_behind():
    resolver = Resolver()
    before = says(resolver.answer(packet("propaganda.example")))
    for asked in packets(*CLIENTS):
        resolver.ask(asked)
    assert says(resolver.answer(packet("propaganda.example"))) == before
