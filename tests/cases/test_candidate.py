"""Would the list take these names? Asked of the list's own rules."""

import pytest

from blocker.cases.candidate import Judgement, Rules, judge
from blocker.distribution.source import shipped, suffixes
from tests.cases.walking import OFFICER, START, Walk, facts

LIST = b"title: {fr: a, en: b}\nenvironment: trial\n"
LISTED = b"""directive: FR-2026-0042
case: 2026-000042
ground: terrorism
issued: 2026-11-01T00:00:00Z
review_by: 2026-12-20
expires: 2026-12-20
names: [{name: listed.example, scope: domain}]
"""


def judged(names: str, **files: bytes) -> Judgement:
    walk = Walk()
    walk.act("report", OFFICER, names=names)
    there = {"list.yaml": LIST, "terrorism/FR-2026-0042.yaml": LISTED, **files}
    return judge(walk.at, Rules(there, shipped(), suffixes()), facts(), START)


def test_an_apt_name_is_taken():
    assert judged("propaganda.example domain") == Judgement()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("com domain", "single label"),
        ("co.uk domain", "public suffix"),
        ("github.io domain", "public suffix"),
        ("propaganda.arpa", "arpa"),
    ],
)
def test_what_would_block_too_much_is_refused_with_its_reason(names: str, said: str):
    (refusal, *_more) = judged(names).refusals
    assert said in refusal


def test_a_name_that_stands_on_the_list_for_the_same_ground_is_refused():
    (refusal,) = judged("listed.example domain").refusals
    assert "listed.example" in refusal
    assert "FR-2026-0042.yaml" in refusal


def test_a_list_that_is_broken_already_is_said_to_be():
    (refusal,) = judged("propaganda.example", **{"terrorism/FR-2026-0041.yaml": b"directive: [\n"}).refusals
    assert "the list itself has" in refusal
