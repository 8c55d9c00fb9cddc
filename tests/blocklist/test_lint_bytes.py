"""What the check says of files that no pair of texts can hold: marks, line ends, bad bytes, and sizes."""

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.blocklist.layout import laid_out
from blocker.errors import FaultsError
from tests.blocklist.test_lint import PAIRS, TRIAL, parts, report

PATH = "terrorism/FR-1.yaml"
HEAD = """directive: FR-1
case: 2026-000001
ground: terrorism
issued: 2026-11-21T14:05:00+01:00
review_by: 2027-02-21
expires: 2027-02-21
"""
GOOD = HEAD + "names:\n  - {name: a.example, scope: host}\n"
TEN_MEGABYTES = 10 * 1024 * 1024


def said(data: bytes, more: dict[str, bytes] | None = None) -> str:
    return report({"list.yaml": TRIAL, PATH: data, **(more or {})})


def bulk(names: bytes) -> str:
    digest = hashlib.sha256(names).hexdigest()
    return said(
        f"{HEAD}names_file: {{file: FR-1.txt, scope: host, sha256: {digest}}}\n".encode(), {"terrorism/FR-1.txt": names}
    )


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_byte_order_mark_and_the_line_ends_of_any_system_are_fine(mark: bytes, end: bytes) -> None:
    assert said(mark + GOOD.encode().replace(b"\n", end)) == "fine\n"


def test_places_are_counted_alike_with_a_mark_and_crlf() -> None:
    wrong = GOOD.replace("scope: host", "scope: x")
    assert said(b"\xef\xbb\xbf" + wrong.encode().replace(b"\n", b"\r\n")) == said(wrong.encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD.encode("utf-16"), f"{PATH}:1:1: yaml: not UTF-8: save the file with the encoding UTF-8\n"),
        (GOOD.replace("a.ex", "é.ex").encode("latin-1"), f"{PATH}:8:12: yaml: not UTF-8"),
        (GOOD.replace("a.ex", "\x00.ex").encode(), f"{PATH}:8:12: yaml: U+0000 is a control character"),
        (GOOD.replace("a.ex", "\x1b[1m.ex").encode(), f"{PATH}:8:12: yaml: U+001B is a control character"),
        (GOOD.replace("a.ex", "\ufffe.ex").encode(), f"{PATH}:8:12: yaml: U+FFFE is a control character"),
        (b"", f"{PATH}:1:1: yaml: the file is empty: fill it, or remove it\n"),
        (b"\xef\xbb\xbf", f"{PATH}:1:1: yaml: the file is empty: fill it, or remove it\n"),
    ],
)
def test_bytes_that_are_no_text_are_named_with_their_place(data: bytes, expected: str) -> None:
    assert said(data).startswith(expected)


@pytest.mark.parametrize(
    "data",
    [
        b"directive: " + b"x" * TEN_MEGABYTES,
        b"names:\n" + b"  - {name: a.example, scope: host}\n" * (TEN_MEGABYTES // 35),
        b"- " * (TEN_MEGABYTES // 2),
        b"[" * TEN_MEGABYTES,
        b"#" * TEN_MEGABYTES,
    ],
)
def test_ten_megabytes_of_yaml_are_refused_before_they_are_read(data: bytes) -> None:
    began = time.process_time()
    assert "bytes; 4194304 are the most (use a names_file)" in said(data)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("data", [b"x" * TEN_MEGABYTES, "é".encode() * (TEN_MEGABYTES // 2), b"." * TEN_MEGABYTES])
def test_a_name_of_ten_megabytes_is_one_fault_and_quick(data: bytes) -> None:
    began = time.process_time()
    lines = bulk(data).splitlines()
    assert len(lines) == 1
    assert "octets long; 253 are the most" in lines[0]
    assert len(lines[0]) < 200
    assert time.process_time() - began < 2


def test_a_scalar_just_below_the_limit_is_one_fault_and_not_repeated_whole() -> None:
    text = said(GOOD.replace("a.example", "x" * 4_000_000).encode())
    assert "octets long" in text
    assert len(text) < 300


def test_a_file_of_names_may_have_a_mark_crlf_comments_and_blank_lines() -> None:
    assert bulk(b"\xef\xbb\xbf# names\r\na.example\r\n\r\n  b.example\r\n") == "fine\n"


def test_a_bad_byte_in_a_file_of_names_is_named_with_its_line() -> None:
    assert (
        bulk(b"a.example\n\xff.example\n")
        == "terrorism/FR-1.txt:2:1: name: not UTF-8: save the file with the encoding UTF-8\n"
    )


def test_one_byte_more_in_a_file_of_names_is_another_file_than_was_decided_on() -> None:
    names = b"a.example\n"
    digest = hashlib.sha256(names).hexdigest()
    data = f"{HEAD}names_file: {{file: FR-1.txt, scope: host, sha256: {digest}}}\n".encode()
    assert said(data, {"terrorism/FR-1.txt": names}) == "fine\n"
    assert "is not the file that this directive was decided on" in said(data, {"terrorism/FR-1.txt": names + b"\n"})


CORPUS = [
    body.encode()
    for pair in PAIRS
    for path, body in parts(pair.read_text(encoding="utf-8")).items()
    if path.count("/") == 1 and path.endswith(".yaml")
]
SPLICES = [
    *(
        b"",
        b"\n",
        b"  ",
        b"\t",
        b": ",
        b"- ",
        b"{",
        b"}",
        b"[",
        b"]",
        b"'",
        b'"',
        b"#",
        b"&a ",
        b"*a",
        b"!",
        b"|\n",
        b"\xff",
    ),
    *(b"\x00", b"\xef\xbb\xbf", b"---\n", b"\xc3\xa9", b"9999-12-31", b"0001-01-01T00:00Z", b"host", b"xn--"),
]


@given(st.data())
def test_a_directive_that_is_mutated_anyhow_is_judged_and_never_raises(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(CORPUS))
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(begin + 12, len(text))))
        text = text[:begin] + data.draw(st.sampled_from(SPLICES)) + text[end:]
    assert said(text).endswith("\n")
    try:
        assert said(laid_out(text, PATH)).endswith("\n")
    except FaultsError as refused:
        assert refused.faults
