"""`redhand cases`, run as people run it, on the store of a real desk."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blocker.cases.integrity import checkpoint, keyfile
from blocker.cases.integrity.ledger import Head
from blocker.cases.integrity.seal import Seal
from blocker.cli import main
from tests.needs import needs
from tests.soak.ledger import worked

pytestmark = needs("git")
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)


def run(folder: Path, *arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    config = folder / "redhand.yaml"
    config.write_text(f"data: {folder / 'data'}\n")
    result = CliRunner().invoke(main, ["cases", *map(str, arguments), "--config", str(config)], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Head]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "data" / "evidence").mkdir(parents=True)
    (folder / "data" / "evidence" / "E-1.age").write_bytes(b"sealed")
    return folder, asyncio.run(worked(folder / "data"))


def database(folder: Path) -> Path:
    return folder / "data" / "redhand.sqlite3"


def test_without_a_head_completeness_is_not_proven(desk: tuple[Path, Head]) -> None:
    result = run(desk[0], "verify")
    assert result.exit_code == 2
    assert "completeness not proven" in result.stdout
    assert f"head: {desk[1]}" in result.stdout


def test_with_a_head_from_a_letter_or_from_the_desk_it_is(desk: tuple[Path, Head], tmp_path: Path) -> None:
    folder, head = desk
    file = tmp_path / "head.json"
    file.write_text(checkpoint.write(head, AT, Seal.read(keyfile.of(database(folder)).read_bytes())))
    for given in (str(head), file):
        result = run(folder, "verify", "--head", given)
        assert (result.exit_code, "nothing before the given head is gone" in result.stdout) == (0, True), result.output


def test_a_head_that_another_desk_sealed_is_not_this_one_s(desk: tuple[Path, Head], tmp_path: Path) -> None:
    file = tmp_path / "head.json"
    file.write_text(checkpoint.write(desk[1], AT, Seal.new()))
    result = run(desk[0], "verify", "--head", file)
    assert result.exit_code == 1
    assert "another key than the one that you hold" in result.stderr


def test_what_was_changed_is_printed_with_its_place(desk: tuple[Path, Head], tmp_path: Path) -> None:
    copy = database(tmp_path)
    copy.parent.mkdir()
    copy.write_bytes(database(desk[0]).read_bytes())
    with closing(sqlite3.connect(copy)) as db:
        db.execute("DROP TRIGGER documents_stay")
        db.execute("UPDATE documents SET mail = 'x@example.org' WHERE number = 'D-2026-000001'")
        db.commit()
    result = run(tmp_path, "verify", "--head", str(desk[1]))
    assert result.exit_code == 1
    assert "letter D-2026-000001: its seal does not hold" in result.stderr
    assert "broken; findings: 2" in result.stderr


def test_what_is_no_head_is_a_fault_of_usage(desk: tuple[Path, Head]) -> None:
    result = run(desk[0], "verify", "--head", "41")
    assert result.exit_code == 2
    assert "a number, a colon" in result.stderr


def test_a_store_that_is_not_there_cannot_be_judged(tmp_path: Path) -> None:
    assert run(tmp_path, "verify").exit_code == 2
    assert run(tmp_path, "key").exit_code == 2
    assert run(tmp_path, "backup", tmp_path / "copy").exit_code == 2


def test_the_key_is_shown_and_it_is_the_one_that_verify_takes(desk: tuple[Path, Head]) -> None:
    folder, head = desk
    shown = run(folder, "key").stdout.strip()
    assert shown == keyfile.read(database(folder)).public
    assert run(folder, "verify", "--head", str(head), "--key", shown).exit_code == 0
    assert run(folder, "verify", "--head", str(head), "--key", Seal.new().public).exit_code == 1


def test_a_copy_is_made_and_brought_back(desk: tuple[Path, Head], tmp_path: Path) -> None:
    folder, head = desk
    made = run(folder, "backup", tmp_path / "copy")
    assert made.exit_code == 0, made.output
    assert "files of evidence: 1" in made.stdout
    back = run(tmp_path, "restore", tmp_path / "copy", "--head", str(head))
    assert back.exit_code == 0, back.output
    assert run(tmp_path, "verify", "--head", str(head)).exit_code == 0
    assert (tmp_path / "data" / "evidence" / "E-1.age").read_bytes() == b"sealed"
    again = run(tmp_path, "restore", tmp_path / "copy")
    assert again.exit_code == 2
    assert "nothing is ever put over it" in again.stderr


def test_a_copy_that_is_behind_the_given_head_is_refused(desk: tuple[Path, Head], tmp_path: Path) -> None:
    folder, head = desk
    assert run(folder, "backup", tmp_path / "copy").exit_code == 0
    refused = run(tmp_path, "restore", tmp_path / "copy", "--head", str(Head(head.seq + 1, "ab" * 32)))
    assert refused.exit_code == 2
    assert "are gone" in refused.stderr
    assert not database(tmp_path).exists()
    assert "completeness not proven" in run(tmp_path, "restore", tmp_path / "copy").stdout


def test_what_is_found_is_said_in_french_to_whoever_speaks_it(desk: tuple[Path, Head], tmp_path: Path) -> None:
    folder, head = desk
    french = {"LC_ALL": "fr_FR.UTF-8"}
    whole = run(folder, "verify", "--head", str(head), env=french)
    assert (whole.exit_code, "rien de ce qui précède la tête donnée ne manque" in whole.stdout) == (0, True)
    assert run(folder, "--lang", "fr", "verify").stdout.splitlines()[0] == f"tête\u00a0: {head}"
    assert run(folder, "--lang", "en", "verify", env=french).stdout.splitlines()[0] == f"head: {head}"
    copy = tmp_path / "copy"
    shutil.copytree(folder / "data", copy / "data")
    with closing(sqlite3.connect(database(copy))) as db, db:
        db.execute("DROP TRIGGER documents_stay")
        number, text = db.execute("SELECT number, text FROM documents LIMIT 1").fetchone()
        db.execute("UPDATE documents SET text = ? WHERE number = ?", (f"{text}!", number))
    said = run(copy, "verify", env=french).stderr.splitlines()
    assert f"lettre {number}: son texte n’est pas celui de son SHA-256" in said
    assert "trigger documents_stay: cela manque dans la base" in said
    assert said[-1] == f"rompu\u00a0; constats\u00a0: {len(said) - 1}"
    (tmp_path / "none").mkdir()
    missing = run(tmp_path / "none", "verify", env=french)
    assert (missing.exit_code, "il n’y a pas de base" in missing.stderr) == (2, True)
