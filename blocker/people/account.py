"""Who may sign in, as values: a service number with one role for good, and what the audit says of coming and going."""

import re
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.case import Actor, Role
from blocker.cases.rows import Row

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1024

UNKNOWN = "unknown"
"""What stands in the audit for a number that is no account's: somebody may have typed a password there."""

_NUMBER = re.compile(r"[a-z]{1,20}-[0-9]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in, unless the account is closed."""

    number: str
    role: Role
    isp: str | None = None
    """The id of the provider that an ISP contact speaks for."""
    closed: bool = False

    @property
    def actor(self) -> Actor:
        """Who acts when this account acts."""
        return Actor(self.number, self.role, self.isp)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of the audit: `at` is aware UTC; refusals of one minute are one line, with how many there were."""

    at: datetime
    number: str
    """An account's number, or UNKNOWN."""
    outcome: str
    times: int
    place: int
    """From which the next page goes on."""


def faults(number: str, role: Role, isp: str | None) -> dict[str, str]:
    """Return what forbids an account of this number, role and provider, field by field."""
    problems = {}
    if not _NUMBER.match(number):
        problems["number"] = "a number has the form agent-014"
    if role is Role.SYSTEM:
        problems["role"] = "this is the role of no person"
    if (role is Role.ISP) != (isp is not None):
        problems["isp"] = "an ISP contact, and nobody else, belongs to a provider"
    return problems


def password_faults(password: str) -> dict[str, str]:
    """Return what forbids a password: its length alone, as NIST SP 800-63B §5.1.1.2 has it."""
    if SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return {}
    return {"password": f"a password has from {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"}


def account_from_row(row: Row) -> Account:
    """Read a row of `accounts`."""
    return Account(row["number"], Role(row["role"]), row["isp"], row["closed_at"] is not None)
