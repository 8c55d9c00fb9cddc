"""What the desk must be able to read again, sealed by a key that lies beside the database and not in it.

A password is kept as a hash; the secret of one-time codes cannot be, since each code is computed from it. Sealed, it is
worth nothing to whoever gets the database alone: a copy of that file, a statement that reads too much. The key is made
of the desk's one key file (integrity/keyfile.py, 0600) by HKDF, so there is no second file to lose or to back up.
Keeps true: what was sealed for one account opens for no other, and is told from what was changed (AES-256-GCM, the
account's number bound in). Whoever reads both files reads everything.
"""

import secrets
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from blocker.cases.integrity import keyfile
from blocker.errors import OperationError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_PURPOSE = b"redhand: secrets of second factors"


class Vault:
    """Seals and opens; get one from `Vault.of`."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def of(cls, database: Path) -> Self:
        """Return the vault of a database.

        Raises:
            OperationError: if the key file beside it is missing, readable by others, or none.
        """
        key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_PURPOSE).derive(keyfile.read(database).pem())
        return cls(key)

    def seal(self, secret: bytes, number: str) -> bytes:
        """Return the secret as it may be stored for an account."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, number.encode())

    def open(self, sealed: bytes, number: str) -> bytes:
        """Return the secret again.

        Raises:
            OperationError: if another key sealed it, for another account, or it was changed.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], number.encode())
        except InvalidTag as error:
            raise OperationError("the key file beside the database is not the one that its secrets are of") from error
