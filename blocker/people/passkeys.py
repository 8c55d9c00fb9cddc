"""Passkeys (Web Authentication Level 2): what a browser is asked, and whether its answer holds.

Keeps true: an answer counts for one challenge, for this desk's own name and address, and only if the authenticator
verified its person (a finger, a PIN): so a passkey is possession and knowledge in one, and no password goes with it.
A counter that does not grow is refused (§6.1.1): the key was copied. No attestation is asked for: which make of key
somebody uses is nothing that the desk decides on. Storing is left to factors.py, the browser's side to
blocker/admin/static/passkey.js.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from blocker.errors import FormError

CHALLENGE_BYTES = 32

MALFORMED = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What a stranger's answer can raise while it is read."""


@dataclass(frozen=True, slots=True)
class Site:
    """The desk as a browser sees it: the name that passkeys belong to, and the origin that answers come from."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an authenticator said, as JSON, and the challenge that it had to sign."""

    text: str
    challenge: bytes

    @property
    def key(self) -> bytes:
        """The id of the passkey that answered; b"" if it names none."""
        try:
            return base64url_to_bytes(json.loads(self.text)["rawId"])
        except MALFORMED:
            return b""


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of an account."""

    id: bytes
    number: str
    name: str
    """What its owner calls it."""
    public_key: bytes
    counter: int
    made_at: datetime


def creation_options(site: Site, number: str, known: Iterable[Passkey], challenge: bytes) -> str:
    """Return what a browser needs to make a passkey for an account, as JSON (§5.4)."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site.name,
            rp_name="Redhand",
            user_name=number,
            user_id=number.encode(),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(each.id) for each in known],
        )
    )


def request_options(site: Site, challenge: bytes) -> str:
    """Return what a browser needs to let any of its passkeys for this desk answer, as JSON (§5.5)."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site.name, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
    )


def made(answer: Answer, site: Site, number: str, name: str, now: datetime) -> Passkey:
    """Return the passkey that an authenticator made.

    Raises:
        FormError: if the answer is none to this challenge and site, or nobody was verified.
    """
    try:
        verified = webauthn.verify_registration_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except MALFORMED as error:
        raise FormError({"passkey": "the browser did not make a passkey that this desk can take"}) from error
    key, counter = verified.credential_public_key, verified.sign_count
    return Passkey(verified.credential_id, number, name, key, counter, now)


def counter_after(answer: Answer, site: Site, key: Passkey) -> int | None:
    """Return the counter of a passkey after its answer, or None if the answer does not hold."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.counter,
            require_user_verification=True,
        )
    except MALFORMED:
        return None
    return verified.new_sign_count
