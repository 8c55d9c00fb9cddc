"""The service's seal: an Ed25519 key (RFC 8032) that says of what it marked that this desk wrote it.

Keeps true: a seal covers what kind of thing it stands on, so that none passes for another's. It proves integrity, not
consent: people approve at the desk and sign lists with keys of their own. Where the key lies is keyfile.py's business.
"""

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from blocker.blocklist.snapshot import canonical
from blocker.errors import OperationError


@dataclass(frozen=True, slots=True)
class Seal:
    """The key of one desk."""

    public: str
    """The public half, 32 bytes in hexadecimal: what the overseer keeps."""
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> "Seal":
        """Make a key."""
        return _of(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes) -> "Seal":
        """Read what `pem` wrote.

        Raises:
            OperationError: if it is not an Ed25519 key in the clear.
        """
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise OperationError("the file of the seal's key holds no key") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise OperationError("the seal's key is not an Ed25519 key")
        return _of(private)

    def pem(self) -> bytes:
        """Return the private key (PKCS #8), for its file alone."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def of(self, kind: str, value: Any) -> str:
        """Return the seal on a value of this kind, in hexadecimal."""
        return self._private.sign(_message(kind, value)).hex()


def holds(public: str, kind: str, value: Any, seal: str) -> bool:
    """Return whether a seal stands on this very value; False also for what is no key or no seal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(seal), _message(kind, value))
    except (InvalidSignature, ValueError):
        return False
    return seal == seal.lower() and seal.isalnum()  # one spelling: bytes.fromhex reads others too


def _of(private: Ed25519PrivateKey) -> Seal:
    return Seal(private.public_key().public_bytes_raw().hex(), private)


def _message(kind: str, value: Any) -> bytes:
    return canonical(["redhand", 1, kind, value]).encode("utf-8", "surrogatepass")
