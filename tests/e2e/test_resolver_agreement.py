"""Apart from the listed names, Redhand answers as the resolver behind it: 2,000 questions about generated zones."""

from collections import Counter

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from blocker.resolver.lifetime import MAX_TTL
from tests.e2e.bind import bind
from tests.e2e.resolver_process import PAGE, TrialList, resolver
from tests.e2e.unbound import unbound
from tests.e2e.zone_maker import LISTED, TYPES, ZONE, ZoneMaker
from tests.needs import needs

pytestmark = pytest.mark.e2e

SEED = 42
QUESTIONS = 2000


@pytest.fixture(scope="module")
def zones():
    return ZoneMaker(SEED)


@pytest.fixture(
    scope="module",
    params=[pytest.param(unbound, marks=needs("unbound")), pytest.param(bind, marks=needs("named"))],
    ids=["Unbound", "BIND"],
)
def upstream(request, tmp_path_factory, zones):
    with request.param(tmp_path_factory.mktemp("upstream"), zones.zonefiles()) as port:
        yield port


@pytest.fixture(scope="module")
def running(tmp_path_factory, upstream):
    folder = tmp_path_factory.mktemp("resolver")
    lists = TrialList(folder / "lists")
    lists.block(LISTED)
    with resolver(folder / "run", upstreams=[upstream], lists=lists) as process:
        yield process


def ask(port: int, name: str, qtype: str, *, do: bool) -> dns.message.Message:
    question = dns.message.make_query(name, qtype, use_edns=0, want_dnssec=do)
    reply, _ = dns.query.udp_with_fallback(question, "127.0.0.1", port=port, timeout=8)
    return reply


def says(reply: dns.message.Message) -> tuple[object, ...]:
    """Return the rcode and each section as a set; the order within one means nothing."""
    sections = [
        {(rrset.name, rrset.rdtype, data) for rrset in section for data in rrset}
        for section in (reply.answer, reply.authority, reply.additional)
    ]
    return (dns.rcode.to_text(reply.rcode()), *sections)


def ttls(reply: dns.message.Message) -> dict[tuple[object, object], int]:
    sections = (reply.answer, reply.authority, reply.additional)
    return {(rrset.name, rrset.rdtype): rrset.ttl for section in sections for rrset in section}


def test_two_thousand_questions_are_answered_as_the_upstream_answers_them(running, upstream, zones):
    kinds: Counter[str] = Counter()
    types = set()
    most: dict[tuple[object, object], int] = {}  # the TTL of each set of records, as the upstream first had it
    for number, (name, qtype) in enumerate(zones.questions(QUESTIONS)):
        ask(upstream, name, qtype, do=number % 2 == 0)  # what lies in its cache an upstream sometimes answers otherwise
        theirs = ask(upstream, name, qtype, do=number % 2 == 0)
        for key, ttl in ttls(theirs).items():
            most[key] = max(ttl, most.get(key, 0))
        for _ in ("from the upstream", "from the cache"):
            ours = ask(running.port, name, qtype, do=number % 2 == 0)
            assert says(ours) == says(theirs), (name, qtype)
            assert all(ttl <= min(most[key], MAX_TTL) for key, ttl in ttls(ours).items()), (name, qtype)
            assert ours.question == theirs.question
            assert not ours.flags & (dns.flags.AA | dns.flags.AD | dns.flags.TC)
        kinds[kind(ours)] += 1
        types |= {qtype} if ours.answer else set()
    # The zones hold what they were made for: every kind of answer came, and every type with data.
    assert all(kinds[each] >= 30 for each in ("data", "alias", "NODATA", "NXDOMAIN", "SERVFAIL")), kinds
    assert types == set(TYPES)


def kind(reply: dns.message.Message) -> str:
    if reply.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(reply.rcode())
    if not reply.answer:
        return "NODATA"
    return (
        "alias" if any(rrset.rdtype in {dns.rdatatype.CNAME, dns.rdatatype.DNAME} for rrset in reply.answer) else "data"
    )


def test_the_listed_name_among_them_is_blocked(running, upstream):
    assert str(ask(upstream, LISTED, "A", do=False).answer[0][0]) == "198.51.100.1"
    for name in (LISTED, f"www.{LISTED}"):
        assert str(ask(running.port, name, "A", do=False).answer[0][0]) == PAGE
    assert ask(running.port, f"not{LISTED}", "A", do=False).rcode() == dns.rcode.NXDOMAIN
    assert ask(running.port, ZONE, "SOA", do=False).answer
