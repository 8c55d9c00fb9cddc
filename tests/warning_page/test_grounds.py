"""The legal texts that ship: those of trial lists are visibly fictitious, those of real ones name real help."""

import re
from collections.abc import Mapping
from functools import cache
from itertools import chain

import pytest

from blocker.blocklist.entry import Contact, Ground
from blocker.blocklist.files import GroundsFile
from blocker.distribution.source import shipped
from blocker.located import read_yaml
from warning_page.render import Renderer

TRIAL, REAL = "trial", "real"


@cache
def grounds(which: str) -> dict[str, Ground]:
    data = shipped().trial_grounds if which == TRIAL else shipped().grounds
    return {ground.id: ground for ground in read_yaml(data, which).validate(GroundsFile).grounds}


@pytest.mark.parametrize("which", [TRIAL, REAL])
def test_both_grounds_of_the_law_ship(which: str) -> None:
    assert list(grounds(which)) == ["terrorism", "child-abuse"]


def texts_of(ground: Ground) -> list[Mapping[str, object]]:
    """Return what stands on the first screen and in the help part, which every language has."""
    facts = chain.from_iterable(
        (each.contact.hours, each.contact.cost, each.contact.deaf_access) for each in ground.help
    )
    return [ground.texts, *chain.from_iterable((each.who, each.what) for each in ground.help), *filter(None, facts)]


def contacts(which: str) -> dict[str, Contact]:
    return {each.contact.id: each.contact for ground in grounds(which).values() for each in ground.help}


@pytest.mark.parametrize("which", [TRIAL, REAL])
@pytest.mark.parametrize("ground", ["terrorism", "child-abuse"])
def test_the_first_screen_and_the_help_part_are_said_in_every_language_of_the_page(which: str, ground: str) -> None:
    for texts in texts_of(grounds(which)[ground]):
        assert set(texts) == set(Renderer().languages)
        assert len(set(map(str, texts.values()))) == len(texts)


def test_every_contact_of_a_trial_says_that_it_is_fictitious() -> None:
    for each in contacts(TRIAL).values():
        assert "(TEST)" in each.shown
        assert each.href is None or each.href.startswith("https://help.example/")
        assert each.checked is None
    for ground in grounds(TRIAL).values():
        assert "(essai)" in ground.authority["fr"] and "(trial)" in ground.authority["en"]
        assert all("ficti" in each.what["fr"] + each.what["en"] for each in ground.help)


def test_a_real_telephone_link_dials_what_it_shows() -> None:
    links = contacts(REAL).values()
    assert {each.href for each in links} == {
        "tel:+33800005696",
        "tel:3018",
        "tel:119",
        "tel:112",
        "tel:+33806231063",
    }
    for each in links:
        assert each.href is not None
        assert each.href.removeprefix("tel:").replace("+33", "0") == "".join(re.findall(r"\d", each.shown))


def test_a_real_contact_says_what_it_costs_and_where_it_is_published() -> None:
    for each in contacts(REAL).values():
        assert each.cost is not None
        assert each.source
    assert {each.id for each in contacts(REAL).values() if each.deaf_access is None} == {"stop"}


@pytest.mark.parametrize("which", [TRIAL, REAL])
def test_child_abuse_also_helps_who_is_in_the_images_and_who_fears_their_own_thoughts(which: str) -> None:
    who = " / ".join(each.who["en"] for each in grounds(which)["child-abuse"].help)
    assert "under 18" in who
    assert "in such images" in who
    assert "own thoughts" in who
