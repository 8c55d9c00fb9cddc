"""A thief of the online keys numbers far ahead, so that all that is true seems old: new keys end it (TUF 5.3.11)."""

import pytest

from blocker.distribution import metadata
from blocker.distribution.online import Online
from tests.distribution.publishing import new_signer, now

AHEAD = 1_000_000


def run_ahead(isp, ministry, *roles):
    """Let the provider meet what is in force under numbers that the publisher will not reach for years."""
    repository = ministry.publisher.in_force()
    parts = {"targets": repository.targets.to_bytes()}
    snapshot = repository.snapshot
    if "snapshot" in roles:
        snapshot = metadata.next_snapshot(repository, parts, now())
        snapshot.signed.version = AHEAD
        snapshot.sign(ministry.online.snapshot)
    timestamp = metadata.next_timestamp(repository, snapshot.to_bytes(), now())
    timestamp.signed.version = AHEAD
    timestamp.sign(ministry.online.timestamp)
    served = ministry.shelf.public / "metadata"
    (served / f"{snapshot.signed.version}.snapshot.json").write_bytes(snapshot.to_bytes())
    true = (served / "timestamp.json").read_bytes()
    (served / "timestamp.json").write_bytes(timestamp.to_bytes())
    assert isp.outcome() == ("in-force", "")
    (served / "timestamp.json").write_bytes(true)  # the thief stood on the way; the publisher's own host is whole


def renew(ministry, *roles):
    """Give these roles new keys, one release each, as `redhand publish rotate ROLE --renew` does."""
    for role in roles:
        old, new = ministry.online, new_signer()
        with ministry.shelf.locked():
            ministry.publisher.rotate(role, [getattr(old, role).public_key.keyid], [new.public_key], now())
        ministry.sign(*ministry.people["root"][:2])
        ministry.online = Online(**{"snapshot": old.snapshot, "timestamp": old.timestamp, role: new})
        ministry.release()


@pytest.mark.parametrize("roles", [("timestamp",), ("timestamp", "snapshot")], ids=" and ".join)
def test_numbers_far_ahead_stop_a_receiver_until_the_stolen_keys_are_renewed(isp, ministry, roles):
    run_ahead(isp, ministry, *roles)
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    assert isp.outcome() == ("refused", "rollback")
    assert "newer.example" not in isp.names()
    renew(ministry, *roles)
    assert isp.outcome() == ("in-force", "")
    assert "newer.example" in isp.names()


def test_the_new_keys_are_believed_after_a_restart_too(isp, ministry):
    run_ahead(isp, ministry, "timestamp", "snapshot")
    assert isp.outcome() == ("refused", "rollback")
    renew(ministry, "timestamp", "snapshot")
    isp.restart()
    assert isp.outcome() == ("in-force", "")
    ministry.lift("other.example")
    isp.look()
    assert isp.names() == {"propaganda.example"}
