"""One version of the list as a file: what officials sign and ISPs receive. Nothing else of a list ever travels.

Keeps true: the same version has the same text everywhere; what is read back has names and dates that this code would
take from YAML; a file that unpacks to more than it may is given up before it fills a memory. Every entry stands under
its directive, and every directive with its case, ground, owner's step, approvals and end (DESIGN.md §3: the receiver
checks them too). Who signed it, and whether it may follow the version before it, is left to blocker/distribution.

    line 1   JSON: format, environment, title, timezone, commit, built_at, own and protected names, grounds, directives
    then     `> FR-2026-0042 domain`: the entries below belong to that directive with that scope, one name a line

The whole is compressed (zlib, RFC 1950); its SHA-256 stands in the signed metadata.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from blocker.blocklist.entry import (
    PUBLIC_REFERENCE,
    Blocklist,
    Directive,
    Entry,
    Environment,
    Ground,
    OwnerStep,
    Protected,
    Scope,
)
from blocker.blocklist.snapshot import Snapshot, canonical, directive_from_json, directive_to_json
from blocker.errors import Fault, InvalidNameError, ListRefusedError
from blocker.names import DomainName

FORMAT = "redhand-version-1"
MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes; some six million names. A larger list is not one that this project is for."""

_LEVEL = 6
_SECTION = "> "


def encode(snapshot: Snapshot) -> bytes:
    """Return the file of a version: its entries in force, with all that is to be known of their directives."""
    return zlib.compress("".join(f"{line}\n" for line in _lines(snapshot)).encode(), _LEVEL)


def _lines(snapshot: Snapshot) -> Iterator[str]:
    blocklist = snapshot.blocklist
    yield canonical(
        {
            "format": FORMAT,
            "environment": blocklist.environment,
            "title": dict(blocklist.title),
            "timezone": blocklist.timezone,
            "may_be_empty": blocklist.may_be_empty,
            "commit": snapshot.commit,
            "built_at": snapshot.built_at.isoformat(),
            "own_names": sorted(blocklist.own_names),
            "protected": [[each.name, each.scope, each.group, dict(each.reason)] for each in blocklist.protected],
            "grounds": [ground.model_dump(mode="json") for ground in blocklist.grounds],
            "directives": [_directive_to_json(directive) for directive in snapshot.directives],
        }
    )
    section = None
    for entry in sorted(snapshot.entries, key=lambda entry: (entry.directive.id, entry.scope, entry.name)):
        if section != (entry.directive.id, entry.scope):
            section = (entry.directive.id, entry.scope)
            yield f"{_SECTION}{entry.directive.id} {entry.scope}"
        yield entry.name


def decode(data: bytes, file: str) -> Snapshot:
    """Read the file of a version; `file` is its name in faults. The serial is the metadata's to say and 0 here.

    Raises:
        ListRefusedError: if it is not what `encode` writes, with the line where it is not.
    """
    text = _unpack(data, file)
    head, _, names = text.partition("\n")
    try:
        value = json.loads(head)
        if value["format"] != FORMAT:
            raise _refused(file, 1, "the file is of a format that this version of Redhand does not read")
        directives = {each["id"]: _directive_from_json(each) for each in value["directives"]}
        blocklist = Blocklist(
            title=value["title"],
            environment=Environment(value["environment"]),
            timezone=str(value["timezone"]),
            may_be_empty=value["may_be_empty"] is True,
            own_names=tuple(DomainName.parse(name) for name in value["own_names"]),
            grounds=tuple(Ground.model_validate(ground) for ground in value["grounds"]),
            directives=tuple(directives.values()),
            entries=tuple(_entries(names, directives, file)),
            protected=tuple(
                Protected(DomainName.parse(name), Scope(scope), str(group), reason)
                for name, scope, group, reason in value["protected"]
            ),
        )
        return Snapshot(blocklist, 0, value["commit"], _instant(value["built_at"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, InvalidNameError, RecursionError) as error:
        raise _refused(file, 1, "the head of the file cannot be read") from error


def _unpack(data: bytes, file: str) -> str:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, MAX_UNPACKED)
        if not unpacking.eof or unpacking.unused_data:
            raise _refused(file, 1, "the file is too long, incomplete, or has something behind its end")
        return text.decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise _refused(file, 1, "the file is damaged: it cannot be unpacked") from error


def _entries(names: str, directives: dict[str, Directive], file: str) -> Iterator[Entry]:
    directive: Directive | None = None
    scope = Scope.HOST
    for line, text in enumerate(names.splitlines(), 2):
        if text.startswith(_SECTION):
            directive_id, _, reach = text.removeprefix(_SECTION).partition(" ")
            directive, scope = directives[directive_id], Scope(reach)
            continue
        if directive is None:
            raise _refused(file, line, "a name stands before any directive")
        try:
            name = DomainName.parse(text)
        except InvalidNameError as error:
            # The fault is shown to people and logged: the line leads to the name, the text does not repeat it.
            raise _refused(file, line, f"{directive.id} holds something that is no domain name", "name") from error
        if name != text:
            raise _refused(file, line, f"{directive.id} holds a name that is not in its one spelling", "name")
        yield Entry(name, scope, directive, file, line, 1)


def _directive_to_json(directive: Directive) -> dict[str, Any]:
    step = directive.owner_step
    return {
        **directive_to_json(directive),
        "reviewed": _text(directive.reviewed),
        "approved_by": list(directive.approved_by),
        "owner_step": None
        if step is None
        else {"asked": _text(step.asked), "verified_present": _text(step.verified_present), "skipped": step.skipped},
    }


def _directive_from_json(value: dict[str, Any]) -> Directive:
    step, plain = value["owner_step"], directive_from_json(value)
    if not all(re.fullmatch(PUBLIC_REFERENCE, text) for text in (plain.id, plain.case, plain.public_reference)):
        raise ValueError("an id that could not stand in a DNS answer or an address")
    return replace(
        plain,
        exceptions=frozenset(DomainName.parse(name) for name in plain.exceptions),
        reviewed=_optional(_instant, value["reviewed"]),
        approved_by=tuple(str(each) for each in value["approved_by"]),
        owner_step=None
        if step is None
        else OwnerStep(
            asked=_optional(_instant, step["asked"]),
            verified_present=_optional(_instant, step["verified_present"]),
            skipped=_optional(str, step["skipped"]),
        ),
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.utcoffset() is None:
        raise ValueError("an instant without an offset")
    return instant


def _optional(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _refused(file: str, line: int, message: str, rule: str = "form") -> ListRefusedError:
    return ListRefusedError([Fault(file, line, 1, rule, message)])
