"""WHOIS (RFC 3912): the question, the server that an answer refers to, and whom it names.

WHOIS has no form that all keep; what most registers write is read, the rest stays for the officer's eyes.
"""

import re

from blocker.cases.search.finding import Contact, mail_in
from blocker.names import DomainName

_REFERRAL = re.compile(
    r"^\s*(?:refer|whois|whois server|registrar whois server):[ \t]*(?:whois://)?([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(r"^\s*([A-Za-z][A-Za-z /_-]{1,60}):[ \t]*(\S.{0,500})$", re.MULTILINE)
_CAPACITIES = {"registrant": "registrant", "owner": "registrant", "abuse": "registrar", "registrar": "registrar"}


def question(name: DomainName) -> bytes:
    """Return what is sent: the name and a line's end (RFC 3912 §2)."""
    return f"{name}\r\n".encode("ascii")


def referral_in(answer: str) -> str | None:
    """Return the server that the answer sends on to, if it does."""
    found = _REFERRAL.search(answer)
    return found[1].lower().rstrip(".") if found else None


def contacts_in(answer: str) -> tuple[Contact, ...]:
    """Return the mail addresses of an answer, as what its labels say that they are."""
    found: dict[Contact, None] = {}
    for label, value in _LINE.findall(answer):
        capacity = next((is_ for word, is_ in _CAPACITIES.items() if word in label.lower()), None)
        for mail in mail_in(value) if capacity else ():
            found[Contact(str(capacity), mail, f"WHOIS, {label.strip()}")] = None
    return tuple(found)
