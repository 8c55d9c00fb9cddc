"""The index in force, as a process of the resolver or the page holds it.

The file is watched by its metadata. A new one is checked and mapped, then takes the old one's place in one assignment;
a bad one is reported once and the last good one stays. Nothing here compiles or writes.
"""

import asyncio
import logging
import mmap
from collections.abc import Callable
from pathlib import Path

from blocker.blocklist.admission import refusal
from blocker.blocklist.entry import Environment
from blocker.blocklist.index import Index
from blocker.clock import open_clock
from blocker.config import Settings
from blocker.errors import ConfigError, CorruptIndexError, Fault, InadmissibleIndexError

log = logging.getLogger("redhand.list")

Signature = tuple[int, int, int]


class CurrentIndex:
    """Holds the index of `path`; `index` is None until a first good one was there."""

    def __init__(self, path: Path, pinned: str | None = None) -> None:
        """Hold the index of `path`; `pinned` is the environment that alone is accepted, if one is."""
        self.path = path
        self._pinned = pinned
        self.index: Index | None = None
        self._seen: Signature | None = None

    def refresh(self) -> bool:
        """Look at the file; return True if a new index came in force."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        signature = (status.st_ino, status.st_mtime_ns, status.st_size)
        if signature == self._seen:
            return False
        self._seen = signature
        try:
            index = Index.load(_mapped(self.path))
            _admit(index, self._pinned)
        except (OSError, ValueError, CorruptIndexError) as error:
            kept = self.index.header.serial if self.index else "none"
            log.error("index refused reason=%r kept_serial=%s", str(error), kept)  # noqa: TRY400 - no traceback
            return False
        self.index = index
        header = index.header
        log.info(
            "list in force serial=%d names=%d environment=%s digest=%s",
            header.serial,
            header.names,
            header.environment,
            header.digest[:16],
        )
        return True

    async def watch(self, on_change: Callable[[Index], None] | None = None, every: float = 0.25) -> None:
        """Look at the file every `every` seconds until cancelled; call `on_change` with each new index."""
        while True:
            if self.refresh() and self.index is not None and on_change is not None:
                on_change(self.index)
            await asyncio.sleep(every)


def previous(index: Path) -> Path:
    """Return where the index lies that was in force before this one, for people to see what changed."""
    return index.with_name("previous.index")


def accepted_environment(settings: Settings) -> str | None:
    """Return the one environment whose lists may serve here, or None for any.

    Where time is a trial's own, real entries would end at the wrong moment: then it is trial lists alone.
    """
    return Environment.TRIAL if open_clock(settings.data).scaled else settings.blocklist.environment


def require_admissible(settings: Settings) -> None:
    """Refuse to start on an index that may not serve; one that is absent or damaged is another matter.

    Raises:
        ConfigError: naming the index.
    """
    path = settings.blocklist.index
    try:
        _admit(Index.load(_mapped(path)), accepted_environment(settings))
    except InadmissibleIndexError as error:
        raise ConfigError([Fault(str(path), 1, 1, "environment", str(error))]) from error
    except (OSError, ValueError, CorruptIndexError):
        return


def _admit(index: Index, pinned: str | None) -> None:
    reason = refusal(index.header, pinned)
    if reason is not None:
        raise InadmissibleIndexError(reason)


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
