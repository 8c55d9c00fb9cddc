"""Fifteen bad publications, and the case of 17 October 2016: each refused or held with its reason, nothing else harmed.

Each bad version also takes propaganda.example off the list. Where the fault is an addition, that lift comes in force;
where the version as a whole cannot be meant, nothing changes.
"""

import json
import shutil
from datetime import timedelta

import pytest

from blocker.blocklist import version
from blocker.blocklist.check import check
from blocker.blocklist.guards import Guards
from blocker.clock import Clock
from blocker.distribution import gate
from blocker.distribution.source import read_directory, shipped, suffixes
from blocker.errors import InvalidNameError, ListRefusedError
from blocker.names import DomainName
from tests.distribution.forging import break_the_publisher, forge
from tests.distribution.publishing import now

KEPT = [f"kept-{number}.example" for number in range(50)]
BEFORE = {"propaganda.example", *KEPT}
LIFTED = set(KEPT)
CASE_OF_2016 = ("www.google.fr", "fr.wikipedia.org", "ovh.com")


@pytest.fixture
def listed():
    return ("propaganda.example", *KEPT)


@pytest.fixture
def isp(isp, tmp_path):
    """The same, with a name of its own network's under protection."""
    protected = tmp_path / "protected.yaml"
    upstream = (
        "groups:\n  - {id: upstream, reason: {fr: a, en: b}, names: [{name: dns.upstream.example, scope: host}]}\n"
    )
    protected.write_text(upstream)
    isp.reconfigure(protected=str(protected))
    assert isp.outcome() == ("in-force", "")
    return isp


def publish_blindly(ministry, monkeypatch, *names):
    """Publish as a ministry whose own check and gate are out of order."""
    ministry.block(*names)
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()


def held_rules(isp):
    return {each["rule"] for each in json.loads((isp.folder / "list" / "held.json").read_text())}


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        (["fr"], "single-label"),
        (["www.isp.example"], "own-name"),
        (["upstream.example"], "protected"),
        ([f"new-{number}.example" for number in range(500)], "delta-added"),
    ],
    ids=["a-tld", "the-pages-own-name", "the-upstreams-name", "ten-times-larger"],
)
def test_a_bad_addition_is_held_and_the_lift_beside_it_applies(isp, ministry, monkeypatch, bad, rule):
    publish_blindly(ministry, monkeypatch, *KEPT, *bad)
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED
    assert held_rules(isp) == {rule}


def test_a_duplicate_is_held_and_the_first_one_stands(isp, ministry, monkeypatch):
    ministry.block(*KEPT)
    ministry.block(KEPT[0], directive="FR-2026-0099")
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED
    assert held_rules(isp) == {"duplicate"}


def test_half_the_list_gone_is_refused(isp, ministry, monkeypatch):
    publish_blindly(ministry, monkeypatch, *KEPT[:20])
    assert isp.outcome() == ("refused", "delta-removed")
    assert isp.names() == BEFORE


def test_an_empty_list_is_refused(isp, ministry, monkeypatch):
    (ministry.lists / "list.yaml").write_text("title: {fr: L, en: L}\nenvironment: trial\nmay_be_empty: true\n")
    ministry.block()
    real = version.encode

    def without_leave(snapshot):
        object.__setattr__(snapshot.blocklist, "may_be_empty", False)
        return real(snapshot)

    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        patched.setattr(version, "encode", without_leave)
        ministry.publish()
    assert isp.outcome() == ("refused", "empty")
    assert isp.names() == BEFORE


def test_the_root_of_dns_is_no_name_and_its_version_is_refused(isp, ministry, monkeypatch):
    with pytest.raises(InvalidNameError):
        DomainName.parse(".")
    ministry.block(*KEPT)
    real = version._lines

    def with_the_root(snapshot):
        yield from real(snapshot)
        yield "."

    with monkeypatch.context() as patched:
        patched.setattr(version, "_lines", with_the_root)
        ministry.stage()
        with pytest.raises(ListRefusedError, match="no domain name"):
            ministry.publisher.staged_list()  # whoever signs sees it first
        forge(ministry, signers=ministry.people["targets"][:2])
    assert isp.outcome() == ("refused", "name")
    assert isp.names() == BEFORE


def test_another_environments_list_is_refused(isp, ministry):
    ministry.block(*KEPT)
    forge(ministry, signers=ministry.people["targets"][:2], custom={"environment": "staging"})
    assert isp.outcome() == ("refused", "environment")
    assert isp.names() == BEFORE


def test_one_signature_is_refused(isp, ministry):
    ministry.block(*KEPT)
    forge(ministry, signers=ministry.people["targets"][:1])
    assert isp.outcome() == ("refused", "signatures")
    assert isp.names() == BEFORE


def test_an_old_version_is_refused(isp, ministry, server, tmp_path):
    shutil.copytree(ministry.shelf.public, tmp_path / "old")
    ministry.block("propaganda.example", *KEPT, "newer.example")
    ministry.publish()
    isp.look()
    server.folder = tmp_path / "old"
    assert isp.outcome() == ("refused", "rollback")
    assert isp.names() == {*BEFORE, "newer.example"}


def test_expired_metadata_are_refused(isp, ministry):
    ministry.block(*KEPT)
    ministry.clock = lambda: now() - timedelta(days=4)
    ministry.stage()
    ministry.sign()
    ministry.release()
    assert isp.outcome() == ("refused", "expired")
    assert isp.names() == BEFORE


@pytest.mark.parametrize("what", ["absent", "zero-bytes", "corrupted", "a-directory"])
def test_a_list_file_that_is_none_is_refused_or_missing(isp, ministry, server, what):
    ministry.block(*KEPT)
    ministry.publish()

    def spoil(path, data):
        if not path.endswith(".redhand"):
            return data
        return {
            "absent": None,
            "zero-bytes": b"",
            "corrupted": bytes([data[0] ^ 1]) + data[1:],
            "a-directory": b"<html><title>Index of /targets</title></html>",
        }[what]

    server.spoil = spoil
    assert isp.outcome() == (("failed", "unreachable") if what == "absent" else ("refused", "tampered"))
    assert isp.names() == BEFORE
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED


# 17 October 2016: an old test file was merged into the list of a large provider; three names of everybody's were on it.


def test_2016_is_refused_by_check_alone(ministry):
    ministry.block("propaganda.example", *KEPT, *CASE_OF_2016)
    with pytest.raises(ListRefusedError) as refused:
        check(read_directory(ministry.lists).files, shipped(), suffixes(), Clock().now())
    assert [fault.rule for fault in refused.value.faults] == ["protected"] * 3


def test_2016_is_refused_by_stage_alone(ministry, monkeypatch):
    ministry.block("propaganda.example", *KEPT, *CASE_OF_2016)
    monkeypatch.setattr(Guards, "check", lambda *_: [])  # what `lists check` asks; stage asks `refusal` once more
    monkeypatch.setattr(gate, "judge", lambda *_: ())
    with pytest.raises(ListRefusedError) as refused:
        ministry.stage()
    assert [fault.rule for fault in refused.value.faults] == ["protected"] * 3


def test_2016_is_held_by_sync_alone(isp, ministry, monkeypatch):
    publish_blindly(ministry, monkeypatch, *KEPT, *CASE_OF_2016)
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED
    held = json.loads((isp.folder / "list" / "held.json").read_text())
    assert {each["name"] for each in held} == set(CASE_OF_2016)
