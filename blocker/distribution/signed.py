"""Keeps the index in force equal to what signed repositories vouch for: look, verify, judge, compile aside, swap.

Keeps true: what is refused or cannot be fetched changes nothing but what its lifts subtract; one process at a time
syncs at a host; the index changes in one rename, and every other file here is written so that a kill before or after
it ends, at the next look, where the look that was killed would have. Nothing here decides: receive.py believes,
judgement.py judges, assembly.py puts together, outcome.py tells.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from blocker.blocklist import version
from blocker.blocklist.index import Index, Source
from blocker.clock import Clock
from blocker.config import Settings, SignedRepository
from blocker.distribution import durable
from blocker.distribution.assembly import Part, assemble, part_in_force
from blocker.distribution.current import accepted_environment, previous
from blocker.distribution.fetch import Fetcher, Way
from blocker.distribution.here import network
from blocker.distribution.judgement import Held, Here, InForce, judge
from blocker.distribution.lifts import Lift, subtract
from blocker.distribution.outcome import Outcome, Result, Teller, held_values, read_held, write_held
from blocker.distribution.receive import Verified, receive, refused
from blocker.errors import CorruptIndexError, ListRefusedError, OperationError, UnreachableError

log = logging.getLogger("redhand.sync")

NETWORK_SECONDS = 40.0
"""For all servers of one look together; with compiling, a look stays below a minute."""
MODE = 0o640  # the list is confidential in bulk; the page may run as another user of the group


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look found of one repository: how it went, and its new part, if there is one."""

    outcome: Outcome
    part: Part | None = None
    data: bytes | None = None
    """The version's file, if it was accepted."""


class SignedSync:
    """The one writer of the index where `blocklist.repositories` is given."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._folder = settings.data / "list"
        self._index = settings.blocklist.index
        self._way = Way(settings.sync.proxy, settings.sync.client_certificate, settings.sync.authorities)
        self._teller = Teller(self._folder)
        self._refused: dict[str, tuple[str, Outcome]] = {}
        """By repository, the version (and rules) that was refused last: it is not judged again every ten seconds."""
        self._held = read_held(self._folder)

    def look(self, seconds: float = NETWORK_SECONDS) -> tuple[Outcome, ...]:
        """Look at every repository once; `seconds` is for all fetching.

        Raises:
            OperationError: if the disk fails, or another process syncs; what is in force stays.
            ConfigError: if a file of this network's own rules cannot be read.
        """
        try:
            for folder in (self._folder, self._index.parent):
                folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            with self._alone():
                return self._look(seconds)
        except OSError as error:
            raise OperationError(f"sync cannot work in {self._folder}: {error.strerror or error}") from error

    def in_force(self) -> Index | None:
        """Return the index in force, or None if there is none, or none that can be read."""
        try:
            return Index.load(self._index.read_bytes())
        except (FileNotFoundError, CorruptIndexError):
            return None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OperationError("another sync works here, perhaps the resolver's") from error
            yield
        finally:
            os.close(descriptor)

    def _look(self, seconds: float) -> tuple[Outcome, ...]:
        sources, index = self._settings.blocklist.repositories, self.in_force()
        here, rules = network(self._settings)
        found = [self._one(source, index, here, rules, seconds / len(sources)) for source in sources]
        known = {source.repository for source in index.header.sources} if index else set()
        if any(item.part for item in found) or known - {source.name for source in sources}:
            found = self._swap(found, index)
            durable.write(self._folder / "rules", rules.encode(), MODE)
        outcomes = tuple(item.outcome for item in found)
        after = self.in_force()
        counts = {name: len(held) for name, held in self._held.items()}
        self._teller.tell(outcomes, after.header if after else None, counts, datetime.now(UTC).timestamp())
        return outcomes

    def _one(self, source: SignedRepository, index: Index | None, here: Here, rules: str, seconds: float) -> _Found:
        """Look at one repository; whatever is wrong with it, its part in force stays, less what was lifted."""
        known = index.header.source(source.name) if index else None
        with Fetcher(self._way, seconds) as fetcher:
            now, serial = datetime.now(UTC), known.serial if known else 0
            received = receive(source, self._folder / source.name, fetcher, now, serial)
        verified, before = received.version, part_in_force(index, source.name)
        if not isinstance(verified, Verified):
            return _without_version(source.name, verified, before, received.lifts)
        token = f"{verified.metadata} {rules}"
        if known is not None and known.metadata == verified.metadata and rules == self._rules():
            return _Found(Outcome(source.name, Result.IN_FORCE))
        if source.name in self._refused and self._refused[source.name][0] == token:
            return _Found(self._refused[source.name][1])
        self._refused.pop(source.name, None)
        try:
            return self._judge(source, verified, before, received.lifts, here)
        except ListRefusedError as error:
            found = _without_version(source.name, error, before, received.lifts)
            self._refused[source.name] = (token, found.outcome)
            return found

    def _judge(
        self, source: SignedRepository, verified: Verified, before: Part | None, lifts: tuple[Lift, ...], here: Here
    ) -> _Found:
        pinned, now = accepted_environment(self._settings), self._clock.now()
        if pinned is not None and verified.environment != pinned:
            raise refused(source.name, "environment", f"it is {verified.environment}; {pinned} is accepted here")
        data = verified.list_file.read_bytes()
        snapshot = version.decode(data, f"{source.name}-{verified.version}")
        if snapshot.blocklist.environment is not verified.environment:
            raise refused(source.name, "environment", "the list is of another environment than its root")
        steps = verified.custom.get("steps", ())
        in_force = self._before(before, now)
        judged = judge(snapshot, lifts=lifts, steps=steps, in_force=in_force, here=here, now=now)
        part = Part(
            source=Source(
                repository=source.name,
                serial=verified.serial,
                version=verified.version,
                environment=verified.environment,
                metadata=verified.metadata,
                signers=verified.signers,
            ),
            title=snapshot.blocklist.title,
            timezone=snapshot.blocklist.timezone,
            commit=snapshot.commit,
            grounds=snapshot.blocklist.grounds,
            entries=judged.entries,
            held=judged.held,
        )
        return _Found(Outcome(source.name, Result.IN_FORCE), part, data)

    def _before(self, before: Part | None, now: datetime) -> InForce | None:
        if before is None:
            return None
        listed = frozenset((entry.name, entry.scope) for entry in before.entries if entry.directive.expires > now)
        path = self._accepted(before.source)
        protected = version.decode(path.read_bytes(), path.name).blocklist.protected if path.exists() else ()
        return InForce(before.source.version, listed, protected)

    def _swap(self, found: list[_Found], index: Index | None) -> list[_Found]:
        """Put the parts together and in force; return what was found, less what does not fit together."""
        parts: list[Part] = []
        for number, item in enumerate(found):
            part = item.part or part_in_force(index, item.outcome.repository)
            if part is not None and parts and part.source.environment is not parts[0].source.environment:
                message = f"it is {part.source.environment}, and {parts[0].source.repository} is not"
                found[number] = _Found(Outcome(item.outcome.repository, Result.REFUSED, "environment", message))
            elif part is not None:
                parts.append(part)
        if not parts:
            return found
        serial = self._next_serial(sum(part.source.serial for part in parts), index)
        snapshot, data, twice = assemble(parts, serial, self._clock.now())
        judged = [(item.part, item.data) for item in found if item.part and item.data]
        # The index last: whatever a kill leaves of the others, the next look writes again.
        for part, file in judged:
            durable.write(self._accepted(part.source), file, 0o600)
        self._tell_held([part for part, _ in judged], twice)
        durable.write(self._folder / "serial", f"{serial}\n".encode(), MODE)
        durable.keep(self._index, previous(self._index))
        durable.write(self._index, data, MODE)
        log.info("list in force serial=%d entries=%d digest=%s", serial, len(snapshot.entries), snapshot.digest[:16])
        self._forget(parts)
        return found

    def _tell_held(self, judged: list[Part], twice: tuple[Held, ...]) -> None:
        """Say what is held of the parts that were judged now; of the others the same is held as before."""
        names = {source.name for source in self._settings.blocklist.repositories}
        self._held = {name: held for name, held in self._held.items() if name in names}
        for part in judged:
            self._held[part.source.repository] = held_values(part.source.repository, part.held)
        self._held["several"] = held_values("several", twice)
        write_held(self._folder, self._held)

    def _forget(self, parts: list[Part]) -> None:
        """Remove the versions that are no longer in force."""
        for part in parts:
            for path in (self._folder / part.source.repository).glob("*.redhand"):
                if path != self._accepted(part.source):
                    durable.remove(path)

    def _accepted(self, source: Source) -> Path:
        """Where the version that this source names is kept: the next one is judged against it."""
        return self._folder / source.repository / f"{source.metadata}.redhand"

    def _next_serial(self, wanted: int, index: Index | None) -> int:
        # Beyond what served before; the written number speaks where the index was lost.
        if index is not None:
            return max(wanted, index.header.serial + 1)
        path = self._folder / "serial"
        return max(wanted, int(path.read_text()) if path.exists() else 0)

    def _rules(self) -> str:
        path = self._folder / "rules"
        return path.read_text() if path.exists() else ""


def _without_version(
    name: str, error: ListRefusedError | OperationError, before: Part | None, lifts: tuple[Lift, ...]
) -> _Found:
    """Return what is found of a repository whose version is refused or not to be had: its lifts count all the same."""
    if isinstance(error, ListRefusedError):
        outcome = Outcome(name, Result.REFUSED, error.faults[0].rule, error.faults[0].message)
    else:
        reason = "unreachable" if isinstance(error, UnreachableError) else "disk"
        outcome = Outcome(name, Result.FAILED, reason, str(error))
    left = replace(before, entries=subtract(before.entries, lifts)) if before else None
    return _Found(outcome, left if before and left and len(left.entries) < len(before.entries) else None)
