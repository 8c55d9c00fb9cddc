"""What holds for every test: it meets the environment of a person at a terminal, also where CI runs the suite.

Commands hide names when CI=true (docs/COMMANDS.md); a test of that sets the variable itself. tests/needs.py has read it
by then: it is asked while tests are collected. Passwords cost next to nothing in the suite itself, which
makes thousands of accounts; what they cost in earnest has a test of its own, and commands that tests start pay it.
"""

from collections.abc import Iterator

import pytest
from argon2 import profiles

from blocker.people import passwords


@pytest.fixture(scope="session", autouse=True)
def a_terminal() -> Iterator[None]:
    """Take CI out of the environment of the tests and of the processes they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Let hashes be quick, unless a test asks for what they cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", profiles.CHEAPEST)
        yield
