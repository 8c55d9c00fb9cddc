"""Signing keys: made, kept encrypted, or left in a token that a command of the operator's speaks to.

Keeps true: a private key is never on a disk unencrypted, a file that holds one is readable by its owner alone, and no
password stands on a command line. A signature is checked with the public key before anybody relies on it: a token that
answers with another key, or with an error text, is found out here. Which key counts for what is metadata.py's business.

A key is the file `NAME` (PKCS #8, encrypted) and beside it `NAME.pub` (JSON as in TUF metadata, spec §4.2), which is
what the others get. For a token there is only the `.pub` file.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import CryptoSigner, Key, Signature, Signer, SSlibKey

from blocker.distribution import durable
from blocker.errors import OperationError

MIN_PASSWORD = 12
TOKEN_SECONDS = 120.0
"""How long an external command may take: a person may have to touch the token."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Where a key is: an encrypted file, or (`command` given) a public key whose private part a command has."""

    path: Path
    command: tuple[str, ...] = ()

    @property
    def public(self) -> Path:
        """The file that others may have."""
        return self.path if self.path.suffix == ".pub" else self.path.with_name(self.path.name + ".pub")


class CommandSigner(Signer):
    """Signs through an external command: the bytes to sign on its stdin, the raw signature on its stdout."""

    def __init__(self, key: Key, command: tuple[str, ...]) -> None:
        self._key = key
        self._command = command

    @property
    def public_key(self) -> Key:
        """The public key."""
        return self._key

    @classmethod
    def from_priv_key_uri(cls, *_: object, **__: object) -> "CommandSigner":
        """Refuse: a command is configured, never looked up by an address."""
        raise RuntimeError("a signing command is configured, never looked up by an address")

    def sign(self, payload: bytes) -> Signature:
        """Run the command.

        Raises:
            OperationError: if it fails; its own words are passed on.
        """
        try:
            done = subprocess.run(self._command, input=payload, capture_output=True, timeout=TOKEN_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OperationError(f"the signing command {self._command[0]} could not be run: {error}") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise OperationError(f"the signing command {self._command[0]} failed: {said}")
        return Signature(self._key.keyid, done.stdout.hex())


class CheckedSigner(Signer):
    """A signer whose every signature is verified before it is handed out."""

    def __init__(self, inner: Signer) -> None:
        self._inner = inner

    @property
    def public_key(self) -> Key:
        """The public key."""
        return self._inner.public_key

    @classmethod
    def from_priv_key_uri(cls, *_: object, **__: object) -> "CheckedSigner":
        """Refuse: it wraps a signer that is there."""
        raise RuntimeError("a checked signer wraps one that is there")

    def sign(self, payload: bytes) -> Signature:
        """Sign and verify.

        Raises:
            OperationError: if what came back is no signature of this key.
        """
        signature = self._inner.sign(payload)
        try:
            self.public_key.verify_signature(signature, payload)
        except (UnverifiedSignatureError, VerificationError) as error:
            raise OperationError("the signature that came back is not one of this key; nothing was signed") from error
        return signature


def make(path: Path, password: bytes) -> Key:
    """Make an Ed25519 key: the encrypted file and the public one beside it.

    Raises:
        OperationError: if the file exists, the password is short, or the disk fails.
    """
    if len(password) < MIN_PASSWORD:
        raise OperationError(f"a key's password has at least {MIN_PASSWORD} characters")
    if path.exists():
        raise OperationError(f"{path} exists: a key is never overwritten")
    private = Ed25519PrivateKey.generate()
    key = SSlibKey.from_crypto(private.public_key())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    durable.write(path, pem, 0o600)
    durable.write(KeyFile(path).public, public_text(key), 0o644)
    return key


def public_text(key: Key) -> bytes:
    """Return the content of a `.pub` file."""
    return json.dumps({"keyid": key.keyid, **key.to_dict()}, indent=1).encode() + b"\n"


def read_public(path: Path) -> Key:
    """Read a `.pub` file.

    Raises:
        OperationError: if it is not one.
    """
    try:
        value = json.loads(path.read_bytes())
        return Key.from_dict(value.pop("keyid"), value)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise OperationError(f"{path} is not a public key as `redhand publish make-key` writes it") from error


def open_signer(file: KeyFile, password: bytes | None) -> Signer:
    """Return the signer of a key; `password` is not needed where a command signs.

    Raises:
        OperationError: if the key cannot be read or the password is wrong.
    """
    if file.command:
        return CheckedSigner(CommandSigner(read_public(file.public), file.command))
    try:
        private = load_pem_private_key(file.path.read_bytes(), password)
    except OSError as error:
        raise OperationError(f"cannot read {file.path}: {error.strerror}") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OperationError(f"{file.path}: not a key, or the password is wrong") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise OperationError(f"{file.path}: not an Ed25519 key; keys of other kinds sign through a command")
    return CheckedSigner(CryptoSigner(private))
