"""How an upstream fares, as far as our own questions tell: how quick it was of late, and how often in a row silent."""

from dataclasses import dataclass

from blocker.addresses import Address
from blocker.resolver.upstream_ports import Door

DEAD = 5  # questions in a row
_SMOOTHING = 0.1  # share of the latest answer in an upstream's latency


@dataclass(eq=False, slots=True)
class Upstream:
    """One resolver that we ask: how quick it was of late (seconds), and how often in a row it was silent."""

    door: Door
    trusted: bool = False
    latency: float = 0.0
    silent: int = 0
    probed: float = 0.0

    @property
    def address(self) -> Address:
        """Where it is asked."""
        return self.door.address

    @property
    def down(self) -> bool:
        """True if others are asked first."""
        return self.silent > 0

    @property
    def dead(self) -> bool:
        """True if waiting for it is most likely in vain; a packet may get lost, so many in a row."""
        return self.silent >= DEAD

    def answered(self, seconds: float) -> None:
        """Note an answer."""
        self.silent = 0
        self.latency += (seconds - self.latency) * (_SMOOTHING if self.latency else 1)
