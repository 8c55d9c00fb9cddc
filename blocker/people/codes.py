"""One-time codes of authenticator apps (RFC 6238) and recovery codes, as values.

Keeps true: a code counts for its own half minute and one either side (RFC 6238 §5.2), and never twice, nor one older
than a code that was taken. SHA-1, six digits and thirty seconds are what every app knows; the secret has 160 bits
(RFC 4226 §4, R6). Keeping secrets is left to factors.py.
"""

import base64
import hashlib
import hmac
from datetime import datetime

import pyotp

STEP = 30
"""Seconds that one code is shown for."""

SKEW = 1
"""Steps by which somebody's clock may be wrong."""

SECRET_BYTES = 20
RECOVERY_BYTES = 10
RECOVERY_CODES = 10

_GROUP = 4


def taken_step(secret: bytes, typed: str, now: datetime, after: int) -> int | None:
    """Return the time step whose code was typed, if it is near `now` and later than the step `after`; else None."""
    totp = pyotp.TOTP(base64.b32encode(secret).decode())
    code, current = "".join(typed.split()), int(now.timestamp()) // STEP
    for step in range(current - SKEW, current + SKEW + 1):
        right = hmac.compare_digest(totp.at(step * STEP).encode(), code.encode())
        if right and step > after:
            return step
    return None


def address(secret: bytes, number: str, issuer: str) -> str:
    """Return the otpauth address that apps read from a QR code."""
    return pyotp.TOTP(base64.b32encode(secret).decode()).provisioning_uri(name=number, issuer_name=issuer)


def spelled(secret: bytes) -> str:
    """Return a secret or a recovery code as people copy it: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def recovery_hash(typed: str) -> str:
    """Return what is kept of a recovery code. A plain hash does: the code is random, and nobody guesses 80 bits."""
    letters = "".join(typed.split()).replace("-", "").upper()
    return hashlib.sha256(letters.encode()).hexdigest()
