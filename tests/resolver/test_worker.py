import asyncio
import logging

import pytest

from blocker.resolver.worker import Orders, tell_what_but_not_whom

ORDERS = Orders(
    data="/data",
    index="/data/list/current.index",
    allow=("127.0.0.0/8", "::1/128"),
    upstreams=("127.0.0.1:53",),
    trusted=(),
    by_latency=False,
    without_list=False,
    min_ttl=0,
    max_ttl=3600,
    ipv4=("192.0.2.66",),
    ipv6=(),
    control="/data/control/0.sock",
    udp=(5, 6),
    tcp=(7,),
)


def test_orders_arrive_as_they_were_given():
    line = ORDERS.to_line()
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert Orders.from_line(line) == ORDERS


@pytest.mark.asyncio
async def test_an_unforeseen_error_is_logged_without_the_name_that_it_holds(caplog):
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_what_but_not_whom)

    def fail() -> None:
        raise KeyError("www.propaganda.example asked by 192.0.2.7")

    with caplog.at_level(logging.ERROR):
        loop.call_soon(fail)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert "kind=KeyError at=test_worker.py:" in caplog.text
    assert "propaganda" not in caplog.text
    assert "192.0.2.7" not in caplog.text
