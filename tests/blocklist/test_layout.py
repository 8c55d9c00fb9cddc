"""`fmt`, by pairs of input and expected output (layout/README.md), and what holds for any file."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.blocklist.files import DirectiveFile
from blocker.blocklist.layout import ORDER, laid_out
from blocker.distribution.source import shipped_lists
from blocker.errors import FaultsError
from blocker.located import read_yaml

PAIRS = sorted(Path(__file__).with_name("layout").glob("*.txt"))
EXPECTED = "=== expected\n"
FILE = "terrorism/FR-1.yaml"


def report(data: bytes) -> str:
    try:
        return laid_out(data, FILE).decode()
    except FaultsError as error:
        return f"{error}\n"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_a_file_is_laid_out_as_expected(pair: Path) -> None:
    given_, _, expected = pair.read_text(encoding="utf-8").partition(EXPECTED)
    said = report(given_.encode())
    if os.environ.get("RENEW"):
        pair.write_text(given_ + EXPECTED + said, encoding="utf-8")
    else:
        assert said == expected


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_laying_out_twice_changes_nothing_more(pair: Path) -> None:
    text = pair.read_text(encoding="utf-8").partition(EXPECTED)[0]
    if not report(text.encode()).startswith(FILE):
        assert report(report(text.encode()).encode()) == report(text.encode())


def test_every_key_of_a_directive_has_its_place() -> None:
    assert set(ORDER) == {field.alias or name for name, field in DirectiveFile.model_fields.items()}


def test_a_byte_order_mark_and_crlf_go_and_text_blocks_stay() -> None:
    data = b"\xef\xbb\xbftitle: {fr: L, en: L}  \r\nenvironment: trial\r\n\r\n\r\n\r\nown_names: []"
    assert laid_out(data, "list.yaml") == b"title: {fr: L, en: L}\nenvironment: trial\n\nown_names: []\n"


def test_what_would_come_to_say_something_else_is_refused() -> None:
    with pytest.raises(FaultsError, match="layout"):
        laid_out(b"title: |\n  a  \n  b\n", "list.yaml")


@pytest.mark.parametrize("path", sorted(shipped_lists().rglob("*.yaml")), ids=lambda path: path.name)
def test_the_shipped_list_is_laid_out(path: Path) -> None:
    relative = path.relative_to(shipped_lists()).as_posix()
    assert laid_out(path.read_bytes(), relative) == path.read_bytes()


KEYS = st.sampled_from(["directive", "case", "ground", "issued", "names", "except", "aliases", "other"])
LINES = st.sampled_from([
    "# a comment", "", "  - {name: A.example, scope: host}  # why", "  - name: b.example", "    scope: host",
    "  asked: x", "- {name: é.example, scope: domain}", "  - C.example", "  text \t", "  'a'",
])  # fmt: skip


@given(st.lists(KEYS.map(lambda key: f"{key}:") | KEYS.map(lambda key: f"{key}: x # y") | LINES, max_size=12))
def test_a_layout_is_stable_says_the_same_and_loses_no_comment(lines: list[str]) -> None:
    data = "\n".join(lines).encode()
    try:
        once = laid_out(data, FILE)
    except FaultsError:
        return
    assert laid_out(once, FILE) == once
    assert len(read_yaml(once, FILE).value) == len(read_yaml(data, FILE).value)
    assert once.count(b"#") >= data.count(b"#")
