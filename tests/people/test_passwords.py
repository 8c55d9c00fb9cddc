"""What a password costs to guess."""

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from blocker.people import passwords
from blocker.people.passwords import COST, Passwords


@pytest.mark.asyncio
async def test_a_hash_costs_what_rfc_9106_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", COST)  # as imported, before the suite made hashes cheap
    hashed = await Passwords().hash("correct horse battery")
    cost = extract_parameters(hashed)
    assert (cost.type, cost.memory_cost, cost.time_cost, cost.parallelism) == (Type.ID, 64 * 1024, 3, 4)
