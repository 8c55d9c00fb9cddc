"""Keeps the index in force equal to the list's source: look, check, compile aside, swap.

Keeps true: a list that is refused, or a source that cannot be read, changes nothing and is said so; the serial only
rises, and only when the list says something new; who maps the index sees the old file or the new one. One sync runs at
a host, in the resolver's parent; the page and the workers only read. Log lines name places in files, never a site.
"""

import asyncio
import logging
import time
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blocker.blocklist.check import check
from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.clock import Clock
from blocker.config import Settings
from blocker.distribution import durable
from blocker.distribution.current import previous
from blocker.distribution.source import SourceTree, fingerprint, read_source, shipped, suffixes
from blocker.errors import ConfigError, CorruptIndexError, Fault, ListRefusedError, OperationError
from blocker.journal import unforeseen

log = logging.getLogger("redhand.sync")

EVERY = 2.0  # seconds between two looks at the source
RETRY = 10.0  # seconds until a refused list is judged again: a date in it may have come
MODE = 0o640  # the list is confidential in bulk; the page may run as another user of the group
SHOWN_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Built:
    """A compiled list that may take its place."""

    index: bytes
    snapshot: Snapshot


async def asked_or_after(seconds: float, asked: asyncio.Event) -> None:
    """Wait so many seconds, or until somebody asks for a look at once."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asked.wait()
    asked.clear()


class Sync:
    """The one writer of `blocklist.index` and of the serial beside it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.source = settings.blocklist.lists
        self.index = settings.blocklist.index
        self.serial_file = settings.data / "list" / "serial"
        self.clock = clock
        self.asked = asyncio.Event()
        self._seen: tuple[Hashable, Hashable] | None = None
        self._refused_at: float | None = None
        self._no_trial = False
        self._failure = ""

    async def first(self) -> None:
        """Look once, before anybody answers; a fault is logged and leaves in force what was.

        Raises:
            ConfigError: if the source is no trial list: others come in force by their signatures alone.
        """
        if self.source is not None:
            await asyncio.to_thread(self.look, self.source)
            if self._no_trial:
                message = f"{self.source} is no trial list; others come in force through blocklist.repositories alone"
                raise ConfigError([Fault(str(self.source), 1, 1, "environment", message)])

    async def run(self) -> None:
        """Look every two seconds, and whenever `asked` is set, until cancelled; without a source there is no work."""
        while self.source is not None:
            await asked_or_after(EVERY, self.asked)
            await asyncio.to_thread(self.look, self.source)

    def look(self, source: Path) -> bool:
        """Build and swap if the source or the index changed; return True if a new version came in force."""
        seen: tuple[Hashable, Hashable] | None = None
        try:
            seen = (fingerprint(source), self._signature())
            if seen == self._seen and not self._retry_is_due():
                return False
            self._refused_at = None
            swapped = self._swap(build(read_source(source), self._next_serial(), self.clock))
        except ListRefusedError as error:
            self._no_trial = any(fault.rule == "environment" for fault in error.faults)
            self._refuse(error.faults)
        except (OperationError, OSError) as error:
            self._fail(repr(str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the resolver goes on with what was in force
            self._fail(unforeseen(error))
        else:
            # The source as it was before the reading: what changed meanwhile is seen at the next look. The index as we
            # left it: lost or damaged, it is built again.
            self._seen, self._failure = (seen[0], self._signature()), ""
            return swapped
        self._seen = seen
        return False

    def _signature(self) -> Hashable:
        try:
            status = self.index.stat()
        except FileNotFoundError:
            return None
        return (status.st_ino, status.st_mtime_ns, status.st_size)

    def _retry_is_due(self) -> bool:
        return self._refused_at is not None and time.monotonic() - self._refused_at >= RETRY

    def _refuse(self, faults: tuple[Fault, ...]) -> None:
        grave = [fault for fault in faults if not fault.warning]
        self._refused_at = time.monotonic()
        log.error("list refused faults=%d; what was in force stays (redhand lists check says more)", len(grave))
        for fault in grave[:SHOWN_FAULTS]:
            log.error("list refused at=%s:%d:%d rule=%s", fault.file, fault.line, fault.column, fault.rule)

    def _fail(self, reason: str) -> None:
        self._refused_at = time.monotonic()
        if reason != self._failure:
            log.error("source not read reason=%s; what was in force stays", reason)
        self._failure = reason

    def _next_serial(self) -> int:
        text = self.serial_file.read_text() if self.serial_file.exists() else ""
        written = int(text) if text.strip().isdecimal() else 0
        in_force = self._in_force()
        return max(written, in_force.header.serial if in_force else 0) + 1

    def _in_force(self) -> Index | None:
        try:
            return Index.load(self.index.read_bytes())
        except (FileNotFoundError, CorruptIndexError):
            return None

    def _swap(self, built: Built) -> bool:
        in_force = self._in_force()
        if in_force is not None and in_force.header.digest == built.snapshot.digest:
            return False
        for folder in (self.index.parent, self.serial_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        # The serial first: after a crash in between a number is skipped, and none is ever used twice.
        durable.write(self.serial_file, f"{built.snapshot.serial}\n".encode(), MODE)
        durable.keep(self.index, previous(self.index))
        durable.write(self.index, built.index, MODE)
        log.info(
            "list built serial=%d entries=%d digest=%s commit=%s",
            built.snapshot.serial,
            len(built.snapshot.entries),
            built.snapshot.digest[:16],
            built.snapshot.commit or "none",
        )
        return True


def build(tree: SourceTree, serial: int, clock: Clock) -> Built:
    """Check a source and compile it.

    Raises:
        ListRefusedError: if a fault stands against it, or if it is not a trial list.
    """
    now = clock.now()
    checked = check(tree.files, shipped(), suffixes(), now)
    if checked.blocklist.environment is not Environment.TRIAL:
        message = "the unsigned road serves trial lists only; others are published and signed (docs/PUBLISHING.md)"
        raise ListRefusedError([Fault("list.yaml", 1, 1, "environment", message)])
    snapshot = Snapshot(checked.blocklist, serial, tree.commit, now)
    return Built(compile_index(snapshot), snapshot)
