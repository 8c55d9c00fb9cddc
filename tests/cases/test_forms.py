"""What people enter, brought to one form or refused with a sentence."""

import pytest

from blocker.cases.forms import MAX_LINE, Field, Kind, clean, parse_names
from blocker.errors import FormError


def one(kind: Kind, text: str, *choices: str) -> str:
    return clean([Field("x", "label", kind, choices)], {"x": text, "unasked": "dropped"})["x"]


def test_every_problem_is_reported_at_once():
    fields = [Field("a", "A"), Field("b", "B", Kind.INSTANT), Field("c", "C")]
    with pytest.raises(FormError) as caught:
        clean(fields, {"b": "yesterday", "c": "fine"})
    assert set(caught.value.problems) == {"a", "b"}


def test_what_is_no_field_is_dropped():
    assert clean([], {"unasked": "x"}) == {}


def test_an_instant_is_kept_in_utc_and_whole_seconds():
    assert one(Kind.INSTANT, " 2026-10-25T02:30:00.9+02:00 ") == "2026-10-25T00:30:00+00:00"
    assert one(Kind.INSTANT, "2026-10-25T02:30Z") == "2026-10-25T02:30:00+00:00"


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (Kind.LINE, "\t ", "filled in"),
        (Kind.LINE, "x" * (MAX_LINE + 1), "too long"),
        (Kind.LINE, "two\nlines", "cannot be printed"),
        (Kind.PROSE, "a bell \a", "cannot be printed"),
        (Kind.LINE, "turned \u202e round", "cannot be printed"),
        (Kind.INSTANT, "2026-10-25T02:30:00", "offset"),
        (Kind.INSTANT, "tomorrow", "date and a time"),
        (Kind.MAIL, "abuse@hosting.example\nBcc: x@y.example", "cannot be printed"),
        (Kind.MAIL, "Abuse <abuse@hosting.example>", "mail address"),
        (Kind.MAIL, "abuse", "mail address"),
        (Kind.CHOICE, "c", "a, b"),
        (Kind.URLS, "propaganda.example/x", "http"),
        (Kind.URLS, "ftp://propaganda.example/x", "http"),
        (Kind.NAMES, "\n", "filled in"),
        (Kind.NAMES, "a.example domain now", "host or domain"),
        (Kind.NAMES, "a.example everything", "host or domain"),
        (Kind.NAMES, "192.0.2.1", "number"),
        (Kind.NAMES, "a.example\nA.EXAMPLE.", "twice"),
        (Kind.NAMES, "\n".join(f"n{number}.example" for number in range(101)), "100"),
    ],
)
def test_what_is_wrong_is_said(kind: Kind, text: str, problem: str):
    with pytest.raises(FormError, match=problem):
        one(kind, text, "a", "b")


def test_a_scope_that_was_not_said_is_the_narrower_one():
    assert one(Kind.NAMES, "Videos.Hosting.Example.\r\nbücher.example domain") == (
        "videos.hosting.example host\nxn--bcher-kva.example domain"
    )


def test_names_are_read_back_as_they_were_kept():
    kept = one(Kind.NAMES, "a.example\nb.example domain")
    assert "\n".join(f"{entry.name} {entry.scope}" for entry in parse_names(kept)) == kept


def test_prose_keeps_its_lines():
    assert one(Kind.PROSE, " one\r\ntwo ") == "one\ntwo"
