"""The system's own steps, as its works take them: one that somebody was quicker than is passed over.

Keeps true: a step that fails stops no other; it is tried again at the next look, for what called for it still stands.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

from blocker.errors import IllegalStepError, RedhandError

log = logging.getLogger("redhand.cases")

Step = Callable[[str, str, Mapping[str, str], str | None], Awaitable[object]]
"""Takes a step of the system: case id, act, data, and the id of the effect that it completes."""


async def take(step: Step, case_id: str, act: str, data: Mapping[str, str]) -> None:
    """Take a step that completes no effect, if it may still be taken."""
    try:
        await step(case_id, act, data, None)
    except IllegalStepError:
        log.info("step passed over case=%s act=%s reason=somebody acted meanwhile", case_id, act)
    except Exception as error:  # one case must not stop the others
        log.warning("step failed case=%s act=%s", case_id, act, exc_info=not isinstance(error, RedhandError))
