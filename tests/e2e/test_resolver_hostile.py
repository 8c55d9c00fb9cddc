"""Hostile clients and a hostile upstream against the process as it runs; `make soak` judges how long things take."""

import os
import socket
import time
from contextlib import suppress

import dns.inet
import dns.message
import dns.rcode
import pytest

from blocker.resolver.streams import Limits
from tests.dns.packet_files import CLIENTS, packets
from tests.e2e.assault import Attacker, from_port_zero, idle_connections, mutations, probing
from tests.e2e.hostile_upstream import hostile_upstream
from tests.e2e.resolver_process import PAGE, TrialList, eventually, resolver

pytestmark = pytest.mark.e2e

SEED = 3
MUTATIONS = 500


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    lists = TrialList(folder / "lists")
    lists.block("propaganda.example")
    with hostile_upstream() as port, resolver(folder / "run", upstreams=[port], lists=lists) as process:
        yield process


@pytest.fixture(autouse=True)
def unharmed(running):
    """Whatever a test does, the same workers answer afterwards and have nothing to complain about."""
    workers = running.workers()
    yield
    for host in ("127.0.0.1", "::1"):
        for tcp in (False, True):
            assert running.data("propaganda.example", host=host, tcp=tcp) == [PAGE]
    assert running.workers() == workers
    assert "Traceback" not in running.said()
    assert "unforeseen" not in running.said()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_hostile_packet_is_followed_by_an_answer_to_the_next_client(running, host):
    for packet in packets(*CLIENTS):
        with socket.socket(dns.inet.af_for_address(host), socket.SOCK_DGRAM) as client, suppress(OSError):
            client.sendto(packet, (host, running.port))
        assert running.data("propaganda.example", host=host) == [PAGE]


def test_probes_are_answered_while_mutations_arrive(running):
    with Attacker(running.port) as attacker, probing(running.port) as seen:
        assert mutations(packets(*CLIENTS), [SEED], attacker.datagram, MUTATIONS) > MUTATIONS / 2
    assert seen.took
    assert not seen.lost


def test_probes_are_answered_while_hostile_connections_come_and_go(running):
    with Attacker(running.port) as attacker, probing(running.port) as seen:
        for packet in packets(*CLIENTS):
            attacker.message(packet)
            attacker.half_a_message(packet)
            attacker.messages_that_nobody_reads(packet)
    assert seen.took
    assert not seen.lost


def test_two_hundred_idle_connections_keep_nobody_waiting_and_are_cut(running):
    with idle_connections(200, running.port) as held, probing(running.port) as seen:
        assert running.data("propaganda.example", tcp=True) == [PAGE]  # ask() gives up after 5 s
        deadline = time.monotonic() + Limits().idle_seconds + 5
        for one in held:
            one.settimeout(max(deadline - time.monotonic(), 0.1))
            with suppress(ConnectionError):
                assert one.recv(1) == b""
    assert seen.took
    assert not seen.lost


def is_open(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_one_client_holds_no_more_connections_than_its_share(running):
    share = Limits().connections_per_client * len(running.workers())
    with idle_connections(share + 60, running.port) as held:
        eventually(lambda: sum(map(is_open, held)) <= share, Limits().idle_seconds / 2)
        assert any(map(is_open, held))
        assert running.data("propaganda.example", tcp=True) == [PAGE]


def test_many_questions_on_one_connection_are_all_answered(running):
    question = bytes.fromhex("0100000100000000000003777777") + b"\x0apropaganda\7example\0\0\1\0\1"
    idents = [number.to_bytes(2, "big") for number in range(500)]
    heard = set()
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as tcp, tcp.makefile("rb") as replies:
        for ident in idents:
            tcp.sendall((2 + len(question)).to_bytes(2, "big") + ident + question)
        for _ in idents:
            heard.add(replies.read(int.from_bytes(replies.read(2), "big"))[:2])
    assert heard == set(idents)


@pytest.mark.skipif(os.geteuid() != 0, reason="source port 0 takes a raw socket, and that takes root")
def test_a_client_whose_port_is_zero_costs_no_other_its_answer(running):
    question = bytes.fromhex("0001010000010000000000000a") + b"propaganda\7example\0\0\1\0\1"
    for _ in range(200):
        from_port_zero(question, running.port)
    assert running.data("propaganda.example") == [PAGE]


def test_whatever_an_upstream_answers_the_client_gets_an_answer(running):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", running.port))
        client.settimeout(5)
        for number in range(60):
            question = dns.message.make_query(f"n{number}.example", "A", use_edns=0).to_wire()
            client.send(question)
            reply = client.recv(65535)  # what stands in its records is the upstream's affair, and not always DNS
            assert reply[:2] == question[:2]
            assert reply[3] & 15 in {dns.rcode.NOERROR, dns.rcode.SERVFAIL, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN}
