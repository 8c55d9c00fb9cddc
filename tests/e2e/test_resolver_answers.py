"""A real parent with two workers before a real Unbound, asked by dig and by dnspython."""

import re
import socket
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.e2e.resolver_process import PAGE, PAGE6, ResolverProcess, TrialList, resolver
from tests.e2e.unbound import unbound
from tests.needs import needs, program

pytestmark = [pytest.mark.e2e, needs("unbound", "dig")]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    with unbound(tmp_path_factory.mktemp("unbound")) as port:
        yield port


@pytest.fixture(scope="module")
def running(tmp_path_factory, upstream):
    folder = tmp_path_factory.mktemp("resolver")
    lists = TrialList(folder / "lists")
    lists.block("propaganda.example")
    with resolver(folder, upstreams=[upstream], lists=lists) as process:
        yield process


def dig(running: ResolverProcess, *words: str, host: str = "127.0.0.1") -> str:
    command = [program("dig"), f"@{host}", "-p", str(running.port), "+tries=1", "+time=5", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize("name", ["propaganda.example", "www.PROPAGANDA.example", "a.b.c.propaganda.example"])
def test_dig_is_led_to_the_page(running, host, transport, name):
    assert dig(running, name, "A", "+short", transport, host=host).split() == [PAGE]
    assert dig(running, name, "AAAA", "+short", transport, host=host).split() == [PAGE6]


def test_dig_is_told_why(running):
    said = dig(running, "propaganda.example", "A")
    assert re.search(r"EDE: 4 \(Forged Answer\)", said)
    assert re.search(r"EDE: 16 \(Censored\): \(FR-2026-0042\)", said)
    assert "flags: qr rd ra;" in said


def test_dig_sees_what_leads_to_a_web_site_as_no_data(running):
    for qtype in ("HTTPS", "SVCB", "CNAME", "DNAME"):
        said = dig(running, "www.propaganda.example", qtype)
        assert "status: NOERROR" in said
        assert re.search(r"^propaganda\.example\.\s+60\s+IN\s+SOA\s.* 60$", said, re.MULTILINE)


def test_dig_sees_mail_of_a_blocked_name(running):
    assert dig(running, "propaganda.example", "MX", "+short").split() == ["10", "mail.propaganda.example."]


def test_dig_gets_a_long_answer_over_tcp_by_itself(running):
    assert "flags: qr tc rd ra;" in dig(running, "long.example", "TXT", "+ignore")
    assert len(dig(running, "long.example", "TXT", "+short").splitlines()) == 30


def test_dig_may_not_transfer_anything(running):
    assert "Transfer failed." in dig(running, "propaganda.example", "AXFR")
    assert "Transfer failed." in dig(running, "propaganda.example", "IXFR=1")


def test_dig_asks_which_version_runs(running):
    assert re.fullmatch(
        r'"redhand [\d.]+" "serial 1" "environment trial"\n', dig(running, "version.server", "CH", "TXT", "+short")
    )


def test_the_answer_comes_from_the_address_that_was_asked(running):
    # 127.0.0.2 asks itself: the client's address is then 127.0.0.2 too, which is not allowed to ask.
    question = dns.message.make_query("propaganda.example", "A", use_edns=0)
    reply = dns.query.udp(question, "127.0.0.2", port=running.port, source="127.0.0.2", timeout=5)
    assert (reply.rcode(), [int(option.code) for option in reply.options]) == (dns.rcode.REFUSED, [18])
    allowed = dns.query.udp(question, "127.0.0.2", port=running.port, source="127.0.0.1", timeout=5)
    assert str(allowed.answer[0][0]) == PAGE


@pytest.mark.parametrize("qtype", ["A", "AAAA", "MX", "TXT", "NS", "SOA", "HTTPS", "ANY", "TYPE65280"])
@pytest.mark.parametrize("name", ["clean.example", "www.clean.example", "cdn.clean.example", "nothing.example"])
def test_what_is_not_listed_is_answered_as_the_upstream_answers(running, upstream, name, qtype):
    question = dns.message.make_query(name, qtype, use_edns=0)
    ours = running.ask(name, qtype)
    theirs = dns.query.udp(question, "127.0.0.1", port=upstream, timeout=5)
    assert (ours.rcode(), ours.answer, ours.authority) == (theirs.rcode(), theirs.answer, theirs.authority)
    again = running.ask(name, qtype)
    assert (again.rcode(), again.answer, again.authority) == (theirs.rcode(), theirs.answer, theirs.authority)
    assert not ours.flags & (dns.flags.AA | dns.flags.AD)


@pytest.mark.parametrize("size", [None, 0, 512, 800, 1232, 1233, 4096, 65535])
@pytest.mark.parametrize("name", ["long.example", "clean.example", "propaganda.example"])
def test_no_datagram_is_longer_than_the_client_and_1232_octets_allow(running, name, size):
    question = dns.message.make_query(name, "TXT", use_edns=False if size is None else 0, payload=size or 0)
    for _ in ("from the upstream", "from the cache"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(5)
            client.sendto(question.to_wire(), ("127.0.0.1", running.port))
            reply = client.recv(65535)
        assert len(reply) <= min(max(size or 0, 512), 1232)
        assert bool(dns.message.from_wire(reply).flags & dns.flags.TC) == (name == "long.example")


def test_the_log_tells_neither_names_nor_clients(running):
    said = running.said()
    for word in ("propaganda", "clean.example", "long.example", "127.0.0.2 "):
        assert word not in said
