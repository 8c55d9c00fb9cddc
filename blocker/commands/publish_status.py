"""What `redhand publish status` prints, line by line."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from blocker.distribution import metadata
from blocker.distribution.lifts import Lift, open_lifts
from blocker.distribution.metadata import LIFE, Repository
from blocker.distribution.publish import State

SHORT = 16
SOON = 4  # a part of its life: what has less than a quarter left is said loudly


def status_lines(state: State, lifts: Sequence[Lift], now: datetime) -> Iterator[str]:
    """Yield the state of a repository for the person who keeps it; no line names a site."""
    if state.repository is None:
        yield "in force: nothing yet"
    else:
        yield from _in_force(state.repository, lifts, now)
    if not state.awaited:
        yield "staged: nothing"
    for each in state.awaited:
        signed = ", ".join(keyid[:SHORT] for keyid in each.signed) or "nobody"
        free = ", ".join(keyid[:SHORT] for keyid in each.unsigned)
        yield f"staged: {each.role}: signed by {signed}; {each.missing} more of {free}"


def _in_force(repository: Repository, lifts: Sequence[Lift], now: datetime) -> Iterator[str]:
    custom = metadata.list_custom(repository.targets)
    yield f"in force: serial {repository.serial}, environment {repository.environment}"
    if custom is None:
        yield "  list: none released yet"
    else:
        yield f"  list: {custom['names']} names, {custom['directives']} directives, commit {custom['commit']}"
        yield f"  digest: {custom['digest']}"
        for accepted in custom["steps"][-1]["accepted"]:
            yield f"  accepted: {accepted['rule']}, {accepted['count']} names, because: {accepted['reason']}"
    for role in metadata.ROLES:
        part = getattr(repository, role)
        if part is not None:
            left = part.signed.expires - now
            soon = "  SOON: sign it anew" if left < LIFE[role] / SOON else ""
            soon = "  EXPIRED: ISPs keep what they have and take nothing new" if left.total_seconds() <= 0 else soon
            signers = ", ".join(keyid[:SHORT] for keyid in part.signatures)
            until = f"{part.signed.expires:%Y-%m-%d %H:%MZ}{soon}"
            yield f"  {role} version {part.signed.version}: by {signers}; until {until}"
    for lift in open_lifts(lifts, custom["settled"] if custom else ()):
        waits = (
            "confirmed"
            if lift.confirmed_by
            else f"a second official confirms it until {lift.confirm_by:%Y-%m-%d %H:%MZ}"
        )
        late = "  OVERDUE" if not lift.confirmed_by and lift.confirm_by < now else ""
        yield f"  lift {lift.id} by {lift.by[:SHORT]}: {waits}{late}; open until a version without it is released"
