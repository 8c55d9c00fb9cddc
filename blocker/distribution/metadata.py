"""The signed repository as a value: who may sign what, which version follows which, and until when each is believed.

Keeps true (TUF specification 1.0.31, sections in brackets): a chain is believed from its root downwards and no further
than its signatures reach [5.3-5.6]; a successor's version is its predecessor's plus one; the root says which
environment this is, for good, and no key stands twice in a role, so that two of three are two people; `lifts` is
delegated one path of its own [4.5] and therefore can say what to subtract and nothing else. Files, keys and network
are left to others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from securesystemslib.signer import Key, Signature, Signer
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from blocker.blocklist.entry import Environment
from blocker.errors import OperationError

ROOT, TARGETS, SNAPSHOT, TIMESTAMP, LIFTS = "root", "targets", "snapshot", "timestamp", "lifts"
ROLES = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP, LIFTS)
BY_PEOPLE = (ROOT, TARGETS, LIFTS)
THRESHOLDS = {ROOT: 2, TARGETS: 2, LIFTS: 1, SNAPSHOT: 1, TIMESTAMP: 1}
LIFE = {
    ROOT: timedelta(days=730),
    TARGETS: timedelta(days=100),
    LIFTS: timedelta(days=365),
    SNAPSHOT: timedelta(days=14),
    TIMESTAMP: timedelta(days=3),
}
LIST_FILE = "list.redhand"
LIFTS_FILE = "lifts/current.json"
OURS = "redhand"
"""The key in root under which our own statements stand; TUF keeps what it does not know [4.2]."""
SIGNED_AT = "signed_at"
STEPS_KEPT = 100
"""Steps between versions that the metadata recounts: an ISP that was away for less can follow all acceptances."""

AnySigned = TypeVar("AnySigned", Root, Targets, Snapshot, Timestamp)


@dataclass(frozen=True, slots=True)
class Repository:
    """The metadata in force; `lifts` is None before the first lift."""

    root: Metadata[Root]
    targets: Metadata[Targets]
    snapshot: Metadata[Snapshot]
    timestamp: Metadata[Timestamp]
    lifts: Metadata[Targets] | None = None

    @property
    def environment(self) -> Environment:
        """What root says that this repository is for."""
        return environment_of(self.root)

    @property
    def serial(self) -> int:
        """The list's serial: it rises with each version and with each lift, and can never fall [5.4.4, 5.6.4]."""
        return self.targets.signed.version + (self.lifts.signed.version if self.lifts else 0)


@dataclass(frozen=True, slots=True)
class Pending:
    """What awaits signatures: a new root, new targets, or both."""

    root: Metadata[Root] | None = None
    targets: Metadata[Targets] | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """How far a piece is signed: by which keys, and by which it may still be; `missing` is a number."""

    role: str
    signed: tuple[str, ...]
    unsigned: tuple[str, ...]
    missing: int


def environment_of(root: Metadata[Root]) -> Environment:
    """Return what a root binds its repository to.

    Raises:
        OperationError: if it says nothing: it is not a root that Redhand made.
    """
    ours: Any = root.signed.unrecognized_fields.get(OURS)
    try:
        return Environment(ours["environment"])
    except (TypeError, KeyError, ValueError) as error:
        raise OperationError("this root is bound to no environment: it was not made by `redhand publish`") from error


def read(data: bytes, kind: type[AnySigned]) -> Metadata[AnySigned]:
    """Read one metadata file, unverified.

    Raises:
        OperationError: if it is not of that kind.
    """
    try:
        found: Metadata[AnySigned] = Metadata.from_bytes(data)
    except RepositoryError as error:
        raise OperationError(f"not readable as {kind.__name__.lower()} metadata: {error}") from error
    if not isinstance(found.signed, kind):
        raise OperationError(f"this is {found.signed.type} metadata where {kind.__name__.lower()} should be")
    return found


def verify(repository: Repository) -> Repository:
    """Return the repository if its chain holds from the root down; expiry is told by `status`, not here.

    Raises:
        OperationError: naming the role that does not verify.
    """
    root = repository.root
    parts: list[tuple[str, Metadata[Any], Root | Targets]] = [
        (ROOT, root, root.signed),
        (TIMESTAMP, repository.timestamp, root.signed),
        (SNAPSHOT, repository.snapshot, root.signed),
        (TARGETS, repository.targets, root.signed),
    ]
    if repository.lifts is not None:
        parts.append((LIFTS, repository.lifts, repository.targets.signed))
    for role, part, delegator in parts:
        try:
            delegator.verify_delegate(role, part.signed_bytes, part.signatures)
        except (RepositoryError, ValueError) as error:
            raise OperationError(f"the {role} metadata in force does not verify: {error}") from error
    return repository


def first(environment: Environment, keys: Mapping[str, Sequence[Key]], now: datetime) -> Pending:
    """Return the first root and the first, empty, targets of a repository.

    Raises:
        OperationError: if a role has too few keys, or one key twice.
    """
    roles: dict[str, Role] = {}
    for role in (ROOT, TARGETS, SNAPSHOT, TIMESTAMP, LIFTS):
        check_keys(role, keys[role])
        roles[role] = Role([key.keyid for key in keys[role]], THRESHOLDS[role])
    people = roles.pop(LIFTS)
    root = Root(
        version=1,
        expires=now + LIFE[ROOT],
        keys={key.keyid: key for role in roles for key in keys[role]},
        roles=roles,
        consistent_snapshot=True,
        unrecognized_fields={OURS: {"environment": environment.value}},
    )
    lifters = DelegatedRole(LIFTS, list(people.keyids), THRESHOLDS[LIFTS], terminating=True, paths=["lifts/*"])
    delegations = Delegations({key.keyid: key for key in keys[LIFTS]}, {LIFTS: lifters})
    targets = Targets(version=1, expires=now + LIFE[TARGETS], delegations=delegations)
    return Pending(Metadata(root), Metadata(targets))


def check_keys(role: str, keys: Sequence[Key]) -> None:
    """Refuse a role whose keys could not do what the role promises.

    Raises:
        OperationError: too few keys, or one twice (by id or by value: then one person would count as two).
    """
    needed = 3 if role in BY_PEOPLE else 1
    if len(keys) < needed:
        raise OperationError(f"{role} needs {needed} keys: {THRESHOLDS[role]} sign and one may be lost")
    values = [str(key.keyval.get("public")).strip() for key in keys]
    if len({key.keyid for key in keys}) < len(keys) or len(set(values)) < len(values):
        raise OperationError(f"{role}: one key stands twice; every official has a key of their own")


def next_list(repository: Repository, data: bytes, custom: Mapping[str, Any], now: datetime) -> Pending:
    """Return targets with a new version of the list in them."""
    file = TargetFile.from_data(LIST_FILE, data, ["sha256"])
    file.unrecognized_fields["custom"] = dict(custom)
    targets = repository.targets.signed
    successor = Targets(
        version=targets.version + 1,
        expires=now + LIFE[TARGETS],
        targets={LIST_FILE: file},
        delegations=targets.delegations,
    )
    return Pending(targets=Metadata(successor))


def rotated(repository: Repository, role: str, remove: Sequence[str], add: Sequence[Key], now: datetime) -> Pending:
    """Return what must be signed so that `role` has other keys from now on.

    The list stays. Targets are signed anew where a key of theirs goes, so that no signature of a revoked key is needed
    any more; the online roles are signed anew at every release.

    Raises:
        OperationError: if a key is unknown, or too few would remain.
    """
    root = read(repository.root.to_bytes(), Root).signed
    targets = read(repository.targets.to_bytes(), Targets).signed
    owner: Root | Targets = targets if role == LIFTS else root
    known = owner.get_delegated_role(role).keyids
    for keyid in remove:
        full = [known_id for known_id in known if known_id.startswith(keyid)]
        if len(full) != 1:
            raise OperationError(f"{role} has no key, or several, whose id begins with {keyid}")
        owner.revoke_key(full[0], role)
    for key in add:
        owner.add_key(key, role)
    check_keys(role, [owner.get_key(keyid) for keyid in owner.get_delegated_role(role).keyids])
    root.version, root.expires = root.version + 1, now + LIFE[ROOT]
    targets.version, targets.expires = targets.version + 1, now + LIFE[TARGETS]
    return Pending(
        root=None if role == LIFTS else Metadata(root),
        targets=Metadata(targets) if role in {LIFTS, TARGETS} else None,
    )


def next_lifts(repository: Repository, data: bytes, now: datetime) -> Metadata[Targets]:
    """Return the successor of the lifts metadata."""
    version = repository.lifts.signed.version + 1 if repository.lifts else 1
    file = TargetFile.from_data(LIFTS_FILE, data, ["sha256"])
    return Metadata(Targets(version=version, expires=now + LIFE[LIFTS], targets={LIFTS_FILE: file}))


def next_snapshot(repository: Repository | None, parts: Mapping[str, bytes], now: datetime) -> Metadata[Snapshot]:
    """Return the snapshot of these metadata files (by role, with the bytes that will be served)."""
    versions = {role: read(data, Targets).signed.version for role, data in parts.items()}
    meta = {f"{role}.json": MetaFile.from_data(versions[role], data, ["sha256"]) for role, data in parts.items()}
    version = repository.snapshot.signed.version + 1 if repository else 1
    return Metadata(Snapshot(version=version, expires=now + LIFE[SNAPSHOT], meta=meta))


def next_timestamp(repository: Repository | None, snapshot: bytes, now: datetime) -> Metadata[Timestamp]:
    """Return the timestamp over a snapshot's bytes; it says when it was signed, so that clocks can be compared."""
    version = repository.timestamp.signed.version + 1 if repository else 1
    meta = MetaFile.from_data(read(snapshot, Snapshot).signed.version, snapshot, ["sha256"])
    timestamp = Timestamp(version=version, expires=now + LIFE[TIMESTAMP], snapshot_meta=meta)
    timestamp.unrecognized_fields[SIGNED_AT] = now.replace(microsecond=0).isoformat()
    return Metadata(timestamp)


def awaited(repository: Repository | None, pending: Pending) -> tuple[Awaited, ...]:
    """Return, for each pending piece, who signed it and who may; a new root needs its predecessor's too [5.3.4]."""
    found: list[Awaited] = []
    root = pending.root or (repository.root if repository else None)
    if root is None:
        raise RuntimeError("there is a root: in force, or pending")
    if pending.root is not None:
        asked = [("root (new keys)", pending.root.signed)]
        if repository is not None:
            asked.insert(0, ("root", repository.root.signed))
        found += [_how_far(label, delegator, ROOT, pending.root) for label, delegator in asked]
    if pending.targets is not None:
        found.append(_how_far(TARGETS, root.signed, TARGETS, pending.targets))
    return tuple(found)


def _how_far(label: str, delegator: Root | Targets, role: str, part: Metadata[Any]) -> Awaited:
    result = delegator.get_verification_result(role, part.signed_bytes, part.signatures)
    return Awaited(label, tuple(sorted(result.signed)), tuple(sorted(result.unsigned)), result.missing)


def sign(part: Metadata[Any], signer: Signer, *, append: bool = False) -> Signature:
    """Put a signature on a part, beside those that are there or in their place.

    Raises:
        OperationError: if the signer fails.
    """
    try:
        return part.sign(signer, append=append)
    except RepositoryError as error:  # the library wraps whatever a signer raises
        raise OperationError(str(error.__cause__ or error)) from error


def list_custom(targets: Metadata[Targets]) -> Mapping[str, Any] | None:
    """Return what the metadata says of the list version in it, or None if there is none yet."""
    file = targets.signed.targets.get(LIST_FILE)
    custom = file.custom if file else None
    return custom if isinstance(custom, dict) else None
