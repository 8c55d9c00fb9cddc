"""Request methods that nobody registered, brought to one that aiohttp's parser takes.

Keeps true that only the first line of a connection is touched, and only if it is a request line of HTTP/1. What becomes
of a method that a resource does not know is the server's to answer (RFC 9110 §9.1), in its own words; the parser would
refuse it before anybody could, and repeat it.
"""

import re

STAND_IN = b"TRACE"
"""No handler of ours takes it, and the warning page answers every method alike."""

_KNOWN = frozenset(b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT".split())
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}) [^ \r\n]+ HTTP/1\.[01]\r?\n")


def known(data: bytes) -> bytes:
    """Return the first bytes that came over a connection, with STAND_IN for a method that nobody registered."""
    line = _REQUEST_LINE.match(data)
    if line is None or line[1] in _KNOWN:
        return data
    return STAND_IN + data[line.end(1) :]
