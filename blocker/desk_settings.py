"""The section `admin` of the configuration: where the desk is, whom it speaks for, and what it keeps where."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from blocker.addresses import Address
from blocker.fields import AddressField, FilePath, NetworkField
from blocker.located import StrictModel

MAIL = r"^[^@\s<>]+@[^@\s<>]+$"
PUBLIC_URL = r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://(127\.0\.0\.1|localhost|\[::1\]))(:[0-9]{1,5})?$"
Recipient = Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]


class Isp(StrictModel):
    """A provider that is told of directives."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    """Short id, used in records."""
    name: str
    """Name as it stands in letters."""
    mail: str = Field(pattern=MAIL)
    """Address that directives are sent to."""
    resolvers: tuple[AddressField, ...] = ()
    """Its resolvers, which the desk asks whether they lead listed names to the page; none: nobody looks."""

    @field_validator("id")
    @classmethod
    def _stands_for_nobody_else(cls, value: str) -> str:
        # Letters know their recipients by these words.
        if value in {"owner", "overseer", "duty-officer", "duty-approver"}:
            raise ValueError(f"{value} stands for somebody else in records: choose another id")
        return value


class Overseer(StrictModel):
    """The independent overseer, told of every decision in the moment in which it is made."""

    name: str = "Personne qualifiée / Overseer"
    """Name as it stands in notices."""
    mail: str = Field(pattern=MAIL)
    """Address that notices are sent to."""


class Duty(StrictModel):
    """Whom reminders go to, by role; an address left out: that role is reminded at the desk alone."""

    officer: str | None = Field(default=None, pattern=MAIL)
    """Reminded of clocks, 4 hours and 1 hour before they end."""
    approver: str | None = Field(default=None, pattern=MAIL)
    """Reminded of a decision that has waited 30 minutes."""


class SmtpSettings(StrictModel):
    """The mail server that letters are handed to, over TLS and never without."""

    host: str
    """Its name, which its certificate must bear."""
    port: int = Field(default=587, ge=1, le=65535)
    """Its port."""
    tls: Literal["starttls", "implicit"] = "starttls"
    """How TLS begins."""
    user: str | None = None
    """Whom we sign in as."""
    password_file: FilePath | None = None
    """The file that holds the password."""
    ca: FilePath | None = None
    """Certificates (PEM) that its own must lead to; none: those of the system."""

    @model_validator(mode="after")
    def _user_and_password_go_together(self) -> Self:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go together: give both or neither")
        return self


class Source(StrictModel):
    """A machine that may report addresses."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    """Short id, used in records."""
    name: str
    """Name as officers see it."""


class ReportSettings(StrictModel):
    """Reports of unlawful content, before they are cases."""

    sources: tuple[Source, ...] = ()
    """The machines that may report, each with a token of its own."""
    per_minute: int = Field(default=2000, ge=1, le=1_000_000)
    """How many reports a source may send in a minute."""
    platforms: FilePath | None = None
    """A file of platforms in place of the one that ships (blocker/cases/platforms.yaml)."""


class LookupSettings(StrictModel):
    """Where the desk may look for somebody to ask."""

    bootstrap: FilePath | None = None
    """The folder with IANA's files of RDAP servers: dns.json, ipv4.json, ipv6.json."""
    whois: str = Field(default="whois.iana.org", pattern=r"^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$")
    """The first WHOIS server, host or host:port; it refers to the others."""
    allow: tuple[NetworkField, ...] = ()
    """Networks that may be reached though they are not public."""


class AdminSettings(StrictModel):
    """The desk where cases are worked."""

    listen: AddressField = Address("127.0.0.1", 8400)
    """Address of the desk's HTTP server."""
    host: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$")
    """The name by which people reach the desk over https; their passkeys belong to it."""
    public_url: str | None = Field(default=None, pattern=PUBLIC_URL)
    """The address under which owners reach their reply page; none: they answer by mail."""
    session_idle_seconds: int = Field(default=900, ge=60, le=3600)
    """Seconds without a request after which a session ends."""
    session_life_seconds: int = Field(default=28800, ge=300, le=43200)
    """Seconds after sign-in after which a session ends in any case."""
    database: FilePath = Path("data/redhand.sqlite3")
    """The store of cases, letters and accounts."""
    lists: FilePath = Path("data/lists")
    """The git work tree that the desk commits to."""
    letters: FilePath = Path("data/letters")
    """The folder that letters are put into as .eml files."""
    sender: str = "Redhand desk <desk@redhand.invalid>"
    """The From line of letters."""
    isps: tuple[Isp, ...] = ()
    """The providers that are told of directives."""
    overseer: Overseer | None = None
    """Who is told of every decision; without one nobody is asked or blocked outside a trial."""
    duty: Duty = Duty()
    smtp: SmtpSettings | None = None
    """The mail server for letters; none: they are left in `letters`."""
    incoming: FilePath | None = None
    """The folder into which a mail system puts, as .eml files, what comes back to `sender`."""
    evidence: FilePath = Path("data/evidence")
    """The folder of sealed evidence."""
    evidence_recipients: tuple[Recipient, ...] = ()
    """The public keys that evidence is encrypted to; without any, evidence is only dispensed with in a trial."""
    evidence_mib: int = Field(default=1024, ge=1, le=65536)
    """How large a file of evidence may be, in MiB."""
    lookups: LookupSettings | None = None
    """Where the desk may look for somebody to ask; none: officers look, and record what they found."""
    resolver: AddressField | None = None
    """The resolver that is asked what else lies under a case's names; none: officers check that by hand."""
    proxies: tuple[NetworkField, ...] = ()
    """Networks of our own proxies, whose X-Forwarded-For says who asks; used for pauses in memory alone."""
    reports: ReportSettings = ReportSettings()
    """Where reports come from and whom content is referred to."""
