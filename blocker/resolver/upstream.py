"""Asks upstreams about clean names: another one when the first is silent, failing or broken; the same question once.

Earlier tries stay open while later ones run, so a slow answer is still an answer. An upstream that was silent or
refused while it was asked is taken for down until it answers again: the others go first, and now and then a question
goes to it as well, to see. No client's option (its subnet, its cookie) goes along: engine.py builds the question anew.
The number of questions under way is bounded; beyond it a question fails at once instead of waiting for its turn.
What an upstream claims to have validated is believed of those that the operator trusts. Sockets, ids and forged answers
are upstream_ports.py's affair.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address

from blocker.addresses import Address
from blocker.dns.ask import exchange_over_tcp
from blocker.dns.codes import Ede, Rcode
from blocker.dns.walk import Message, walk
from blocker.dns.wire import AD, HEADER, OPT, TC
from blocker.errors import UpstreamError, WireError
from blocker.resolver.upstream_health import DEAD, Upstream
from blocker.resolver.upstream_ports import Door, Place, Ports

PAUSES = (0.4, 0.6, 0.8, 0.9, 1.1)  # seconds that each try is given before the next begins; 3.8 s in all
TICK = 0.05  # seconds between looks at what is overdue
PROBE_EVERY = 1.0  # seconds between questions to an upstream that is down
MAX_UNDER_WAY = 4096
DNS_PORT = 53

_TELLS_SOMETHING = {Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.YXDOMAIN}
_FAILURES = {
    Ede.NO_REACHABLE_AUTHORITY: "no upstream answered in time",
    Ede.NETWORK_ERROR: "no upstream can be reached, or what it says is broken",
}
_CUT = TC >> 8  # in a message's third octet

Done = Callable[[Message | Ede], None]


@dataclass(eq=False, slots=True)
class Asking:
    """One question under way, for everyone who asked it meanwhile."""

    packet: bytes
    question: bytes
    waiting: list[Done]
    tries: dict[Place, tuple[Upstream, float]] = field(default_factory=dict)
    over_tcp: set["asyncio.Task[None]"] = field(default_factory=set)
    asked: list[Address] = field(default_factory=list)
    useless: set[Address] = field(default_factory=set)
    failure: Message | Ede = Ede.NO_REACHABLE_AUTHORITY
    ended: bool = False
    overdue_at: int = 0


class Forwarder:
    """The upstreams of one worker."""

    def __init__(
        self, upstreams: Iterable[Address], *, trusted: Collection[Address] = (), by_latency: bool = False
    ) -> None:
        self._upstreams = [Upstream(Door(address), address in trusted) for address in upstreams]
        self._by_latency = by_latency
        self._under_way: dict[bytes, Asking] = {}
        self._overdue: dict[int, set[Asking]] = {}  # by the tick at which their latest try is over
        self._ports = Ports(self._heard)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def under_way(self) -> int:
        """How many questions wait for an answer."""
        return len(self._under_way)

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        """The upstreams in the order in which they are asked now."""
        return tuple(self._in_order())

    @property
    def dead(self) -> bool:
        """True if no upstream answers, as far as is known."""
        return all(one.dead for one in self._upstreams)

    async def ask(self, packet: bytes) -> Message:
        """Return what an upstream says to `packet` (its id is replaced); a failure code if none says anything better.

        Raises:
            UpstreamError: if none answered, or too many questions are under way.
        """
        answer: asyncio.Future[Message | Ede] = asyncio.get_running_loop().create_future()

        def done(said: Message | Ede) -> None:
            if not answer.done():  # or its client has hung up
                answer.set_result(said)

        self.submit(packet, done)
        said = await answer
        if isinstance(said, Ede):
            raise UpstreamError(_FAILURES[said])
        return said

    def submit(self, packet: bytes, done: Done) -> None:
        """Ask, and call `done` once with what `ask` would return, or why it would raise (RFC 8914 §4)."""
        asking = self._under_way.get(packet)
        if asking is not None:
            asking.waiting.append(done)
            return
        if len(self._under_way) >= MAX_UNDER_WAY or not self._upstreams:
            asyncio.get_running_loop().call_soon(done, Ede.NO_REACHABLE_AUTHORITY)
            return
        end = len(packet) - OPT.size if packet[HEADER.size - 1] else len(packet)
        asking = self._under_way[packet] = Asking(packet, packet[HEADER.size : end], [done])
        if self._timer is None:
            self._wind()
        self._try(asking)

    def close(self) -> None:
        """Give up what is under way, and close every socket."""
        self._under_way.clear()
        if self._timer:
            self._timer.cancel()
        self._ports.close()

    def _in_order(self) -> list[Upstream]:
        """Return the upstreams in the order in which they are asked."""
        if len(self._upstreams) == 1:
            return self._upstreams
        if self._by_latency:
            return sorted(self._upstreams, key=lambda one: (one.down, one.latency))
        return sorted(self._upstreams, key=lambda one: one.down)

    def _try(self, asking: Asking) -> None:
        """Ask the next upstream, or give up."""
        now = time.monotonic()
        while len(asking.asked) < len(PAUSES):
            left = self._in_order()
            if asking.asked:
                left = [one for one in left if one.address not in asking.useless]
                left.sort(key=lambda one: asking.asked.count(one.address))
            if not left:
                break
            chosen = left[0]
            asking.asked.append(chosen.address)
            if self._sent(asking, chosen, now):
                self._give(asking, PAUSES[len(asking.asked) - 1], now)
                if not chosen.down:
                    self._probe(asking, left, now)
                return
            chosen.silent += DEAD
            self._unreachable(asking, chosen)
        self._end(asking, asking.failure)

    def _sent(self, asking: Asking, to: Upstream, now: float) -> bool:
        try:
            place = self._ports.ask(to.door, asking.packet, asking)
        except OSError:
            return False
        asking.tries[place] = to, now
        return True

    def _probe(self, asking: Asking, left: list[Upstream], now: float) -> None:
        """Let the question go to one that is down as well, if it has not been tried of late."""
        for one in left:
            if one.down and now - one.probed >= PROBE_EVERY:
                one.probed = now
                probe = Asking(asking.packet, asking.question, [], ended=True)
                if self._sent(probe, one, now):
                    self._give(probe, PAUSES[0], now)

    def _give(self, asking: Asking, seconds: float, now: float) -> None:
        """Let the latest try have so long, whatever was left to the one before."""
        self._overdue.get(asking.overdue_at, set()).discard(asking)
        asking.overdue_at = tick = int((now + seconds) / TICK)
        self._overdue.setdefault(tick, set()).add(asking)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        for tick in sorted(tick for tick in self._overdue if tick * TICK <= now):
            for asking in self._overdue.pop(tick):
                self._overdue_one(asking, now)
        self._timer = None
        if self._overdue:
            self._wind()

    def _wind(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK, self._look_at_the_clock)

    def _overdue_one(self, asking: Asking, now: float) -> None:
        for upstream, _ in asking.tries.values():
            upstream.silent += 1
            upstream.probed = now
        if asking.ended:
            self._forget(asking)
        else:
            self._try(asking)

    def _forget(self, asking: Asking) -> None:
        for place in asking.tries:
            self._ports.forget(place)
        asking.tries.clear()

    def _heard(self, asking: Asking, place: Place, packet: bytes | None) -> None:
        upstream, since = asking.tries.pop(place)
        if packet is None:
            upstream.silent += DEAD
            if not asking.ended:
                self._unreachable(asking, upstream)
                self._go_on(asking)
            return
        upstream.answered(time.monotonic() - since)
        if asking.ended:  # it was asked only to see whether it answers
            return
        if packet[2] & _CUT:
            task = asyncio.create_task(self._over_tcp(asking, upstream))
            asking.over_tcp.add(task)
        else:
            self._weigh(asking, upstream, packet)

    async def _over_tcp(self, asking: Asking, upstream: Upstream) -> None:
        try:
            heard = await exchange_over_tcp(upstream.address, asking.packet)
        except (OSError, EOFError, WireError):
            heard = b""
        asking.over_tcp.discard(asyncio.current_task())
        self._weigh(asking, upstream, heard)

    def _weigh(self, asking: Asking, upstream: Upstream, packet: bytes) -> None:
        """End with an answer that tells something; otherwise ask another upstream."""
        try:
            message: Message | None = walk(packet)
        except WireError:
            message = None
        if message is None or message.truncated:  # what did not fit was asked for over TCP already
            self._unreachable(asking, upstream)
            self._go_on(asking)
            return
        if message.flags & AD and not upstream.trusted:
            message = message._replace(flags=message.flags & ~AD)
        if message.rcode in _TELLS_SOMETHING:
            self._end(asking, message)
            return
        asking.useless.add(upstream.address)
        if isinstance(asking.failure, Ede):
            asking.failure = message
        self._go_on(asking)

    def _unreachable(self, asking: Asking, upstream: Upstream) -> None:
        """Note that nothing more can come of this upstream, as the network or a broken answer says."""
        asking.useless.add(upstream.address)
        if isinstance(asking.failure, Ede):
            asking.failure = Ede.NETWORK_ERROR

    def _go_on(self, asking: Asking) -> None:
        """Ask another upstream, unless one that was asked may still answer."""
        if not asking.tries and not asking.over_tcp:
            self._try(asking)

    def _end(self, asking: Asking, said: Message | Ede) -> None:
        asking.ended = True
        self._overdue.get(asking.overdue_at, set()).discard(asking)
        del self._under_way[asking.packet]
        self._forget(asking)
        for task in asking.over_tcp:
            task.cancel()
        for done in asking.waiting:
            done(said)


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
