import asyncio
import logging

import pytest

from blocker.addresses import Address
from blocker.config import Settings, parse
from blocker.errors import OperationError
from blocker.resolver import parent
from blocker.resolver.parent import refuse_wildcards


def settings_for(folder, text: str = "{}") -> Settings:
    return parse(text.encode(), "redhand.yaml", folder)


@pytest.mark.parametrize("address", ["0.0.0.0:53", "[::]:53"])
def test_an_address_that_stands_for_all_is_refused(address):
    with pytest.raises(OperationError, match="name each one"):
        refuse_wildcards((Address.parse("127.0.0.1:53"), Address.parse(address)))


def test_addresses_that_stand_for_themselves_are_taken():
    refuse_wildcards((Address.parse("127.0.0.1:53"), Address.parse("[::1]:53")))


def test_without_upstreams_the_systems_are_asked(tmp_path, monkeypatch):
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver 192.0.2.53\n")
    monkeypatch.setattr(parent, "RESOLV_CONF", resolv_conf)
    assert parent._system_upstreams(settings_for(tmp_path)) == (Address("192.0.2.53", 53),)


@pytest.mark.parametrize("text", [None, "search example\n"], ids=["no file", "no server in it"])
def test_a_system_without_resolvers_is_said_and_no_reason_not_to_block(tmp_path, monkeypatch, caplog, text):
    resolv_conf = tmp_path / "resolv.conf"
    if text is not None:
        resolv_conf.write_text(text)
    monkeypatch.setattr(parent, "RESOLV_CONF", resolv_conf)
    with caplog.at_level(logging.WARNING):
        assert parent._system_upstreams(settings_for(tmp_path)) == ()
    assert caplog.records


@pytest.mark.asyncio
async def test_a_sync_that_fails_is_tried_again(monkeypatch, caplog):
    monkeypatch.setattr(parent, "PAUSE", 0.0)

    class Failing:
        tries = 0

        async def run(self) -> None:
            self.tries += 1
            if self.tries < 3:
                raise RuntimeError("the disk is full")

    sync = Failing()
    with caplog.at_level(logging.ERROR):
        await asyncio.wait_for(parent._keep_in_sync(sync), 5)  # type: ignore[arg-type]
    assert sync.tries == 3
    assert len(caplog.records) == 2
