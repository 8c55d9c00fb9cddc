"""Looks at platforms' contacts, as the ledger has them: somebody compared form and address with the platform's own.

Keeps true: a look counts for the form and the address that were shown; once the file has others, nobody has looked yet.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from blocker.cases.case import Actor, entry
from blocker.cases.intake.platforms import Look, Platform
from blocker.cases.store import Store

CHECKED = "platform-checked"


async def record(store: Store, platform: Platform, actor: Actor, now: datetime) -> None:
    """Record that somebody looked, and that the contact is right."""
    await store.note(entry(f"platform-{platform.id}", CHECKED, actor, now, _shown(platform)))


async def recorded(store: Store, platforms: Iterable[Platform]) -> Mapping[str, Look]:
    """Return the last look at each of these platforms as it is now, by its id."""
    shown = {f"platform-{platform.id}": platform for platform in platforms}
    found = await store.fetch("SELECT * FROM events WHERE transition = ? ORDER BY seq", (CHECKED,))
    return {
        platform.id: Look(datetime.fromisoformat(row["at_utc"]).date(), row["actor"])
        for row in found
        if (platform := shown.get(row["case_id"])) is not None and json.loads(row["data"]) == _shown(platform)
    }


def _shown(platform: Platform) -> dict[str, str]:
    return {"form": platform.form or "", "mail": platform.mail or ""}
