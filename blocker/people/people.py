"""All that the desk knows of its people, on one open store."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from blocker.cases.store import Store
from blocker.people.accounts import Accounts
from blocker.people.administration import Administration
from blocker.people.agreement import Agreement
from blocker.people.door import Door
from blocker.people.factors import Factors
from blocker.people.passwords import Passwords
from blocker.people.vault import Vault


def _wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class People:
    """Get one from `People.of`."""

    store: Store
    accounts: Accounts
    factors: Factors
    door: Door
    administration: Administration
    agreement: Agreement

    @classmethod
    def of(cls, store: Store, database: Path, wall: Callable[[], datetime] = _wall_clock) -> Self:
        """Return the people of a store; `database` is its file, beside which the key file lies.

        Raises:
            OperationError: if the key file cannot be read.
        """
        passwords = Passwords()
        factors = Factors(store, Vault.of(database), wall)
        accounts, door = Accounts(store, passwords, wall), Door(store, passwords, factors, wall)
        administration, agreement = Administration(store, accounts, wall), Agreement(store, accounts)
        return cls(store, accounts, factors, door, administration, agreement)
