"""The gate's counting, at its edges."""

import pytest

from blocker.blocklist.entry import Scope
from blocker.distribution.gate import POPULAR, SUBTREE, Popular, limit


@pytest.mark.parametrize(
    ("before", "most"), [(0, 20), (399, 20), (400, 20), (420, 21), (4000, 200), (4001, 200), (1_000_000, 200)]
)
def test_a_jump_is_more_than_twenty_or_five_percent_up_to_two_hundred(before, most):
    assert limit(before) == most


def test_a_popular_name_is_hit_itself_and_from_above_by_a_whole_subtree_only():
    popular = Popular(["www.used.test", "used-too.test"])
    assert popular.rule("www.used.test", Scope.HOST) == POPULAR
    assert popular.rule("used.test", Scope.DOMAIN) == POPULAR
    assert popular.rule("used.test", Scope.HOST) is None
    assert popular.rule("deeper.www.used.test", Scope.DOMAIN) is None
    assert popular.rule("not-used.test", Scope.DOMAIN) is None
    assert popular.rule("used-too.test", Scope.DOMAIN) == POPULAR


def test_a_subtree_with_more_than_ten_known_names_is_a_platform():
    popular = Popular([f"blog-{number}.host.test" for number in range(11)])
    assert popular.rule("host.test", Scope.DOMAIN) == SUBTREE
    assert popular.rule("host.test", Scope.HOST) is None
    assert Popular([f"blog-{n}.host.test" for n in range(10)]).rule("host.test", Scope.DOMAIN) == POPULAR


def test_a_name_that_only_begins_alike_is_not_below():
    popular = Popular(["xused.test", "used.test-site.example"])
    assert popular.at_or_below("used.test") == 0
