"""The schemas for editors: fresh, fit for every file that ships, and of one mind with the models about form."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from blocker.blocklist.schema import FOLDER, MODELS, hint, schemas
from blocker.blocklist.template import template
from blocker.distribution.source import shipped_lists
from tests.blocklist.json_schema import as_editors_read, problems

LISTS = shipped_lists()
FILES = sorted(LISTS.rglob("*.yaml"))
DIRECTIVE = """directive: FR-1
case: 2026-000001
ground: terrorism
issued: 2026-11-21T14:05:00+01:00
review_by: 2027-02-21
expires: 2027-02-21
"""


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schemas()[f"{FOLDER}/{name}.json"])
    return loaded


def kind(path: Path) -> str:
    return path.stem if path.parent == LISTS else "directive"


def wrong(text: str, name: str = "directive") -> list[str]:
    return list(problems(as_editors_read(text.encode()), schema(name), schema(name)))


@pytest.mark.parametrize("path", schemas(), ids=str)
def test_the_schemas_that_ship_are_fresh(path: str) -> None:
    if os.environ.get("RENEW"):
        (LISTS / FOLDER).mkdir(exist_ok=True)
        (LISTS / path).write_bytes(schemas()[path])
    assert (LISTS / path).read_bytes() == schemas()[path], "redhand lists schema lists"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_that_ships_fits_its_schema(path: Path) -> None:
    assert wrong(path.read_text(encoding="utf-8"), kind(path)) == []


@pytest.mark.parametrize("path", [path for path in FILES if path.parent == LISTS], ids=lambda path: path.name)
def test_the_files_at_the_top_name_their_schema_in_the_first_line(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == hint(kind(path))
    assert (path.parent / first.partition("=")[2]).is_file()


def test_a_new_directive_names_its_schema_from_where_it_lies() -> None:
    first = template("FR-2026-0001", "2026-000001", "terrorism").partition("\n")[0]
    assert (LISTS / "terrorism" / first.partition("=")[2]).is_file()


@pytest.mark.parametrize(
    "more",
    [
        "names: [{name: a.example, scope: host}]",
        "names_file: {file: a.txt, scope: domain, sha256: " + "a" * 64 + "}",
        "names_file: [{file: a.txt, scope: domain, sha256: " + "a" * 64 + "}]",
        "owner_step: {skipped: no-identification}\napproved_by: [agent-014, agent-022]\naliases: true",
        "except: [mail.a.example]\nrecord_types: [A, TYPE65]\nreviewed: 2026-11-21T14:05Z",
    ],
)
def test_what_the_check_takes_the_schema_takes(more: str) -> None:
    assert wrong(DIRECTIVE + more) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("namse: []", "unknown key namse"),
        ("names: [{name: a.example}]", "scope is missing"),
        ("names: [{name: a.example, scope: all}]", "not one of"),
        ("approved_by: [Jeanne]", "not of the form"),
        ("reviewed: 21/11/2026", "none of 2 forms"),
        ("aliases: perhaps", "not of type boolean"),
        ("record_types: [mx]", "none of 2 forms"),
        ("names_file: a.txt", "none of 2 forms"),
        ("owner_step: {skipped: because}", "none of 2 forms"),
    ],
)
def test_what_the_check_refuses_for_its_form_the_schema_refuses(more: str, said: str) -> None:
    assert any(said in each for each in wrong(DIRECTIVE + more)), wrong(DIRECTIVE + more)


def test_every_key_is_explained_by_the_schema_or_by_its_name() -> None:
    assert set(MODELS) == {"list", "grounds", "protected", "directive"}
    assert all(re.search(r'"description"', schemas()[path].decode()) for path in schemas())
