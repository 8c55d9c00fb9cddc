import pytest

from blocker.resolver.engine import AskUpstream
from tests.dns.scripted import good, server
from tests.resolver.questions import packet, read
from tests.resolver.roads import road


@pytest.mark.asyncio
async def test_a_question_is_carried_to_an_upstream_and_its_answer_back():
    async with server(lambda heard: [good(heard)]) as (address, _):
        way = road(address)
        question = way.engine.receive(packet(), way.now())
        assert isinstance(question, AskUpstream)
        assert str(read(await way.carry(question)).answer[0][0]) == "192.0.2.1"


@pytest.mark.asyncio
async def test_a_question_that_nobody_answers_is_a_failure_for_its_client():
    way = road()
    question = way.engine.receive(packet(), way.now())
    assert isinstance(question, AskUpstream)
    assert read(await way.carry(question)).rcode() == 2
