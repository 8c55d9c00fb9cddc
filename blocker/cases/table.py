"""The procedure: every step there is, in one table. Docs, forms and tests are generated from it.

Keeps true: whatever affects who may do what, when, with which proof and which consequences, stands here and nowhere
else. Odd but real events have a row of their own. Taking a step is workflow.py's business.

Ids are those of the specification. A letter after the number marks a part of that step that is recorded by itself:
`p` proposed or proved, `r` refused, `c` committed to the list, `d` directed (in force, and the ISPs told).
"""

from collections.abc import Sequence

from blocker.cases import changes, rules
from blocker.cases.steps.appeal import OF_APPEALS
from blocker.cases.steps.clock import OF_THE_CLOCK
from blocker.cases.steps.court import BY_A_COURT
from blocker.cases.steps.file import IN_THE_FILE
from blocker.cases.steps.inquiry import OF_THE_INQUIRY
from blocker.cases.steps.isp import OF_THE_ISPS
from blocker.cases.steps.lift import OFF_THE_LIST
from blocker.cases.steps.list import TO_THE_LIST
from blocker.cases.steps.oversight import OF_THE_OVERSEER
from blocker.cases.steps.owner import TO_THE_OWNER
from blocker.cases.steps.people import OF_THE_PEOPLE
from blocker.cases.steps.post import OF_THE_POST
from blocker.cases.steps.reminder import REMINDERS
from blocker.cases.steps.review import OF_TIME
from blocker.cases.steps.skip import WITHOUT_THE_OWNER
from blocker.cases.steps.stay import OF_A_STAY
from blocker.cases.transition import ON_LIST, Transition

__all__ = ["BY_ACT", "BY_ID", "JUDGED", "ON_LIST", "TRANSITIONS", "WEIGHED", "WRITING"]

TRANSITIONS: Sequence[Transition] = (
    *(*TO_THE_OWNER, *OF_THE_INQUIRY, *OF_THE_CLOCK, *WITHOUT_THE_OWNER, *TO_THE_LIST, *OF_TIME, *OFF_THE_LIST),
    *(*OF_THE_ISPS, *BY_A_COURT, *OF_A_STAY, *OF_THE_OVERSEER, *OF_APPEALS, *IN_THE_FILE, *OF_THE_PEOPLE, *OF_THE_POST),
    *REMINDERS,
)
BY_ID = {row.id: row for row in TRANSITIONS}
BY_ACT = {row.act: row for row in TRANSITIONS}

WEIGHED = frozenset(row.act for row in TRANSITIONS if row.facts in {changes.collateral, changes.guard_outcome})
"""Acts that record what else a block would cut off: the list and the DNS are asked first."""

WRITING = frozenset(row.act for row in TRANSITIONS if row.commit == "draft" or rules.file_as_proposed in row.checks)
"""Acts that need the directive's file as it lies on the case's branch."""

JUDGED = frozenset(row.act for row in TRANSITIONS if rules.list_takes_the_names in row.checks)
"""Acts for which the list's own rules must be asked."""
