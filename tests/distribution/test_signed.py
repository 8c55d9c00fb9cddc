"""Receiving: what comes in force, what is refused or held and why, and that nothing refused changes anything."""

import json
import shutil
from datetime import timedelta

import pytest

from blocker.blocklist.entry import Environment
from blocker.clock import Clock
from blocker.distribution import durable
from blocker.distribution.online import Online
from blocker.distribution.signed import SignedSync
from blocker.errors import ConfigError, OperationError
from tests.distribution.forging import break_the_publisher, forge
from tests.distribution.publishing import Ministry, Receiver, new_signer, now, serving

IN_FORCE = {"propaganda.example", "other.example"}


def test_a_signed_version_comes_in_force_with_its_marks(isp):
    assert isp.names() == IN_FORCE
    header = isp.sync.in_force().header
    assert header.signed
    assert header.environment is Environment.TRIAL
    (source,) = header.sources
    assert (source.repository, source.serial, source.version) == ("ministry", 2, 2)
    assert header.serial == 2
    assert set(isp.sync.in_force().origins.values()) == {"ministry"}


def test_an_unchanged_repository_costs_two_requests_and_no_swap(isp, server):
    before, requests = isp.settings.blocklist.index.stat().st_ino, server.requests
    assert isp.outcome() == ("in-force", "")
    assert server.requests - requests == 2  # the next root (absent) and the timestamp
    assert isp.settings.blocklist.index.stat().st_ino == before


def test_additions_and_removals_of_a_version_come_in_force(isp, ministry):
    ministry.block("other.example", "third.example")
    ministry.publish()
    isp.look()
    assert isp.names() == {"other.example", "third.example"}


def test_a_lift_comes_in_force_without_a_new_version(isp, ministry):
    ministry.lift("propaganda.example")
    isp.look()
    assert isp.names() == {"other.example"}
    assert isp.serial() == 3


def test_a_lift_outlives_versions_and_restarts_until_it_is_settled(isp, ministry):
    ministry.lift("propaganda.example")
    ministry.block("propaganda.example", "other.example", "third.example")
    ministry.publish()
    isp.look()
    assert isp.names() == {"other.example", "third.example"}
    isp.restart()
    isp.look()
    assert isp.names() == {"other.example", "third.example"}
    ministry.publish(reinstate=["L-1"])
    isp.look()
    assert "propaganda.example" in isp.names()


# Refusals of the whole: what is in force stays, byte for byte, and the next good version is taken


def refused_then_recovers(isp, ministry, reason, spoil, mend):
    before = isp.settings.blocklist.index.read_bytes()
    spoil()
    assert isp.outcome() == ("refused", reason)
    assert isp.settings.blocklist.index.read_bytes() == before
    assert f'reason="{reason}"' in (isp.folder / "list" / "sync.prom").read_text()
    isp.restart()
    assert isp.outcome() == ("refused", reason)
    mend()
    if not ministry.publisher.pending().targets:
        ministry.block("propaganda.example", "other.example", "recovered.example")
        ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert "recovered.example" in isp.names()


def test_older_version_is_refused(isp, ministry, server, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(ministry.shelf.public, old)
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    isp.look()
    refused_then_recovers(
        isp,
        ministry,
        "rollback",
        lambda: setattr(server, "folder", old),
        lambda: setattr(server, "folder", ministry.shelf.public),
    )


def test_a_rollback_is_refused_even_if_the_clients_memory_is_lost(isp, ministry, server, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(ministry.shelf.public, old)
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    isp.look()
    shutil.rmtree(isp.folder / "list" / "ministry" / "tuf")
    server.folder = old
    assert isp.outcome() == ("refused", "rollback")
    assert "newer.example" in isp.names()


def test_one_signature_is_refused(isp, ministry):
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:1])
    assert isp.outcome() == ("refused", "signatures")
    assert isp.names() == IN_FORCE


def test_one_key_twice_is_refused(isp, ministry):
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:1], twice=True)
    result, reason = isp.outcome()
    assert result == "refused"
    assert reason in {"metadata", "signatures"}
    assert isp.names() == IN_FORCE


def test_foreign_keys_are_refused(isp, ministry):
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=[new_signer(), new_signer()])
    assert isp.outcome() == ("refused", "signatures")


def test_foreign_online_keys_are_refused(isp, ministry):
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:2], online=Online(new_signer(), new_signer()))
    assert isp.outcome() == ("refused", "signatures")


def test_another_environments_list_is_refused(isp, ministry):
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:2], custom={"environment": "production"})
    assert isp.outcome() == ("refused", "environment")
    assert isp.names() == IN_FORCE


FORGERIES = {
    "one signature": lambda ministry: {"signers": ministry.people["targets"][:1]},
    "one key twice": lambda ministry: {"signers": ministry.people["targets"][:1], "twice": True},
    "foreign keys": lambda _: {"signers": [new_signer(), new_signer()]},
    "keys of another role": lambda ministry: {"signers": ministry.people["root"][:2]},
    "foreign online keys": lambda ministry: {
        "signers": ministry.people["targets"][:2],
        "online": Online(new_signer(), new_signer()),
    },
    "another environment": lambda ministry: {
        "signers": ministry.people["targets"][:2],
        "custom": {"environment": "staging"},
    },
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_after_each_forgery_the_next_good_version_is_taken(isp, ministry, tmp_path, forgery):
    shutil.copytree(ministry.shelf.public, tmp_path / "before")
    ministry.block("propaganda.example", "other.example", "forged.example")
    forge(ministry, **FORGERIES[forgery](ministry))
    assert isp.outcome()[0] == "refused"
    assert isp.names() == IN_FORCE
    shutil.rmtree(ministry.shelf.public)
    shutil.copytree(tmp_path / "before", ministry.shelf.public)
    for good in ("same-number.example", "recovered.example"):  # what has the forged numbers comes to nothing
        ministry.block("propaganda.example", "other.example", good)
        ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == {*IN_FORCE, "recovered.example"}


def test_the_pinned_environment_alone_is_accepted(ministry, server, tmp_path):
    receiver = Receiver(tmp_path / "strict", ("ministry", server.url, ministry.root), environment="production")
    assert receiver.outcome() == ("refused", "environment")
    assert receiver.sync.in_force() is None


def test_another_repositorys_files_are_refused(isp, server, tmp_path):
    stranger = Ministry(tmp_path / "stranger").found()
    stranger.block("other-list.example")
    stranger.publish()
    server.folder = stranger.shelf.public
    result, reason = isp.outcome()
    assert (result, reason in {"signatures", "rollback"}) == ("refused", True)
    assert isp.names() == IN_FORCE


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("timestamp.json", "metadata"),
        (".snapshot.json", "tampered"),
        (".targets.json", "tampered"),
        (".redhand", "tampered"),
    ],
)
def test_tampering_on_the_way_is_refused(isp, ministry, server, path, reason):
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()

    def tampered(asked, data):
        return data[:-9] + b"X" + data[-8:] if asked.endswith(path) else data

    server.spoil = tampered
    assert isp.outcome() == ("refused", reason)
    assert isp.names() == IN_FORCE
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert "newer.example" in isp.names()


@pytest.mark.parametrize("path", ["timestamp.json", ".snapshot.json", ".targets.json", ".redhand"])
def test_a_file_that_is_too_long_is_refused(isp, ministry, server, path):
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    server.spoil = lambda asked, data: data + b" " * 5_000_000 if asked.endswith(path) else data
    assert isp.outcome() == ("refused", "too-long")
    assert isp.names() == IN_FORCE
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert "newer.example" in isp.names()


def test_an_expired_timestamp_is_a_freeze_and_is_refused(tmp_path):
    ministry = Ministry(tmp_path / "ministry", clock=lambda: now() - timedelta(days=4)).found()
    ministry.block("propaganda.example")
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        assert isp.outcome() == ("refused", "expired")
        with ministry.shelf.locked():
            ministry.publisher.refresh(ministry.online, now())
        assert isp.outcome() == ("in-force", "")


def test_metadata_from_the_future_say_that_a_clock_is_wrong(tmp_path):
    ministry = Ministry(tmp_path / "ministry", clock=lambda: now() + timedelta(hours=1)).found()
    ministry.lists.joinpath("x.txt").write_text("x")
    ministry.commit()
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        assert isp.outcome() == ("refused", "clock")
        ministry.clock = now
        ministry.publish()
        assert isp.outcome() == ("in-force", "")


def test_list_fetch_fails_and_nothing_changes(isp, server, ministry):
    server.spoil = lambda _path, _data: None
    assert isp.outcome() == ("failed", "unreachable")
    assert isp.names() == IN_FORCE
    server.spoil = lambda path, data: None if path.endswith(".redhand") else data
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    assert isp.outcome() == ("failed", "unreachable")
    server.spoil = lambda _path, data: data
    assert isp.outcome() == ("in-force", "")
    assert "newer.example" in isp.names()


# Guards again


BAD = ["google.fr", "fr.wikipedia.org", "ovh.com"]


@pytest.mark.parametrize("bad", [*BAD, "fr", "gouv.fr", "co.uk", "www.isp.example"])
def test_a_bad_addition_is_held_alone_and_the_rest_applies_with_its_lift(isp, ministry, monkeypatch, bad):
    ministry.block("other.example", "third.example", bad)
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == {"other.example", "third.example"}  # propaganda.example left with the same version
    held = json.loads((isp.folder / "list" / "held.json").read_text())
    assert [(each["name"], each["directive"]) for each in held] == [(bad, "FR-2026-0042")]
    assert (isp.folder / "list" / "held.json").stat().st_mode & 0o777 == 0o600


def test_what_is_held_is_logged_and_counted_without_its_name(isp, ministry, monkeypatch, caplog):
    ministry.block("other.example", "google.fr")
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()
    isp.look()
    assert "entries held name=ministry directive=FR-2026-0042 rule=protected count=1" in caplog.text
    assert 'redhand_sync_held_entries{repository="ministry"} 1.0' in (isp.folder / "list" / "sync.prom").read_text()
    for text in (caplog.text, (isp.folder / "list" / "sync.prom").read_text()):
        assert "google" not in text
        assert ".example" not in text


def test_what_is_held_is_still_counted_after_a_restart_and_when_another_repository_changes(
    isp, ministry, monkeypatch, server, tmp_path
):
    ministry.block("other.example", "google.fr")
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()
    isp.look()
    court = Ministry(tmp_path / "court").found()
    court.block("judged.example", directive="TJ-2026-0001")
    court.publish()
    with serving(court.shelf.public) as second:
        both = Receiver(isp.folder, ("ministry", server.url, ministry.root), ("court", second.url, court.root))
        for _ in range(2):
            both.look()
            held = json.loads((isp.folder / "list" / "held.json").read_text())
            assert [(each["repository"], each["name"]) for each in held] == [("ministry", "google.fr")]
            metrics = (isp.folder / "list" / "sync.prom").read_text()
            assert 'redhand_sync_held_entries{repository="ministry"} 1.0' in metrics
            both.restart()


def test_the_isps_own_file_holds_at_once_and_no_acceptance_overrules_it(ministry, server, tmp_path):
    protected = tmp_path / "protected.yaml"
    group = "groups:\n  - {id: ours, reason: {fr: a, en: b}, names: [{name: %s, scope: domain}]}\n"
    protected.write_text(group % "unrelated.example")
    isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), protected=str(protected))
    isp.look()
    assert isp.names() == IN_FORCE
    protected.write_text(group % "other.example")
    isp.look()
    assert isp.names() == {"propaganda.example"}
    protected.write_text(group % "unrelated.example")
    isp.look()
    assert isp.names() == IN_FORCE


def test_a_protected_file_that_cannot_be_read_is_a_fault_of_the_configuration(ministry, server, tmp_path):
    isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), protected=str(tmp_path / "absent.yaml"))
    with pytest.raises(ConfigError):
        isp.look()


def test_half_the_list_gone_without_acceptance_refuses_the_whole_but_not_its_lifts(tmp_path, monkeypatch):
    ministry = Ministry(tmp_path / "ministry").found()
    names = [f"n{number}.example" for number in range(60)]
    ministry.block(*names)
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        isp.look()
        ministry.lift("n7.example")
        ministry.block(*names[:20])
        with monkeypatch.context() as patched:
            break_the_publisher(patched)
            ministry.publish()
        assert isp.outcome() == ("refused", "delta-removed")
        assert isp.names() == set(names) - {"n7.example"}
        ministry.block(*(name for name in names if name != "n7.example"))
        with monkeypatch.context() as patched:
            break_the_publisher(patched)
            ministry.publish()
        assert isp.outcome() == ("in-force", "")
        assert isp.names() == set(names) - {"n7.example"}


def test_a_signed_acceptance_lets_half_the_list_go(tmp_path):
    ministry = Ministry(tmp_path / "ministry").found()
    names = [f"n{number}.example" for number in range(60)]
    ministry.block(*names)
    ministry.publish()
    with serving(ministry.shelf.public) as server:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root))
        isp.look()
        ministry.block(*names[:20])
        ministry.publish({"delta-removed": "annulled"})
        assert isp.outcome() == ("in-force", "")
        assert len(isp.names()) == 20


def test_ten_times_the_list_without_acceptance_is_held_and_its_removals_apply(isp, ministry, monkeypatch):
    ministry.block("other.example", *(f"n{number}.example" for number in range(30)))
    with monkeypatch.context() as patched:
        break_the_publisher(patched)
        ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert isp.names() == {"other.example"}
    assert len(json.loads((isp.folder / "list" / "held.json").read_text())) == 30


def test_acceptances_of_versions_that_an_isp_missed_count(isp, ministry):
    many = [f"n{number}.example" for number in range(30)]
    ministry.block("propaganda.example", "other.example", *many)
    ministry.publish({"delta-added": "a mirror farm"})
    ministry.block("propaganda.example", "other.example", "late.example", *many)
    ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert len(isp.names()) == 33


def test_popular_names_are_held_unless_the_officials_accepted_them(ministry, server, tmp_path):
    popular = tmp_path / "popular.csv"
    popular.write_text("1,much-used.test\n2,also-used.test\n")
    isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), popular=str(popular))
    isp.look()
    (ministry.shelf.directory / "popular.txt").write_text("much-used.test\n")
    ministry.block("propaganda.example", "other.example", "also-used.test")
    ministry.block("much-used.test", directive="FR-2026-0043")
    ministry.publish({"popular": "the court named it"})
    isp.look()
    assert isp.names() == {*IN_FORCE, "much-used.test"}


def test_an_entry_ends_at_its_own_end_even_if_no_version_ever_comes_again(isp):
    index = isp.sync.in_force()
    entry = index.directives[0]
    assert index.match("propaganda.example", entry.expires.timestamp() - 1)
    assert index.match("propaganda.example", entry.expires.timestamp()) is None


# Several repositories


def test_several_repositories_stand_side_by_side(ministry, server, tmp_path):
    court = Ministry(tmp_path / "court").found()
    court.block("judged.example", directive="TJ-2026-0001")
    court.publish()
    with serving(court.shelf.public) as second:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), ("court", second.url, court.root))
        isp.look()
        assert isp.names() == {*IN_FORCE, "judged.example"}
        index = isp.sync.in_force()
        assert index and index.origins == {"FR-2026-0042": "ministry", "TJ-2026-0001": "court"}
        second.spoil = lambda _path, _data: None  # one that is away takes nothing from the other, nor from itself
        ministry.block("propaganda.example")
        ministry.publish()
        assert [each.result for each in isp.look()] == ["in-force", "failed"]
        assert isp.names() == {"propaganda.example", "judged.example"}


def test_a_directives_id_belongs_to_the_repository_that_is_named_first(ministry, server, tmp_path):
    court = Ministry(tmp_path / "court").found()
    court.block("judged.example")
    court.publish()
    with serving(court.shelf.public) as second:
        isp = Receiver(tmp_path / "isp", ("ministry", server.url, ministry.root), ("court", second.url, court.root))
        isp.look()
        assert isp.names() == IN_FORCE
        assert "duplicate-id" in (isp.folder / "list" / "held.json").read_text()


# Keys


def test_signing_key_lost_a_rotated_one_signs_and_the_old_one_no_longer(isp, ministry):
    old, new = ministry.people["targets"][0], new_signer()
    with ministry.shelf.locked():
        ministry.publisher.rotate("targets", [old.public_key.keyid[:12]], [new.public_key], now())
    ministry.sign(*ministry.people["root"][:2], *ministry.people["targets"][1:])
    ministry.release()
    assert isp.outcome() == ("in-force", "")
    ministry.people["targets"] = [new, *ministry.people["targets"][1:]]
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    assert isp.outcome() == ("in-force", "")
    assert "newer.example" in isp.names()
    ministry.block("propaganda.example", "other.example", "newer.example", "newest.example")
    forge(ministry, signers=[old, new])
    assert isp.outcome() == ("refused", "signatures")


def test_a_rotated_root_key_is_believed_because_the_old_root_signed_it(isp, ministry):
    lost, new = ministry.people["root"][2], new_signer()
    with ministry.shelf.locked():
        ministry.publisher.rotate("root", [lost.public_key.keyid], [new.public_key], now())
    ministry.sign(*ministry.people["root"][:2])
    ministry.release()
    assert isp.outcome() == ("in-force", "")
    with ministry.shelf.locked():
        ministry.publisher.rotate("root", [ministry.people["root"][0].public_key.keyid], [lost.public_key], now())
    ministry.sign(ministry.people["root"][1], new)
    ministry.release()
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    assert isp.outcome() == ("in-force", "")


def test_a_rotated_lifts_key_lifts_and_a_revoked_one_does_not(isp, ministry):
    stolen, new = ministry.people["lifts"][0], new_signer()
    with ministry.shelf.locked():
        ministry.publisher.rotate("lifts", [stolen.public_key.keyid], [new.public_key], now())
    ministry.sign(*ministry.people["targets"][:2])
    ministry.release()
    ministry.people["lifts"][0] = new
    ministry.lift("other.example")
    isp.look()
    assert isp.names() == {"propaganda.example"}
    ministry.people["lifts"][0] = stolen
    with pytest.raises(OperationError, match="may not lift"):
        ministry.lift("propaganda.example")


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
def test_a_rotated_online_key_is_taken_and_the_old_one_refused(isp, ministry, role):
    old, new = ministry.online, new_signer()
    keyid = getattr(old, role).public_key.keyid
    with ministry.shelf.locked():
        ministry.publisher.rotate(role, [keyid], [new.public_key], now())
    ministry.sign(*ministry.people["root"][:2])
    ministry.online = Online(**{"snapshot": old.snapshot, "timestamp": old.timestamp, role: new})
    ministry.release()
    assert isp.outcome() == ("in-force", "")
    ministry.block("propaganda.example", "other.example", "newer.example")
    forge(ministry, signers=ministry.people["targets"][:2], online=old)
    assert isp.outcome() == ("refused", "signatures")


def test_the_folder_of_a_repository_is_closed_to_others(isp):
    assert (isp.folder / "list" / "ministry").stat().st_mode & 0o007 == 0
    for name in ("held.json", "serial"):
        assert (isp.folder / "list" / name).stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("takes_effect", [False, True], ids=["before", "after"])
def test_whichever_write_fails_nothing_is_lost_and_the_next_look_completes_it(isp, ministry, monkeypatch, takes_effect):
    """Fails the first write of a look, then the second, until a look meets no failure."""
    ministry.lift("other.example")
    ministry.block("propaganda.example", "other.example", "newer.example")
    ministry.publish()
    after, failing = {"propaganda.example", "newer.example"}, 0
    while failing < 20:
        with monkeypatch.context() as patched:
            count = iter(range(1000))
            for name in ("write", "keep"):
                patched.setattr(durable, name, failing_at(failing, count, getattr(durable, name), takes_effect))
            try:
                if isp.outcome() == ("in-force", ""):
                    break
            except OperationError:
                pass
        failing += 1
        assert isp.names() in (IN_FORCE, IN_FORCE - {"other.example"}, after)
        isp.restart()
    assert 4 <= failing < 20
    assert isp.names() == after
    assert isp.outcome() == ("in-force", "")


def failing_at(number, count, real, takes_effect):
    """Return a write that fails once, after so many, before or after it has done its work."""

    def write(*arguments):
        fails = next(count) == number
        if takes_effect or not fails:
            real(*arguments)
        if fails:
            raise OperationError("No space left on device")

    return write


def test_one_process_at_a_time_syncs(isp):
    other = SignedSync(isp.settings, Clock())
    with isp.sync._alone(), pytest.raises(OperationError, match="another sync"):
        other.look(1.0)
