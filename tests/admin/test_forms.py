"""Form bodies, without any HTTP."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocker.admin import forms, language
from blocker.admin.moments import Moments
from blocker.cases.forms import parse_names
from blocker.cases.table import BY_ACT

MOMENTS = Moments(language.load()["en"], ZoneInfo("Europe/Paris"), datetime(2026, 11, 22, 13, 3, tzinfo=UTC))


def test_line_ends_are_one_and_control_characters_are_gone() -> None:
    assert forms.decode(b"a=x%0D%0Ay%0Dz%00%07%1B&b=%C3%A9%C2%A0%E2%80%8B") == {"a": "x\ny\nz", "b": "é\u00a0\u200b"}


def test_the_last_of_two_fields_of_one_name_counts() -> None:
    assert forms.decode(b"a=1&a=2&b=") == {"a": "2", "b": ""}


@given(st.binary(max_size=200))
def test_any_body_is_a_form_or_is_refused(body: bytes) -> None:
    try:
        fields = forms.decode(body)
    except ValueError:
        return
    assert all("\x00" not in value for value in fields.values())


def test_names_without_a_scope_get_the_chosen_one_and_others_keep_theirs() -> None:
    fields = BY_ACT["report"].fields
    form = {"names": "one.example\n\n  two.example host\nthree.example", "names-scope": "domain"}
    data = forms.entered(fields, form, MOMENTS)
    assert [(entry.name, entry.scope) for entry in parse_names(data["names"])] == [
        ("one.example", "domain"),
        ("two.example", "host"),
        ("three.example", "domain"),
    ]


@pytest.mark.parametrize("scope", ["", "everything", "host\nevil.example domain"])
def test_a_scope_that_the_page_does_not_offer_adds_no_name(scope: str) -> None:
    data = forms.entered(BY_ACT["report"].fields, {"names": "one.example", "names-scope": scope}, MOMENTS)
    assert data["names"] == "one.example"


def test_only_a_step_s_own_fields_are_handed_on() -> None:
    data = forms.entered(BY_ACT["assess"].fields, {"qualification": "x", "csrf": "secret", "state": "C6"}, MOMENTS)
    assert set(data) == {field.name for field in BY_ACT["assess"].fields}
