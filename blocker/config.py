"""The configuration file: frozen settings, read strictly.

One YAML file serves every role; each reads its own section, `blocklist` and the page's addresses. An unknown key, a
wrong type or a duplicate key is a fault with its place; all of them are reported at once. Paths are relative to the
file. docs/CONFIGURATION.md has a heading for each setting, and a test that it does.
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from blocker.addresses import Address
from blocker.desk_settings import AdminSettings
from blocker.errors import ConfigError, Fault, FaultsError
from blocker.fields import AddressField, FilePath, Listen, NetworkField
from blocker.located import StrictModel, read_yaml
from blocker.policy import CasesSettings

MAX_WORKERS = 256
MAX_DRAIN = 300
MOST_MIN_TTL, LEAST_MAX_TTL = 300, 300  # seconds: the least is never above the most


class UpstreamSettings(StrictModel):
    """A resolver that clean names are asked of."""

    address: AddressField
    """Where it listens."""
    trusted: bool = False
    """Whether its word is passed on that an answer is authentic: it validates, and nobody else can write on the way."""


UpstreamField = Annotated[
    UpstreamSettings, BeforeValidator(lambda value: {"address": value} if isinstance(value, str) else value)
]


class ResolverSettings(StrictModel):
    """What the resolver listens on, whom it serves and whom it asks."""

    listen: Listen = (Address("127.0.0.1", 5300), Address("::1", 5300))
    """Addresses for UDP and TCP."""
    workers: int = Field(default=1, ge=0, le=MAX_WORKERS)
    """Processes that answer; 0 means one a core."""
    allow: tuple[NetworkField, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    """Networks that may ask; anyone else gets REFUSED with the extended error 18 (Prohibited)."""
    upstreams: tuple[UpstreamField, ...] = ()
    """Resolvers that clean names are asked of; none given: the system's (/etc/resolv.conf), none of them trusted."""
    prefer: Literal["order", "latency"] = "order"
    """Which upstream is asked first: the first that answers, or the quickest."""
    without_list: Literal["servfail", "upstream"] = "servfail"
    """What questions get before a first list is in force: SERVFAIL, or unfiltered answers."""
    min_ttl: int = Field(default=0, ge=0, le=MOST_MIN_TTL)
    """For how many seconds an upstream's answer is kept at least, whatever it says."""
    max_ttl: int = Field(default=3600, ge=LEAST_MAX_TTL, le=86400)
    """For how many seconds an upstream's answer is kept at most."""
    drain_seconds: float = Field(default=0.0, ge=0, le=MAX_DRAIN)
    """How long queries are still answered after SIGTERM, for balancers to notice."""

    @field_validator("upstreams")
    @classmethod
    def _are_others(cls, value: tuple[UpstreamSettings, ...], info: ValidationInfo) -> tuple[UpstreamSettings, ...]:
        for address in (upstream.address for upstream in value):
            if address.wildcard:
                raise ValueError(f"{address} stands for every address: name the resolver to be asked")
            if address in info.data.get("listen", ()):
                raise ValueError(f"{address} is where we listen ourselves: questions would go round for ever")
        return value


class SignedRepository(StrictModel):
    """A publisher of signed lists, and whom we believe about it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    """What it is called here, in logs and metrics."""
    url: str = Field(pattern=r"^https?://[!-~]+$")
    """Where its `public` folder is served."""
    root: FilePath
    """The first root, got from the publisher in person or over another road: all trust begins with this file."""


class BlocklistSettings(StrictModel):
    """Which list is in force here, and where it comes from."""

    index: FilePath = Path("data/list/current.index")
    """The compiled file that resolver and page map."""
    lists: FilePath | None = None
    """The unsigned source of a trial list: a git work tree (its HEAD is built) or a plain directory."""
    repositories: tuple[SignedRepository, ...] = ()
    """The signed sources, first one first where two say something of one ground."""
    environment: Literal["trial", "staging", "production"] | None = None
    """What is accepted at all: trial, staging or production; none given: whatever comes."""
    protected: FilePath | None = None
    """Names of this network that no list may block, in the form of a list's protected.yaml."""
    popular: FilePath | None = None
    """Names that many people use (`name` or `rank,name` a line); an addition that touches one needs an acceptance."""

    @model_validator(mode="after")
    def _has_one_kind_of_source(self) -> Self:
        if self.lists is not None and self.repositories:
            raise ValueError("give lists or repositories: one index has one kind of source")
        names = [repository.name for repository in self.repositories]
        if len(set(names)) < len(names):
            raise ValueError("two repositories have the same name")
        return self


class Acknowledge(StrictModel):
    """Where we say that a version is in force here."""

    url: str = Field(pattern=r"^https?://[!-~]+$")
    """The desk's address; `/api/v1/acknowledgements` is added."""
    key: FilePath
    """The file that holds our token."""
    resolver: str = Field(default="resolver-1", pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")
    """What this resolver is called towards the desk."""


class SyncSettings(StrictModel):
    """How signed lists are fetched."""

    interval: float = Field(default=10.0, ge=0.2, le=3600)
    """Seconds between two looks, give or take a fifth."""
    proxy: str | None = Field(default=None, pattern=r"^https?://[!-~]+$")
    """An HTTP proxy to go through."""
    client_certificate: FilePath | None = None
    """A PEM file with our certificate and its key, for servers that ask who fetches."""
    authorities: FilePath | None = None
    """A PEM file with the certificates that the servers' chains end in; none given: the system's."""
    acknowledge: Acknowledge | None = None
    """Whom to tell what is in force here."""


class PageSettings(StrictModel):
    """Where the warning page listens, and where blocked names lead."""

    listen: Listen = (Address("127.0.0.1", 8451),)
    """Addresses of the page's HTTP server."""
    ipv4: tuple[IPv4Address, ...] = (IPv4Address("127.0.0.1"),)
    """What A answers of blocked names say."""
    ipv6: tuple[IPv6Address, ...] = (IPv6Address("::1"),)
    """What AAAA answers of blocked names say."""
    implementer: str | None = None
    """URI of whoever carries the block out, for `Link: …; rel="blocked-by"` (RFC 7725 §4)."""
    symbol: FilePath | None = None
    """An SVG drawing to show instead of the red hand."""

    @field_validator("implementer")
    @classmethod
    def _is_a_uri(cls, value: str | None) -> str | None:
        # It stands in a header: anything but a plain http(s) URI could break out of the angle brackets.
        if value is None or (
            value.startswith(("https://", "http://"))
            and value.isascii()
            and value.isprintable()
            and not set(value) & set('<>" \\')
        ):
            return value
        raise ValueError("write a URI that begins with https:// and has no spaces, quotes or angle brackets")


class Settings(StrictModel):
    """The whole configuration."""

    data: FilePath = Path("data")
    """The root of all written state."""
    resolver: ResolverSettings = ResolverSettings()
    blocklist: BlocklistSettings = BlocklistSettings()
    sync: SyncSettings = SyncSettings()
    page: PageSettings = PageSettings()
    admin: AdminSettings = AdminSettings()
    cases: CasesSettings = CasesSettings()

    @model_validator(mode="before")
    @classmethod
    def _defaults_lie_under_data(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or not isinstance(value.get("data", ""), str):
            return value
        data = value.get("data", "data")
        under_data = {
            "blocklist": {"index": f"{data}/list/current.index"},
            "admin": {
                "database": f"{data}/redhand.sqlite3",
                **{name: f"{data}/{name}" for name in ("lists", "letters", "evidence")},
            },
        }
        # A section whose keys are all commented out is an empty one.
        filled = {key: part for key, part in value.items() if part != "" or key not in cls.model_fields}
        given = {"resolver": {}, "page": {}, **under_data, **filled}
        for section, defaults in under_data.items():
            if isinstance(given[section], Mapping):
                given[section] = {**defaults, **given[section]}
        return given


def load(path: Path) -> Settings:
    """Read the configuration file.

    Raises:
        ConfigError: with every fault of the file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError([Fault(str(path), 1, 1, "file", f"cannot be read: {error.strerror}")]) from error
    return parse(data, str(path), path.parent.resolve())


def parse(data: bytes, file: str, base: Path) -> Settings:
    """Read a configuration from bytes; `base` is the folder that its paths are relative to.

    Raises:
        ConfigError: with every fault.
    """
    try:
        if not any(line.split(b"#")[0].strip() for line in data.splitlines()):
            return Settings.model_validate({}, context={"base": base})
        return read_yaml(data, file).validate(Settings, {"base": base})
    except FaultsError as error:
        raise ConfigError(error.faults) from error
