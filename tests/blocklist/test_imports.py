"""Other people's lists, by pairs of input and expected output (imports/README.md), and what no text file can hold."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.blocklist.entry import Scope
from blocker.blocklist.formats import FORMATS, MAX_LINE
from blocker.blocklist.guards import Guards
from blocker.blocklist.imports import Imported, import_names
from blocker.blocklist.zones import MAX_OPEN
from blocker.distribution.source import shipped, suffixes
from tests.blocklist.making import blocklist, protected

PAIRS = sorted(Path(__file__).with_name("imports").glob("*.txt"))
GUARDS = Guards(blocklist(protected=protected(shipped().protected)), suffixes())
EXPECTED = "=== expected\n"


def imported(data: bytes, format_: str) -> Imported:
    return import_names(data, format_, "list", guards=GUARDS, listed=["listed.example"], scope=Scope.HOST)


def report(found: Imported) -> str:
    taken = "".join(f"{name} {scope}\n" for name, scope in found.names)
    return taken + "".join(f"{fault}\n" for fault in found.left_out)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_an_import_takes_and_leaves_out_what_is_expected(pair: Path) -> None:
    text = pair.read_text(encoding="utf-8")
    given_, _, expected = text.partition(EXPECTED)
    head, _, body = given_.partition("\n")
    said = report(imported(body.encode(), head.removeprefix("=== ")))
    if os.environ.get("RENEW"):
        pair.write_text(given_ + EXPECTED + said, encoding="utf-8")
    else:
        assert said == expected


def test_every_format_has_a_pair() -> None:
    assert {pair.read_text().partition("\n")[0].removeprefix("=== ") for pair in PAIRS} == set(FORMATS)


@pytest.mark.parametrize("format_", FORMATS)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_imported_or_reported_and_never_raise(format_: str, data: bytes) -> None:
    found = imported(data, format_)
    assert all(GUARDS.refusal(name) is None for name, _ in found.names)
    assert all(fault.warning for fault in found.left_out)


@pytest.mark.parametrize(
    ("format_", "line"), [("domains", "{}"), ("hosts", "0.0.0.0 {}"), ("rpz", "{} CNAME ."), ("adblock", "||{}^")]
)
def test_a_byte_order_mark_crlf_a_bad_byte_and_an_endless_line_are_dirt_and_no_more(format_: str, line: str) -> None:
    rows = [line.format(name) for name in ("one.example", "bad\udcffbyte.example", "x" * MAX_LINE, "two.example")]
    data = b"\xef\xbb\xbf" + "\r\n".join(rows).encode("utf-8", "surrogateescape") + b"\r\n"
    found = imported(data, format_)
    assert [name for name, _ in found.names] == ["one.example", "two.example"]
    assert sorted({fault.line for fault in found.left_out}) == [2, 3]


def test_of_a_name_that_a_list_gives_twice_the_further_reach_counts() -> None:
    data = b"a.example CNAME .\nA.example CNAME .\n*.a.example CNAME .\n"
    found = imported(data, "rpz")
    assert found.names == (("a.example", Scope.DOMAIN),)
    assert [str(fault) for fault in found.left_out] == [
        "list:2:1: warning: format: `a.example`: it stands in line 1 too"
    ]


def test_a_parenthesis_that_never_closes_swallows_a_bounded_number_of_lines_and_says_so() -> None:
    rows = ["a.example CNAME . (", *(f"n{number}.example CNAME ." for number in range(50))]
    found = imported("\n".join(rows).encode(), "rpz")
    assert len(found.names) == 50 - MAX_OPEN
    assert f"{MAX_OPEN + 1} lines up to here were not read" in found.left_out[0].message
