"""What machines send to the desk and get back: the one description of the interface, which its document is made from.

Keeps true: unknown fields are refused, every text is bounded and printable, every instant has its offset. The OpenAPI
document (openapi.py) says of these models what pydantic says, so it cannot differ from what is taken.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from blocker.blocklist.dates import EARLIEST, LATEST
from blocker.cases.forms import MAX_LINE

MAX_URL = 2048
MAX_NOTE = 4000
LARGEST = 2**53 - 1


def _printable(text: str) -> str:
    if any(not character.isprintable() and character != "\n" for character in text):
        raise ValueError("it contains characters that cannot be printed")
    return text


def _in_reach(instant: datetime) -> datetime:
    if not EARLIEST <= instant.year <= LATEST:  # sums and offsets stay within what datetime can hold
        raise ValueError(f"a year from {EARLIEST} to {LATEST}")
    return instant.astimezone(UTC).replace(microsecond=0)


Text = Annotated[str, AfterValidator(_printable)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_reach)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, strict=True)


class ReportIn(_Model):
    """One address that somebody saw. The same `reference` again is the same report."""

    url: Text = Field(max_length=MAX_URL, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+\S*$")
    """The whole address, with http:// or https://."""
    seen_at: Instant
    """When it was seen, with the offset from UTC."""
    reference: Text | None = Field(default=None, min_length=1, max_length=100)
    """The sender's own number for it; sent again, it finds the report that it made."""
    ground: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,40}$")
    """The ground of the list that the sender sees, if any."""
    note: Text = Field(default="", max_length=MAX_NOTE)
    """What was seen, in words; no personal data."""
    reporter: Text = Field(default="", max_length=MAX_LINE)
    """How to reach whoever saw it, only if they wish; erased after 30 days."""


class ReportOut(_Model):
    """What has become of a report."""

    number: str = Field(pattern=r"^R-[0-9]{4}-[0-9]{6,}$")
    """Its number here."""
    state: Literal["received", "duplicate", "dismissed", "referred", "case"]
    """What became of it so far."""
    of: str | None
    """For a duplicate, the number of the report that it repeats, if that one is the sender's too."""


class AcknowledgementIn(_Model):
    """A version of the list in force at one resolver."""

    list: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    """The repository's name in the resolver's configuration."""
    serial: int = Field(gt=0, le=LARGEST)
    """The version."""
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the metadata that vouch for it."""
    in_force_at: Instant
    """Since when, with the offset from UTC."""
    resolver: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    """What the provider calls the resolver."""


class AcknowledgementOut(_Model):
    """That it was recorded."""

    recorded: Literal[True]


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] = []
    """For each field that is wrong: `pointer` (RFC 6901) and `detail`."""
