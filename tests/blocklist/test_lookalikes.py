"""Names that look like another one, and those that merely look foreign."""

import pytest

from blocker.blocklist.lookalikes import Lookalikes, scripts_of
from blocker.names import DomainName
from tests.blocklist.making import entry

PROTECTED = [DomainName(name) for name in ("google.fr", "impots.gouv.fr", "orange.fr", "xn--caf-dma.example")]
LIKE = {
    "gоogle.fr": "google.fr",  # Cyrillic о
    "ɡοοɡle.fr": "google.fr",  # Latin script g, Greek omicron
    "gòögle.fr": "google.fr",  # accents
    "www.gооgle.fr": "google.fr",
    "оrange.fr": "orange.fr",
    "orangе.fr": "orange.fr",
    "imрots.gouv.fr": "impots.gouv.fr",
    "іmроtѕ.gouv.fr": "impots.gouv.fr",
}
FOREIGN = [
    "google.example", "bücher.example", "пример.example", "παράδειγμα.example", "例え.example",
    "ひらがなカタカナ漢字abc.example", "한국漢字.example", "مثال.example", "straße.example", "xn--i-7iq.example",
    "français.fr", "r3---sn.example",
]  # fmt: skip
MIXED = {
    "раypal.example": ("Cyrillic", "Latin"),
    "αpple.example": ("Greek", "Latin"),
    "пρимер.example": ("Cyrillic", "Greek"),
}


def said(name: str) -> list[str]:
    return list(Lookalikes(PROTECTED).of(DomainName.parse(name)))


@pytest.mark.parametrize(("name", "other"), LIKE.items())
def test_a_name_that_looks_like_a_protected_one_is_shown_beside_it(name: str, other: str) -> None:
    assert any(f"is shown as {name}" in each and f"looks like {other}:" in each for each in said(name))
    assert all(each.startswith(DomainName.parse(name)) for each in said(name))


@pytest.mark.parametrize(("name", "scripts"), MIXED.items())
def test_a_label_of_several_scripts_is_named_with_them(name: str, scripts: tuple[str, str]) -> None:
    assert any(f"mixes scripts ({', '.join(scripts)})" in each for each in said(name))


@pytest.mark.parametrize("name", FOREIGN)
def test_a_name_in_one_writing_system_is_nothing_to_warn_of(name: str) -> None:
    assert said(name) == []


def test_the_protected_name_itself_and_what_lies_below_it_look_like_nothing_else() -> None:
    assert said("xn--caf-dma.example") == said("www.xn--caf-dma.example") == []


def test_the_warning_points_at_the_entry() -> None:
    name = DomainName.parse("gоogle.fr")
    warnings = list(Lookalikes(PROTECTED).check([entry(name), entry("a.example")]))
    assert {(each.file, each.line, each.rule, each.warning) for each in warnings} == {
        ("terrorism/FR-1.yaml", 1, "look-alike", True)
    }


def test_digits_hyphens_and_marks_have_no_script() -> None:
    assert scripts_of("a-1é") == {"LATIN"}
    assert scripts_of("123") == frozenset()
