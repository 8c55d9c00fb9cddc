"""What happens in a case beside its straight road, because of something that happened in it: from that event alone.

Keeps true: as in staff.py, nothing is asked of the procedure here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from blocker.cases.case import Case, Role
from blocker.cases.flags import AFTER_REMOVAL
from blocker.simulation.fate import DAY, HOUR, Fate
from blocker.simulation.staff import Wanted

OFFICER, APPROVER, OVERSEER = Role.OFFICER, Role.APPROVER, Role.OVERSEER
AT_ONCE = timedelta(minutes=2)
"""Before anybody careful would have approved."""


@dataclass(frozen=True, slots=True)
class News:
    """What somebody hears: the case as it is now, and when."""

    case: Case
    fate: Fate
    now: datetime
    dice: Random

    def chance(self, often: float) -> bool:
        """Throw the dice."""
        return self.dice.random() < often


def follows(transition: str, news: News) -> Iterator[Wanted]:
    """Yield what others do because of a step."""
    for each in _FOLLOWS.get(transition, ()):
        yield from each(news)


def _inquiry(news: News) -> Iterator[Wanted]:
    if news.chance(0.2):
        yield Wanted("check-collateral", OFFICER, news.now + timedelta(minutes=10))


def _look_at_evidence(news: News) -> Iterator[Wanted]:
    if news.chance(0.2) and news.case.exhibits:
        who, what = news.dice.choice((APPROVER, OVERSEER)), {"evidence": news.case.exhibits[-1].sha256}
        yield Wanted("open-evidence", who, news.now + AT_ONCE, what)


def _objection(news: News) -> Iterator[Wanted]:
    if news.fate.owner == "objects":
        yield Wanted("log-statement", OFFICER, news.now + 3 * HOUR, {"says": "says_objects"})


def _file_again(news: News) -> Iterator[Wanted]:
    if news.chance(0.2):
        yield Wanted("propose-file", OFFICER, news.now + AT_ONCE)


def _court(news: News) -> Iterator[Wanted]:
    # Once: whoever lost there does not ask again.
    if news.fate.stayed == "court" and news.case.withdrawal is None:
        yield Wanted("enter-order", OFFICER, news.now + news.fate.court_after, {"order": "stay"})


def _misread_order(news: News) -> Iterator[Wanted]:
    if news.chance(0.1):
        yield Wanted("refuse-order", APPROVER, news.now + AT_ONCE)


def _order_again(news: News) -> Iterator[Wanted]:
    kind = "stay" if news.case.stay is None else news.fate.after_stay
    yield Wanted("enter-order", OFFICER, news.now + 3 * HOUR, {"order": kind})


def _in_force(news: News) -> Iterator[Wanted]:
    fate, at = news.fate, news.now + news.fate.court_after
    if fate.stayed == "authority":
        yield Wanted("stay-block", APPROVER, at)
    if fate.advised:
        yield Wanted("recommend", OVERSEER, at)
    if news.chance(0.1):
        yield Wanted("call-review", OFFICER, at)
    if news.case.skip is not None and news.chance(0.5):
        yield Wanted("record-owner", OFFICER, news.now + DAY, {"owner_mail": "legal@hosting.example"})


def _unanswered(news: News) -> Iterator[Wanted]:
    if news.fate.advice_taken == "unanswered":
        yield Wanted("refer-to-court", OVERSEER, news.now + 4 * DAY)


def _refused_advice(news: News) -> Iterator[Wanted]:
    if news.fate.advice_taken == "refused":
        yield Wanted("refer-to-court", OVERSEER, news.now + DAY)


def _appeal(news: News) -> Iterator[Wanted]:
    if news.fate.appeals:
        yield Wanted("log-appeal", OFFICER, news.now + news.fate.court_after)


def _second_thoughts(act: str) -> Callable[[News], Iterator[Wanted]]:
    def refused(news: News) -> Iterator[Wanted]:
        if news.chance(0.2):
            yield Wanted(act, APPROVER, news.now + AT_ONCE)

    return refused


def _looks_again(news: News) -> Iterator[Wanted]:
    for pause in AFTER_REMOVAL:
        yield Wanted("record-recheck", OFFICER, news.now + pause)


_FOLLOWS: Mapping[str, tuple[Callable[[News], Iterator[Wanted]], ...]] = {
    "T1": (_inquiry,),
    "T4p": (_objection, _court),
    "T7": (_looks_again,),
    "T8": (_look_at_evidence,),
    "T9": (_file_again,),
    "T9s": (_file_again,),
    "T10d": (_court,),
    "T11": (_in_force, _appeal),
    "T12p": (_second_thoughts("refuse-lift"),),
    "T16": (_appeal,),
    "T18p": (_second_thoughts("refuse-review"),),
    "T20": (_unanswered,),
    "T20a": (_refused_advice,),
    "Tc": (_misread_order,),
    "Tcr": (_order_again,),
}
"""By the id of the step."""
