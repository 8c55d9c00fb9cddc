"""Staging, signing, releasing: who may, over what, and what is left when a write fails before or after its effect."""

import json
import shutil
from datetime import timedelta

import pytest

from blocker.blocklist.entry import Environment
from blocker.distribution import durable, metadata
from blocker.distribution.publish import Publisher
from blocker.distribution.shelf import Shelf
from blocker.errors import ListRefusedError, OperationError
from tests.distribution.publishing import Ministry, new_signer, now


@pytest.fixture
def ministry(tmp_path):
    return Ministry(tmp_path).found()


def served_names(ministry):
    with ministry.shelf.locked():
        snapshot = ministry.publisher.before().snapshot
    return {entry.name for entry in snapshot.entries} if snapshot else set()


def test_a_version_is_served_once_two_officials_signed_it(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    ministry.sign(ministry.people["targets"][0])
    with pytest.raises(ListRefusedError, match="1 more must sign"):
        ministry.release()
    assert served_names(ministry) == set()
    ministry.sign(ministry.people["targets"][2])
    assert ministry.release().serial == 2
    assert served_names(ministry) == {"propaganda.example"}


def test_one_official_who_signs_twice_is_one(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    one = ministry.people["targets"][0]
    ministry.sign(one, one)
    with pytest.raises(ListRefusedError, match="1 more must sign"):
        ministry.release()


def test_a_key_of_another_role_or_of_nobody_signs_nothing(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    for stranger in (ministry.people["root"][0], ministry.people["lifts"][0], new_signer()):
        with pytest.raises(OperationError, match="may sign nothing"):
            ministry.sign(stranger)


def test_a_signature_is_over_what_was_staged_and_does_not_outlive_it(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    ministry.sign()
    ministry.block("propaganda.example", "more.example")
    ministry.stage()
    with pytest.raises(ListRefusedError, match="2 more must sign"):
        ministry.release()


def test_a_staged_list_that_was_changed_is_not_released(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    ministry.sign()
    staged = ministry.shelf.staged / metadata.LIST_FILE
    staged.write_bytes(staged.read_bytes() + b"x")
    with pytest.raises(OperationError, match="not the one that the staged metadata name"):
        ministry.release()


def test_signatures_come_back_as_files_from_other_machines(ministry, tmp_path):
    ministry.block("propaganda.example")
    ministry.stage()
    ministry.sign(ministry.people["targets"][0])
    elsewhere = Shelf(tmp_path / "elsewhere")
    with ministry.shelf.locked():
        shutil.copytree(ministry.shelf.directory, elsewhere.directory)
    with elsewhere.locked():
        Publisher(elsewhere).sign(ministry.people["targets"][1])
    name = f"{ministry.people['targets'][1].public_key.keyid}.sig"
    (ministry.shelf.staged / name).write_bytes((elsewhere.staged / name).read_bytes())
    assert ministry.release().serial == 2


def test_a_list_of_another_environment_is_not_staged(ministry):
    text = (ministry.lists / "list.yaml").read_text()
    (ministry.lists / "list.yaml").write_text(text.replace("trial", "staging"))
    ministry.commit()
    with pytest.raises(ListRefusedError, match="the repository is for trial"):
        ministry.stage()


def test_uncommitted_work_is_not_staged(ministry):
    ministry.block("propaganda.example")
    (ministry.lists / "terrorism" / "half.txt").write_text("unfinished")
    with pytest.raises(ListRefusedError, match="uncommitted work"):
        ministry.stage()


def test_what_a_guard_refuses_is_not_staged(ministry):
    ministry.block("google.fr", "fr.wikipedia.org", "ovh.com")
    with pytest.raises(ListRefusedError) as refused:
        ministry.stage()
    assert len([fault for fault in refused.value.faults if fault.rule == "protected"]) == 3
    assert not ministry.shelf.staged.exists()


def test_a_name_is_unprotected_one_version_before_it_is_listed(ministry):
    group = "groups:\n  - {id: own, reason: {fr: a, en: b}, names: [{name: %s, scope: domain}]}\n"
    protected = ministry.lists / "protected.yaml"
    protected.write_text(group % "kept.example")
    ministry.block("propaganda.example")
    ministry.publish()
    protected.write_text(group % "other.example")
    ministry.block("propaganda.example", "kept.example")
    with pytest.raises(ListRefusedError, match="one version later"):
        ministry.stage()
    ministry.block("propaganda.example")
    ministry.publish()
    ministry.block("propaganda.example", "kept.example")
    ministry.publish()
    assert "kept.example" in served_names(ministry)


def test_the_metadata_names_no_site(ministry):
    names = [f"site-{number}.example" for number in range(25)]
    ministry.block("propaganda.example")
    ministry.publish()
    ministry.block("propaganda.example", *names)
    ministry.publish({"delta-added": "a mirror farm"})
    ministry.lift("site-3.example")
    for path in (ministry.shelf.public / "metadata").iterdir():
        assert b".example" not in path.read_bytes(), path.name
    custom = metadata.list_custom(ministry.publisher.in_force().targets)
    assert custom is not None
    assert custom["steps"][-1]["accepted"] == [
        {"rule": "delta-added", "reason": "a mirror farm", "count": 25, "directives": ["FR-2026-0042"]}
    ]


def test_files_are_not_for_everybody(ministry):
    ministry.block("propaganda.example")
    ministry.stage()
    modes = {path.name: path.stat().st_mode & 0o777 for path in ministry.shelf.directory.rglob("*") if path.is_file()}
    assert modes
    assert {name: mode for name, mode in modes.items() if mode not in {0o600, 0o640}} == {}


# The gate


def test_more_than_twenty_names_at_once_need_an_acceptance(ministry):
    ministry.block("propaganda.example")
    ministry.publish()
    ministry.block("propaganda.example", *(f"n{number}.example" for number in range(21)))
    with pytest.raises(ListRefusedError, match="--accept delta-added"):
        ministry.stage()
    ministry.stage({"delta-added": "meant"})


def test_half_a_list_gone_needs_an_acceptance(ministry):
    names = [f"n{number}.example" for number in range(60)]
    ministry.block(*names)
    ministry.publish()
    ministry.block(*names[:30])
    with pytest.raises(ListRefusedError, match="--accept delta-removed"):
        ministry.stage()


def test_a_popular_name_needs_an_acceptance_and_a_protected_one_gets_none(ministry):
    (ministry.shelf.directory / "popular.txt").write_text("www.much-used.test\n")
    ministry.block("much-used.test")
    with pytest.raises(ListRefusedError, match="--accept popular"):
        ministry.stage()
    ministry.stage({"popular": "the court named it"})
    ministry.block("google.fr")
    with pytest.raises(ListRefusedError, match="protected"):
        ministry.stage({"popular": "really"})


def test_an_acceptance_of_nothing_is_refused(ministry):
    ministry.block("propaganda.example")
    with pytest.raises(ListRefusedError, match="nothing to accept"):
        ministry.stage({"delta-added": "just in case"})


# Lifts


def test_one_official_lifts_at_once_and_a_second_confirms(ministry):
    ministry.block("propaganda.example", "other.example")
    before = ministry.publish().serial
    lift = ministry.lift("propaganda.example")
    repository = ministry.publisher.in_force()
    assert repository.serial == before + 1
    assert lift.confirm_by - lift.at == timedelta(hours=24)
    with ministry.shelf.locked(), pytest.raises(OperationError, match="a second one"):
        ministry.publisher.confirm(lift.id, ministry.people["lifts"][0], ministry.online, now())
    with ministry.shelf.locked():
        ministry.publisher.confirm(lift.id, ministry.people["lifts"][1], ministry.online, now())
        (only,) = ministry.publisher.before().open_lifts
    assert only.confirmed_by == ministry.people["lifts"][1].public_key.keyid


def test_a_key_that_may_not_lift_does_not(ministry):
    ministry.block("propaganda.example")
    ministry.publish()
    for stranger in (ministry.people["targets"][0], new_signer()):
        with ministry.shelf.locked(), pytest.raises(OperationError, match="may not lift"):
            ministry.publisher.lift("propaganda.example", "no", stranger, ministry.online, now())


def test_what_is_not_on_the_list_cannot_be_lifted(ministry):
    with ministry.shelf.locked(), pytest.raises(OperationError, match="nothing on the list"):
        ministry.publisher.lift("unknown.example", "no", ministry.people["lifts"][0], ministry.online, now())


def test_a_lift_stays_open_until_the_list_no_longer_holds_the_name(ministry):
    ministry.block("propaganda.example", "other.example")
    ministry.publish()
    ministry.lift("propaganda.example")
    ministry.block("propaganda.example", "other.example", "third.example")
    ministry.publish()
    with ministry.shelf.locked():
        assert len(ministry.publisher.before().open_lifts) == 1
    ministry.block("other.example", "third.example")
    ministry.publish()
    with ministry.shelf.locked():
        assert ministry.publisher.before().open_lifts == ()


def test_two_officials_may_put_back_what_one_lifted(ministry):
    ministry.block("propaganda.example")
    ministry.publish()
    lift = ministry.lift("FR-2026-0042")
    ministry.publish(reinstate=[lift.id])
    with ministry.shelf.locked():
        assert ministry.publisher.before().open_lifts == ()


# Refresh


def test_a_refresh_signs_the_timestamp_and_near_its_end_the_snapshot(ministry):
    before = ministry.publisher.in_force()
    with ministry.shelf.locked():
        after = ministry.publisher.refresh(ministry.online, now())
        assert after.timestamp.signed.version == before.timestamp.signed.version + 1
        assert after.snapshot.signed.version == before.snapshot.signed.version
        late = ministry.publisher.refresh(ministry.online, now() + timedelta(days=10))
        assert late.snapshot.signed.version == before.snapshot.signed.version + 1
    assert late.serial == before.serial


# Each write: failed before, and failed after taking effect


@pytest.mark.parametrize("takes_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("act", ["release", "lift", "refresh"])
def test_whichever_write_fails_the_old_or_the_new_state_is_served_and_the_next_command_completes_it(
    tmp_path, monkeypatch, act, takes_effect
):
    """Fails the first write of a run, then the second, until a run meets no failure; nothing is ever torn."""
    failing = 0
    while True:
        ministry = Ministry(tmp_path / f"m{failing}").found()
        ministry.block("propaganda.example")
        if act == "release":
            ministry.stage()
            ministry.sign()
        else:
            ministry.publish()
        failed = _run_with_failure(ministry, monkeypatch, act, failing, takes_effect=takes_effect)
        with Shelf(ministry.shelf.directory).locked():
            repository = ministry.publisher.in_force()  # verified from the root down
            data = ministry.shelf.target(repository, metadata.LIST_FILE)
            assert (data is None) == (repository.targets.signed.version == 1)
        if not failed:
            break
        _again(ministry, act)
        failing += 1
    assert failing >= 3


def _run_with_failure(ministry, monkeypatch, act, failing, *, takes_effect):
    count = 0
    real = durable.write

    def write(path, data, mode=0o600):
        nonlocal count
        count += 1
        if count == failing + 1:
            if takes_effect:
                real(path, data, mode)
            raise OperationError("the disk failed")
        real(path, data, mode)

    with monkeypatch.context() as patched:
        patched.setattr(durable, "write", write)
        try:
            _act(ministry, act)
        except OperationError:
            return True
    return False


def _act(ministry, act):
    if act == "release":
        ministry.release()
    elif act == "lift":
        ministry.lift("propaganda.example")
    else:
        with ministry.shelf.locked():
            ministry.publisher.refresh(ministry.online, now())


def _again(ministry, act):
    try:
        _act(ministry, act)
    except ListRefusedError as error:
        assert "nothing is staged" in str(error)
    with ministry.shelf.locked():
        repository = ministry.publisher.in_force()
        assert repository.targets.signed.version == 2
        if act == "lift":
            assert repository.lifts is not None


def test_two_commands_never_work_at_once(ministry):
    with ministry.shelf.locked(), pytest.raises(OperationError, match="another command"), ministry.shelf.locked():
        pass


def test_an_environment_is_bound_into_root_for_good(ministry):
    root = json.loads(ministry.root.read_bytes())
    assert root["signed"]["redhand"] == {"environment": "trial"}
    with ministry.shelf.locked(), pytest.raises(OperationError, match="initialised before"):
        ministry.publisher.init(Environment.PRODUCTION, ministry.public_keys(), {}, now())
