from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocker.blocklist.index import Index
from tests.warning_page.trial import (
    AFTER_ALL_ENDED,
    CHILD_ABUSE,
    CHILD_ABUSE_REFERENCE,
    HOST_ONLY,
    NOW,
    TERRORISM,
    TERRORISM_REFERENCE,
    blocklist,
    compiled,
    production_index,
    trial_index,
    without,
)
from warning_page.page import Form, PageContext, Variant, Visit, form_of, language_of, page, takes_gzip

LONG_AGO = NOW - timedelta(days=9)
LANGUAGES = ("fr", "en", "ar", "pt-BR")
OWN_ADDRESSES = ["127.0.0.1", "127.0.0.1:8451", "[::1]:8451", "[::1]", "192.0.2.7", "localhost:8451"]


def told(host: str, index: Index | None = None, now: datetime = NOW, preview: str = "") -> PageContext:
    return page(Visit(host, preview=preview), index or trial_index(), now)


@pytest.mark.parametrize(
    "host",
    [
        TERRORISM,
        f"{TERRORISM}.",
        f"{TERRORISM}:80",
        f"{TERRORISM}.:8451",
        "PropaGanda.EXAMPLE",
        f"a.b.c.{TERRORISM}",
        f"_odd*label!.{TERRORISM}",
        f"{TERRORISM}:",
    ],
)
def test_a_listed_name_is_blocked_however_its_host_is_written(host: str) -> None:
    context = told(host)
    assert context.variant is Variant.BLOCKED
    assert context.decision is not None
    assert context.decision.reference == TERRORISM_REFERENCE
    assert context.status == 451


def mail_cut(name: str, *, beside: bool) -> Index:
    """An index in which an earlier directive, on the other ground, cuts the mail of a name, beside or instead of it."""
    listed = blocklist()
    (entry,) = (each for each in listed.entries if each.name == name)
    mail = replace(entry.directive, id="FR-M", ground="child-abuse", public_reference="FR-M", issued=LONG_AGO)
    cut = replace(entry, directive=replace(mail, record_types=frozenset({"MX", "TXT"})))
    others = tuple(each for each in listed.entries if beside or each.name != name)
    return Index.load(compiled(replace(listed, entries=(cut, *others), directives=(cut.directive, *listed.directives))))


def test_the_page_shows_the_directive_that_blocks_the_site_and_not_an_earlier_one_that_cuts_its_mail() -> None:
    index = mail_cut(TERRORISM, beside=True)
    first = index.match(TERRORISM, NOW.timestamp())
    assert first is not None
    assert first.directive.id == "FR-M"
    context = told(TERRORISM, index)
    assert context.decision is not None
    assert context.decision.reference == TERRORISM_REFERENCE
    assert context.ground is not None
    assert context.ground.id == "terrorism"


def test_a_name_whose_mail_alone_is_cut_is_no_blocked_site() -> None:
    assert told(TERRORISM, mail_cut(TERRORISM, beside=False)).variant is Variant.UNLISTED


def test_each_ground_has_its_own_variant() -> None:
    context = told(CHILD_ABUSE)
    assert context.ground is not None
    assert context.ground.id == "child-abuse"
    assert context.decision is not None
    assert context.decision.reference == CHILD_ABUSE_REFERENCE


def test_an_international_name_is_blocked_as_a_label_and_as_typed() -> None:
    assert told("xn--vidos-de-propagande-dzb.example").variant is Variant.BLOCKED
    assert told("vidéos-de-propagande.example").variant is Variant.BLOCKED


def test_scope_host_blocks_that_name_alone() -> None:
    assert told(HOST_ONLY).variant is Variant.BLOCKED
    assert told(f"below.{HOST_ONLY}").variant is Variant.UNLISTED
    assert told("hosting.example").variant is Variant.UNLISTED


@pytest.mark.parametrize(
    "host", ["", "clean.example", "not-propaganda.example", "example", ".", "[not an address", "a" * 70_000, "é\udcff"]
)
def test_a_name_that_is_not_listed_is_never_accused(host: str) -> None:
    context = told(host)
    assert (context.variant, context.status, context.ground) == (Variant.UNLISTED, 503, None)
    assert context.header is not None
    assert context.header.serial == 12


def test_a_directive_that_ended_is_not_shown_any_more() -> None:
    last = datetime(2027, 2, 20, 22, 59, 59, tzinfo=UTC)  # it ends at 00:00 of the 21st in Paris
    assert told(TERRORISM, now=last).variant is Variant.BLOCKED
    assert told(TERRORISM, now=last + timedelta(seconds=1)).variant is Variant.UNLISTED
    assert told(CHILD_ABUSE, now=AFTER_ALL_ENDED).variant is Variant.UNLISTED


def test_a_lifted_name_is_not_shown_any_more() -> None:
    lifted = Index.load(compiled(without(TERRORISM)))
    assert told(TERRORISM, lifted).variant is Variant.UNLISTED
    assert told(HOST_ONLY, lifted).variant is Variant.BLOCKED


def test_without_a_list_the_page_says_that_it_cannot_say() -> None:
    context = page(Visit(TERRORISM), None, NOW)
    assert (context.variant, context.status, context.trial) == (Variant.NO_LIST, 503, False)


@pytest.mark.parametrize("host", OWN_ADDRESSES)
def test_the_own_address_of_a_trial_shows_the_previews(host: str) -> None:
    context = told(host)
    assert (context.variant, context.status, context.trial) == (Variant.PREVIEWS, 200, True)
    assert [ground.id for ground in context.grounds] == ["terrorism", "child-abuse"]


@pytest.mark.parametrize("host", OWN_ADDRESSES)
def test_the_own_address_of_a_production_list_shows_no_preview(host: str) -> None:
    for preview in ("", "terrorism", "unlisted"):
        assert told(host, production_index(), preview=preview).variant is Variant.UNLISTED


@pytest.mark.parametrize(
    ("preview", "variant"),
    [
        ("terrorism", Variant.BLOCKED),
        ("child-abuse", Variant.BLOCKED),
        ("unlisted", Variant.UNLISTED),
        ("no-list", Variant.NO_LIST),
        ("no such thing", Variant.PREVIEWS),
    ],
)
def test_a_preview_shows_its_variant_marked_and_blocks_nothing(preview: str, variant: Variant) -> None:
    context = told("127.0.0.1", preview=preview)
    assert (context.variant, context.status, context.trial) == (variant, 200, True)
    assert context.decision is None or context.decision.reference is None


def test_a_preview_is_shown_under_no_name() -> None:
    assert told(TERRORISM, preview="child-abuse").ground == trial_index().grounds["terrorism"]
    assert told("clean.example", preview="terrorism").variant is Variant.UNLISTED


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de,it;q=0.9", "fr"),
        ("de,en;q=0.1", "en"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("FR-ca;q=0.2,EN;q=0.3", "en"),
        ("en;q=0", "fr"),
        ("en;q=nonsense", "fr"),
        ("*", "fr"),
        (",;=,;q=;;", "fr"),
        ("ar-MA,fr;q=0.8", "ar"),
        ("pt-br", "pt-BR"),
        ("pt,en;q=0.5", "en"),
        ("tr,ar;q=0.3", "ar"),
    ],
)
def test_the_language_is_the_one_that_the_browser_likes_best(languages: str, expected: str) -> None:
    assert language_of(Visit("", languages=languages), LANGUAGES) == expected


def test_a_language_link_goes_before_the_browser() -> None:
    assert language_of(Visit("", languages="fr", chosen="en")) == "en"
    assert language_of(Visit("", languages="en", chosen="klingon")) == "en"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", Form.PAGE),
        ("", Form.PAGE),
        ("*/*", Form.PAGE),
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", Form.LINE),
        ("text/css,*/*;q=0.1", Form.LINE),
        ("audio/*;q=0.9,*/*;q=0.5", Form.LINE),
        ("application/json", Form.PROBLEM),
        ("application/json, text/plain, */*", Form.PROBLEM),
        ("application/problem+json", Form.PROBLEM),
        ("text/html;q=0, application/json", Form.PROBLEM),
        ("application/signed-exchange;v=b3;q=0.7,*/*;q=0.8", Form.LINE),
    ],
)
def test_the_form_fits_who_asks(accept: str, form: Form) -> None:
    assert form_of(Visit("", accept=accept)) is form


def test_a_browser_that_takes_anything_does_not_navigate_but_a_simple_tool_does() -> None:
    assert form_of(Visit("", accept="*/*", browser=True)) is Form.LINE
    assert form_of(Visit("", accept="*/*", browser=False)) is Form.PAGE
    assert form_of(Visit("", accept="", browser=True)) is Form.PAGE
    assert form_of(Visit("", accept="text/html,*/*;q=0.8", browser=True)) is Form.PAGE


@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "image/*"])
def test_what_a_browser_says_of_the_destination_goes_before_accept(accept: str) -> None:
    for destination in ("image", "script", "style", "font", "video", "empty", "worker"):
        assert form_of(Visit("", accept=accept, destination=destination)) is Form.LINE
    assert form_of(Visit("", accept="text/html", destination="document", browser=True)) is Form.PAGE
    assert form_of(Visit("", accept="application/json", destination="empty")) is Form.PROBLEM


@pytest.mark.parametrize(
    ("encodings", "taken"),
    [
        ("gzip, deflate", True),
        ("br;q=1.0, GZIP;q=0.8", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("*", False),
        ("gzip;q=nonsense", False),
    ],
)
def test_a_body_is_compressed_for_those_who_name_gzip(encodings: str, taken: bool) -> None:
    assert takes_gzip(encodings) is taken


@settings(deadline=None)  # the first example compiles the list
@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_nothing_of_a_visit_raises_or_comes_back(
    host: str, languages: str, accept: str, chosen: str, shown: str
) -> None:
    visit = Visit(f"{host}.{TERRORISM}", languages, accept, chosen, shown, destination=shown)
    context = page(visit, trial_index(), NOW)
    assert context.variant in {Variant.BLOCKED, Variant.UNLISTED}
    ours = page(Visit(TERRORISM), trial_index(), NOW)
    assert set(map(str, astuple(context)[3:])) <= set(map(str, astuple(ours)[3:])) | {"None"}
