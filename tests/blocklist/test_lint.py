"""The check of a list, by pairs of input and expected output (lint/README.md)."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blocker.blocklist.check import check
from blocker.distribution.source import shipped, suffixes
from blocker.errors import ListRefusedError

PAIRS = sorted(Path(__file__).with_name("lint").glob("*.txt"))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRIAL = b"title: {fr: Essai, en: Trial}\nenvironment: trial\n"
EXPECTED = "expected"


def parts(text: str) -> dict[str, str]:
    sections = text.split("=== ")[1:]
    return {head: body for head, _, body in (section.partition("\n") for section in sections)}


def report(files: dict[str, bytes]) -> str:
    try:
        faults = check(files, shipped(), suffixes(), NOW).warnings
    except ListRefusedError as error:
        faults = error.faults
    return "".join(f"{fault}\n" for fault in faults) or "fine\n"


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stem)
def test_the_check_says_what_is_expected(pair: Path) -> None:
    text = pair.read_text(encoding="utf-8")
    files = parts(text)
    expected = files.pop(EXPECTED)
    said = report({"list.yaml": TRIAL, **{path: body.encode() for path, body in files.items()}})
    if os.environ.get("RENEW"):
        pair.write_text(text.removesuffix(expected) + said, encoding="utf-8")
    else:
        assert said == expected


def test_every_pair_ends_with_what_is_expected() -> None:
    assert PAIRS
    assert all(list(parts(pair.read_text(encoding="utf-8")))[-1] == EXPECTED for pair in PAIRS)
