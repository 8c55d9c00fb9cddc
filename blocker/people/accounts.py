"""Which accounts there are.

Keeps true: a number is given once and keeps its role for good, so nobody ever holds two roles in a case; an account is
closed and never deleted. Who may give one is left to powers.py, coming in to door.py, what a role may do in a case to
the procedure's table.
"""

from collections.abc import Callable
from datetime import datetime

from blocker.cases.case import Role
from blocker.cases.store import Store
from blocker.errors import FormError
from blocker.people.account import Account, account_from_row, faults, password_faults
from blocker.people.passwords import Passwords


class Accounts:
    """The accounts of one store."""

    def __init__(self, store: Store, passwords: Passwords, wall: Callable[[], datetime]) -> None:
        self._store = store
        self._passwords = passwords
        self._wall = wall

    async def create(self, number: str, role: Role, password: str, isp: str | None = None) -> Account:
        """Make an account that nobody proposed: a trial's, or one of the first two administrators.

        Raises:
            FormError: if the number is taken or malformed, the role is none of a person, its provider is missing, or
                the password too short.
        """
        if problems := faults(number, role, isp) | password_faults(password):
            raise FormError(problems)
        hashed = await self._passwords.hash(password)
        sql = (
            "INSERT INTO accounts (number, role, isp, password, created_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING"
        )
        if not await self._store.execute(sql, (number, role, isp, hashed, self._wall().isoformat())):
            raise FormError({"number": "this number is taken"})
        return Account(number, role, isp)

    async def account(self, number: str) -> Account | None:
        """Return an account as it is now, closed ones too."""
        found = await self._store.fetch("SELECT * FROM accounts WHERE number = ?", (number,))
        return account_from_row(found[0]) if found else None

    async def all(self) -> tuple[Account, ...]:
        """Return every account, by number, closed ones too."""
        return tuple(map(account_from_row, await self._store.fetch("SELECT * FROM accounts ORDER BY number")))
