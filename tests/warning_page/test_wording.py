import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

import warning_page
from blocker.blocklist.entry import LANGUAGES
from blocker.located import read_yaml
from warning_page.wording import Locale

FOLDER = Path(warning_page.__file__).parent / "locales"
NB = "\N{NO-BREAK SPACE}"


def locale(code: str) -> Locale:
    return read_yaml((FOLDER / f"{code}.yaml").read_bytes(), code).validate(Locale)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("code", "instant", "written"),
    [
        ("fr", datetime(2026, 11, 21, 13, 5, tzinfo=UTC), f"21{NB}novembre 2026 à 14{NB}h{NB}05 UTC+01:00"),
        ("fr", datetime(2026, 7, 31, 22, 30, tzinfo=UTC), f"1er{NB}août 2026 à 00{NB}h{NB}30 UTC+02:00"),
        ("en", datetime(2026, 11, 21, 13, 5, tzinfo=UTC), f"21{NB}November 2026, 14:05 UTC+01:00"),
        ("en", datetime(2026, 7, 31, 22, 30, tzinfo=UTC), f"1{NB}August 2026, 00:30 UTC+02:00"),
    ],
)
def test_a_moment_is_written_in_the_lists_timezone_with_its_offset(code: str, instant: datetime, written: str) -> None:
    assert locale(code).write_moment(instant, "Europe/Paris") == written


def test_every_language_of_the_list_has_its_file_and_no_other_lies_there() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(LANGUAGES)


def test_all_languages_say_the_same_things_with_the_same_values() -> None:
    first, second = (locale(code).words for code in LANGUAGES)
    assert first.keys() == second.keys()
    for key in first:
        assert placeholders(first[key]) == placeholders(second[key]), key
