"""What the ledger speaks of and does not hold: files of evidence on disk, accounts in their table."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from blocker.cases.integrity import audit, audit_beside
from tests.cases.desk import agreed, open_desk
from tests.cases.walking import OFFICER


@pytest.mark.asyncio
async def test_a_file_of_evidence_that_is_gone_or_another_is_found(tmp_path: Path):
    sealed = b"age-encryption.org/v1\n"
    digest = hashlib.sha256(sealed).hexdigest()
    async with open_desk(tmp_path) as desk:
        agreed(desk, evidence_recipients=(f"age1{'q' * 58}",))
        desk.road.evidence.recipients = 1
        case = await desk.act(None, "report", OFFICER)
        await desk.act(case, "add-evidence", OFFICER, file=digest)
        database, folder = desk.settings.admin.database, desk.settings.admin.evidence
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{digest}.age"
        for content, said in ((sealed, []), (b"another", ["is not what was uploaded"]), (None, ["is missing"])):
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_bytes(content)
            found = [str(each) for each in audit.judge(database, evidence=folder).findings]
            assert found == [f"evidence {digest}: its file {each}" for each in said]
        assert audit.judge(database).findings == (), "whoever judges a database alone is not told of files"


@pytest.fixture
def database() -> sqlite3.Connection:
    """The tables that matter, with two administrators, an officer whom they opened, and one who was closed."""
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.execute("CREATE TABLE meta (key, value)")
    db.execute("CREATE TABLE accounts (number, role, closed_at)")
    db.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, case_id, transition, data)")
    db.execute("INSERT INTO meta VALUES ('list', 'real')")
    for about, done, data in (
        ("accounts", "first-administrators", {"accounts": "admin-001 admin-002"}),
        ("agent-014", "open-proposed", {"role": "officer"}),
        ("agent-014", "open-approved", {"role": "officer"}),
        ("agent-022", "open-approved", {"role": "approver"}),
        ("agent-022", "close-approved", {"role": "approver"}),
        ("agent-022", "reopen-approved", {"role": "approver"}),
        ("agent-022", "close-approved", {"role": "approver"}),
        ("agent-031", "open-refused", {"role": "officer"}),
    ):
        sql = "INSERT INTO events (case_id, transition, data) VALUES (?, ?, ?)"
        db.execute(sql, (about, done, json.dumps(data)))
    rows = [("admin-001", "administrator", None), ("admin-002", "administrator", None), ("agent-014", "officer", None)]
    db.executemany("INSERT INTO accounts VALUES (?, ?, ?)", [*rows, ("agent-022", "approver", "2026-11-22")])
    return db


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("SELECT 1", []),
        ("UPDATE accounts SET role = 'approver' WHERE number = 'agent-014'", ["agent-014: no two people opened it"]),
        ("INSERT INTO accounts VALUES ('agent-031', 'officer', NULL)", ["agent-031: no two people opened it"]),
        ("UPDATE accounts SET closed_at = NULL WHERE number = 'agent-022'", ["agent-022: it is not open or closed"]),
        ("UPDATE accounts SET closed_at = 'x' WHERE number = 'admin-001'", ["admin-001: it is not open or closed"]),
        ("DELETE FROM accounts WHERE number = 'admin-002'", ["admin-002: it was opened and is gone"]),
    ],
)
def test_an_account_is_as_two_people_left_it(database: sqlite3.Connection, change: str, said: list[str]):
    with closing(database) as db:
        db.execute(change)
        found = [f"{place}: {text}" for place, text in audit_beside.accounts(db)]
        assert [each.removeprefix("account ")[: len(text)] for each, text in zip(found, said, strict=True)] == said
        db.execute("UPDATE meta SET value = 'trial'")
        assert list(audit_beside.accounts(db)) == [], "a trial's accounts are made by a command"
