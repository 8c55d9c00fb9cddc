"""The folder of mail that came back: read once, filed, and never more than a proposal."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from blocker.cases.case import Case
from blocker.cases.channels import Due, UndeliverableError
from blocker.cases.integrity import ledger
from blocker.cases.post.incoming import Incoming
from blocker.errors import OperationError
from tests.cases.desk import Desk, open_desk
from tests.cases.walking import OFFICER, TO_C3

MAILS = Path(__file__).with_name("mails")


def arrives(desk: Desk, name: str, as_: str | None = None) -> Path:
    folder = desk.settings.admin.incoming
    assert folder is not None
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(MAILS / f"{name}.eml", folder / f"{as_ or name}.eml"))


def lying(desk: Desk) -> list[str]:
    folder = desk.settings.admin.incoming
    assert folder is not None
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.eml"))


def post(desk: Desk) -> Incoming:
    found = desk.road.post()
    assert found is not None
    return found


async def asked(desk: Desk) -> Case:
    """A case whose letters 5.1 (to the owner, D-2026-000001) and 5.2 have left."""
    return await desk.work(await desk.go(None, *TO_C3))


async def news(desk: Desk, case: Case) -> list[tuple[str, str, str]]:
    events = await desk.road.store.events(case.id)
    return [
        (event.transition, event.data["document"], event.data["said"])
        for event in events
        if event.transition in {"Tb", "Tr"}
    ]


@pytest.mark.asyncio
async def test_a_bounce_is_recorded_on_its_case_and_starts_no_clock(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        arrives(desk, "bounce")
        case = await desk.work(case)
        assert await news(desk, case) == [("Tb", "D-2026-000001", "failed: 5.1.1 smtp; 550 5.1.1 no such user")]
        assert (case.receipt_at, case.deadline) == (None, None)
        assert lying(desk) == ["matched/bounce.eml"]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["delivered", "displayed", "reply"])
async def test_a_receipt_is_proposed_and_an_officer_alone_starts_the_clock(tmp_path: Path, name: str):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        turn = case.turn
        arrives(desk, name)
        case = await desk.work(case)
        ((step, document, _said),) = await news(desk, case)
        assert (step, document, case.receipt_at) == ("Tr", "D-2026-000001", None)
        assert case.turn == turn, "a form that an officer has open stays good"
        arrived = (await desk.road.store.events(case.id))[-1].data["arrived_at"]
        case = await desk.act(case, "record-receipt", OFFICER, received_at=arrived)
        assert case.receipt_at is not None


@pytest.mark.asyncio
async def test_the_same_mail_is_recorded_once_however_often_it_comes(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        arrives(desk, "bounce")
        await desk.work(case)
        arrives(desk, "bounce", "again")
        await desk.work(case)
        arrives(desk, "bounce")
        await desk.work(case)
        assert len(await news(desk, case)) == 1
        assert len(lying(desk)) == 3, "none is ever deleted"
        assert ledger.verify(await desk.road.store.events()) is None


@pytest.mark.asyncio
async def test_a_kill_between_the_record_and_the_filing_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        arrives(desk, "bounce")
        now = desk.road.now()
        with monkeypatch.context() as patched:
            patched.setattr("blocker.cases.post.incoming._file", _killed)
            with pytest.raises(KeyboardInterrupt):
                await post(desk).tick()
    async with open_desk(tmp_path, now) as desk:
        await desk.work(case)
        assert len(await news(desk, case)) == 1
        assert lying(desk) == ["matched/bounce.eml"]


def _killed(_path: Path, _shelf: str) -> None:
    raise KeyboardInterrupt


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["stranger", "out-of-office", "bounce-in-prose", "delayed", "no-mail-at-all"])
async def test_what_says_nothing_of_a_letter_is_kept_and_counted(tmp_path: Path, name: str):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        arrives(desk, name)
        await desk.work(case)
        assert await news(desk, case) == []
        assert lying(desk) == [f"unmatched/{name}.eml"]
        assert await post(desk).unmatched() == 1


@pytest.mark.asyncio
async def test_a_report_of_a_letter_that_was_never_sent_matches_nothing(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        file = arrives(desk, "bounce")
        file.write_bytes(file.read_bytes().replace(b"2026-000001.5.1", b"2026-000009.5.1"))
        await post(desk).tick()
        assert lying(desk) == ["unmatched/bounce.eml"]


@pytest.mark.asyncio
async def test_one_mail_that_cannot_be_taken_stops_no_other(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        case = await asked(desk)
        arrives(desk, "reply", "a")
        arrives(desk, "bounce", "b")
        reading = post(desk)
        record = reading.record

        async def stumbling(case_id: str, act: str, data: dict[str, str], mail: str) -> object:
            if act == "propose-receipt":
                raise OperationError("the disk is full")
            return await record(case_id, act, data, mail)

        reading.record = stumbling  # type: ignore[assignment]
        await reading.tick()
        assert [step for step, _, _ in await news(desk, case)] == ["Tb"]
        assert lying(desk) == ["a.eml", "matched/b.eml"], "it is tried again"


@pytest.mark.asyncio
async def test_links_and_files_that_are_still_written_are_left_alone(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        await asked(desk)
        file = arrives(desk, "bounce", ".half")
        file.with_name("link.eml").symlink_to(MAILS / "bounce.eml")
        await post(desk).tick()
        assert lying(desk) == [".half.eml", "link.eml"]


@pytest.mark.asyncio
async def test_a_recipient_refused_by_the_mail_server_is_a_bounce_and_not_tried_for_ever(tmp_path: Path):
    async with open_desk(tmp_path) as desk:
        desk.road.channels = {**desk.road.channels, "letter": _Refusing()}
        case = await desk.go(None, *TO_C3)
        await desk.road.outbox().tick()
        assert await desk.road.store.effects() == ()
        assert {(step, said) for step, _, said in await news(desk, case)} == {("Tb", "550 no such user")}


class _Refusing:
    async def carry_out(self, _due: Due) -> Mapping[str, str] | None:
        raise UndeliverableError("550 no such user")
