"""What holds for every test: it meets the environment of a person at a terminal, also where CI runs the suite.

Commands hide names when CI=true (docs/COMMANDS.md); a test of that sets the variable itself. tests/needs.py has read it
by then: it is asked while tests are collected.
"""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def a_terminal() -> Iterator[None]:
    """Take CI out of the environment of the tests and of the processes they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        yield
