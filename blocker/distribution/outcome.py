"""How sync tells what it did: a log line when it changes, a file for node_exporter, and who is held, for the operator.

Keeps true: log and metrics name repositories, reasons, rules, counts and directives, never a site; only `held.json`
does, and it is readable by its owner alone.
"""

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from blocker.blocklist.index import Header
from blocker.distribution import durable
from blocker.distribution.judgement import Held

log = logging.getLogger("redhand.sync")

HELD = "held.json"


class Result(StrEnum):
    """How a look at a repository ended."""

    IN_FORCE = "in-force"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended for one repository, and why."""

    repository: str
    result: Result
    reason: str = ""
    message: str = ""


class Teller:
    """Remembers what was told, so that a fault is said once and not every ten seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._told: dict[str, tuple[Result, str]] = {}
        self._well: dict[str, float] = {}

    def tell(self, outcomes: Sequence[Outcome], header: Header | None, held: Mapping[str, int], now: float) -> None:
        """Log what changed and write the metrics; `now` is in seconds since 1970."""
        for each in outcomes:
            if each.result is Result.IN_FORCE:
                self._well[each.repository] = now
            if self._told.get(each.repository) != (each.result, each.reason):
                self._told[each.repository] = (each.result, each.reason)
                _log(each)
        self._write(outcomes, header, held)

    def _write(self, outcomes: Sequence[Outcome], header: Header | None, held: Mapping[str, int]) -> None:
        registry = CollectorRegistry()
        names = ["repository"]
        up = Gauge("redhand_sync_up", "1 if the last look found the newest version in force.", names, registry=registry)
        bad = Gauge(
            "redhand_sync_refused", "1 while a version is refused, by reason.", [*names, "reason"], registry=registry
        )
        well = Gauge(
            "redhand_sync_success_timestamp_seconds", "The last look that went well.", names, registry=registry
        )
        waits = Gauge("redhand_sync_held_entries", "Entries that a guard holds back here.", names, registry=registry)
        for each in outcomes:
            up.labels(each.repository).set(each.result is Result.IN_FORCE)
            waits.labels(each.repository).set(held.get(each.repository, 0))
            well.labels(each.repository).set(self._well.get(each.repository, 0))
            if each.result is not Result.IN_FORCE:
                bad.labels(each.repository, each.reason).set(1)
        if header is not None:
            Gauge("redhand_list_serial", "The list in force.", registry=registry).set(header.serial)
            Gauge("redhand_list_names", "Names on the list in force.", registry=registry).set(header.names)
        durable.write(self._folder / "sync.prom", generate_latest(registry), 0o644)


def _log(outcome: Outcome) -> None:
    if outcome.result is Result.IN_FORCE:
        log.info("repository in force name=%s", outcome.repository)
        return
    log.error(
        "repository %s name=%s reason=%s; what was in force stays: %s",
        outcome.result, outcome.repository, outcome.reason, outcome.message,
    )  # fmt: skip


HeldValue = dict[str, str]
"""An entry that is held, and why, as it stands in held.json."""


def held_values(repository: str, held: Sequence[Held]) -> list[HeldValue]:
    """Return what held.json says of a repository's entries that are held."""
    return [
        {
            "repository": repository,
            "directive": each.entry.directive.id,
            "name": each.entry.name,
            "scope": each.entry.scope,
            "rule": each.rule,
            "reason": each.reason,
        }
        for each in held
    ]


def read_held(folder: Path) -> dict[str, list[HeldValue]]:
    """Return what was written last, by repository; nothing if it cannot be read."""
    found: dict[str, list[HeldValue]] = {}
    try:
        for value in json.loads((folder / HELD).read_bytes()):
            found.setdefault(value["repository"], []).append(value)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found


def write_held(folder: Path, held: Mapping[str, Sequence[HeldValue]]) -> None:
    """Write who is held and why, and log it without names."""
    values = [value for some in held.values() for value in some]
    durable.write(folder / HELD, json.dumps(values, ensure_ascii=False, indent=1).encode() + b"\n")
    counts = Counter((value["repository"], value["directive"], value["rule"]) for value in values)
    for (repository, directive, rule), count in sorted(counts.items()):
        log.error("entries held name=%s directive=%s rule=%s count=%d", repository, directive, rule, count)
