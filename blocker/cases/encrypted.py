"""Encrypted evidence: is this file encrypted in the age format, and to as many keys as it should be?

Keeps true: what passes is an age v1 file (age-encryption.org/v1) with one X25519 stanza for each configured recipient,
no password and no other way in, and a payload whose length such a file can have. Which keys the stanzas belong to
nobody can tell who does not hold one of them: the format hides its recipients. Reading files is left to evidence.py.
"""

import re

HEAD = 64 * 1024
"""Bytes in which a header must end; each recipient takes about a hundred."""

_VERSION = b"age-encryption.org/v1\n"
_END = re.compile(rb"--- [A-Za-z0-9+/]{43}\n")
_STANZA = re.compile(rb"-> ([!-~]+)((?: [!-~]+)*)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_X25519 = re.compile(rb" [A-Za-z0-9+/]{43}\Z")
_WRAPPED = 43
"""Characters of a wrapped file key in base64."""
_NONCE = 16
_TAG = 16
_CHUNK = 64 * 1024 + _TAG


def judge(head: bytes, size: int, recipients: int) -> None:
    """Judge a file by its first bytes and its length.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if not head.startswith(_VERSION):
        raise ValueError("this file is not encrypted: seal it with redhand evidence seal first")
    at, found = len(_VERSION), 0
    while (stanza := _STANZA.match(head, at)) is not None:
        kind, arguments, body = stanza.groups()
        if kind == b"X25519" and _X25519.match(arguments) and len(body.strip()) == _WRAPPED:
            found += 1
        elif not kind.endswith(b"-grease"):  # those mean nothing: they keep readers from relying on a fixed shape
            raise ValueError("this file is encrypted in another way than to the configured keys")
        at = stanza.end()
    end = _END.match(head, at)
    if end is None:
        raise ValueError("this file is damaged: its head does not end as an age file's does")
    if found != recipients:
        raise ValueError(f"this file is encrypted to {found} keys, and {recipients} are configured")
    _judge_payload(size - end.end() - _NONCE)


def _judge_payload(length: int) -> None:
    """The payload is cut into chunks of 64 KiB, each with its tag; only an empty file ends in an empty chunk."""
    last = length % _CHUNK
    if length <= _TAG or 0 < last <= _TAG:
        raise ValueError("this file is empty or cut off")
