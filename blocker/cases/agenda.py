"""What the desk's own loops ask of the store: what is due now, and nothing that is not.

Keeps true: a look that finds nothing due costs the same however many cases there are, since each stands on an index
(schema.sql) of what waits; what is found is read and judged by whoever asked.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from blocker.cases import rows
from blocker.cases.appointments import What
from blocker.cases.case import Case, State
from blocker.cases.isps.acknowledgements import RETIRED
from blocker.cases.queries import cases_of
from blocker.cases.rows import OutboxRow, instant
from blocker.cases.steps.isp import BLOCKED, DIRECTED
from blocker.cases.store import Store

MOST = 500
"""Effects carried out, and reminders looked at, in one round: the next one goes on."""

_NOTHING: Mapping[str, str] = {}

_DIRECTED = ", ".join(f"'{state}'" for state in DIRECTED)

_REACHED = """
    SELECT case_id, orders.isp FROM (
        SELECT isp, list, max(serial) AS first, min(serial) FILTER (WHERE received_at > :retired) AS last
        FROM resolvers GROUP BY isp, list
    ) AS come CROSS JOIN (
        SELECT 'receipt' AS what UNION ALL SELECT 'done'
    ) CROSS JOIN orders ON orders.isp = come.isp AND waits = what AND orders.list = come.list
    AND serial <= iif(what = 'receipt', first, coalesce(last, first))
"""
"""Orders in a version that one resolver has come to (a receipt), or all that still report (carried out)."""

_LEFT = """
    WITH RECURSIVE told (isp) AS (
        SELECT min(isp) FROM orders WHERE waits IS NOT NULL
        UNION ALL SELECT (SELECT min(isp) FROM orders WHERE waits IS NOT NULL AND isp > told.isp) FROM told
        WHERE told.isp IS NOT NULL
    )
    SELECT case_id, isp FROM orders WHERE waits IS NOT NULL AND isp IN (
        SELECT isp FROM told WHERE isp IS NOT NULL AND isp NOT IN (SELECT value FROM json_each(:isps))
    )
"""
"""Orders to whoever is no provider any more: from one provider to the next, not from order to order."""


_TOLD = """
    SELECT case_id, isp FROM json_each(:told) CROSS JOIN orders
    ON onboarding = json_each.key AND waits IN ('receipt', json_each.value)
"""
"""Orders of onboarding directives of which a receipt is recorded (`receipt`), or that they are carried out (`done`)."""

_STANDING = f"""
    SELECT case_id, isp FROM (
        SELECT cases.id AS case_id, served.value ->> 'isp' AS isp, served.value ->> 'superseded_at' AS superseded_at,
            row_number() OVER (PARTITION BY cases.id, served.value ->> 'isp' ORDER BY served.key DESC) AS age
        FROM cases, json_each(body, '$.served') AS served
        WHERE state IN ({", ".join(f"'{state}'" for state in BLOCKED)})
    ) WHERE age = 1 AND superseded_at IS NULL
"""  # noqa: S608 - our own states
"""The last orders of blocks, carried out or not, that stand; this reads all such cases, so it is asked seldom."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A case that waits for the list, and the directive that the list is to hold, or to hold no longer."""

    case: str
    state: State
    directive: str | None


class Agenda:
    """What is due in one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def effects(self, kind: str, now: datetime) -> tuple[OutboxRow, ...]:
        """Return effects of a kind that are due, in the order in which they were decided.

        One that follows another of its line (the same recipient in the same case) is not due before that one.
        """
        sql = """
            SELECT * FROM outbox WHERE NOT done AND kind = :kind AND next_at <= :now AND NOT EXISTS (
                SELECT 1 FROM outbox AS before
                WHERE NOT before.done AND before.case_id = outbox.case_id AND before.kind = :kind
                AND (before.seq, before.ordinal) < (outbox.seq, outbox.ordinal) AND before.next_at > :now
                AND before.payload ->> 'to' IS outbox.payload ->> 'to'
            ) ORDER BY seq, ordinal LIMIT :most
        """
        values = {"kind": kind, "now": instant(now), "most": MOST}
        return tuple(map(rows.outbox_from_row, await self._store.fetch(sql, values)))

    async def lifting(self, case_id: str) -> bool:
        """Return whether a case's directive is to be taken off the list."""
        sql = "SELECT payload ->> 'act' AS act FROM outbox WHERE NOT done AND kind = 'list' AND case_id = ?"
        return any(row["act"] == "remove" for row in await self._store.fetch(sql, (case_id,)))

    async def clocks(self, now: datetime) -> tuple[str, ...]:
        """Return the cases that a clock may move."""
        sql = "SELECT case_id FROM appointments WHERE what = ? AND since <= ?"
        found = await self._store.fetch(sql, (What.CLOCK, instant(now)))
        return tuple(row["case_id"] for row in found)

    async def waiting_for_list(self) -> tuple[Listed, ...]:
        """Return the cases that the list in force may move."""
        sql = "SELECT id, state, directive FROM appointments JOIN cases ON id = case_id WHERE what = ?"
        found = await self._store.fetch(sql, (What.LIST,))
        return tuple(Listed(row["id"], State(row["state"]), row["directive"]) for row in found)

    async def reminders(self, roles: Iterable[str], now: datetime) -> tuple[str, ...]:
        """Return the cases in which somebody of these roles may have to be reminded."""
        sql = """
            SELECT DISTINCT case_id FROM appointments
            WHERE what = :what AND whom IN (SELECT value FROM json_each(:roles))
            AND since <= :now AND (until IS NULL OR until > :now) LIMIT :most
        """
        values = {"what": What.REMINDER, "roles": json.dumps(sorted(roles)), "now": instant(now), "most": MOST}
        return tuple(row["case_id"] for row in await self._store.fetch(sql, values))

    async def orders(
        self, isps: Collection[str], now: datetime, told: Mapping[str, str] = _NOTHING
    ) -> Mapping[str, set[str]]:
        """Return the orders of which something follows, as cases with their providers: `isps` are today's.

        It follows from the time, from what resolvers have reported, from a provider's being none any more, or from what
        is recorded of an onboarding directive: `told` says of each, by number, `receipt` or `done`.
        """
        values = {
            "what": What.PROVIDER,
            "now": instant(now),
            "retired": instant(now - RETIRED),
            "isps": json.dumps(sorted(isps)),
            "told": json.dumps(dict(told)),
        }
        found: dict[str, set[str]] = {}
        for sql in (
            "SELECT case_id, whom AS isp FROM appointments WHERE what = :what AND since <= :now",
            _REACHED,
            _LEFT,
            _TOLD,
        ):
            for row in await self._store.fetch(sql, values):
                found.setdefault(row["case_id"], set()).add(row["isp"])
        return found

    async def left(self, isps: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return the orders of blocks that stand for whoever is no provider any more, as case and provider."""
        sql = f"{_STANDING} AND isp NOT IN (SELECT value FROM json_each(?)) ORDER BY case_id"  # noqa: S608
        found = await self._store.fetch(sql, (json.dumps(sorted(isps)),))
        return [(row["case_id"], row["isp"]) for row in found]

    async def untold(self, isp: str) -> tuple[Case, ...]:
        """Return the cases whose blocks are in force, and of which no order to this provider stands, by directive."""
        states = ", ".join("?" * len(BLOCKED))
        told = f"SELECT case_id FROM ({_STANDING}) WHERE isp = ?"  # noqa: S608 - no values in it
        sql = f"SELECT body FROM cases WHERE state IN ({states}) AND id NOT IN ({told}) ORDER BY directive"  # noqa: S608
        return cases_of(await self._store.fetch(sql, (*BLOCKED, isp)))

    async def directed(self) -> tuple[str, ...]:
        """Return the cases whose orders providers carry out, or have."""
        found = await self._store.fetch(f"SELECT id FROM cases WHERE state IN ({_DIRECTED}) ORDER BY id")  # noqa: S608
        return tuple(row["id"] for row in found)
