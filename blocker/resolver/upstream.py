"""Asks upstreams about clean names: another one when the first is silent, failing or broken; the same question once.

Earlier tries stay open while later ones run, so a slow answer is still an answer. Whoever answered when another did
not is asked first from then on. No client's option (its subnet, its cookie) goes along: engine.py builds the question
anew. The number of questions under way is bounded; beyond it a question fails at once instead of waiting for its turn.
"""

import asyncio
from collections.abc import Collection, Iterable
from ipaddress import ip_address

from blocker.addresses import Address
from blocker.dns.ask import exchange
from blocker.dns.codes import Rcode
from blocker.dns.walk import Message
from blocker.errors import UpstreamError, WireError

PAUSES = (0.4, 0.8, 1.2, 1.4)  # seconds that each try is given before the next begins; 3.8 s in all
MAX_UNDER_WAY = 1000
DNS_PORT = 53

_TELLS_SOMETHING = {Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN}


class Forwarder:
    """The upstreams of one worker, in the order in which they are asked."""

    def __init__(self, upstreams: Iterable[Address]) -> None:
        self._upstreams = list(upstreams)
        self._under_way: dict[bytes, asyncio.Task[Message]] = {}

    async def ask(self, packet: bytes) -> Message:
        """Return what an upstream says to `packet` (its id is replaced); a failure code if none says anything better.

        Raises:
            UpstreamError: if none answered, or too many questions are under way.
        """
        task = self._under_way.get(packet)
        if task is None:
            if len(self._under_way) >= MAX_UNDER_WAY:
                raise UpstreamError("too many questions are under way")
            task = asyncio.create_task(self._first_answer(packet))
            self._under_way[packet] = task
            task.add_done_callback(lambda done: self._end(packet, done))
        # One who stops waiting (a closed TCP connection) must not take the answer from the others.
        return await asyncio.shield(task)

    def _end(self, packet: bytes, task: asyncio.Task[Message]) -> None:
        del self._under_way[packet]
        if not task.cancelled():
            task.exception()  # read here: perhaps nobody waits for it any more

    async def _first_answer(self, packet: bytes) -> Message:
        tries: dict[asyncio.Task[Message], Address] = {}
        failures: dict[Address, Message] = {}
        try:
            for number, pause in enumerate(PAUSES):
                left = [address for address in self._upstreams if address not in failures]
                if not left:
                    break
                address = left[number % len(left)]
                tries[asyncio.create_task(exchange(address, packet))] = address
                message = await self._within(pause, tries, failures)
                if message:
                    return message
        finally:
            for task in tries:
                task.cancel()
        if failures:
            return next(iter(failures.values()))
        raise UpstreamError("no upstream answered in time")

    async def _within(
        self, pause: float, tries: dict[asyncio.Task[Message], Address], failures: dict[Address, Message]
    ) -> Message | None:
        """Wait for the first of the open tries; an answer that tells nothing goes into `failures`."""
        done, _ = await asyncio.wait(tries, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            address = tries.pop(task)
            if isinstance(task.exception(), OSError | EOFError | WireError):
                continue
            message = task.result()
            if message.rcode in _TELLS_SOMETHING:
                self._prefer(address)
                return message
            failures[address] = message
        return None

    def _prefer(self, address: Address) -> None:
        if self._upstreams[0] != address:
            self._upstreams.remove(address)
            self._upstreams.insert(0, address)


def system_upstreams(resolv_conf: str, own: Collection[Address]) -> tuple[Address, ...]:
    """Return the name servers of a resolv.conf(5), except our own addresses: we would ask ourselves for ever."""
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            try:
                address = Address(str(ip_address(words[1])), DNS_PORT)
            except ValueError:
                continue
            if address not in own and address not in found:
                found.append(address)
    return tuple(found)
