"""What is an age file to our keys, and what is not; made by age itself and bent by hand."""

import pyrage
import pytest

from blocker.cases.encrypted import judge

KEYS = [pyrage.x25519.Identity.generate() for _ in range(3)]
TO_TWO = pyrage.encrypt(b"what was seen", [key.to_public() for key in KEYS[:2]])
HEAD, _, PAYLOAD = TO_TWO.partition(b"\n--- ")


def refused(data: bytes, recipients: int = 2) -> str:
    with pytest.raises(ValueError, match="this file") as caught:
        judge(data[: 64 * 1024], len(data), recipients)
    return str(caught.value)


@pytest.mark.parametrize("length", [1, 65535, 65536, 65537, 131072, 200_000])
def test_what_is_sealed_to_all_keys_passes_at_any_length(length: int):
    for count in (1, 2, 3):
        data = pyrage.encrypt(bytes(length), [key.to_public() for key in KEYS[:count]])
        judge(data[: 64 * 1024], len(data), count)
        assert f"and {count + 1} are configured" in refused(data, count + 1)  # the keys were counted


@pytest.mark.parametrize("plain", [b"", b"%PDF-1.7 plain text", b"age-encryption.org/v2\n", b"\x89PNG\r\n"])
def test_what_is_not_encrypted_is_refused(plain: bytes):
    assert "not encrypted" in refused(plain)


def test_armour_is_refused():
    armoured = pyrage.encrypt(b"x", [KEYS[0].to_public()], armored=True)
    assert "not encrypted" in refused(armoured, 1)


def test_what_a_password_opens_is_refused():
    assert "in another way" in refused(pyrage.passphrase.encrypt(b"x", "secret"), 1)


@pytest.mark.parametrize("recipients", [1, 3])
def test_too_few_keys_and_too_many_are_refused(recipients: int):
    assert "encrypted to 2 keys" in refused(TO_TWO, recipients)


def test_an_empty_file_is_refused():
    assert "empty" in refused(pyrage.encrypt(b"", [KEYS[0].to_public()]), 1)


@pytest.mark.parametrize("kept", [0, 16, 32])
def test_a_payload_that_is_cut_off_is_refused(kept: int):
    assert "cut off" in refused(HEAD + b"\n--- " + PAYLOAD[: 44 + kept])


def test_a_cut_within_the_last_chunk_s_tag_is_refused():
    data = pyrage.encrypt(bytes(65536 + 1), [KEYS[0].to_public()])
    assert "cut off" in refused(data[:-1], 1)


def test_every_cut_in_the_head_is_refused():
    for cut in range(len(HEAD) + 5 + 43):
        assert "this file" in refused(TO_TWO[:cut])


def test_a_head_that_never_ends_is_refused():
    stanza = b"-> x-grease\n" + b"A" * 64 + b"\n" + b"A\n"
    assert "head does not end" in refused(b"age-encryption.org/v1\n" + stanza * 2000)
