"""Upstreams that are slow or dead, beside names that are known."""

from collections.abc import Iterator

import pytest

from tests.e2e.assault import flooding, probing
from tests.e2e.resolver_process import PAGE, TrialList, resolver
from tests.e2e.slow_upstream import ADDRESS, SlowUpstream, slow_upstream

pytestmark = pytest.mark.e2e


@pytest.fixture
def upstream() -> Iterator[SlowUpstream]:
    with slow_upstream(0.3) as made:
        yield made


@pytest.fixture
def running(tmp_path, upstream):
    lists = TrialList(tmp_path / "lists")
    lists.block("propaganda.example")
    with resolver(tmp_path / "run", upstreams=[upstream.port], lists=lists, workers=1) as process:
        yield process


def test_a_flood_of_random_labels_leaves_known_names_quick_and_loses_none(running):
    """A thousand a second against an upstream of 300 ms; `make soak` wants more, and a machine to itself."""
    assert running.data("known.example") == [ADDRESS]
    with (
        probing(running.port, "known.example", "propaganda.example") as seen,
        flooding(running.port, 1000, 1500) as flood,
    ):
        pass
    assert not seen.lost
    assert flood.sent == 1500
    assert flood.unanswered < 150  # the suite shares its cores, and the flooder has them last
    assert seen.share(1) < 2000  # the suite shares its cores


def test_when_every_upstream_is_dead_blocked_names_are_answered_and_the_rest_is_said(running, upstream):
    assert running.data("known.example") == [ADDRESS]
    upstream.falls_silent()
    reply = running.ask("never-asked.example")
    assert (reply.rcode(), [int(option.code) for option in reply.options]) == (2, [22])
    assert running.data("propaganda.example") == [PAGE]
    assert running.data("known.example") == [ADDRESS]  # kept
