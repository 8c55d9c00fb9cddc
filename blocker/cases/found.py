"""What an inquiry found: whom the request goes to, where somebody to ask was looked for, and the evidence.

Keeps true: values only, frozen; all instants are aware UTC. What follows from them is left to the steps of the inquiry.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom the removal request goes to: the publisher, or whoever hosts or registered the site."""

    name: str
    capacity: str
    mail: str


@dataclass(frozen=True, slots=True)
class Search:
    """One entry of the search log: where somebody to ask was looked for, and who was found: nobody, or a capacity."""

    channel: str
    found: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One sealed file of evidence: its SHA-256, and when what it shows was seen."""

    sha256: str
    seen_at: datetime
