"""What befalls one case, drawn from the dice when it opens: its owner, its people, its courts.

Keeps true: one seed draws the same fates in the same order. What people do about them stands in staff.py.
"""

from dataclasses import dataclass
from datetime import timedelta
from random import Random

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

OWNERS = {
    "removes_early": 16,
    "removes_at_hour_23": 14,
    "removes_too_late": 6,
    "silent": 24,
    "objects": 10,
    "asks": 10,
    "bounces": 8,
    "never_receives": 6,
    "struck_by_force": 4,
    "unknown": 8,
    "emergency": 4,
}
"""Kinds of owners, and how many of a hundred cases have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """All of it; spans are counted from the event that is named."""

    owner: str
    receipt_after: timedelta
    """From the request to its proved receipt."""
    returned: bool
    """Of a letter that nobody gets: whether the server takes it first and a report comes back."""
    reads_again: bool
    """Whether the owner answers our question."""
    answers_after: timedelta
    staff_after: timedelta
    """How long the staff takes for a step that nothing presses."""
    approver_after: timedelta
    refused: str
    """The act that an approver refuses, if any: refuse-request, refuse-directive, withdraw."""
    reviewed: bool
    hesitates: bool
    """Whether nobody decides about a lift that the system proposes."""
    comes_back: bool
    """Whether the same content is there again after the case has ended."""
    gone_after: timedelta | None
    """From the block to the end of the content."""
    stayed: str
    """`court`, `authority` or nothing."""
    court_after: timedelta
    after_stay: str
    """What the court says in the end: stay_lifted or annulment."""
    stay_lasts: timedelta
    advised: bool
    """Whether the overseer recommends to end it."""
    advice_taken: str
    """`accepted`, `refused`, or `unanswered`."""
    appeals: bool


def draw(dice: Random) -> Fate:
    """Draw what befalls the next case."""
    return Fate(
        owner=dice.choices(list(OWNERS), list(OWNERS.values()))[0],
        receipt_after=minutes(dice, 10, 30 * 60),
        returned=dice.random() < 0.5,
        reads_again=dice.random() < 0.5,
        answers_after=minutes(dice, 60, 40 * 60),
        staff_after=minutes(dice, 20, 300),
        approver_after=minutes(dice, *dice.choices(((4, 75), (75, 30 * 60)), (85, 15))[0]),
        refused=dice.choices(("", "refuse-request", "refuse-directive", "withdraw"), (90, 3, 4, 3))[0],
        reviewed=dice.random() < 0.7,
        hesitates=dice.random() < 0.4,
        comes_back=dice.random() < 0.25,
        gone_after=minutes(dice, 2 * 24 * 60, 80 * 24 * 60) if dice.random() < 0.5 else None,
        stayed=dice.choices(("", "court", "authority"), (80, 14, 6))[0],
        court_after=minutes(dice, 60, dice.choice((20, 14 * 24)) * 60),
        after_stay=dice.choice(("stay_lifted", "annulment")),
        stay_lasts=minutes(dice, 24 * 60, 12 * 24 * 60),
        advised=dice.random() < 0.15,
        advice_taken=dice.choice(("accepted", "refused", "unanswered")),
        appeals=dice.random() < 0.1,
    )


def minutes(dice: Random, least: int, most: int) -> timedelta:
    """Draw a span of whole minutes."""
    return timedelta(minutes=dice.randint(least, most))
