"""A real Unbound that validates, before and behind Redhand: what it found authentic, and what it found forged."""

from datetime import UTC, datetime, timedelta

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataset
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from tests.e2e.resolver_process import PAGE, TrialList, resolver
from tests.e2e.unbound import unbound
from tests.needs import needs

pytestmark = [pytest.mark.e2e, needs("unbound")]

ROOT = """
. 300 SOA ns.example. mail.example. 1 3600 600 86400 60
. 300 NS ns.signed.example.
signed.example. 300 NS ns.signed.example.
plain.example. 300 NS ns.signed.example.
ns.signed.example. 300 A 127.0.0.1
"""
SIGNED = """
signed.example. 300 SOA ns.signed.example. mail.example. 1 3600 600 86400 60
signed.example. 300 NS ns.signed.example.
signed.example. 300 A 192.0.2.1
signed.example. 300 MX 10 signed.example.
ns.signed.example. 300 A 127.0.0.1
forged.signed.example. 300 A 192.0.2.2
blocked.signed.example. 300 A 198.51.100.1
blocked.signed.example. 300 MX 10 signed.example.
"""
PLAIN = """
plain.example. 300 SOA ns.signed.example. mail.example. 1 3600 600 86400 60
plain.example. 300 NS ns.signed.example.
plain.example. 300 A 192.0.2.3
"""
AD = dns.flags.RD | dns.flags.AD


def signed(text: str, origin: str) -> tuple[str, DNSKEY]:
    """Return a zone with its signatures, and the key that vouches for it; forged.… is changed after it was signed."""
    zone = dns.zone.from_text(text, origin, relativize=False)
    private = ec.generate_private_key(ec.SECP256R1())
    key = dns.dnssec.make_dnskey(private.public_key(), Algorithm.ECDSAP256SHA256, flags=257)
    now = datetime.now(UTC)
    with zone.writer() as writer:
        dns.dnssec.sign_zone(
            zone,
            txn=writer,
            keys=[(private, key)],
            dnskey_ttl=300,
            inception=now - timedelta(days=1),
            expiration=now + timedelta(days=1),
            add_dnskey=True,
        )
    return zone.to_text(relativize=False).replace("192.0.2.2", "192.0.2.9"), key


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    text, key = signed(SIGNED, "signed.example")
    zones = {".": ROOT, "signed.example": text, "plain.example": PLAIN}
    anchors = ['module-config: "validator iterator"', f'trust-anchor: "signed.example. DNSKEY {key}"', "ede: yes"]
    with unbound(tmp_path_factory.mktemp("unbound"), zones, more=anchors) as port:
        yield port


def before(folder, upstream: int, *, trusted: bool):
    lists = TrialList(folder / "lists")
    lists.block("blocked.signed.example")
    written = f'{{address: "127.0.0.1:{upstream}", trusted: {str(trusted).lower()}}}'
    return resolver(folder / "run", upstreams=[written], lists=lists, workers=1)


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, upstream):
    with before(tmp_path_factory.mktemp("trusting"), upstream, trusted=True) as running:
        yield running


@pytest.fixture(scope="module")
def doubting(tmp_path_factory, upstream):
    with before(tmp_path_factory.mktemp("doubting"), upstream, trusted=False) as running:
        yield running


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"use_edns": False}, False),
        ({}, False),
        ({"flags": AD, "use_edns": False}, True),
        ({"want_dnssec": True}, True),
    ],
    ids=["nothing", "EDNS", "AD", "DO"],
)
@pytest.mark.parametrize("qtype", ["A", "MX", "TXT"])  # the last: no such data, and its proof
def test_what_a_trusted_upstream_found_authentic_is_called_so_to_those_who_ask(trusting, doubting, how, told, qtype):
    for _ in ("from the upstream", "decided again", "from the cache"):
        assert bool(trusting.ask("signed.example", qtype, **how).flags & dns.flags.AD) is told
        assert not doubting.ask("signed.example", qtype, **how).flags & dns.flags.AD


def test_what_is_not_signed_is_not_called_authentic(trusting):
    reply = trusting.ask("plain.example", want_dnssec=True, flags=AD)
    assert str(reply.answer[0][0]) == "192.0.2.3"
    assert not reply.flags & dns.flags.AD


def test_signatures_come_to_those_who_want_them(trusting):
    types = {rrset.rdtype for rrset in trusting.ask("signed.example", want_dnssec=True).answer}
    assert types == {dns.rdatatype.A, dns.rdatatype.RRSIG}
    assert {rrset.rdtype for rrset in trusting.ask("signed.example").answer} == {dns.rdatatype.A}


@pytest.mark.parametrize("how", [{}, {"want_dnssec": True}])
def test_what_was_forged_fails_with_the_validators_reason_and_is_shown_to_those_who_check_for_themselves(doubting, how):
    for _ in ("from the upstream", "from the cache"):
        failed = doubting.ask("forged.signed.example", **how)
        assert failed.rcode() == dns.rcode.SERVFAIL
        assert 6 in [int(option.code) for option in failed.options]  # DNSSEC Bogus
    unchecked = doubting.ask("forged.signed.example", flags=dns.flags.RD | dns.flags.CD, **how)
    assert str(unchecked.answer[0][0]) == "192.0.2.9"
    assert not unchecked.flags & dns.flags.AD


@pytest.mark.parametrize("flags", [dns.flags.RD, AD, AD | dns.flags.CD])
def test_a_blocked_name_of_a_signed_zone_leads_to_the_page_unsigned(trusting, flags):
    for qtype in ("A", "HTTPS"):
        reply = trusting.ask("blocked.signed.example", qtype, want_dnssec=True, flags=flags)
        assert not reply.flags & dns.flags.AD
        assert [int(option.code) for option in reply.options] == [4, 16]
        assert dns.rdatatype.RRSIG not in {rrset.rdtype for rrset in (*reply.answer, *reply.authority)}
    assert trusting.data("blocked.signed.example", want_dnssec=True) == [PAGE]


def test_what_passes_at_a_blocked_name_is_as_authentic_as_elsewhere(trusting):
    reply = trusting.ask("blocked.signed.example", "MX", want_dnssec=True)
    assert {rrset.rdtype for rrset in reply.answer} == {dns.rdatatype.MX, dns.rdatatype.RRSIG}
    assert reply.flags & dns.flags.AD
