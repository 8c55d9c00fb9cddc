import string
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

import warning_page
from blocker.blocklist.entry import LANGUAGES
from blocker.errors import FaultsError
from blocker.located import read_yaml
from tests.warning_page.trial import NOW, TERRORISM, trial_index
from warning_page import render
from warning_page.page import Visit, page
from warning_page.render import Renderer
from warning_page.wording import NEEDED, WORDS, Level, Locale, Wording

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


LOCALES = {path.stem: locale(path.stem) for path in FOLDER.iterdir()}


def test_the_languages_of_every_list_are_whole_and_arabic_reads_from_the_right() -> None:
    assert {code for code in LANGUAGES if LOCALES[code].level is not Level.WHOLE} == set()
    assert {code for code, each in LOCALES.items() if each.direction == "rtl"} == {"ar"}


def test_the_page_speaks_six_languages_at_the_least() -> None:
    assert set(LOCALES) >= {"fr", "en", "ar", "de", "it", "tr"}


@pytest.mark.parametrize("code", LOCALES)
def test_a_language_has_the_words_that_its_level_promises_with_the_same_values_in_them(code: str) -> None:
    words = LOCALES[code].words
    assert words.keys() >= (WORDS if LOCALES[code].level is Level.WHOLE else NEEDED)
    for key, text in words.items():
        assert text.strip(), key
        assert placeholders(text) == placeholders(LOCALES["fr"].words[key]), key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('  fault: "Diese Seite kann im Augenblick nicht gezeigt werden."\n', ""),
        ("level: help", "level: whole"),
        ("  more:", "  less:"),
        ("otherwise: en", "otherwise: de"),
    ],
    ids=["a word is missing", "more is promised than kept", "a word nobody uses", "a fall-back no list speaks"],
)
def test_a_language_file_that_does_not_keep_its_promise_is_refused(old: str, new: str) -> None:
    text = (FOLDER / "de.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FaultsError):
        read_yaml(text.replace(old, new).encode(), "de.yaml").validate(Locale)


def test_what_is_missing_in_a_language_is_said_in_another_and_marked() -> None:
    arabic, german = Wording("ar", LOCALES), Wording("de", LOCALES)
    assert german.word("law") == '<span lang="en" dir="ltr">The law</span>'
    assert german.plain_word("law") == "The law"
    assert arabic.said({"fr": "Écrivez", "en": "Write"}) == '<span lang="fr" dir="ltr">Écrivez</span>'
    assert arabic.said({"fr": "Écrivez", "en": "Write", "ar": "اكتب"}) == "اكتب"


def test_a_date_is_written_in_the_language_of_the_words_beside_it() -> None:
    instant = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    german = Wording("de", LOCALES)
    assert german.moment("version", instant, "Europe/Paris") == "21. November 2026, 14:05 Uhr UTC+01:00"
    assert german.moment("issued", instant, "Europe/Paris").startswith('<span lang="en" dir="ltr">21\N{NO-BREAK SPACE}')


def test_values_and_texts_are_never_markup() -> None:
    english = Wording("en", LOCALES)
    assert english.said({"fr": "<i>", "en": "<b>"}) == "&lt;b&gt;"
    assert "<b>" not in english.word("contest_reference", reference="<b>")


def test_a_new_language_is_a_new_file_and_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "page"
    copytree(FOLDER.parent, folder)
    text = (FOLDER / "de.yaml").read_text(encoding="utf-8")
    text = text.replace('name: "Deutsch"', 'name: "Español"').replace("otherwise: en", "otherwise: fr")
    (folder / "locales" / "es.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(render, "_HERE", folder)
    renderer = Renderer()
    told = page(Visit(TERRORISM, languages="es-AR,en;q=0.5"), trial_index(), NOW, renderer.languages)
    shown = renderer.answer(told).body.decode()
    assert '<html lang="es" dir="ltr">' in shown
    assert '<a href="?lang=es" lang="es" hreflang="es" dir="ltr" aria-current="true">Español</a>' in shown
    # What the list does not say in it, it says in French.
    assert '<h1><span lang="fr" dir="ltr">L’accès à cette adresse est bloqué</span></h1>' in shown
