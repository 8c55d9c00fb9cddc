"""The compiled list: one file that says for any name whether it is blocked, by which directive, and until when.

It is mapped, not read, and shared by every process of a host. Layout, all integers little-endian:

    8 bytes   magic and format number
    32 bytes  SHA-256 of everything after it; checked before anything else is believed (marisa is no trust boundary)
    8 bytes   length of the head
    head      JSON: header, grounds, directives, placements, and where the parts below lie
    places    for each key of the trie, by its id, the number of its placement (1, 2 or 4 bytes each; none if there is
              but one placement)
    trie      marisa: the listed names with reversed labels, each ending in a dot (`example.com` is `com.example.`),
              so that the prefixes of a question's key are whole labels

A placement is what stands at a name: (directive, scope) pairs, earliest issued first. Few are distinct, so a name
costs its share of the trie and one small number. Scope, dates and directive travel in this one file, so that one
rename swaps them all. docs/adr/0006 has the reasons.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from mmap import mmap
from typing import Any, Literal, NamedTuple, Self

import marisa_trie

from blocker.blocklist.entry import Directive, Environment, Ground, Scope, Texts
from blocker.blocklist.snapshot import Snapshot, canonical, directive_from_json, directive_to_json
from blocker.errors import CorruptIndexError, OtherVersionIndexError
from blocker.names import DomainName

KIND, FORMAT = b"REDHAND", b"\x02"
MAGIC = KIND + FORMAT
_DIGEST = slice(8, 40)
_HEAD_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 16
_WIDTHS: dict[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}

Placement = tuple[tuple[int, Scope], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A signed version that went into an index: whose, which, and the SHA-256 of the metadata that vouch for it.

    `serial` counts versions and lifts, `version` versions alone; `signers` are the ids of the keys that signed it.
    """

    repository: str
    serial: int
    version: int
    environment: Environment
    metadata: str
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """Which version of which list this is; `built_at` is aware UTC, `digest` is Snapshot.digest."""

    serial: int
    environment: Environment
    title: Texts
    timezone: str
    commit: str | None
    built_at: datetime
    digest: str
    names: int
    sources: tuple[Source, ...] = ()

    @property
    def signed(self) -> bool:
        """True if sync made it of verified versions; only such an index may be of staging or production."""
        return bool(self.sources)

    def source(self, repository: str) -> Source | None:
        """Return what this index took from a repository."""
        return next((source for source in self.sources if source.repository == repository), None)


class Match(NamedTuple):
    """The listed name that covers a question, and the directive that listed it."""

    name: str
    scope: Scope
    directive: Directive


def compile_index(
    snapshot: Snapshot, sources: Sequence[Source] = (), origins: Mapping[str, str] | None = None
) -> bytes:
    """Return the index file of a snapshot: not signed, unless sync says of which verified `sources` it was made.

    `origins` says of each directive, by id, from which of the sources' repositories it is.
    """
    numbers = {directive.id: number for number, directive in enumerate(snapshot.directives)}
    at_name: dict[str, list[tuple[int, Scope]]] = {}
    for entry in sorted(snapshot.entries, key=lambda entry: (entry.directive.issued, entry.directive.id)):
        at_name.setdefault(_key(entry.name), []).append((numbers[entry.directive.id], entry.scope))
    trie = marisa_trie.Trie(at_name)
    placements: dict[Placement, int] = {}
    places = [0] * len(at_name)
    for key, placed in at_name.items():
        places[trie.key_id(key)] = placements.setdefault(tuple(placed), len(placements))
    width = next(width for width in (0, *_WIDTHS) if len(placements) <= 1 << 8 * width)
    packed = struct.pack(f"<{len(places)}{_WIDTHS[width]}", *places) if width else b""
    head = {
        "header": {
            "serial": snapshot.serial,
            "environment": snapshot.blocklist.environment,
            "title": dict(snapshot.blocklist.title),
            "timezone": snapshot.blocklist.timezone,
            "commit": snapshot.commit,
            "built_at": snapshot.built_at.isoformat(),
            "digest": snapshot.digest,
            "names": len(at_name),
            "sources": [asdict(source) for source in sources],
        },
        "origins": dict(origins or {}),
        "grounds": [ground.model_dump(mode="json") for ground in snapshot.blocklist.grounds],
        "directives": [directive_to_json(directive) for directive in snapshot.directives],
        "placements": [[[number, scope] for number, scope in placed] for placed in placements],
        "width": width,
    }
    return _assemble(canonical(head).encode(), packed, trie.tobytes())


def _assemble(head: bytes, places: bytes, trie: bytes) -> bytes:
    parts = [_HEAD_LENGTH.pack(len(head)), head]
    length = _DIGEST.stop + _HEAD_LENGTH.size + len(head)
    for part in (places, trie):
        padding = bytes(-length % _ALIGNMENT)
        parts += [padding, part]
        length += len(padding) + len(part)
    body = b"".join(parts)
    return MAGIC + hashlib.sha256(body).digest() + body


def _key(name: str) -> str:
    return ".".join(name.split(".")[::-1]) + "."


class Index:
    """A list in force, over a buffer that stays alive as long as this object."""

    def __init__(self, buffer: bytes | memoryview | mmap) -> None:
        """Check and map an index file; see `load`."""
        view = memoryview(buffer)
        if bytes(view[: len(KIND)]) != KIND:
            raise CorruptIndexError("this file is not a Redhand index")
        if bytes(view[: len(MAGIC)]) != MAGIC:
            raise OtherVersionIndexError
        if hashlib.sha256(view[_DIGEST.stop :]).digest() != bytes(view[_DIGEST]):
            raise CorruptIndexError("this index is damaged: its content does not have the digest that it states")
        (length,) = _HEAD_LENGTH.unpack_from(view, _DIGEST.stop)
        start = _DIGEST.stop + _HEAD_LENGTH.size
        head = json.loads(bytes(view[start : start + length]))
        self.header = _header(head["header"])
        self.grounds: Mapping[str, Ground] = {value["id"]: Ground.model_validate(value) for value in head["grounds"]}
        self.directives = tuple(directive_from_json(value) for value in head["directives"])
        self.origins: Mapping[str, str] = head["origins"]
        self._expires = tuple(directive.expires.timestamp() for directive in self.directives)
        self._placements: tuple[Placement, ...] = tuple(
            tuple((number, Scope(scope)) for number, scope in placed) for placed in head["placements"]
        )
        width = head["width"]
        places = -(-(start + length) // _ALIGNMENT) * _ALIGNMENT
        trie = -(-(places + width * self.header.names) // _ALIGNMENT) * _ALIGNMENT
        packed = view[places : places + width * self.header.names]
        self._place: Callable[[int], int] = packed.cast(_WIDTHS[width]).__getitem__ if width else lambda _: 0
        self._trie = marisa_trie.Trie()
        if self.header.names:
            self._trie.map(view[trie:])
        self._view = view

    @classmethod
    def load(cls, buffer: bytes | memoryview | mmap) -> Self:
        """Return the index that lies in `buffer`.

        Raises:
            CorruptIndexError: if it is not an index, not as it was written, or of another version's form.
        """
        try:
            return cls(buffer)
        except (KeyError, ValueError, TypeError, IndexError, struct.error, RuntimeError) as error:
            # The digest is right, so nobody damaged it: whoever wrote it meant something else by it than we do.
            raise OtherVersionIndexError from error

    def match(self, name: str, now: float) -> Match | None:
        """Return what blocks `name` at `now` (seconds since 1970), the deepest listed name first, or None.

        `name` is lower-case, labels joined by dots, without the final dot. Where a name stands under several
        directives, the one issued first gives page and text; an ended one, or one that excepts `name`, is passed over.
        """
        found = self.matches(name, now)
        return found[0] if found else None

    def matches(self, name: str, now: float) -> list[Match]:
        """Return everything that blocks `name` at `now`, in the order of `match`."""
        key = _key(name)
        prefixes = self._trie.prefixes(key)
        if not prefixes:  # as for nearly all names of the world
            return []
        found = []
        for prefix in reversed(prefixes):
            for number, scope in self._placements[self._place(self._trie.key_id(prefix))]:
                if self._expires[number] <= now or (prefix != key and scope is Scope.HOST):
                    continue
                directive = self.directives[number]
                if name not in directive.exceptions:
                    # A name's labels are a key's turned round: a prefix of one is as long an end of the other.
                    found.append(Match(name[-len(prefix) + 1 :], scope, directive))
        return found

    def next_expiry(self, now: float) -> float | None:
        """Return the next instant after `now` (seconds since 1970) at which a directive ends, or None."""
        return min((expires for expires in self._expires if expires > now), default=None)

    def keys(self) -> list[str]:
        """Return the key of every name, in the order of the reversed names; with many names this takes a moment."""
        return sorted(self._trie.iterkeys())

    def entries(self, keys: Iterable[str] | None = None) -> Iterator[tuple[DomainName, Scope, Directive]]:
        """Yield every (name, scope, directive) of these keys, or of all in their order."""
        for key in self.keys() if keys is None else keys:
            for number, scope in self._placements[self._place(self._trie.key_id(key))]:
                yield DomainName(_key(key[:-1])[:-1]), scope, self.directives[number]


def _header(value: dict[str, Any]) -> Header:
    return Header(
        serial=int(value["serial"]),
        environment=Environment(value["environment"]),
        title=value["title"],
        timezone=str(value["timezone"]),
        commit=value["commit"],
        built_at=datetime.fromisoformat(value["built_at"]),
        digest=str(value["digest"]),
        names=int(value["names"]),
        sources=tuple(
            Source(
                repository=str(each["repository"]),
                serial=int(each["serial"]),
                version=int(each["version"]),
                environment=Environment(each["environment"]),
                metadata=str(each["metadata"]),
                signers=tuple(map(str, each["signers"])),
            )
            for each in value["sources"]
        ),
    )
