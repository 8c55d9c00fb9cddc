"""A drawing is a drawing or it is refused: nothing that could act, fetch or break out reaches the page."""

from pathlib import Path

import pytest

import warning_page
from blocker.errors import ConfigError
from warning_page.symbol import MAX_BYTES, read_symbol

HAND = Path(warning_page.__file__).parent / "templates" / "hand.svg"


def svg(inner: str, attributes: str = 'viewBox="0 0 10 10"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inner}</svg>'.encode()


def test_our_own_hand_takes_the_road_of_every_drawing() -> None:
    hand = read_symbol(HAND.read_bytes(), "hand.svg")
    assert hand.box == "0 0 240 240"
    for part in ('class="disc"', 'class="palm"', 'class="lines"'):
        assert part in hand.shapes
    assert "<!--" not in hand.shapes


def test_ids_get_a_prefix_and_so_never_meet_those_of_the_page() -> None:
    drawn = read_symbol(svg('<clipPath id="help"><path d="M0 0h9"/></clipPath><g clip-path="url(#help)"/>'), "x")
    assert drawn.shapes == (
        '<clipPath id="symbol-help"><path d="M0 0h9"></path></clipPath><g clip-path="url(#symbol-help)"></g>'
    )


def test_titles_are_read_by_language_and_not_drawn() -> None:
    drawn = read_symbol(svg('<title>Sun</title><title lang="fr">Soleil</title><circle r="3"/>'), "x")
    assert drawn.titles == {"": "Sun", "fr": "Soleil"}
    assert drawn.shapes == '<circle r="3"></circle>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<style>path{fill:red}</style>",
        '<a href="https://tracker.example/"><path d="M0 0"/></a>',
        '<image href="https://tracker.example/x.png"/>',
        '<use href="#help"/>',
        "<foreignObject><p>x</p></foreignObject>",
        "<text>Ministry</text>",
        '<animate attributeName="fill"/>',
        '<path d="M0 0" onclick="alert(1)"/>',
        '<path d="M0 0" style="fill:red"/>',
        '<path d="M0 0" fill="url(https://tracker.example/x)"/>',
        '<path d="M0 0" fill="url(#a) url(https://tracker.example/x)"/>',
        '<path d="M0 0" fill="u&#114;l(\'//tracker.example\')"/>',
        '<path d="M0 0" fill="expression(1)"/>',
        '<path d="M0 0" fill="red&quot; onload=&quot;x"/>',
        '<path d="M0 0" class="languages"/>',
        '<path d="M0 0" id="a b"/>',
        '<path xmlns:xlink="http://www.w3.org/1999/xlink" d="M0 0" xlink:href="#x"/>',
        '<path xmlns="http://www.w3.org/1999/xhtml" d="M0 0"/>',
        "<svg><path d='M0 0'/></svg>",
        "<g>words</g>",
        "<g><path d='M0 0'/>words</g>",
        "<path",
    ],
)
def test_what_is_no_shape_is_refused(inner: str) -> None:
    with pytest.raises(ConfigError, match=r"^mine\.svg:1:1: symbol: .*docs/PAGE\.md"):
        read_symbol(svg(inner), "mine.svg")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"<html></html>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(""),
        svg("", ""),
        svg("", 'viewBox="0 0 10"'),
        svg("", 'viewBox="0 0 10 10&quot;"'),
        svg("<g>" * 4500 + "</g>" * 4500),
        svg("<g/>" * MAX_BYTES),
    ],
)
def test_a_file_that_is_no_such_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        read_symbol(data, "mine.svg")
