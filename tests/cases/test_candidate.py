"""Would the list take these names? Asked of the list's own rules."""

import pytest

from blocker.blocklist.entry import Scope
from blocker.blocklist.template import template
from blocker.cases.candidate import Judgement, Rules, judge
from blocker.cases.case import CaseName
from blocker.cases.drafts import Draft
from blocker.distribution.source import shipped, suffixes
from blocker.names import DomainName
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
    name = CaseName(DomainName("propaganda.example"), Scope.DOMAIN)
    assert judged("propaganda.example domain") == Judgement(names=(name,))


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


FILE = """# Why not more: see the assessment.
directive: FR-2026-0077
case: 2026-000001
ground: terrorism
except: [mail.propaganda.example]
names:
  - {name: propaganda.example, scope: domain}
"""


PLAIN = FILE.replace("except: [mail.propaganda.example]\n", "")


def judged_file(text: str, path: str = "terrorism/FR-2026-0077.yaml") -> Judgement:
    walk = Walk()
    walk.act("report", OFFICER, names="propaganda.example domain\nvideos.example")
    there = {"list.yaml": LIST, "terrorism/FR-2026-0042.yaml": LISTED}
    return judge(walk.at, Rules(there, shipped(), suffixes()), facts(), START, Draft(path, text))


def test_a_file_of_the_officers_is_judged_as_it_would_stand_on_the_list():
    verdict = judged_file(FILE)
    assert verdict.refusals == ()
    assert verdict.names == (CaseName(DomainName("propaganda.example"), Scope.DOMAIN),)
    assert any("mail.propaganda.example" in warning for warning in verdict.warnings)


def test_partial_removal_leaves_in_the_file_what_remains_and_no_more():
    remains = PLAIN.replace("name: propaganda.example, scope: domain", "name: www.propaganda.example, scope: host")
    verdict = judged_file(remains)
    assert verdict.refusals == ()
    assert verdict.names == (CaseName(DomainName("www.propaganda.example"), Scope.HOST),)


def test_a_file_begun_with_lists_new_is_taken_once_its_names_are_filled_in():
    text = template("FR-2026-0077", "2026-000001", "terrorism").replace(
        '{name: "", scope: }', "{name: www.propaganda.example, scope: host}"
    )
    verdict = judged_file(text)
    assert (verdict.refusals, [str(each.name) for each in verdict.names]) == ((), ["www.propaganda.example"])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (PLAIN.replace("name: propaganda.example", "name: other.example"), "none of the case's names"),
        (PLAIN.replace("name: propaganda.example", "name: videos.example"), "reaches further than was assessed"),
        (FILE.replace("case: 2026-000001", "case: 2026-000002"), "as its case"),
        (FILE.replace("propaganda.example, scope", "com, scope"), "single label"),
        (FILE + "nonsense: 1\n", "nonsense"),
        ("directive: [", ""),
    ],
)
def test_a_file_that_is_not_what_was_assessed_is_refused_with_its_reason(file: str, said: str):
    assert any(said in refusal for refusal in judged_file(file).refusals)


def test_a_file_in_another_place_is_refused():
    assert "belongs at" in judged_file(FILE, "csam/FR-2026-0077.yaml").refusals[0]
