"""Tells the publisher's desk what is in force here, once it truly is.

Keeps true: a version is reported only after real queries to every service address were answered from it, so many of
them from fresh ports that each worker has answered (the kernel spreads them by port); it is reported until the desk
takes it, through restarts and outages, and not again. The desk counts digest and resolver once, so twice does no harm.
"""

import asyncio
import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from blocker.blocklist.index import Header, Source
from blocker.config import Acknowledge, Settings
from blocker.distribution import durable
from blocker.distribution.current import CurrentIndex
from blocker.dns.ask import ask
from blocker.dns.codes import Class, Type
from blocker.errors import OperationError, UpstreamError, WireError

log = logging.getLogger("redhand.acknowledge")

EVERY = 1.0
LONGEST_PAUSE = 60.0
POST_SECONDS = 10.0
QUERIES_A_WORKER = 12  # one of N workers is missed by all of 12 N queries with a chance of e^-12
TAKEN = (200, 201)
PATH = "/api/v1/acknowledgements"


class Acknowledger:
    """Reports what is in force, for as long as the resolver lives."""

    def __init__(self, settings: Settings, to: Acknowledge) -> None:
        self._settings = settings
        self._to = to
        self._noted = settings.data / "list" / "acknowledged.json"
        self._since: dict[str, str] = {}

    async def run(self) -> None:
        """Report each new version until cancelled."""
        current, failures = CurrentIndex(self._settings.blocklist.index), 0
        while True:
            current.refresh()
            header = current.index.header if current.index else None
            waiting = [source for source in header.sources if not self._is_noted(source)] if header else []
            if header is not None and waiting:
                done = await self._in_force(header) and all([await self._report(source) for source in waiting])
                failures = 0 if done else failures + 1
            await asyncio.sleep(min(EVERY * 2.0 ** min(failures, 10), LONGEST_PAUSE))

    async def _in_force(self, header: Header) -> bool:
        """Ask the service addresses often enough to have met every worker; True if all answer from this version."""
        resolver = self._settings.resolver
        count = QUERIES_A_WORKER * (resolver.workers or os.cpu_count() or 1)
        for address in resolver.listen:
            for _ in range(count):
                try:
                    response = await ask(address, "version.server", Type.TXT, qclass=Class.CH, timeout=1.0)
                except (UpstreamError, WireError):
                    return False
                if f'"serial {header.serial}"' not in " ".join(data for _, _, data in response.answers):
                    return False
        return True

    async def _report(self, source: Source) -> bool:
        since = self._since.setdefault(source.metadata, datetime.now(UTC).isoformat(timespec="seconds"))
        report = {
            "list": source.repository,
            "serial": source.serial,
            "digest": source.metadata,
            "in_force_at": since,
            "resolver": self._to.resolver,
        }
        try:
            token = (await asyncio.to_thread(self._to.key.read_text)).strip()
            timeout = aiohttp.ClientTimeout(total=POST_SECONDS)
            url = self._to.url.rstrip("/") + PATH
            async with (
                aiohttp.ClientSession(timeout=timeout, headers={"Authorization": f"Bearer {token}"}) as session,
                session.post(url, json=report, allow_redirects=False, proxy=self._settings.sync.proxy) as answer,
            ):
                if answer.status not in TAKEN:
                    log.warning("acknowledgement not taken serial=%d status=%d", source.serial, answer.status)
                    return False
            self._note(source)
        except (aiohttp.ClientError, TimeoutError, OSError, OperationError) as error:
            log.warning("acknowledgement not sent serial=%d reason=%s", source.serial, type(error).__name__)
            return False
        log.info("acknowledged list=%s serial=%d digest=%s", source.repository, source.serial, source.metadata[:16])
        return True

    def _is_noted(self, source: Source) -> bool:
        return noted(self._noted).get(source.repository) == source.metadata

    def _note(self, source: Source) -> None:
        values = {**noted(self._noted), source.repository: source.metadata}
        durable.write(self._noted, json.dumps(values).encode())


def noted(path: Path) -> dict[str, str]:
    """Return what was acknowledged last, by repository: the digests of the metadata."""
    try:
        found: dict[str, str] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found
