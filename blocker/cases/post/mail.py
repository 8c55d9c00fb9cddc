"""Letters as mail, and mail that comes back to them: bytes in, values out.

Keeps true: the same letter is the same message at every attempt, with a Message-ID that says which effect it is; and of
what comes in only a report made for machines (RFC 3464, RFC 8098) or a person's reply is taken as news of a letter. A
mail proves nothing by itself, since anybody can write one: what follows is decided by people (steps/post.py).
"""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import format_datetime, parseaddr
from enum import StrEnum

from blocker.cases.case import Document
from blocker.errors import OperationError

LONGEST_SAID = 300
"""Characters of what a mail system said that the ledger keeps."""

_OURS = re.compile(r"<([0-9]{4}-[0-9]{6}|settings)\.([0-9]+\.[0-9]+)@[^>\s]+>")
_COVER = """\
Demande {number} : vous pouvez y répondre sur cette page, en français ou en anglais.
Le lien sert une fois et n'est que pour vous. La demande suit.

Request {number}: you can answer it on this page, in French or English.
The link works once and is for you alone. The request follows.

{link}
"""
_MACHINES = ("mailer-daemon@", "postmaster@", "noreply@", "no-reply@")


class News(StrEnum):
    """What a mail says of a letter."""

    FAILED = "failed"
    DELIVERED = "delivered"
    DISPLAYED = "displayed"
    REPLIED = "replied"


@dataclass(frozen=True, slots=True)
class Incoming:
    """News of one letter: of the effect that sent it, or (an envelope id alone) of the document."""

    news: News
    said: str
    case: str | None = None
    effect: str | None = None
    document: str | None = None


def message_id(document: Document, effect: str, sender: str) -> str:
    """Return the Message-ID of a letter: the same at every attempt, so that a copy is known as one."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "redhand.invalid"
    return f"<{document.case}.{effect}@{domain}>"


def compose(document: Document, effect: str, sender: str, link: str | None = None) -> bytes:
    """Return a letter as an RFC 5322 message that asks for a receipt (RFC 8098).

    A link by which its reader answers comes in a text of its own before the letter, which stays as it was issued.

    Raises:
        OperationError: if it cannot be addressed.
    """
    name, address = parseaddr(sender)
    try:
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = Address(addr_spec=document.mail)
        message["Subject"] = document.subject
        message["Date"] = format_datetime(document.issued_at)
        message["Message-ID"] = message_id(document, effect, sender)
        message["Disposition-Notification-To"] = str(message["From"])
        if link is None:
            message.set_content(document.text, cte="quoted-printable")
        else:
            message.set_content(_COVER.format(number=document.number, link=link), cte="quoted-printable")
            name = f"{document.number}.txt"
            message.add_attachment(document.text, cte="quoted-printable", disposition="inline", filename=name)
        message["Content-Language"] = "fr, en"
        return message.as_bytes()
    except (ValueError, LookupError) as error:
        raise OperationError(f"letter {document.number} cannot be addressed: {error}") from error


def printable(text: str) -> str:
    """Return what a mail system said as one short line that may stand in the ledger."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line[:LONGEST_SAID] or "nothing"


def read(content: bytes) -> Incoming | None:
    """Return the news in a mail, or None if it has none of a letter of ours."""
    try:
        mail = email.message_from_bytes(content, policy=email.policy.default)
        return _read(mail)
    except (ValueError, LookupError, AttributeError, TypeError):  # the parser gives up on much that strangers send
        return None


def _read(mail: EmailMessage) -> Incoming | None:
    parts = {part.get_content_type(): part for part in mail.walk()}
    if (status := parts.get("message/delivery-status")) is not None:
        return _delivery(status, parts)
    if (disposition := parts.get("message/disposition-notification")) is not None:
        return _disposition(disposition)
    automatic = str(mail.get("Auto-Submitted", "no")).strip().lower() != "no"
    sender = parseaddr(str(mail.get("From", "")))[1].lower()
    if automatic or not sender or sender.startswith(_MACHINES) or str(mail.get("Return-Path", "")).strip() == "<>":
        return None  # an answering machine has read nothing, and a bounce in prose is for people
    known = _ours(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}")
    return _about(known, News.REPLIED, f"a reply from {sender}")


def _delivery(status: Message, parts: dict[str, EmailMessage]) -> Incoming | None:
    fields = list(_blocks(status))
    actions = {str(block.get("Action", "")).strip().lower() for block in fields}
    news = News.FAILED if "failed" in actions else News.DELIVERED if "delivered" in actions else None
    if news is None:  # delayed, relayed, expanded: nothing is settled
        return None
    said = [str(block[name]) for block in fields for name in ("Status", "Diagnostic-Code") if name in block]
    original = parts.get("message/rfc822") or parts.get("text/rfc822-headers")
    known = _ours(_text(original))
    envelope = next(
        (str(block["Original-Envelope-Id"]).strip() for block in fields if "Original-Envelope-Id" in block), ""
    )
    return _about(known, news, " ".join(said), envelope or None)


def _disposition(part: Message) -> Incoming | None:
    for block in _blocks(part):
        if "displayed" in str(block.get("Disposition", "")).lower().partition(";")[2]:
            return _about(_ours(str(block.get("Original-Message-ID", ""))), News.DISPLAYED, str(block["Disposition"]))
    return None


def _about(known: tuple[str, str] | None, news: News, said: str, envelope: str | None = None) -> Incoming | None:
    if known is None and envelope is None:
        return None
    case, effect = known or (None, None)
    return Incoming(news, printable(said), case, effect, envelope)


def _ours(text: str) -> tuple[str, str] | None:
    found = _OURS.search(text)
    return (found[1], found[2]) if found else None


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a report; a parser that saw them as text is helped on."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))
    else:
        for block in str(payload).split("\n\n"):
            yield email.message_from_string(block.strip() + "\n", policy=email.policy.default)


def _text(part: Message | None) -> str:
    """The headers of the message that came back, where its Message-ID stands."""
    if part is None:
        return ""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if isinstance(inner, Message):
        return str(inner.get("Message-ID", ""))
    found = re.search(r"(?im)^message-id:\s*(<[^>]+>)", str(payload))
    return found[1] if found else ""
