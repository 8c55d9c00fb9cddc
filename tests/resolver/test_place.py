import asyncio

import pytest

from blocker.errors import OperationError
from blocker.resolver import place as place_module
from blocker.resolver.place import PAUSE, Place
from blocker.resolver.worker import Orders
from tests.resolver.test_worker import ORDERS


@pytest.mark.asyncio
async def test_a_worker_that_cannot_begin_is_said():
    impossible = Orders.from_line(ORDERS.to_line().replace(b"127.0.0.1:53", b"nonsense").replace(b"[5, 6]", b"[]"))
    place = Place(Orders.from_line(impossible.to_line().replace(b"[7]", b"[]")))
    with pytest.raises(OperationError):
        await place.start()
    assert not place.alive
    await place.end()


@pytest.mark.asyncio
async def test_a_worker_that_dies_young_is_replaced_at_once_but_not_again_and_again(monkeypatch):
    started: list[asyncio.subprocess.Process] = []
    pauses: list[float] = []
    enough = asyncio.Event()

    async def dies_at_once(_: Orders) -> asyncio.subprocess.Process:
        started.append(await asyncio.create_subprocess_exec("true"))
        return started[-1]

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(place_module, "_started", dies_at_once)
    monkeypatch.setattr("asyncio.sleep", sleep)
    place = Place(ORDERS)
    await place.start()
    kept = asyncio.create_task(place.keep_alive())
    await asyncio.wait_for(enough.wait(), 10)
    kept.cancel()
    assert pauses == [PAUSE] * 3
    assert len(started) == 4  # the first, the one that took its place at once, and one after each of two pauses
