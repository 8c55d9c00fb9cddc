"""Publishers that are broken or malicious: what they serve passed no check of their own."""

import json

from tuf.api.metadata import MetaFile

from blocker.blocklist import check as checks
from blocker.clock import Clock
from blocker.commands.staging import build
from blocker.distribution import gate, metadata, proposal
from blocker.distribution.gate import Popular
from blocker.distribution.proposal import Wishes
from tests.distribution.publishing import now


def forge(ministry, *, signers=(), online=None, custom=None, twice=False):
    """Serve the next version as an attacker or a broken publisher would: without the publisher's own checks."""
    online = online or ministry.online
    with ministry.shelf.locked():
        publisher = ministry.publisher
        repository = publisher.in_force()
        proposal, _ = build(ministry.lists, publisher.before(), Popular(), Wishes({}), Clock())
        pending = metadata.next_list(repository, proposal.data, {**proposal.custom, **(custom or {})}, now())
        targets = pending.targets
        assert targets is not None
        for signer in signers:
            targets.sign(signer, append=True)
        data = targets.to_bytes()
        if twice:
            value = json.loads(data)
            value["signatures"] = [value["signatures"][0]] * 2
            data = json.dumps(value).encode()
        digest = targets.signed.targets[metadata.LIST_FILE].hashes["sha256"]
        lifts = {"lifts": repository.lifts.to_bytes()} if repository.lifts else {}
        snapshot = metadata.next_snapshot(repository, {"targets": targets.to_bytes(), **lifts}, now())
        snapshot.signed.meta["targets.json"] = MetaFile.from_data(targets.signed.version, data, ["sha256"])
        snapshot.sign(online.snapshot)
        timestamp = metadata.next_timestamp(repository, snapshot.to_bytes(), now())
        timestamp.sign(online.timestamp)
        served = ministry.shelf.public
        (served / f"targets/{digest}.list.redhand").write_bytes(proposal.data)
        (served / f"metadata/{targets.signed.version}.targets.json").write_bytes(data)
        (served / f"metadata/{snapshot.signed.version}.snapshot.json").write_bytes(snapshot.to_bytes())
        (served / "metadata/timestamp.json").write_bytes(timestamp.to_bytes())


def break_the_publisher(monkeypatch):
    """Let anything be staged: a publisher without check and gate."""

    class Nothing:
        def __init__(self, *_args):
            pass

        def check(self, _entries):
            return []

        def refusal(self, _name):
            return None

    monkeypatch.setattr(checks, "Guards", Nothing)
    monkeypatch.setattr(proposal, "Guards", Nothing)
    monkeypatch.setattr(gate, "judge", lambda *_: ())
