"""Passwords as argon2id (RFC 9106), hashed and compared off the event loop and two at a time.

Keeps true that no password is stored or compared in any other form, and that a comparison with nothing takes as long as
one with a hash: whoever guesses cannot tell from the time which numbers exist.
"""

import asyncio

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from blocker.people.account import LONGEST_PASSWORD

COST = profiles.RFC_9106_LOW_MEMORY
"""What each hash costs (RFC 9106 §4, the second recommended option): 64 MiB, three passes."""

_PARALLEL = 2
"""Hashes at a time: strangers can ask for them."""


class Passwords:
    """Makes hashes and compares with them."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(COST)
        self._nobody = self._hasher.hash("a password that nobody has")
        self._slots = asyncio.Semaphore(_PARALLEL)

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def right(self, hashed: str | None, password: str) -> bool:
        """True when the password is the one of the hash; never where there is no hash, and that takes as long."""
        async with self._slots:
            try:
                await asyncio.to_thread(self._hasher.verify, hashed or self._nobody, password[: LONGEST_PASSWORD + 1])
            except (VerificationError, InvalidHashError):
                return False
            return hashed is not None
