"""The publishing side: stage, sign, release, lift, refresh, rotate, on the files of one signed repository.

Keeps true: nothing is served that the people whom root names have not signed, over exactly the bytes that were staged;
the online keys alone can only say "still the same" [TUF 4.3, 4.4]; a lift needs one official and waits for nobody. Each
act reads the state, decides with pure functions (metadata.py, proposal.py, lifts.py) and ends in one write of shelf.py.
TUF's instants are the world's: a trial whose list time runs faster has metadata that expire as everybody's do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from securesystemslib.signer import Key, Signature, Signer
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from blocker.blocklist import version
from blocker.blocklist.entry import Environment
from blocker.blocklist.snapshot import Snapshot
from blocker.distribution import durable, lifts, metadata
from blocker.distribution.lifts import Lift
from blocker.distribution.metadata import (
    LIFTS,
    LIFTS_FILE,
    LIST_FILE,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    Awaited,
    Pending,
    Repository,
)
from blocker.distribution.online import Online
from blocker.distribution.proposal import Before, Proposal
from blocker.distribution.serve import serve
from blocker.distribution.shelf import Shelf, target_path
from blocker.errors import Fault, ListRefusedError, OperationError

SNAPSHOT_REST = timedelta(days=7)
"""A refresh signs the snapshot anew once it has less than this to live."""


@dataclass(frozen=True, slots=True)
class State:
    """What is served and what waits."""

    repository: Repository | None
    pending: Pending
    awaited: tuple[Awaited, ...]


class Publisher:
    """The acts on one repository; use it inside `shelf.locked()`, with `now` as aware UTC of the world."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    # What there is

    def state(self) -> State:
        """Return what is served and what waits for whom."""
        repository, pending = self.shelf.read(), self.pending()
        waiting = pending.root is not None or pending.targets is not None
        return State(repository, pending, metadata.awaited(repository, pending) if waiting else ())

    def in_force(self) -> Repository:
        """Return what is served; raises OperationError before the first release."""
        repository = self.shelf.read()
        if repository is None:
            raise OperationError("nothing has been released yet: sign what `publish init` staged, then release")
        return repository

    def before(self) -> Before:
        """Return the version in force and its lifts."""
        repository = self.in_force()
        data = self.shelf.target(repository, LIST_FILE)
        return Before(
            repository.environment,
            version.decode(data, "version in force") if data is not None else None,
            metadata.list_custom(repository.targets),
            self.lifts(repository),
            repository.targets.signed.version,
        )

    def lifts(self, repository: Repository) -> tuple[Lift, ...]:
        """Return all lifts that are served, settled ones too."""
        data = self.shelf.target(repository, LIFTS_FILE)
        return lifts.decode(data) if data is not None else ()

    def pending(self) -> Pending:
        """Return what is staged, with every signature that came in."""
        staged = self.shelf.staged
        root = metadata.read((staged / "root.json").read_bytes(), Root) if (staged / "root.json").exists() else None
        path = staged / "targets.json"
        targets = metadata.read(path.read_bytes(), Targets) if path.exists() else None
        for file in sorted(staged.glob("*.sig")):
            try:
                given: Mapping[str, str] = json.loads(file.read_bytes())
                for part, name in ((root, ROOT), (targets, TARGETS)):
                    if part is not None and name in given:
                        part.signatures[file.stem] = Signature(file.stem, given[name])
            except (ValueError, TypeError, AttributeError) as error:
                raise OperationError(f"{file} holds no signature; remove it and sign again") from error
        return Pending(root, targets)

    def staged_list(self) -> Snapshot | None:
        """Return the version that is staged, if its bytes are those that the staged metadata name.

        Raises:
            OperationError: if they are not.
        """
        pending, path = self.pending(), self.shelf.staged / LIST_FILE
        file = pending.targets.signed.targets.get(LIST_FILE) if pending.targets else None
        if file is None or not path.exists():
            return None
        data = self.shelf.staged_bytes(path)
        try:
            file.verify_length_and_hashes(data)
        except RepositoryError as error:
            raise OperationError(
                "the staged list is not the one that the staged metadata name; stage it again"
            ) from error
        return version.decode(data, "staged version")

    # What people do

    def init(
        self, environment: Environment, people: Mapping[str, Sequence[Key]], online: Mapping[str, Key], now: datetime
    ) -> None:
        """Stage the first root and targets."""
        if self.shelf.read() is not None or self.shelf.staged.exists():
            raise OperationError(f"{self.shelf.directory} has been initialised before")
        every = {**people, SNAPSHOT: [online[SNAPSHOT]], TIMESTAMP: [online[TIMESTAMP]]}
        self._stage(metadata.first(environment, every, now))

    def stage(self, proposal: Proposal, now: datetime) -> None:
        """Let a version wait for its signatures; one that waited before is forgotten, a change of keys is not."""
        if self.pending().root is not None:
            raise OperationError("a change of keys waits for its signatures: release it, or drop it, first")
        self._stage(
            metadata.next_list(self.in_force(), proposal.data, proposal.custom, now), {LIST_FILE: proposal.data}
        )

    def rotate(self, role: str, remove: Sequence[str], add: Sequence[Key], now: datetime) -> None:
        """Stage a change of the keys of a role; its signers are those of root, or for lifts those of targets."""
        if self.shelf.staged.exists():
            raise OperationError("something waits for its signatures: release it, or drop it, first")
        repository = self.in_force()
        self._stage(metadata.rotated(repository, role, remove, add, now))

    def sign(self, signer: Signer) -> tuple[str, ...]:
        """Sign what is staged as far as this key counts; return the pieces that it signed.

        Raises:
            OperationError: if it counts for nothing that is staged.
        """
        state, keyid = self.state(), signer.public_key.keyid
        given: dict[str, str] = {}
        for role, part in ((ROOT, state.pending.root), (TARGETS, state.pending.targets)):
            asked = [each for each in state.awaited if each.role.split(" ")[0] == role]
            if part is not None and any(keyid in {*each.signed, *each.unsigned} for each in asked):
                given[role] = metadata.sign(part, signer, append=True).signature
        if not given:
            raise OperationError("this key may sign nothing of what is staged")
        durable.write(self.shelf.staged / f"{keyid}.sig", json.dumps(given).encode())
        return tuple(given)

    def release(self, online: Online, now: datetime) -> Repository:
        """Serve what is staged and fully signed.

        Raises:
            ListRefusedError: if signatures are missing or belong to another state; nothing changed.
        """
        state = self.state()
        if state.pending.root is None and state.pending.targets is None:
            if self.shelf.completed:  # it was decided before, and entering has just served it
                return self.in_force()
            raise ListRefusedError([Fault("staged", 1, 1, "nothing", "nothing is staged")])
        missing = [each for each in state.awaited if each.missing]
        if missing:
            faults = [
                Fault("staged", 1, 1, "threshold", f"{each.role}: {each.missing} more must sign") for each in missing
            ]
            raise ListRefusedError(faults)
        self._check_succession(state)
        snapshot = self.staged_list()
        files: dict[str, bytes] = {}
        if snapshot is not None and state.pending.targets is not None:
            digest = state.pending.targets.signed.targets[LIST_FILE].hashes["sha256"]
            files[target_path(LIST_FILE, digest)] = self.shelf.staged_bytes(self.shelf.staged / LIST_FILE)
        for role, part in ((ROOT, state.pending.root), (TARGETS, state.pending.targets)):
            if part is not None:
                files[f"metadata/{part.signed.version}.{role}.json"] = part.to_bytes()
        serve(self.shelf, state.repository, files, online, now, root=state.pending.root)
        return self.in_force()

    def lift(self, what: str, reason: str, official: Signer, online: Online, now: datetime) -> Lift:
        """Take a directive, or one listed name, off the list at once: one key, no guard, no gate.

        Raises:
            OperationError: if the key may not lift, or nothing in force is called that.
        """
        before, repository = self.before(), self.in_force()
        entries = before.snapshot.entries if before.snapshot else ()
        number = (repository.lifts.signed.version if repository.lifts else 0) + 1
        lift = Lift(f"L-{number}", now.replace(microsecond=0), official.public_key.keyid, reason)
        if any(entry.directive.id == what for entry in entries):
            lift = replace(lift, directive=what)
        elif any(entry.name == what for entry in entries):
            lift = replace(lift, name=what)
        else:
            raise OperationError("nothing on the list in force has that name or is that directive")
        self._write_lifts([*before.open_lifts, lift], official, online, now)
        return lift

    def confirm(self, lift_id: str, official: Signer, online: Online, now: datetime) -> None:
        """Put a second official's key under a lift.

        Raises:
            OperationError: if there is no such lift, or it is the same official's.
        """
        there = self.before().open_lifts
        found = next((lift for lift in there if lift.id == lift_id), None)
        keyid = official.public_key.keyid
        if found is None:
            raise OperationError(f"no open lift is called {lift_id}")
        if keyid == found.by:
            raise OperationError("the official who lifted cannot confirm it: a second one does")
        changed = [replace(lift, confirmed_by=keyid) if lift.id == lift_id else lift for lift in there]
        self._write_lifts(changed, official, online, now)

    def refresh(self, online: Online, now: datetime) -> Repository:
        """Say that nothing changed: a new timestamp, and a new snapshot when the old one nears its end."""
        repository = self.in_force()
        if repository.snapshot.signed.expires - now < SNAPSHOT_REST:
            serve(self.shelf, repository, {}, online, now)
        else:
            version_ = repository.timestamp.signed.snapshot_meta.version
            served = self.shelf.public / "metadata" / f"{version_}.snapshot.json"
            timestamp = metadata.next_timestamp(repository, self.shelf.staged_bytes(served), now)
            metadata.sign(timestamp, online.timestamp)
            self.shelf.release({"metadata/timestamp.json": timestamp.to_bytes()})
        return self.in_force()

    # How it is written

    def _stage(self, pending: Pending, files: Mapping[str, bytes] | None = None) -> None:
        parts: Mapping[str, Metadata[Root] | Metadata[Targets] | None] = {
            "root.json": pending.root,
            "targets.json": pending.targets,
        }
        self.shelf.write_staged({**(files or {}), **{name: part.to_bytes() for name, part in parts.items() if part}})

    def _check_succession(self, state: State) -> None:
        for part, old in (
            (state.pending.root, state.repository.root if state.repository else None),
            (state.pending.targets, state.repository.targets if state.repository else None),
        ):
            if part is not None and part.signed.version != (old.signed.version + 1 if old else 1):
                message = "something else was released since this was staged: stage it again"
                raise ListRefusedError([Fault("staged", 1, 1, "succession", message)])

    def _write_lifts(self, changed: Sequence[Lift], official: Signer, online: Online, now: datetime) -> None:
        repository = self.in_force()
        data = lifts.encode(changed)
        part = metadata.next_lifts(repository, data, now)
        metadata.sign(part, official)
        try:
            repository.targets.signed.verify_delegate(LIFTS, part.signed_bytes, part.signatures)
        except RepositoryError as error:
            raise OperationError("this key may not lift: root's officials gave it no such role") from error
        digest = part.signed.targets[LIFTS_FILE].hashes["sha256"]
        name = f"metadata/{part.signed.version}.{LIFTS}.json"
        files = {target_path(LIFTS_FILE, digest): data, name: part.to_bytes()}
        serve(self.shelf, repository, files, online, now)
