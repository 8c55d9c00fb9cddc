"""What ISPs report: which version of the list is in force at which of their resolvers, since when.

Keeps true: the same report twice is one; a report is what the ISP says, with our own time of receipt beside it, and
changes no case.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from blocker.cases.rows import Row
from blocker.cases.store import Store

RETIRED = timedelta(days=30)
"""A resolver that has reported nothing for so long is waited for no longer."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A version in force at a resolver; `digest` is the SHA-256 of the metadata that vouch for it, in hexadecimal."""

    list: str
    serial: int
    digest: str
    in_force_at: datetime
    resolver: str


@dataclass(frozen=True, slots=True)
class Reported:
    """The newest version that a resolver reported; `digest` as above."""

    isp: str
    resolver: str
    serial: int
    digest: str
    in_force_at: datetime
    received_at: datetime


class Acknowledgements:
    """The reports in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def record(self, isp: str, report: Acknowledgement, now: datetime) -> bool:
        """Record a report; return False if it was recorded before."""
        sql = (
            "INSERT INTO acknowledgements (isp, resolver, digest, list, serial, in_force_at, received_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        moments = (report.in_force_at.isoformat(), now.isoformat())
        values = (isp, report.resolver, report.digest, report.list, report.serial, *moments)
        return await self._store.execute(sql, values) == 1

    async def newest(self) -> tuple[Reported, ...]:
        """Return the newest report of each resolver, by provider and resolver."""
        sql = (
            "SELECT *, ROW_NUMBER() OVER (PARTITION BY isp, resolver ORDER BY serial DESC, received_at DESC) AS age "
            "FROM resolvers"
        )
        rows = await self._store.fetch(f"SELECT * FROM ({sql}) WHERE age = 1 ORDER BY isp, resolver")  # noqa: S608 - ours
        return tuple(map(_reported, rows))

    async def reached(self, isp: str, list_: str) -> int:
        """Return the newest version of a list that any resolver of a provider has reported; 0 if none has."""
        sql = "SELECT coalesce(max(serial), 0) AS serial FROM resolvers WHERE isp = ? AND list = ?"
        (found,) = await self._store.fetch(sql, (isp, list_))
        return int(found["serial"])

    async def since(self, isp: str, list_: str, serial: int, now: datetime) -> tuple[Reported, ...]:
        """Return what a provider's resolvers report of a list from a version on, of each the first such report.

        A resolver that reports of this list but has not come so far is told by its newest report, unless that is older
        than RETIRED. Nothing is returned while no resolver has come so far.
        """
        sql = """
            SELECT there.* FROM resolvers AS r JOIN acknowledgements AS there ON there.rowid = (
                SELECT rowid FROM acknowledgements
                WHERE isp = r.isp AND list = r.list AND resolver = r.resolver AND serial >= :serial
                ORDER BY serial LIMIT 1
            ) WHERE r.isp = :isp AND r.list = :list ORDER BY r.resolver
        """
        values = {"isp": isp, "list": list_, "serial": serial}
        there = tuple(map(_reported, await self._store.fetch(sql, values)))
        if not there:
            return ()
        sql = "SELECT * FROM resolvers WHERE isp = :isp AND list = :list AND serial < :serial ORDER BY resolver"
        behind = map(_reported, await self._store.fetch(sql, values))
        return (*there, *(each for each in behind if now - each.received_at < RETIRED))


def _reported(row: Row) -> Reported:
    return Reported(
        isp=row["isp"],
        resolver=row["resolver"],
        serial=row["serial"],
        digest=row["digest"],
        in_force_at=datetime.fromisoformat(row["in_force_at"]),
        received_at=datetime.fromisoformat(row["received_at"]),
    )
