"""Looks for somebody to ask: in RDAP and WHOIS, and in the site's security.txt. What is found is proposed, never used.

Keeps true: what comes back is text that can stand in the ledger; a search that failed is an error and no search. How
servers are reached is left to reach.py, what their answers mean to rdap.py, whois.py and security_txt.py.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from blocker.blocklist.suffixes import Suffixes
from blocker.cases.forms import MAX_PROSE
from blocker.cases.inquiry import ASKED_FIRST, NOBODY, RDAP_ADDRESS, RDAP_NAME, SECURITY_TXT, WHOIS
from blocker.cases.search import rdap, security_txt, whois
from blocker.cases.search.finding import MAX_CONTACTS, Contact
from blocker.cases.search.reach import NOT_FOUND, Reach
from blocker.desk_settings import LookupSettings
from blocker.errors import RegisterError
from blocker.names import DomainName

WHOIS_PORT = 43
REFERRALS = 3
OK = 200
BY_DESK = (RDAP_NAME, RDAP_ADDRESS, WHOIS, SECURITY_TXT)
"""Where the desk itself can look."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: what was asked for, the answer as text, and whom it names."""

    asked: str
    answer: str
    contacts: tuple[Contact, ...]

    @property
    def whom(self) -> str:
        """The capacity that counts most of those found, or nobody."""
        capacities = [each.capacity for each in self.contacts]
        return next((each for each in (*ASKED_FIRST, *capacities) if each in capacities), NOBODY)


class Lookups:
    """The searches that these settings allow."""

    def __init__(self, settings: LookupSettings, suffixes: Suffixes, web: str = "https://{name}") -> None:
        self._settings = settings
        self._suffixes = suffixes
        self._reach = Reach(settings.allow)
        self._web = web

    async def search(self, channel: str, name: DomainName) -> Found:
        """Look for somebody to ask about a name, in one place.

        Raises:
            RegisterError: if nothing could be found out there.
        """
        match channel:
            case "rdap-name":
                return await self._rdap_of_name(name)
            case "rdap-address":
                return await self._rdap_of_address(name)
            case "whois":
                return await self._whois(name)
            case "security-txt":
                return await self._security_txt(name)
            case _:
                raise RegisterError("the desk cannot look there itself")

    async def _rdap_of_name(self, name: DomainName) -> Found:
        registered = self._suffixes.registrable(name)
        bootstrap = await asyncio.to_thread(_bootstrap, self._settings.bootstrap)
        return await self._rdap(registered, rdap.url_of_name(registered, bootstrap), of_address=False)

    async def _rdap_of_address(self, name: DomainName) -> Found:
        address = (await self._reach.addresses(name))[0]
        bootstrap = await asyncio.to_thread(_bootstrap, self._settings.bootstrap)
        return await self._rdap(str(address), rdap.url_of_address(address, bootstrap), of_address=True)

    async def _rdap(self, asked: str, url: str, *, of_address: bool) -> Found:
        status, body = await self._reach.get(url)
        if status == NOT_FOUND:  # RFC 7480 §5.3: the server knows no such object
            return Found(asked, "404", ())
        if status != OK:
            raise RegisterError("the server refuses to answer")
        return Found(asked, _text(body), rdap.contacts_in(body, of_address=of_address)[:MAX_CONTACTS])

    async def _whois(self, name: DomainName) -> Found:
        registered = self._suffixes.registrable(name)
        server: str | None = self._settings.whois
        seen: dict[str, str] = {}
        while server is not None and server not in seen and len(seen) <= REFERRALS:
            host, _, port = server.partition(":")
            answer = await self._reach.converse(host, int(port or WHOIS_PORT), whois.question(registered))
            seen[server] = _text(answer)
            server = whois.referral_in(seen[server])
        contacts = dict.fromkeys(each for answer in seen.values() for each in whois.contacts_in(answer))
        text = "\n\n".join(f"{server}\n{answer}" for server, answer in seen.items())
        return Found(registered, text[:MAX_PROSE], tuple(contacts)[:MAX_CONTACTS])

    async def _security_txt(self, name: DomainName) -> Found:
        for url in security_txt.urls(self._web.format(name=name)):
            status, body = await self._reach.get(url)
            if status == OK:
                text = _text(body)
                return Found(name, text, security_txt.contacts_in(text)[:MAX_CONTACTS])
        return Found(name, str(status), ())


def _bootstrap(folder: Path | None) -> rdap.Bootstrap:
    if folder is None:
        return rdap.Bootstrap()
    try:
        files = [(folder / f"{kind}.json").read_bytes() for kind in ("dns", "ipv4", "ipv6")]
    except OSError as error:
        raise RegisterError("the files of RDAP servers cannot be read (admin.lookups.bootstrap)") from error
    return rdap.Bootstrap(*(rdap.read_services(data) for data in files))


def _text(body: bytes) -> str:
    """Return a stranger's bytes as text that can stand in the ledger."""
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\t", " ")
    return "".join(each for each in text if each.isprintable() or each == "\n")[:MAX_PROSE].strip()
