"""The files of a list as pydantic models: what may stand in each, and in which form. No rule of procedure is here."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from blocker.blocklist.contacts import contacts_by_id, each_once
from blocker.blocklist.dates import FORMS, INSTANT, parse_instant
from blocker.blocklist.entry import PUBLIC_REFERENCE, Contact, Environment, Ground, Scope, Texts
from blocker.dns.codes import is_data, type_number
from blocker.errors import InvalidNameError
from blocker.located import StrictModel, YamlBool
from blocker.names import DomainName

DEFAULT_TIMEZONE = "Europe/Paris"
APPROVER = r"^[a-z]+-[0-9]+$"
RECORD_TYPE = r"^(?:[A-Z][A-Z0-9]{0,15}|TYPE[0-9]{1,5})$"


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"`{value}` is no timezone of the IANA database, for example Europe/Paris") from None
    return value


def _name(value: Any) -> DomainName:
    if not isinstance(value, str):
        raise ValueError("expected a domain name")  # noqa: TRY004 - pydantic maps ValueError
    try:
        return DomainName.parse(value)
    except InvalidNameError as error:
        raise ValueError(str(error)) from error


def _instant(value: Any, info: ValidationInfo) -> datetime:
    if not isinstance(value, str):
        raise ValueError("expected a date")  # noqa: TRY004 - pydantic maps ValueError
    return parse_instant(value, (info.context or {})["timezone"])


def _approver(value: str) -> str:
    if not re.fullmatch(APPROVER, value):
        raise ValueError(f"`{value}` is not an approver's number such as agent-014 (numbers, never names)")
    return value


def _record_type(value: str) -> str:
    number = type_number(value)
    if number is None or not is_data(number):
        raise ValueError(
            f"`{value}` is not a record type such as MX or TXT; one that has no name here is written TYPE123"
        )
    return value


def _alone_or_several(value: Any) -> Any:
    return (value,) if isinstance(value, Mapping) else value


# What an editor is told of a value that only we can judge (blocklist/schema.py).
_NAME_SCHEMA = {"type": "string", "minLength": 1, "description": "A host or domain name, without scheme, port or path."}
_INSTANT_SCHEMA = {"type": "string", "pattern": INSTANT, "description": FORMS}

Name = Annotated[DomainName, PlainValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
Instant = Annotated[datetime, PlainValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA)]
Approver = Annotated[str, AfterValidator(_approver), Field(json_schema_extra={"pattern": APPROVER})]
RecordType = Annotated[str, AfterValidator(_record_type), Field(json_schema_extra={"pattern": RECORD_TYPE})]
Identifier = Annotated[str, Field(pattern=PUBLIC_REFERENCE)]


class ListFile(StrictModel):
    """lists/list.yaml: whose list this is."""

    title: Texts
    environment: Environment
    timezone: Annotated[str, AfterValidator(_timezone)] = DEFAULT_TIMEZONE
    may_be_empty: YamlBool = False
    own_names: tuple[Name, ...] = ()


class GroundsFile(StrictModel):
    """lists/grounds.yaml: the legal grounds, the texts of the warning page, and whom it sends people to for help."""

    contacts: Annotated[tuple[Contact, ...], AfterValidator(each_once)] = ()
    grounds: tuple[Ground, ...]

    _by_id = model_validator(mode="before")(contacts_by_id)


class ProtectedNameFile(StrictModel):
    """A name that may never be blocked."""

    name: Name
    scope: Scope


class ProtectedGroupFile(StrictModel):
    """Names protected for one reason."""

    id: str
    reason: Texts
    changed_by: Texts | None = None
    names: tuple[ProtectedNameFile, ...]


class ProtectedFile(StrictModel):
    """lists/protected.yaml."""

    groups: tuple[ProtectedGroupFile, ...]


class OwnerStepFile(StrictModel):
    """What was asked of the owner and when; or why the law let that step be skipped."""

    asked: Instant | None = None
    verified_present: Instant | None = None
    skipped: Literal["no-identification", "emergency"] | None = None


class NameFile(StrictModel):
    """One listed name."""

    name: Name
    scope: Scope


class NamesFile(StrictModel):
    """The bulk road: a text file with a name a line."""

    file: str
    scope: Scope
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


NamesFiles = Annotated[
    tuple[NamesFile, ...],
    BeforeValidator(_alone_or_several, json_schema_input_type=NamesFile | tuple[NamesFile, ...]),
]
"""One names_file or, where the scopes differ, a list of them."""


class DirectiveFile(StrictModel):
    """lists/<ground>/<directive>.yaml; the dates are checked by blocklist/procedure.py."""

    directive: Identifier
    case: Identifier
    ground: str
    issued: Instant | None = None
    owner_step: OwnerStepFile | None = None
    approved_by: tuple[Approver, ...] = ()
    review_by: Instant | None = None
    expires: Instant | None = None
    reviewed: Instant | None = None
    names: tuple[NameFile, ...] = ()
    names_file: NamesFiles = ()
    record_types: tuple[RecordType, ...] | None = None
    aliases: YamlBool = False
    exceptions: tuple[Name, ...] = Field(default=(), alias="except")
    public_reference: Identifier | None = None


def context(timezone: str) -> Mapping[str, Any]:
    """Return what the models need to know to read dates."""
    return {"timezone": ZoneInfo(timezone)}
