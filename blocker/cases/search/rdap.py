"""RDAP (RFC 9082, RFC 9083): which server knows a name or an address, what to ask it, and whom its answer names.

Keeps true: an answer is a stranger's text; what is no mail address, nested too deep or of another form is passed over
and never raises anything but RegisterError. Where the bootstrap files come from and how a server is reached is left to
others.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

from blocker.cases.search.finding import Contact, mail_in
from blocker.errors import RegisterError
from blocker.names import DomainName

DEPTH = 6
"""How deep entities may stand within entities."""

Services = Sequence[tuple[tuple[str, ...], str]]
"""Of a bootstrap file (RFC 9224): what a server knows, and its address."""

_OF_A_NAME = {"abuse": "registrar", "registrar": "registrar", "registrant": "registrant"}
_OF_AN_ADDRESS = {"abuse": "host", "administrative": "host", "technical": "host", "registrant": "host"}


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """IANA's files of RDAP servers: of names, of IPv4 and of IPv6 addresses; empty where there is none."""

    names: Services = ()
    ipv4: Services = ()
    ipv6: Services = ()


def read_services(data: bytes) -> Services:
    """Read a bootstrap file (RFC 9224 §3); servers that are reached over https come first.

    Raises:
        RegisterError: if it is none.
    """
    found = []
    try:
        for known, urls in (service[:2] for service in json.loads(data)["services"]):
            url = min((str(each) for each in urls), key=lambda each: not each.startswith("https:"))
            found.append((tuple(str(each).lower() for each in known), url if url.endswith("/") else f"{url}/"))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise RegisterError("this is no bootstrap file of RDAP servers (RFC 9224)") from error
    return tuple(found)


def url_of_name(name: DomainName, bootstrap: Bootstrap) -> str:
    """Return the question about a name (RFC 9082 §3.1.3), asked of the server of the longest suffix that is known.

    Raises:
        RegisterError: if no server is known.
    """
    for above in name.ancestors():
        for known, url in bootstrap.names:
            if above in known:
                return f"{url}domain/{name}"
    raise RegisterError("no RDAP server is known for this name")


def url_of_address(address: IPv4Address | IPv6Address, bootstrap: Bootstrap) -> str:
    """Return the question about an address (RFC 9082 §3.1.1), asked of the server of the narrowest network.

    Raises:
        RegisterError: if no server is known.
    """
    best = (-1, "")
    for known, url in bootstrap.ipv4 if address.version == 4 else bootstrap.ipv6:  # noqa: PLR2004 - the IP version
        for text in known:
            network = ip_network(text, strict=False)
            if address in network:
                best = max(best, (network.prefixlen, url))
    if best[0] < 0:
        raise RegisterError("no RDAP server is known for this address")
    return f"{best[1]}ip/{address}"


def contacts_in(data: bytes, *, of_address: bool) -> tuple[Contact, ...]:
    """Return whom an answer names: of a name its registrar and registrant, of an address whoever runs the network.

    Raises:
        RegisterError: if it is no RDAP object.
    """
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise RegisterError("the server's answer is no RDAP (RFC 9083)") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("objectClassName"), str):
        raise RegisterError("the server's answer is no RDAP (RFC 9083)")
    capacities = _OF_AN_ADDRESS if of_address else _OF_A_NAME
    return tuple(dict.fromkeys(_contacts(answer, capacities, DEPTH)))


def _contacts(within: Mapping[str, Any], capacities: Mapping[str, str], depth: int) -> Iterator[Contact]:
    entities = within.get("entities")
    for entity in entities if isinstance(entities, list) and depth else ():
        if not isinstance(entity, dict):
            continue
        roles = entity.get("roles")
        named = [str(role) for role in roles if str(role) in capacities] if isinstance(roles, list) else []
        for mail in _mails(entity.get("vcardArray")):
            yield from (Contact(capacities[role], mail, f"RDAP, {role}") for role in named)
        yield from _contacts(entity, capacities, depth - 1)


def _mails(card: Any) -> Iterator[str]:
    """Yield the mail addresses of a jCard (RFC 7095 §3.3): `["vcard", [[name, parameters, type, value], …]]`."""
    lines = card[1] if isinstance(card, list) and len(card) > 1 and isinstance(card[1], list) else ()
    for line in lines:
        if isinstance(line, list) and len(line) > 3 and line[0] == "email":  # noqa: PLR2004 - name, parameters, type, value
            yield from mail_in(str(line[3]))
