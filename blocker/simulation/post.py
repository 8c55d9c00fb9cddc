"""The mail of a simulation: a server that is down at times and refuses some for good, and what comes back later.

Keeps true: what the server took is written down in the order in which it took it, so that a copy or a loss is seen; of
what comes back is known how often the desk must have recorded it, however often it finds it in its folder.
"""

import email
import email.policy
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from blocker.cases.channels import UndeliverableError
from blocker.errors import OperationError
from blocker.simulation.fate import HOUR, minutes
from blocker.simulation.repository import Ticking

REFUSED = "@nobody.example"
"""Addresses that the server refuses for good, at once."""
RETURNED = "@moved.example"
"""Addresses of which it learns later that nobody is there: a report comes back."""
OWNERS = "@hosting.example"
"""Those who read their mail, and often say so."""

TWICE = 0.3
"""Of what comes back so much is found twice in the folder: mail systems do that after a fault."""

_LINK = re.compile(r"/answer/([\w-]+)")
_REPORT = """\
From: {sender}
Subject: report
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="edge"

--edge
Content-Type: message/{kind}

{fields}

--edge
Content-Type: text/rfc822-headers

Message-ID: {original}

--edge--
"""


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail on its way back to the desk."""

    at: datetime
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """A link by which the owner in a case may answer, as its letter has it."""

    case: str
    token: str


@dataclass(slots=True)
class Post:
    """The mail server, and the world behind it."""

    time: Ticking
    dice: Random
    incoming: Path
    down_until: datetime | None = None
    taken: Counter[str] = field(default_factory=Counter)
    """How often it took each letter, by number."""
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each step must have been recorded, about which letter or case, because of what came in."""
    coming: list[Coming] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    """What nobody has collected yet."""

    async def send(self, number: str, sender: str, to: str, content: bytes) -> str:  # noqa: ARG002 - what a server gets
        """Take a letter.

        Raises:
            UndeliverableError: the recipient is refused for good.
            OperationError: the server is down.
        """
        if self.down_until is not None and self.time.now < self.down_until:
            raise OperationError("the mail server is down")
        if to.endswith(REFUSED):
            self.told["Tb", number] = 1  # however often it is tried
            raise UndeliverableError("550 5.1.1 no such user")
        self.taken[number] += 1
        if to.endswith(RETURNED):
            failed = "Final-Recipient: rfc822; x@moved.example\nAction: failed\nStatus: 5.1.1"
            self._come_back("Tb", number, content, "delivery-status", failed)
        elif to.endswith(OWNERS):
            self._read(number, content)
        return f"250 2.0.0 taken as {number}"

    def _read(self, number: str, content: bytes) -> None:
        mail = email.message_from_bytes(content, policy=email.policy.default)
        text = mail.get_body(("plain",))
        if text is not None and (link := _LINK.search(text.get_content())) is not None:
            self.links.append(Link(str(mail["Message-ID"]).removeprefix("<").split(".")[0], link[1]))
        if self.dice.random() < 0.3:
            displayed = f"Original-Message-ID: {mail['Message-ID']}\nDisposition: manual-action/x; displayed"
            self._come_back("Tr", number, content, "disposition-notification", displayed)

    def _come_back(self, step: str, number: str, content: bytes, kind: str, fields: str) -> None:
        original = re.search(rb"(?im)^message-id:\s*(<[^>]+>)", content)
        if original is None:
            raise RuntimeError("a letter has a Message-ID")
        sender = "mailer-daemon@mx.example" if step == "Tb" else f"abuse{OWNERS}"
        mail = _REPORT.format(sender=sender, kind=kind, fields=fields, original=original[1].decode()).encode()
        at, name = self.time.now + minutes(self.dice, 5, 600), hashlib.sha256(mail).hexdigest()[:16]
        self.told[step, number] += 1
        self.coming.append(Coming(at, f"{name}.eml", mail))
        if self.dice.random() < TWICE:
            self.coming.append(Coming(at + self.dice.choice((0, 30)) * HOUR, f"{name}-again.eml", mail))

    def deliver(self, mail: Coming) -> None:
        """Put a mail into the desk's folder."""
        self.incoming.mkdir(exist_ok=True)
        (self.incoming / mail.name).write_bytes(mail.content)
