"""A lift waits for nothing but what makes it one: the list beside it may be refused, broken or not to be had."""

import shutil
from datetime import timedelta

import pytest

from blocker.distribution import metadata
from blocker.distribution.online import Online
from tests.distribution.forging import forge
from tests.distribution.publishing import Ministry, Receiver, new_signer, now, serving

BEFORE = {"propaganda.example", "other.example"}
LIFTED = {"other.example"}


def broken(data, how):
    return {
        "absent": lambda: None,
        "empty": lambda: b"",
        "tampered": lambda: data[:-9] + b"X" + data[-8:],
        "too-long": lambda: data + b" " * 5_000_000,
        "another": lambda: b"<html><title>404 and yet 200</title></html>",
    }[how]()


@pytest.mark.parametrize("how", ["absent", "empty", "tampered", "too-long", "another"])
@pytest.mark.parametrize("what", [".redhand", ".targets.json"])
def test_a_lift_applies_though_the_version_beside_it_cannot_be_had(isp, ministry, server, what, how):
    ministry.lift("propaganda.example")
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    server.spoil = lambda path, data: broken(data, how) if path.endswith(what) else data
    assert isp.outcome()[0] in {"refused", "failed"}
    assert isp.names() == LIFTED
    isp.restart()
    assert isp.outcome()[0] in {"refused", "failed"}
    assert isp.names() == LIFTED
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == {*LIFTED, "newer.example"}


def test_a_lift_applies_though_one_official_alone_signed_the_version(isp, ministry):
    ministry.lift("propaganda.example")
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:1])
    assert isp.outcome() == ("refused", "signatures")
    assert isp.names() == LIFTED


def test_a_lift_applies_though_the_version_is_of_another_environment(isp, ministry):
    ministry.lift("propaganda.example")
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:2], custom={"environment": "production"})
    assert isp.outcome() == ("refused", "environment")
    assert isp.names() == LIFTED


def test_a_lift_applies_though_this_hosts_clock_is_slow(isp, ministry):
    ministry.clock = lambda: now() + timedelta(hours=1)
    ministry.lift("propaganda.example")
    assert isp.outcome() == ("refused", "clock")
    assert isp.names() == LIFTED


def test_a_lift_is_kept_when_it_cannot_be_fetched_again(isp, ministry, server):
    ministry.lift("propaganda.example")
    assert isp.outcome() == ("in-force", "")
    server.spoil = lambda path, data: None if "lifts" in path else data
    isp.settings.blocklist.index.unlink()
    isp.restart()
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED


def test_a_list_is_not_taken_without_its_lifts(isp, ministry, server):
    ministry.lift("other.example")
    ministry.block("other.example", "newer.example")
    ministry.publish()
    server.spoil = lambda path, data: None if "lifts" in path else data
    assert isp.outcome() == ("failed", "unreachable")
    assert isp.names() == BEFORE


# What a lift does wait for, and why: without them, a stolen key for lifts and a place on the network would do


@pytest.mark.parametrize("what", ["timestamp.json", ".snapshot.json", ".lifts.json", "current.json"])
@pytest.mark.parametrize("how", ["absent", "tampered"])
def test_without_what_says_that_it_is_the_newest_a_lift_waits(isp, ministry, server, what, how):
    ministry.lift("propaganda.example")
    server.spoil = lambda path, data: broken(data, how) if path.endswith(what) else data
    assert isp.outcome()[0] in {"refused", "failed"}
    assert isp.names() == BEFORE
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == LIFTED


def test_an_expired_timestamp_brings_no_lift(tmp_path):
    ministry = Ministry(tmp_path / "ministry").found()
    ministry.block(*BEFORE)
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        isp.look()
        ministry.clock = lambda: now() - timedelta(days=4)
        ministry.lift("propaganda.example")
        assert isp.outcome() == ("refused", "expired")
        assert isp.names() == BEFORE


def test_lifts_that_only_a_revoked_key_signed_do_not_count_even_if_the_revocation_is_withheld(isp, ministry, server):
    """A thief has one lifts key and the network, not the host: newer targets do not arrive, forged lifts do."""
    stolen, new = ministry.people["lifts"][0], new_signer()
    ministry.lift("other.example", official=1)
    isp.look()
    with ministry.shelf.locked():
        ministry.publisher.rotate("lifts", [stolen.public_key.keyid], [new.public_key], now())
    ministry.sign(*ministry.people["targets"][:2])
    ministry.release()
    repository = ministry.publisher.in_force()
    data = next((ministry.shelf.public / "targets" / "lifts").glob("*.current.json")).read_bytes()
    forged = metadata.next_lifts(repository, data.replace(b"other.example", b"propaganda.example"), now())
    metadata.sign(forged, stolen)

    def thief(path, data):
        if path.endswith(".targets.json"):
            return None
        return forged.to_bytes() if path.endswith(".lifts.json") else data

    server.spoil = thief
    shutil.rmtree(isp.folder / "list" / "ministry" / "targets")
    (isp.folder / "list" / "ministry" / "tuf" / "lifts.json").unlink()
    assert isp.outcome()[0] in {"refused", "failed"}
    assert isp.names() == {"propaganda.example"}


def test_foreign_online_keys_bring_no_lift(isp, ministry):
    ministry.lift("propaganda.example")
    forge(ministry, signers=ministry.people["targets"][:2], online=Online(new_signer(), new_signer()))
    assert isp.outcome() == ("refused", "signatures")
    assert isp.names() == BEFORE


def test_old_lifts_do_not_come_back_after_the_clients_memory_is_lost(isp, ministry, server, tmp_path):
    ministry.lift("propaganda.example")
    shutil.copytree(ministry.shelf.public, tmp_path / "old")
    ministry.publish(reinstate=["L-1"])
    isp.look()
    assert isp.names() == BEFORE
    shutil.rmtree(isp.folder / "list" / "ministry" / "tuf")
    server.folder = tmp_path / "old"
    for spoil in (lambda _path, data: data, lambda path, data: None if path.endswith(".redhand") else data):
        server.spoil = spoil
        assert isp.outcome() == ("refused", "rollback")
        assert isp.names() == BEFORE
