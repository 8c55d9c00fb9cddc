"""Whom a search found: a capacity, a mail address, and where it stood. Proposed to an officer, who alone chooses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CONTACTS = 20
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to ask: as what (a capacity of documents.py), by which mail address, and what said so."""

    capacity: str
    mail: str
    source: str


def mail_in(text: str) -> Iterator[str]:
    """Yield the mail addresses in a text of bounded length, in lower case."""
    for found in _MAIL.finditer(text[:10_000]):
        yield found[0].lower().rstrip(".")
