"""Addresses and sockets."""

import socket

import pytest

from blocker.addresses import Address
from blocker.errors import OperationError
from blocker.listening import bind


@pytest.mark.parametrize("text", ["127.0.0.1:53", "[::1]:53", "0.0.0.0:0", "[2001:db8::1]:65535"])
def test_an_address_is_written_as_it_is_read(text):
    assert str(Address.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "53", "127.0.0.1", "::1:53", "[::1]", "[127.0.0.1]:53", "127.0.0.1:65536", "127.0.0.1:-1", "a.example:53"],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"write|port|brackets"):
        Address.parse(text)


def test_an_address_in_use_is_an_error_that_names_it():
    taken = bind([Address("127.0.0.1", 0)])[0]
    taken.listen()
    port = taken.getsockname()[1]
    with pytest.raises(OperationError, match=f"127.0.0.1:{port}"):
        bind([Address("127.0.0.1", port)])
    taken.close()


def test_a_family_that_the_host_lacks_is_skipped_if_another_binds(monkeypatch, caplog):
    real = socket.socket

    def without_ipv6(family, *rest):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return real(family, *rest)

    monkeypatch.setattr(socket, "socket", without_ipv6)
    bound = bind([Address("::1", 0), Address("127.0.0.1", 0)])
    assert [each.family for each in bound] == [socket.AF_INET]
    assert "[::1]:0" in caplog.text
    bound[0].close()
    with pytest.raises(OperationError, match="none of"):
        bind([Address("::1", 0)])


def test_two_workers_may_share_an_address():
    first = bind([Address("127.0.0.1", 0)], socket.SOCK_DGRAM, reuse_port=True)[0]
    second = bind([Address(*first.getsockname())], socket.SOCK_DGRAM, reuse_port=True)[0]
    assert first.getsockname() == second.getsockname()
    first.close()
    second.close()
