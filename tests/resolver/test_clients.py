from ipaddress import ip_network

import pytest

from blocker.resolver import clients
from blocker.resolver.clients import Clients

ALLOWED = Clients([ip_network("127.0.0.0/8"), ip_network("2001:db8::/32"), ip_network("fe80::/10")])


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1", True),
        ("127.255.1.2", True),
        ("128.0.0.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("::1", False),
        ("fe80::1%eth0", True),
    ],
)
def test_who_may_ask(host, allowed):
    assert ALLOWED.allowed(host) is allowed
    assert ALLOWED.allowed(host) is allowed


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(clients, "MAX_REMEMBERED", 10)
    some = Clients([ip_network("192.0.2.0/24")])
    for number in range(100):
        assert some.allowed(f"192.0.2.{number}")
        assert len(some._remembered) <= 10
