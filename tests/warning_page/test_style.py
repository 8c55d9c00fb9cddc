"""Colours that can be read (WCAG 2.2, 1.4.3), and a red that is our own."""

import re
from pathlib import Path

import pytest

import warning_page

STYLE = (Path(warning_page.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
)
PAIRS = [
    ("ink", "paper"),
    ("soft", "paper"),
    ("link", "paper"),
    ("red", "disc"),
    ("trial-ink", "trial"),
    ("soft", "calm"),
]


def luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_every_pair_of_colours_can_be_read(colours: dict[str, str], front: str, back: str) -> None:
    assert contrast(colours[front], colours[back]) >= 4.5


def test_the_red_is_no_red_of_the_state_and_stands_out_on_white() -> None:
    assert LIGHT["red"] not in {"#e1000f", "#c9191e"}
    assert "red" not in DARK
    assert contrast(LIGHT["red"], "#ffffff") >= 4.5


def test_the_style_fetches_nothing() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "<" not in STYLE
