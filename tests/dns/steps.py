"""What a packet costs, counted instead of timed: the lines of blocker/dns that run are the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OURS = "/blocker/dns/"


def steps(of: Callable[[], object]) -> int:
    """Run `of` and return how many lines of blocker/dns it ran."""
    count = 0

    def line(_: FrameType, event: str, __: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, _: str, __: Any) -> Any:
        return line if OURS in frame.f_code.co_filename else None

    before = sys.gettrace()  # a coverage tool's
    sys.settrace(call)
    try:
        of()
    finally:
        sys.settrace(before)
    return count
