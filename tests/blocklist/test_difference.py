"""What two versions of a list say differently."""

from datetime import timedelta

from blocker.blocklist.difference import Changed, Listed, difference
from blocker.blocklist.entry import Directive, Scope
from blocker.names import DomainName
from tests.blocklist.making import NOW, directive


def listed(name: str, by: Directive, scope: Scope = Scope.HOST) -> Listed:
    return DomainName(name), scope, by


def test_equal_versions_have_no_difference():
    version = [listed("a.example", directive())]
    found = difference(version, list(version), NOW)
    assert (found.added, found.removed, found.rescoped, found.changed) == ((), (), (), ())


def test_names_that_came_and_went_are_told_with_their_directive():
    one, two = directive("FR-1"), directive("FR-2")
    found = difference([listed("a.example", one)], [listed("b.example", two)], NOW)
    assert found.added == (listed("b.example", two),)
    assert found.removed == (listed("a.example", one),)


def test_the_same_name_under_another_directive_is_another_entry():
    found = difference([listed("a.example", directive("FR-1"))], [listed("a.example", directive("FR-2"))], NOW)
    assert len(found.added) == len(found.removed) == 1


def test_a_reach_that_changed_is_told_once():
    by = directive()
    found = difference([listed("a.example", by)], [listed("a.example", by, Scope.DOMAIN)], NOW)
    assert [(each.name, each.old, each.new) for each in found.rescoped] == [("a.example", Scope.HOST, Scope.DOMAIN)]
    assert not found.added
    assert not found.changed


def test_a_directive_that_changed_is_told_once_however_many_names_it_has():
    old, new = directive(), directive(days=90, aliases=True, exceptions=frozenset({DomainName("x.a.example")}))
    names = [f"n{number}.example" for number in range(50)]
    found = difference([listed(name, old) for name in names], [listed(name, new) for name in names], NOW)
    assert [change.key for change in found.changed] == ["review_by", "expires", "aliases", "exceptions"]
    assert Changed("FR-1", "aliases", "false", "true") in found.changed
    assert Changed("FR-1", "exceptions", "-", "x.a.example") in found.changed


def test_an_entry_that_has_ended_counts_as_gone_on_both_sides():
    ended = listed("a.example", directive(days=1))
    later = NOW + timedelta(days=2)
    assert not difference([ended], [], later).removed
    assert not difference([], [ended], later).added
