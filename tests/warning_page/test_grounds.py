"""The legal texts that ship: those of trial lists are visibly fictitious, those of real ones name real help."""

import re
from functools import cache

import pytest

from blocker.blocklist.entry import Ground
from blocker.blocklist.files import GroundsFile
from blocker.distribution.source import shipped
from blocker.located import read_yaml

TRIAL, REAL = "trial", "real"


@cache
def grounds(which: str) -> dict[str, Ground]:
    data = shipped().trial_grounds if which == TRIAL else shipped().grounds
    return {ground.id: ground for ground in read_yaml(data, which).validate(GroundsFile).grounds}


@pytest.mark.parametrize("which", [TRIAL, REAL])
def test_both_grounds_of_the_law_ship(which: str) -> None:
    assert list(grounds(which)) == ["terrorism", "child-abuse"]


@pytest.mark.parametrize("which", [TRIAL, REAL])
@pytest.mark.parametrize("ground", ["terrorism", "child-abuse"])
def test_both_languages_offer_the_same_help(which: str, ground: str) -> None:
    french, english = (grounds(which)[ground].help[language] for language in ("fr", "en"))
    assert [each.href and each.href.replace("/fr", "") for each in french] == [
        each.href and each.href.replace("/en", "") for each in english
    ]


@pytest.mark.parametrize(("language", "mark"), [("fr", "(essai)"), ("en", "(trial)")])
def test_every_contact_of_a_trial_says_that_it_is_fictitious(language: str, mark: str) -> None:
    for ground in grounds(TRIAL).values():
        assert mark in ground.authority[language]  # type: ignore[index]
        for each in ground.help[language]:  # type: ignore[index]
            assert mark in each.contact
            assert each.href is None or each.href.startswith("https://help.example/")


def test_a_real_telephone_link_dials_what_it_shows() -> None:
    links = [each for ground in grounds(REAL).values() for helps in ground.help.values() for each in helps]
    assert {each.href for each in links} == {
        "tel:+33800005696",
        "tel:3018",
        "tel:119",
        "tel:112",
        "tel:+33806231063",
    }
    for each in links:
        assert each.href is not None
        shown = "".join(re.findall(r"\d", each.contact))
        assert each.href.removeprefix("tel:").replace("+33", "0") == shown


@pytest.mark.parametrize("which", [TRIAL, REAL])
def test_child_abuse_also_helps_who_is_in_the_images_and_who_fears_their_own_thoughts(which: str) -> None:
    who = " / ".join(each.who for each in grounds(which)["child-abuse"].help["en"])
    assert "under 18" in who
    assert "in such images" in who
    assert "own thoughts" in who
