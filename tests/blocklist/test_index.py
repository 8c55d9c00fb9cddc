"""The compiled list."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.blocklist.entry import Scope
from blocker.blocklist.index import MAGIC, Index, compile_index
from blocker.blocklist.snapshot import Snapshot
from blocker.errors import CorruptIndexError
from blocker.names import DomainName
from tests.blocklist.making import NOW, blocklist, directive, entry

AT = NOW.timestamp()


def compiled(*entries) -> bytes:
    return compile_index(Snapshot(blocklist(*entries), 7, "c0ffee", NOW))


def index(*entries) -> Index:
    return Index.load(compiled(*entries))


def matched(of: Index, name: str, at: float = AT):
    match = of.match(name, at)
    return match and (match.name, match.directive.id)


def test_scope_host_is_that_name_alone():
    of = index(entry("a.example"))
    assert matched(of, "a.example") == ("a.example", "FR-1")
    assert [of.match(name, AT) for name in ("b.a.example", "example", "ba.example", "a.example.com", "")] == [None] * 5


def test_scope_domain_is_the_name_and_everything_below():
    of = index(entry("a.example", "domain"))
    assert [matched(of, name) for name in ("a.example", "b.a.example", "d.c.b.a.example")] == [
        ("a.example", "FR-1")
    ] * 3
    assert of.match("ba.example", AT) is None


def test_the_deepest_listed_name_decides():
    of = index(entry("a.example", "domain", directive("FR-1")), entry("b.a.example", "domain", directive("FR-2")))
    assert matched(of, "b.a.example") == ("b.a.example", "FR-2")
    assert matched(of, "c.a.example") == ("a.example", "FR-1")


def test_at_one_name_the_directive_issued_first_decides():
    early = directive("FR-9", issued=NOW - timedelta(days=2), ground="child-abuse")
    of = index(entry("a.example", "host", directive("FR-1")), entry("a.example", "host", early))
    assert matched(of, "a.example") == ("a.example", "FR-9")


def test_an_ended_directive_leaves_the_name_to_the_next_one():
    short = directive("FR-1", days=1, issued=NOW - timedelta(days=2))
    of = index(entry("a.example", "host", short), entry("a.example", "host", directive("FR-2")))
    assert matched(of, "a.example") == ("a.example", "FR-1")
    assert of.next_expiry(AT) == AT + 86400
    assert matched(of, "a.example", AT + 86400 - 1) == ("a.example", "FR-1")
    assert matched(of, "a.example", AT + 86400) == ("a.example", "FR-2")
    assert of.match("a.example", AT + 80 * 86400) is None
    assert of.next_expiry(AT + 80 * 86400) is None


def test_an_excepted_host_stays_reachable():
    by = directive(exceptions=frozenset([DomainName("mail.a.example")]))
    of = index(entry("a.example", "domain", by))
    assert of.match("mail.a.example", AT) is None
    assert of.match("imap.mail.a.example", AT) is not None


def test_an_entry_that_has_ended_is_not_compiled():
    of = index(entry("a.example", "host", directive(days=-1)), entry("b.example", "host", directive("FR-2")))
    assert [name for name, _, _ in of.entries()] == ["b.example"]
    assert [each.id for each in of.directives] == ["FR-2"]


def test_an_index_without_entries_matches_nothing():
    assert index().match("a.example", AT) is None
    assert list(index().entries()) == []


def test_the_header_says_which_version_this_is():
    header = index(entry("a.example"), entry("b.example")).header
    assert (header.serial, header.commit, header.names, header.built_at, header.signed) == (7, "c0ffee", 2, NOW, False)


def test_the_digest_covers_what_the_list_says_and_not_when_it_was_built():
    one = Snapshot(blocklist(entry("a.example"), entry("b.example")), 1, None, NOW)
    same = Snapshot(blocklist(entry("b.example"), entry("a.example")), 2, "c0ffee", NOW + timedelta(hours=1))
    other = Snapshot(blocklist(entry("a.example", "domain"), entry("b.example")), 1, None, NOW)
    assert one.digest == same.digest != other.digest


def test_a_directive_keeps_its_fields_on_the_way_through_the_file():
    by = directive(
        record_types=frozenset(["A", "TXT"]), aliases=True, exceptions=frozenset([DomainName("m.a.example")])
    )
    assert index(entry("a.example", "domain", by)).directives == (by,)


def test_three_hundred_placements_need_two_bytes_each_and_are_found():
    entries = [entry(f"n{number}.example", "host", directive(f"FR-{number}")) for number in range(300)]
    of = index(*entries)
    assert all(matched(of, f"n{number}.example") == (f"n{number}.example", f"FR-{number}") for number in range(300))


@pytest.mark.parametrize("data", [b"", b"REDHAND", b"REDHAND\x02" + bytes(64), b"PK" + bytes(100)])
def test_another_file_is_no_index(data):
    with pytest.raises(CorruptIndexError):
        Index.load(data)


def test_every_flipped_byte_is_noticed():
    good = compiled(entry("a.example"), entry("b.example"))
    for position in range(0, len(good), 37):
        bad = bytearray(good)
        bad[position] ^= 1
        with pytest.raises(CorruptIndexError):
            Index.load(bytes(bad))


def test_a_head_that_is_whole_but_wrong_is_our_error():
    good = compiled(entry("a.example"))
    body = good[40:].replace(b'"serial":7', b'"serial":x')
    with pytest.raises(CorruptIndexError):
        Index.load(good[:8] + hashlib.sha256(body).digest() + body)


LABELS = st.lists(st.sampled_from(["a", "b", "ab", "a-b", "xn--bcher-kva"]), min_size=1, max_size=4)
NAMES = LABELS.map(lambda labels: ".".join([*labels, "example"]))


@settings(max_examples=200)
@given(st.dictionaries(NAMES, st.sampled_from(["host", "domain"]), min_size=1, max_size=12), NAMES)
def test_the_index_agrees_with_the_definition(listed, asked):
    of = index(*[entry(name, scope) for name, scope in listed.items()])
    covering = [
        name
        for name, scope in listed.items()
        if asked == name or (scope == Scope.DOMAIN and asked.endswith(f".{name}"))
    ]
    match = of.match(asked, AT)
    assert (match.name if match else None) == max(covering, key=len, default=None)


def test_an_index_of_another_version_is_not_called_damaged():
    data = compiled(entry("a.example"))
    for other in (b"REDHAND\x01" + data[8:], b"REDHAND\x03", sealed(data[40:].replace(b'"origins"', b'"elsewhere"'))):
        with pytest.raises(CorruptIndexError, match="another version of Redhand: build it again"):
            Index.load(other)
    for foreign in (b"", b"REDHAN", b"PK\x03\x04 an archive"):
        with pytest.raises(CorruptIndexError, match="not a Redhand index"):
            Index.load(foreign)


def sealed(body: bytes) -> bytes:
    return MAGIC + hashlib.sha256(body).digest() + body


def test_a_list_of_one_placement_spends_nothing_on_places():
    names = [f"n{number}.example" for number in range(1000)]
    one = compiled(*(entry(name) for name in names))
    two = compiled(*(entry(name, "domain" if number % 2 else "host") for number, name in enumerate(names)))
    assert len(two) - len(one) >= len(names)
    of = Index.load(one)
    assert matched(of, "n7.example") == ("n7.example", "FR-1")
    assert sorted(name for name, _, _ in of.entries()) == sorted(names)
