import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from blocker.blocklist.index import Index
from blocker.errors import ConfigError
from tests.warning_page.answers import answer, text_of
from tests.warning_page.trial import (
    CHILD_ABUSE,
    NOW,
    TERRORISM,
    TERRORISM_REFERENCE,
    blocklist,
    compiled,
    production_index,
    trial_index,
)
from warning_page.page import Visit, page
from warning_page.render import Answer, Renderer

PREVIEWS = ["", "terrorism", "child-abuse", "unlisted", "no-list"]
PRIVACY = (
    "This page keeps no record of your visit and sends none to the authority. "
    "Your provider, browser or others may keep their own."
)
JSON = "application/json"
VOID = {"meta", "link", "circle", "path", "br"}


LANGUAGES = Renderer().languages


def words_of(language: str) -> Mapping[str, str]:
    return Renderer()._locales[language].words


class Outline(HTMLParser):
    """Notes links, ids and headings, and that every element that opens closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.sources += [value or "" for key, value in attrs if key in {"src", "srcset", "action", "poster", "data"}]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def outline(answer: Answer) -> Outline:
    parser = Outline()
    parser.feed(answer.body.decode())
    assert not parser.open
    return parser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preview", PREVIEWS)
def test_every_variant_is_one_whole_document(preview: str, language: str) -> None:
    shown = answer(Visit("127.0.0.1", chosen=language, preview=preview))
    seen = outline(shown)
    assert seen.headings[0] == "h1"
    assert seen.headings.count("h1") == 1
    assert not seen.sources
    assert len(seen.ids) == len(set(seen.ids))
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)
    assert f'<html lang="{language}"' in shown.body.decode()
    assert shown.headers["Content-Language"] == language
    assert "<script" not in shown.body.decode()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("preview", PREVIEWS)
def test_a_trial_list_says_on_every_page_that_it_is_one(preview: str, language: str) -> None:
    assert words_of(language)["trial"] in text_of(answer(Visit("127.0.0.1", chosen=language, preview=preview)))


def test_a_production_list_says_nothing_of_a_trial() -> None:
    shown = text_of(answer(Visit(TERRORISM, chosen="en"), production_index()))
    assert words_of("en")["trial"] not in shown


def test_the_blocked_page_says_why_by_whom_until_when_and_what_to_do() -> None:
    shown = text_of(answer(Visit(TERRORISM, chosen="en")))
    ground = trial_index().grounds["terrorism"]
    wanted = [
        ground.texts["en"].title,
        ground.texts["en"].reason,
        "A link, an advert or a mistake may have brought you here.",
        "This page reports nobody.",
        "You can close this page, get help or contest the block.",
        ground.authority["en"],
        ground.law["en"],
        TERRORISM_REFERENCE,
        "21 November 2026, 14:05 UTC+01:00",
        "21 February 2027, 00:00 UTC+01:00",
        ground.contest["en"],
        *(text for each in ground.help for text in (each.who["en"], each.what["en"], each.contact.shown)),
        PRIVACY,
        "version 12 of 22 November 2026, 13:00 UTC+01:00",
    ]
    positions = [shown.find(text) for text in wanted]
    assert -1 not in positions, wanted[positions.index(-1)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_blocked_name_is_not_printed(language: str) -> None:
    for name in (TERRORISM, CHILD_ABUSE):
        assert name not in answer(Visit(name, chosen=language)).body.decode()


def test_an_unlisted_address_learns_the_version_and_time_of_the_list() -> None:
    shown = answer(Visit("clean.example", chosen="en"))
    moment = "22 November 2026, 13:00 UTC+01:00"
    assert f"The list held here (version 12, {moment}) does not contain this address." in text_of(shown)
    assert shown.headers["Retry-After"] == "60"
    assert "Link" not in shown.headers
    assert 'class="palm"' not in shown.body.decode()


def test_without_a_list_the_server_says_that_it_cannot_say_why() -> None:
    shown = Renderer("https://isp.example/").answer(page(Visit("clean.example", chosen="en"), None, NOW))
    assert "This server cannot say why you came here" in text_of(shown)
    assert (shown.status, shown.headers["Retry-After"]) == (503, "60")
    assert "Link" not in shown.headers


def test_a_block_names_its_implementer_if_there_is_one() -> None:
    renderer = Renderer("https://isp.example/blocking")
    shown = answer(Visit(TERRORISM), renderer=renderer)
    assert (shown.status, shown.headers["Link"]) == (451, '<https://isp.example/blocking>; rel="blocked-by"')
    assert "Link" not in answer(Visit(TERRORISM)).headers
    assert "Link" not in answer(Visit("127.0.0.1", preview="terrorism"), renderer=renderer).headers


def test_the_policy_allows_our_style_and_nothing_else() -> None:
    shown = answer(Visit(TERRORISM))
    policy = shown.headers["Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", shown.body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "style=" not in shown.body.decode()


def test_language_links_repeat_nothing_but_a_preview_of_ours() -> None:
    assert outline(answer(Visit(TERRORISM))).links[:6] == [f"?lang={language}" for language in LANGUAGES]
    links = outline(answer(Visit("127.0.0.1", preview="terrorism"))).links
    assert "?preview=terrorism&lang=en" in links


def test_what_the_list_says_is_text_and_never_markup() -> None:
    title = {"fr": "<script>alert(1)</script>", "en": "<b>"}
    index = Index.load(compiled(replace(blocklist(), title=title)))
    shown = answer(Visit(TERRORISM), index).body.decode()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_a_program_gets_the_same_statement_as_a_problem() -> None:
    shown = answer(Visit(TERRORISM, accept=JSON, chosen="en"), renderer=Renderer("https://isp.example/"))
    problem = json.loads(shown.body)
    assert shown.headers["Content-Type"] == "application/problem+json"
    assert "Link" in shown.headers
    assert (problem["status"], problem["reference"], problem["list_version"]) == (451, TERRORISM_REFERENCE, 12)
    assert problem["authority"] == trial_index().grounds["terrorism"].authority["en"]
    assert problem["trial"] == words_of("en")["trial"]


def test_a_program_learns_that_a_name_is_not_listed() -> None:
    problem = json.loads(answer(Visit("clean.example", accept=JSON)).body)
    assert problem["status"] == 503
    assert "reference" not in problem


def test_an_image_gets_a_line() -> None:
    shown = answer(Visit(TERRORISM, accept="image/webp,image/*", chosen="en"))
    assert (shown.status, shown.body) == (451, b"Access to this address is blocked\n")


def test_a_scaled_trial_says_so() -> None:
    renderer = Renderer(scale=3600.0)
    for visit in (Visit(TERRORISM, chosen="en"), Visit("clean.example", chosen="en")):
        assert "time runs × 3600" in text_of(answer(visit, renderer=renderer))
        assert "faster" not in text_of(answer(visit))


def test_a_fault_is_answered_calmly_and_without_detail() -> None:
    shown = Renderer().fault()
    assert (shown.status, shown.headers["Retry-After"]) == (503, "60")
    assert "This page cannot be shown at the moment." in shown.body.decode()


@pytest.mark.parametrize("language", ["ar", "de", "it", "tr"])
def test_what_the_list_does_not_say_in_a_language_is_said_in_another_and_marked(language: str) -> None:
    shown = answer(Visit(TERRORISM, chosen=language)).body.decode()
    other = Renderer()._locales[language].otherwise
    law = trial_index().grounds["terrorism"].law[other]
    assert f'<span lang="{other}" dir="ltr">{law}</span>' in shown
    assert f"<h1>{trial_index().grounds['terrorism'].texts[language].title}</h1>" in shown


def test_a_program_gets_every_field_in_a_language_that_lacks_some() -> None:
    problem = json.loads(answer(Visit(TERRORISM, accept=JSON, chosen="tr")).body)
    assert problem["title"] == "Bu adrese erişim engellendi"
    assert problem["law"] == trial_index().grounds["terrorism"].law["fr"]


def test_numbers_keep_their_order_in_a_language_that_reads_from_the_right() -> None:
    shown = answer(Visit(TERRORISM, chosen="ar")).body.decode()
    assert '<html lang="ar" dir="rtl">' in shown
    assert '<bdi dir="ltr">0 800 00 00 00 (TEST)</bdi>' in shown
    assert f'<bdi class="reference">{TERRORISM_REFERENCE}</bdi>' in shown


def test_each_language_link_is_written_in_its_own_language() -> None:
    shown = answer(Visit(TERRORISM)).body.decode()
    for code, name in (("ar", "العربية"), ("de", "Deutsch"), ("it", "Italiano"), ("tr", "Türkçe")):
        direction = "rtl" if code == "ar" else "ltr"
        assert f'<a href="?lang={code}" lang="{code}" hreflang="{code}" dir="{direction}">{name}</a>' in shown


def test_a_contact_says_its_hours_its_cost_and_how_deaf_people_reach_it() -> None:
    shown = text_of(answer(Visit(CHILD_ABUSE, chosen="en")))
    assert "Every day, 9:00 to 23:00" in shown
    assert "Free" in shown
    assert "Deaf or hard of hearing: by chat, on help.example (trial)" in shown


def test_another_symbol_takes_the_place_of_the_hand(tmp_path: Path) -> None:
    file = tmp_path / "symbol.svg"
    file.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><title>Un carré</title>'
        '<title lang="en">A square</title><rect width="10" height="10"/></svg>'
    )
    renderer = Renderer(symbol=file)
    english = answer(Visit(TERRORISM, chosen="en"), renderer=renderer).body.decode()
    assert 'viewBox="0 0 10 10" width="136" height="136" role="img" aria-label="A square"><rect' in english
    assert 'class="palm"' not in english
    assert 'aria-label="Un carré"' in answer(Visit(TERRORISM, chosen="de"), renderer=renderer).body.decode()
    file.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h9"/></svg>')
    untitled = answer(Visit(TERRORISM), renderer=Renderer(symbol=file)).body.decode()
    assert 'height="136" aria-hidden="true"><path' in untitled


def test_a_symbol_that_cannot_be_read_is_the_operators_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Renderer(symbol=tmp_path / "none.svg")
