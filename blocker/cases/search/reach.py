"""Reaches strangers' servers over HTTP and TCP for the desk, and nobody inside: the one road out for searches.

Keeps true: an address is connected to only if it is public, or in a network that the settings allow by name, whatever
the DNS, a redirect or an address in a URL says; redirects are followed a few times and looked at each time; an answer
is at most MAX_ANSWER bytes; each question takes at most SECONDS. What is asked and what an answer means is left to
lookups.py and to the S files beside it.
"""

import asyncio
import socket
from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from blocker.errors import RegisterError

SECONDS = 10.0
MAX_ANSWER = 256 * 1024
REDIRECTS = 4
NOT_FOUND = 404
_REDIRECTING = frozenset({301, 302, 303, 307, 308})
_NAT64 = ip_network("64:ff9b::/96")

SILENT = "the server did not answer within ten seconds, or broke off"
INSIDE = "the server's address is not a public one: it is not asked"
TOO_LARGE = "the server's answer is too large"

Networks = Collection[IPv4Network | IPv6Network]


class Reach:
    """The road out; `allow` are networks that may be reached though they are not public."""

    def __init__(self, allow: Networks = ()) -> None:
        self._allow = allow

    async def get(self, url: str) -> tuple[int, bytes]:
        """Return the status and the body that a GET ends in.

        Raises:
            RegisterError: if it may not be asked, did not answer in time, or said too much.
        """
        connector = aiohttp.TCPConnector(resolver=_Guarded(self), use_dns_cache=False)
        try:
            async with asyncio.timeout(SECONDS), _session(connector) as http:
                return await self._follow(http, URL(url))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise RegisterError(SILENT) from error

    async def _follow(self, http: aiohttp.ClientSession, url: URL) -> tuple[int, bytes]:
        for _ in range(REDIRECTS + 1):
            self._judge(url)
            async with http.get(url, allow_redirects=False) as answer:
                if answer.status not in _REDIRECTING or "Location" not in answer.headers:
                    return answer.status, await _bounded(answer.content)
                url = url.join(URL(answer.headers["Location"]))
        raise RegisterError("the server sends on and on without an answer")

    def _judge(self, url: URL) -> None:
        # aiohttp asks no resolver about an address that stands in the URL itself.
        if url.scheme not in {"http", "https"} or url.host is None or url.user is not None:
            raise RegisterError(INSIDE)
        try:
            address = ip_address(url.host)
        except ValueError:
            return
        if not self.may(address):
            raise RegisterError(INSIDE)

    async def converse(self, host: str, port: int, question: bytes) -> bytes:
        """Send a question over TCP and return all that comes until the other end closes.

        Raises:
            RegisterError: if it may not be asked, did not answer in time, or said too much.
        """
        try:
            async with asyncio.timeout(SECONDS):
                address = next(iter(await self.addresses(host, port)))
                reader, writer = await asyncio.open_connection(str(address), port, limit=MAX_ANSWER)
                try:
                    writer.write(question)
                    await writer.drain()
                    return await _bounded(reader)
                finally:
                    writer.transport.abort()
        except (TimeoutError, OSError) as error:
            raise RegisterError(SILENT) from error

    async def addresses(self, host: str, port: int = 0) -> tuple[IPv4Address | IPv6Address, ...]:
        """Return a host's addresses that may be reached; there is at least one.

        Raises:
            RegisterError: if it has none.
        """
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise RegisterError("the server's name has no address") from error
        allowed = tuple(dict.fromkeys(each for each in _addresses(found) if self.may(each)))
        if not allowed:
            raise RegisterError(INSIDE)
        return allowed

    def may(self, address: IPv4Address | IPv6Address) -> bool:
        """True for a public address, and for one that the settings allow; what an address wraps counts too."""
        inner = _unwrapped(address)
        if any(inner.version == network.version and inner in network for network in self._allow):
            return True
        # A site-local address (RFC 3879) counts as global in Python before 3.13, and leads inside where one is left.
        inside = inner.is_multicast or inner.is_reserved or (isinstance(inner, IPv6Address) and inner.is_site_local)
        return inner.is_global and not inside


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    """Return a client that neither asks for compressed answers nor unpacks any: a few bytes could become very many."""
    headers = {
        "Accept": "application/rdap+json, application/json, text/plain",
        "Accept-Encoding": "identity",
        "User-Agent": "redhand",
    }
    return aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=False)


class _Guarded(AbstractResolver):
    """aiohttp's resolver, which names only addresses that may be reached: what was judged is what is connected to."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._reach.addresses(host, port)
        return [
            ResolveResult(
                hostname=host,
                host=str(each),
                port=port,
                family=socket.AF_INET if each.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - the IP version
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in addresses
            if family in {socket.AF_UNSPEC, socket.AF_INET if each.version == 4 else socket.AF_INET6}  # noqa: PLR2004
        ]

    async def close(self) -> None:
        """Hold nothing."""


async def _bounded(stream: aiohttp.StreamReader | asyncio.StreamReader) -> bytes:
    body = b""
    while chunk := await stream.read(MAX_ANSWER):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise RegisterError(TOO_LARGE)
    return body


def _addresses(found: Collection[tuple[Any, ...]]) -> Iterator[IPv4Address | IPv6Address]:
    for *_, place in found:
        yield ip_address(str(place[0]).partition("%")[0])


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
