"""The outbox at work: order, failures, clocks, and the list in force."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from blocker.blocklist.index import Index
from blocker.cases import workflow
from blocker.cases.beforehand import Beforehand
from blocker.cases.case import SYSTEM, Case, State
from blocker.cases.channels import Due
from blocker.cases.integrity import ledger
from blocker.cases.rows import STUCK
from blocker.distribution.git import read_head
from blocker.errors import IllegalStepError, ListRefusedError, OperationError
from tests.cases.desk import Desk, git, make_lists, open_desk
from tests.cases.walking import APPROVER, LIFTING, OFFICER, TO_C3, TO_C5


@dataclass
class Failing:
    """A channel that fails a number of times, then does its work; it keeps the contract."""

    failures: int
    error: Exception = field(default_factory=lambda: OperationError("the folder is full"))
    done: list[str] = field(default_factory=list)

    async def carry_out(self, due: Due) -> Mapping[str, str] | None:
        if self.failures:
            self.failures -= 1
            raise self.error
        self.done.append(due.row.id)
        return {"document": due.row.payload["document"], "message_id": f"<{due.row.id}>", "said": "250 OK"}


async def decided(desk: Desk) -> Case:
    return await desk.go(None, *TO_C5, ("approve-directive", APPROVER))


@pytest.mark.asyncio
async def test_a_case_goes_from_report_to_block_to_lifting(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await decided(desk)
        case = await desk.work(case)
        assert (case.state, case.commit) == (State.DECIDED, git(tmp_path / "lists", "rev-parse", "HEAD").strip())
        case = await desk.work(case)
        assert case.state is State.BLOCK_DIRECTED
        index = Index.load(desk.settings.blocklist.index.read_bytes())
        assert (case.list_serial, case.list_digest) == (index.header.serial, index.header.digest)
        assert index.match("www.propaganda.example", desk.road.now().timestamp()) is not None
        case = await desk.work(case)
        assert [name[:2] for name in desk.letters()] == ["D-"] * 4
        desk.later(hours=48, seconds=1)  # the provider stays silent
        case = await desk.work(case)
        assert case.state is State.IN_FORCE
        case = await desk.go(case, *LIFTING)
        case = await desk.work(await desk.work(case))
        assert case.withdrawn_serial == index.header.serial + 1
        lifted = Index.load(desk.settings.blocklist.index.read_bytes())
        assert lifted.match("www.propaganda.example", desk.road.now().timestamp()) is None
        desk.later(hours=48, seconds=1)
        case = await desk.work(case)
        assert case.state is State.LIFTED
        assert desk.log() == ["terrorism: lift, FR-2026-0002", "terrorism: block, FR-2026-0002", "begin"]
        assert len(desk.letters()) == 6
        assert await desk.road.store.effects() == ()
        events = await desk.road.store.events()
        assert ledger.verify(events) is None
        assert workflow.fold(tuple(event for event in events if event.case == case.id)) == case


@pytest.mark.asyncio
async def test_a_case_waits_while_the_list_in_force_lacks_its_directive(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.work(await decided(desk))
        for _ in range(3):  # the outbox alone: nobody builds the list
            await desk.road.outbox().tick()
        assert (await desk.see(case)).state is State.DECIDED


@pytest.mark.asyncio
async def test_a_directive_that_lost_a_name_on_the_list_is_not_recorded_as_in_force(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.work(await decided(desk))
        entry = tmp_path / "lists" / "terrorism" / "FR-2026-0002.yaml"
        entry.write_text(entry.read_text().replace("  - {name: videos.hosting.example, scope: host}\n", ""))
        git(tmp_path / "lists", "commit", "-qam", "an officer's edit")
        assert (await desk.work(case)).state is State.DECIDED


@pytest.mark.asyncio
async def test_what_fails_is_tried_again_ever_more_slowly_and_shown(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        channel = Failing(failures=2 * STUCK)
        desk.road.channels = {**desk.road.channels, "letter": channel}
        case = await desk.go(None, *TO_C3)
        for attempt in range(STUCK):
            await desk.road.outbox().tick()
            first, second = await desk.road.store.effects()
            assert (first.attempts, first.last_error) == (attempt + 1, "the folder is full")
            assert first.next_at == desk.road.now() + timedelta(seconds=2**attempt)
            assert second.attempts == first.attempts  # another recipient: neither waits for the other
            await desk.road.outbox().tick()  # too early: nothing is tried
            assert (await desk.road.store.effects())[0].attempts == attempt + 1
            desk.later(seconds=2**attempt)
        assert first.stuck
        await desk.road.outbox().tick()
        assert channel.done == ["5.1", "5.2"]
        assert (await desk.see(case)).state is State.OWNER_NOTIFIED


@pytest.mark.asyncio
async def test_a_letter_that_fails_holds_up_no_lift(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        desk.road.channels = {**desk.road.channels, "letter": Failing(failures=1000)}
        case = await desk.work(await desk.work(await decided(desk)))
        assert case.state is State.BLOCK_DIRECTED
        case = await desk.go(case, *LIFTING)
        case = await desk.work(await desk.work(case))
        assert case.withdrawn_at is not None
        assert "terrorism/FR-2026-0002.yaml" not in read_head(tmp_path / "lists")[1]


@pytest.mark.asyncio
async def test_an_unexpected_error_in_one_effect_stops_no_other(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        desk.road.channels = {**desk.road.channels, "letter": Failing(1, ZeroDivisionError("secret detail"))}
        first = await desk.go(None, *TO_C3)
        second = await desk.act(None, "report", OFFICER, names="other.example")
        second = await desk.go(second, *TO_C3[1:])
        await desk.road.outbox().tick()
        waiting = await desk.road.store.effects()
        assert [row.id for row in waiting] == ["5.1"]
        assert waiting[0].last_error == "an unexpected error; the log has it"
        assert {waiting[0].case} == {first.id} != {second.id}


@pytest.mark.asyncio
async def test_a_lift_before_the_commit_means_that_nothing_is_ever_listed(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(await decided(desk), *LIFTING)
        case = await desk.work(case)
        case = await desk.work(case)
        assert case.withdrawn_at is not None
        assert desk.log() == ["begin"]
        assert [row.transition for row in await desk.road.store.events(case.id)].count("T10c") == 0
        assert (await desk.work(case)).state is State.LIFTED  # no ISP was directed: nothing to wait for


@pytest.mark.asyncio
async def test_a_lift_goes_on_though_the_lists_source_is_broken(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.work(await desk.work(await decided(desk)))
        (tmp_path / "lists" / "list.yaml").write_text("title: [\n")
        git(tmp_path / "lists", "commit", "-qam", "somebody broke it")
        case = await desk.go(case, *LIFTING)
        await desk.work(case)
        assert "terrorism/FR-2026-0002.yaml" not in read_head(tmp_path / "lists")[1]


@pytest.mark.asyncio
async def test_a_broken_source_holds_up_additions_with_a_clear_word(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C5)
        desk.sync.look(desk.settings.admin.lists)
        (tmp_path / "lists" / "list.yaml").write_text("title: [\n")
        git(tmp_path / "lists", "commit", "-qam", "somebody broke it")
        with pytest.raises(IllegalStepError, match="must be mended first"):
            await desk.go(case, ("approve-directive", APPROVER))


@pytest.mark.asyncio
async def test_two_cases_for_one_name_never_both_reach_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def nothing(_before: Beforehand, _data: object) -> dict[str, str]:
        return {}

    monkeypatch.setattr(Beforehand, "same", nothing)  # as if two reports had slipped past that rule
    async with open_desk(tmp_path) as desk:
        first = await desk.go(None, *TO_C5)
        second = await desk.go(None, *TO_C5)
        await desk.go(second, ("approve-directive", APPROVER))  # decided, and not committed yet
        first = await desk.act(first, "verify", OFFICER)
        with pytest.raises(IllegalStepError, match=r"propaganda\.example"):
            await desk.go(first, ("approve-directive", APPROVER))


@pytest.mark.asyncio
async def test_a_plain_directory_is_served_and_gets_no_directive(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        (tmp_path / "lists" / ".git").rename(tmp_path / "elsewhere")
        assert not (await desk.road.facts()).committable
        case = await desk.go(None, *TO_C5)
        with pytest.raises(IllegalStepError, match="plain directory"):
            await desk.go(case, ("approve-directive", APPROVER))


@pytest.mark.asyncio
async def test_people_cannot_take_the_systems_steps(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await decided(desk)
        assert all("officer" in row.roles for row in workflow.legal(case, OFFICER, desk.road.now()))
        assert "record-commit" in {row.act for row in workflow.legal(case, SYSTEM, desk.road.now())}


@pytest.mark.asyncio
async def test_a_restart_goes_on_where_it_stood(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await decided(desk)
        now = desk.road.now()
    async with open_desk(tmp_path, now) as desk:
        case = await desk.work(await desk.see(case))
        case = await desk.work(case)
        assert case.state is State.BLOCK_DIRECTED


@pytest.mark.asyncio
async def test_the_worker_wakes_up_when_somebody_acts(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        worker = asyncio.create_task(desk.road.run())
        await desk.go(None, *TO_C3)
        for _ in range(500):
            await asyncio.sleep(0.02)
            if not await desk.road.store.effects():
                break
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        assert desk.letters() == ["D-2026-000001.eml", "D-2026-000002.eml"]


@pytest.mark.asyncio
async def test_a_case_that_cannot_move_stops_no_other(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        first = await desk.go(None, *TO_C5, ("approve-directive", APPROVER))
        names = {"names": "other.example"}
        second = await desk.act(None, "report", OFFICER, **names)
        second = await desk.go(second, *TO_C5[1:], ("approve-directive", APPROVER))
        await desk.work(first)
        outbox = desk.road.outbox()
        step = outbox.step

        async def stumbling(case: str, act: str, data: Mapping[str, str], done: str | None) -> object:
            if case == first.id:
                raise ZeroDivisionError
            return await step(case, act, data, done)

        outbox.step = stumbling
        desk.sync.look(desk.settings.admin.lists)
        await outbox.tick()
        assert (await desk.see(first)).state is State.DECIDED
        assert (await desk.see(second)).state is State.BLOCK_DIRECTED


@pytest.mark.asyncio
async def test_without_a_list_there_is_no_desk(tmp_path: Path):
    make_lists(tmp_path / "lists")
    (tmp_path / "lists" / "list.yaml").write_text("title: [\n")
    git(tmp_path / "lists", "commit", "-qam", "somebody broke it")
    with pytest.raises(ListRefusedError):
        async with open_desk(tmp_path):
            pass


@pytest.mark.asyncio
async def test_an_act_on_a_case_must_say_which_turn_it_saw(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await desk.go(None, *TO_C3)
        with pytest.raises(RuntimeError, match="turn"):
            await desk.road.act(case.id, "record-receipt", OFFICER, {}, turn=None)
