"""What is taken for a method that nobody registered, and what is left as it came."""

import pytest

from blocker.methods import known


@pytest.mark.parametrize("method", [b"FOO", b"get", b"PROPFIND", b"X-1", b"PRI"])
def test_a_method_that_nobody_registered_becomes_one_that_the_parser_takes(method: bytes) -> None:
    rest = b" /a?b HTTP/1.1\r\nHost: h\r\n\r\nFOO / HTTP/1.1\r\n"
    assert known(method + rest) == b"TRACE" + rest


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"HEAD / HTTP/1.0\r\n",
        b"FOO / HTTP/2.0\r\n",
        b"FOO  / HTTP/1.1\r\n",
        b"F(O / HTTP/1.1\r\n",
        b"A" * 41 + b" / HTTP/1.1\r\n",
        b"FOO / HTTP/1.1",
        b"\x16\x03\x01NONSENSE",
        b"",
    ],
)
def test_whatever_else_comes_is_left_as_it_came(data: bytes) -> None:
    assert known(data) == data
