"""Indexes made of the shipped trial list, as the page's tests need them."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from blocker.blocklist.check import check
from blocker.blocklist.entry import Blocklist, Environment
from blocker.blocklist.files import GroundsFile
from blocker.blocklist.index import Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.distribution.source import read_directory, shipped, shipped_lists, suffixes
from blocker.located import read_yaml

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AFTER_ALL_ENDED = datetime(2027, 3, 1, tzinfo=UTC)
TERRORISM, TERRORISM_REFERENCE = "propaganda.example", "FR-2026-0042"
CHILD_ABUSE, CHILD_ABUSE_REFERENCE = "abuse-images.example", "FR-2026-0043"
HOST_ONLY = "videos.hosting.example"


@cache
def blocklist() -> Blocklist:
    return check(read_directory(shipped_lists()).files, shipped(), suffixes(), NOW).blocklist


def compiled(blocklist: Blocklist, serial: int = 12) -> bytes:
    return compile_index(Snapshot(blocklist, serial, None, NOW))


@cache
def trial_index() -> Index:
    return Index.load(compiled(blocklist()))


@cache
def production_index() -> Index:
    return Index.load(compiled(replace(blocklist(), environment=Environment.PRODUCTION)))


@cache
def with_shipped_grounds() -> Blocklist:
    """Return the trial's entries under the legal texts and contacts that ship for real lists."""
    return replace(blocklist(), grounds=read_yaml(shipped().grounds, "grounds.yaml").validate(GroundsFile).grounds)


def without(name: str) -> Blocklist:
    entries = tuple(entry for entry in blocklist().entries if entry.name != name)
    return replace(blocklist(), entries=entries)
