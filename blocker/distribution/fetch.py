"""Downloads for the TUF client: everything of one look at a server ends when its time is over.

Keeps true: the deadline covers name resolution, connecting, headers and body together, so that a server that sends a
byte now and then gains nothing; nothing is decompressed or redirected elsewhere; lengths are capped by the caller
[TUF 5.3.3, 5.4.1]. What is fetched is believed by nobody before ngclient has verified it.
"""

import asyncio
import ssl
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient.fetcher import FetcherInterface
from yarl import URL

from blocker import __version__
from blocker.errors import OperationError

CHUNK = 64 * 1024
OK = 200

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Way:
    """How servers are reached."""

    proxy: str | None = None
    client_certificate: Path | None = None
    authorities: Path | None = None

    def tls(self) -> ssl.SSLContext:
        """Return what TLS needs.

        Raises:
            OperationError: if a certificate cannot be used.
        """
        try:
            context = ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)
            if self.client_certificate is not None:
                context.load_cert_chain(self.client_certificate)
        except (OSError, ssl.SSLError) as error:
            raise OperationError(f"the certificate for fetching lists cannot be used: {error}") from error
        return context


class Fetcher(FetcherInterface):
    """One look at a server, in a thread of its own; `seconds` is all the time that it gets."""

    def __init__(self, way: Way, seconds: float) -> None:
        self._way = way
        self._ends = time.monotonic() + seconds
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._open: list[aiohttp.ClientResponse] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for response in self._open:  # whoever gave a download up half way left it open
            response.close()
        if self._session is not None:
            self._loop.run_until_complete(self._session.close())
        self._loop.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        response = self._in_time(self._get(url))
        self._open.append(response)
        while chunk := self._in_time(response.content.read(CHUNK)):
            yield chunk
        self._open.remove(response)
        response.release()

    async def _get(self, url: str) -> aiohttp.ClientResponse:
        if self._session is None:
            # Reading the system's authorities takes as long as all the rest of a look that brings nothing new.
            connector = aiohttp.TCPConnector(ssl=self._way.tls() if url.startswith("https:") else True)
            agent = {"User-Agent": f"redhand/{__version__}", "Accept-Encoding": "identity"}
            self._session = aiohttp.ClientSession(
                connector=connector, headers=agent, auto_decompress=False, timeout=aiohttp.ClientTimeout()
            )
        # As it is: TUF quotes role names, and what is quoted must stay so.
        address = URL(url, encoded=True)
        response = await self._session.get(address, proxy=self._way.proxy, allow_redirects=False)
        if response.status != OK:
            response.close()
            raise DownloadHTTPError(f"the server answered {response.status}", response.status)
        return response

    def _in_time(self, work: Coroutine[Any, Any, Result]) -> Result:
        async def bounded() -> Result:
            async with asyncio.timeout(max(0.0, self._ends - time.monotonic())):
                return await work

        try:
            return self._loop.run_until_complete(bounded())
        except TimeoutError as error:
            raise SlowRetrievalError("the server did not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise DownloadError(f"the server cannot be reached: {type(error).__name__}") from error
