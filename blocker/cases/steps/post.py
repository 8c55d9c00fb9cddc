"""What the post tells of a letter: facts that the system records and that move no case (rows of table.py).

A letter that came back proves that it was not received; a receipt that came back is proposed to an officer, who alone
records it: no clock starts by a mail that anybody could have written.
"""

from collections.abc import Sequence

from blocker.cases.case import State
from blocker.cases.forms import Field, Kind
from blocker.cases.transition import SYSTEM, Transition

LETTER = Field("document", "Letter")
SAID = Field("said", "What the mail system said")

OF_THE_POST: Sequence[Transition] = (
    Transition(
        id="Ts",
        act="record-sending",
        title="A letter was sent",
        sources=tuple(State),
        roles=(SYSTEM,),
        fields=(LETTER, Field("message_id", "Message-ID"), SAID),
    ),
    Transition(
        id="Tb",
        act="record-bounce",
        title="A letter could not be delivered",
        sources=tuple(State),
        roles=(SYSTEM,),
        fields=(LETTER, SAID),
    ),
    Transition(
        id="Tr",
        act="propose-receipt",
        title="A receipt came back; an officer must confirm it",
        sources=tuple(State),
        roles=(SYSTEM,),
        fields=(LETTER, Field("arrived_at", "When it came back", Kind.INSTANT), SAID),
    ),
)
