"""What of the procedure is for the deployer's law to say: the section `cases` of the configuration.

Keeps true: what a law may forbid is off unless somebody turned it on. What follows from a setting stands in the
procedure's table (blocker/cases/table.py).
"""

from typing import Literal

from pydantic import Field

from blocker.located import StrictModel, YamlBool


class CasesSettings(StrictModel):
    """The choices; a case keeps the clock that it began with."""

    owner_clock_basis: Literal["received", "sent"] = "received"
    """What starts the owner's 24 hours: proved receipt alone, or proved sending until a later receipt is proved."""
    round_up_hour: YamlBool = False
    """Whether the owner's time runs to the end of the hour."""
    deemed_service: YamlBool = False
    """Whether an approver may record service after three proved attempts that all failed."""
    emergency_basis: str | None = Field(default=None, min_length=1)
    """The law that allows to block in an emergency before the owner is asked; none: that is never done."""
    on_review_lapse: Literal["alarm", "auto_propose_lift", "auto_lift"] = "auto_propose_lift"
    """What happens when a review is overdue."""
    recommendation_hours: int = Field(default=72, ge=1, le=24 * 60)
    """Hours in which the overseer's recommendation must be answered."""
    acknowledge_days: int = Field(default=2, ge=1, le=30)
    """Working days (Monday to Friday) in which an appeal must be acknowledged."""
