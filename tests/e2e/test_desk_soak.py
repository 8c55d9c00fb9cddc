"""The soaks of the desk with reduced counts: kills at work, a crowd, a full disk, a day without a mail server."""

import os

import pytest

from tests.needs import needs
from tests.soak import desk_crowd, desk_disk, desk_kills, desk_mail

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio, needs("git")]


async def test_a_kill_of_the_desk_at_work_loses_no_step_that_was_answered_for_and_no_letter() -> None:
    figures = await desk_kills.measure(kills=2, pairs=1, seed=1)
    assert figures.wrong == []
    assert figures.kills == 2
    assert figures.steps > 2
    assert figures.letters


async def test_officers_at_once_at_the_same_cases_get_pages_that_they_can_read() -> None:
    figures = await desk_crowd.measure(officers=2, steps=5)
    assert figures.wrong == []
    assert figures.refused >= 1
    assert figures.steps


async def test_a_full_disk_is_said_in_words_leaves_nothing_half_done_and_is_over_when_there_is_room() -> None:
    figures = await desk_disk.measure((0,), limit=os.geteuid() != 0)  # only root can mount one that is really full
    assert figures.wrong == []
    assert figures.refused > 5
    assert figures.failed_rounds


async def test_a_day_without_a_mail_server_loses_doubles_and_starts_nothing() -> None:
    figures = await desk_mail.measure(count=1, every=120)
    assert figures.wrong == []
    assert figures.letters == 12
    assert figures.stuck == 6
