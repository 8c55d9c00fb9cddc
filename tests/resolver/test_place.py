import pytest

from blocker.errors import OperationError
from blocker.resolver.place import Place
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
