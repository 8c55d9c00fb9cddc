"""The file of a version: what goes in comes out, and nothing comes out that could not have gone in."""

import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.blocklist import version
from blocker.blocklist.check import check
from blocker.blocklist.snapshot import Snapshot
from blocker.distribution.source import shipped, suffixes
from blocker.errors import ListRefusedError
from tests.distribution.publishing import directive_text

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FILES = {
    "list.yaml": b"title: {fr: L, en: L}\nenvironment: trial\nown_names: [desk.authority.example]\n",
    "terrorism/FR-1.yaml": directive_text("FR-1", ["b.example", "a.example"], "domain", NOW).encode(),
    "terrorism/FR-2.yaml": directive_text("FR-2", ["c.example"], "host", NOW, "except: []").encode(),
}


@pytest.fixture(scope="module")
def snapshot():
    return Snapshot(check(FILES, shipped(), suffixes(), NOW).blocklist, 0, "c" * 40, NOW)


def packed(text: str) -> bytes:
    return zlib.compress(text.encode())


def unpacked(data: bytes) -> str:
    return zlib.decompress(data).decode()


def test_a_version_comes_back_as_it_was_with_its_digest_and_its_procedure(snapshot):
    back = version.decode(version.encode(snapshot), "x")
    assert back.digest == snapshot.digest
    assert back.directives == snapshot.directives
    assert back.directives[0].approved_by == ("agent-014", "agent-022")
    assert back.directives[0].owner_step == snapshot.directives[0].owner_step
    assert back.blocklist.protected == snapshot.blocklist.protected
    assert back.blocklist.own_names == snapshot.blocklist.own_names
    assert back.commit == "c" * 40


def test_the_same_version_has_the_same_text(snapshot):
    assert version.encode(snapshot) == version.encode(version.decode(version.encode(snapshot), "x"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\na.example\n", "\nA.example\n"),
        ("\na.example\n", "\na.example.\n"),
        ("\na.example\n", "\n192.0.2.1\n"),
        ("\na.example\n", "\n\n"),
        ("> FR-1 domain", "> FR-9 domain"),
        ("> FR-1 domain", "> FR-1 wide"),
        ('"id":"FR-1"', '"id":"FR 1"'),
        ('"public_reference":"FR-1"', '"public_reference":"<b>"'),
        ("redhand-version-1", "redhand-version-2"),
        ("+00:00", ""),
        ('"environment":"trial"', '"environment":"elsewhere"'),
    ],
)
def test_what_could_not_have_been_written_is_refused(snapshot, old, new):
    text = unpacked(version.encode(snapshot))
    assert old in text
    with pytest.raises(ListRefusedError):
        version.decode(packed(text.replace(old, new)), "x")


def test_a_name_before_any_directive_is_refused(snapshot):
    head, _, rest = unpacked(version.encode(snapshot)).partition("\n")
    with pytest.raises(ListRefusedError, match="before any directive"):
        version.decode(packed(f"{head}\nz.example\n{rest}"), "x")


def test_a_file_that_unpacks_to_too_much_is_given_up(snapshot, monkeypatch):
    monkeypatch.setattr(version, "MAX_UNPACKED", 1000)
    with pytest.raises(ListRefusedError, match="too long"):
        version.decode(version.encode(snapshot), "x")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data):
    for candidate in (data, zlib.compress(data)):
        with pytest.raises(ListRefusedError):
            version.decode(candidate, "x")


def test_a_refusal_repeats_no_name(snapshot):
    text = unpacked(version.encode(snapshot)).replace("\na.example\n", "\nsecret name\n")
    with pytest.raises(ListRefusedError) as refused:
        version.decode(packed(text), "x")
    assert "secret" not in str(refused.value)
