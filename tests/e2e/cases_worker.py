"""A desk without pages: `python -m tests.e2e.cases_worker DATA INSTANT` runs the outbox until it is killed."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from blocker.cases.road import open_road
from tests.cases.desk import clock_at, settings


async def main(data: Path, now: datetime) -> None:
    async with open_road(settings(data), clock_at(now)) as road:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await road.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
