"""A directive as its file on the list: the one way in which Redhand writes YAML that decode.py reads back the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from blocker.blocklist.entry import Directive, Scope
from blocker.names import DomainName


@dataclass(frozen=True, slots=True)
class Bulk:
    """A names_file of a directive; `sha256` is that of the file's bytes, in hexadecimal."""

    file: str
    scope: Scope
    sha256: str


def directive_path(directive: Directive) -> str:
    """Return where the directive's file lies in a list."""
    return f"{directive.ground}/{directive.id}.yaml"


def directive_yaml(
    directive: Directive,
    timezone: str,
    names: Iterable[tuple[DomainName, Scope]] = (),
    bulks: Sequence[Bulk] = (),
) -> str:
    """Return the file of a directive; instants are written in `timezone`, whole days as dates."""
    zone = ZoneInfo(timezone)

    def instant(value: datetime) -> str:
        local = value.astimezone(zone)
        midnight = (local.hour, local.minute, local.second) == (0, 0, 0)
        return local.date().isoformat() if midnight else local.isoformat(timespec="seconds")

    lines = [f"directive: {directive.id}", f"case: {directive.case}", f"ground: {directive.ground}"]
    lines.append(f"issued: {instant(directive.issued)}")
    lines += [f"reviewed: {instant(directive.reviewed)}"] if directive.reviewed else []
    step = directive.owner_step
    if step is not None:
        told = {"asked": step.asked, "verified_present": step.verified_present}
        parts = [f"{key}: {instant(value)}" for key, value in told.items() if value is not None]
        parts += [f"skipped: {step.skipped}"] if step.skipped else []
        lines.append(f"owner_step: {{{', '.join(parts)}}}")
    if directive.approved_by:
        lines.append(f"approved_by: [{', '.join(directive.approved_by)}]")
    lines += [f"review_by: {instant(directive.review_by)}", f"expires: {instant(directive.expires)}"]
    files = [f"{{file: {bulk.file}, scope: {bulk.scope}, sha256: {bulk.sha256}}}" for bulk in bulks]
    if len(files) == 1:
        lines.append(f"names_file: {files[0]}")
    elif files:
        lines += ["names_file:", *(f"  - {file}" for file in files)]
    listed = [f"  - {{name: {name}, scope: {scope}}}" for name, scope in names]
    lines += ["names:", *listed] if listed else []
    return "\n".join(lines) + "\n"
