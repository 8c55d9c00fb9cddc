"""The strict YAML reader; most of what it refuses stands in tests/blocklist/lint/yaml-surprises.txt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.errors import FaultsError
from blocker.located import MAX_BYTES, StrictModel, YamlBool, read_yaml


class Example(StrictModel):
    text: str
    yes: YamlBool = False


def test_every_scalar_stays_text():
    assert read_yaml(b"a: no\nb: 3.10\nc: 2026-01-01\nd: ~\ne:\n", "f").value == {
        "a": "no",
        "b": "3.10",
        "c": "2026-01-01",
        "d": "~",
        "e": "",
    }


@pytest.mark.parametrize("data", [b"\xef\xbb\xbftext: a\r\nyes: true\r\n", b"text: a\nyes: true\n"])
def test_a_byte_order_mark_and_crlf_change_nothing(data):
    assert read_yaml(data, "f").validate(Example) == Example(text="a", yes=True)


def test_the_mark_of_a_value_counts_from_one_behind_a_byte_order_mark():
    with pytest.raises(FaultsError) as caught:
        read_yaml(b"\xef\xbb\xbftext: a\r\nyes: maybe\r\n", "f").validate(Example)
    assert str(caught.value) == "f:2:6: schema: write true or false"


def test_a_column_counts_characters_not_bytes():
    with pytest.raises(FaultsError) as caught:
        read_yaml("{text: été, yes: maybe}".encode(), "f").validate(Example)
    assert str(caught.value) == "f:1:18: schema: write true or false"


def test_what_may_stand_alone_or_in_a_list_has_its_place_either_way():
    alone, listed = read_yaml(b"a: {b: 1}", "f"), read_yaml(b"a: [{b: 1}, {b: 2}]", "f")
    assert alone.fault(("a", 0, "b"), "r", "m").column == 8
    assert listed.fault(("a", 1, "b"), "r", "m").column == 17
    assert alone.fault(("a", 0, "absent"), "r", "m").column == 4
    assert alone.fault(("x", 3), "r", "m").column == 1


def test_a_control_character_is_named_with_its_place():
    with pytest.raises(FaultsError) as caught:
        read_yaml("text: été\nyes: é\x07\n".encode(), "f")
    assert str(caught.value).startswith("f:2:7: yaml: U+0007 is a control character")


def test_a_file_that_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(FaultsError, match="bytes"):
        read_yaml(b"a: " + b"x" * MAX_BYTES, "f")


def test_an_alias_bomb_costs_nothing():
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(20)
    )
    with pytest.raises(FaultsError, match="alias"):
        read_yaml(bomb, "f").validate(Example)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_document_or_our_error(data):
    try:
        read_yaml(data, "f").validate(Example)
    except FaultsError as error:
        assert error.faults
        assert all(fault.line >= 1 and fault.column >= 1 for fault in error.faults)
