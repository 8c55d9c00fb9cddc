"""A step as it is about to be taken: what the system may add facts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blocker.cases.case import Case
from blocker.cases.context import Context, Numbers


@dataclass(frozen=True, slots=True)
class Step:
    """The case before it, what was entered, the time, the world and the next numbers."""

    case: Case | None
    entered: Mapping[str, str]
    now: datetime
    context: Context
    numbers: Numbers
