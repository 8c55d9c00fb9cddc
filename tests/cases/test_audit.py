"""What is found in a database that was changed, and what only a head from elsewhere proves."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random  # noqa: TID251 - the same cut every time

import pytest

from blocker.cases.integrity import audit, keyfile
from blocker.cases.integrity.ledger import Head
from blocker.cases.integrity.seal import Seal
from blocker.errors import OperationError
from tests.cases.desk import open_desk
from tests.cases.walking import OFFICER
from tests.needs import needs
from tests.soak.ledger import REDUCED, change, cut_off, measure, worked

pytestmark = needs("git")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Head]:
    folder = tmp_path_factory.mktemp("desk")
    return folder / "redhand.sqlite3", asyncio.run(worked(folder))


def said(verdict: audit.Verdict) -> list[str]:
    return [str(finding) for finding in verdict.findings]


def copied(database: Path, folder: Path, *statements: str) -> Path:
    """A copy whose triggers do not defend it, changed."""
    copy = folder / "copy.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)

    def run(db: sqlite3.Connection, _random: object) -> str:
        for statement in statements:
            db.execute(statement)
        return ""

    change(copy, run, None)  # type: ignore[arg-type]
    return copy


def test_of_every_kind_of_change_none_stays_hidden() -> None:
    figures = measure(REDUCED, seed=3)
    assert figures.missed == []
    assert figures.tried.total() == REDUCED


def test_an_untouched_database_holds_and_says_where_it_ends(desk: tuple[Path, Head]) -> None:
    database, head = desk
    verdict = audit.judge(database, head, keyfile.read(database).public)
    assert (said(verdict), verdict.head, verdict.complete) == ([], head, True)


def test_only_a_head_from_elsewhere_proves_that_nothing_is_gone(desk: tuple[Path, Head], tmp_path: Path) -> None:
    database, head = desk
    whole = audit.judge(database)
    assert (said(whole), whole.complete) == ([], False)
    copy = copied(database, tmp_path)
    change(copy, cut_off, Random(1))
    cut = audit.judge(copy)
    assert (said(cut), cut.complete) == ([], False), "a ledger that was cut and made to fit is whole in itself"
    found = said(audit.judge(copy, head))
    assert found == [f"ledger: it ends with event {cut.head.seq}; event {head.seq} and what led to it are gone"]


def test_an_older_head_proves_what_lies_before_it(desk: tuple[Path, Head]) -> None:
    database, _ = desk
    with closing(sqlite3.connect(database)) as db:
        (older,) = db.execute("SELECT hash FROM events WHERE seq = 5").fetchone()
    assert audit.judge(database, Head(5, older)).complete
    assert said(audit.judge(database, Head(5, "0" * 64))) == [
        "event 5: it is not the one whose hash you hold: the past was rewritten"
    ]


def test_a_ledger_that_somebody_sealed_with_a_key_of_their_own_is_found(desk: tuple[Path, Head]) -> None:
    database, _ = desk
    found = said(audit.judge(database, key=Seal.new().public))
    assert found[0] == "database: it was sealed with another key than the one that you hold"
    assert "event 1: its seal does not hold" in found


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE events SET data = replace(data, ',', ', ') WHERE seq = 2", "event 2"),
        ("UPDATE events SET data = '{' WHERE seq = 2", "event 2"),
        ("UPDATE events SET to_state = 'C99' WHERE seq = 2", "event 2"),
        ("UPDATE documents SET mail = 'other@isp-a.example' WHERE number = 'D-2026-000001'", "letter D-2026-000001"),
        ("UPDATE documents SET text = text || ' ' WHERE number = 'D-2026-000001'", "letter D-2026-000001"),
        ("UPDATE outbox SET done = 1 WHERE id = (SELECT id FROM outbox WHERE NOT done)", "effect"),
        ("UPDATE outbox SET done = 0 WHERE id = (SELECT id FROM outbox WHERE done)", "effect"),
        ("UPDATE outbox SET payload = replace(payload, 'owner', 'isp-a')", "effect"),
        ("UPDATE cases SET awaited = 'owner' WHERE id = '2026-000001'", "case 2026-000001"),
        ("UPDATE cases SET body = replace(body, 'terrorism', 'abuse')", "case 2026-000001"),
        ("UPDATE orders SET waits = NULL", "case 2026-"),
        ("UPDATE appointments SET until = '2027-01-01T00:00:00+00:00'", "case 2026-"),
        ("DELETE FROM appointments", "case 2026-"),
        ("UPDATE provider_tallies SET n = n + 1", "provider_tallies"),
        ("INSERT INTO case_names VALUES ('2026-000001', 'third.example')", "case 2026-000001"),
        ("DELETE FROM cases WHERE id = '2026-000002'", "case 2026-000002"),
        ("CREATE TRIGGER more AFTER INSERT ON events BEGIN DELETE FROM post; END", "trigger more"),
        ("DROP INDEX events_by_case", "index events_by_case"),
    ],
)
def test_what_was_changed_is_named(desk: tuple[Path, Head], tmp_path: Path, statement: str, place: str) -> None:
    found = said(audit.judge(copied(desk[0], tmp_path, statement)))
    assert any(each.startswith(place) for each in found), found


def test_a_trigger_that_defended_the_past_and_is_gone_is_missed(desk: tuple[Path, Head], tmp_path: Path) -> None:
    copy = copied(desk[0], tmp_path)
    with closing(sqlite3.connect(copy)) as db:
        db.execute("DROP TRIGGER events_stay")
        db.commit()
    assert said(audit.judge(copy)) == ["trigger events_stay: it is missing from the database"]


def test_a_torn_file_is_judged_and_not_believed(desk: tuple[Path, Head], tmp_path: Path) -> None:
    copy = copied(desk[0], tmp_path)
    content = bytearray(copy.read_bytes())
    page = content.rindex(b"propaganda.example") // 4096 * 4096  # one that holds what somebody entered
    content[page : page + 4096] = b"\xff" * 4096
    copy.write_bytes(content)
    assert audit.judge(copy).findings


@pytest.mark.parametrize("content", [None, b"", b"no database, " * 400])
def test_what_is_no_database_of_a_desk_cannot_be_judged(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "db").write_bytes(content)
    with pytest.raises(OperationError, match="no database"):
        audit.judge(tmp_path / "db")


@pytest.mark.asyncio
async def test_a_desk_at_work_is_judged_as_it_stands(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.act(None, "report", OFFICER, names="first.example")
        verdict = await asyncio.to_thread(audit.judge, tmp_path / "redhand.sqlite3")
        assert (said(verdict), verdict.head) == ([], await desk.road.store.head())
        await desk.go(None, ("report", OFFICER))
