import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from blocker.blocklist.index import Index
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


def answer(visit: Visit, index: Index | None = None, renderer: Renderer | None = None) -> Answer:
    return (renderer or Renderer()).answer(page(visit, index or trial_index(), NOW))


def text_of(answer: Answer) -> str:
    body = re.sub(r"<style>.*?</style>", "", answer.body.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", body)).split())


def words_of(language: str) -> dict[str, str]:
    return dict(Renderer()._locales[language].words)


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


@pytest.mark.parametrize("language", ["fr", "en"])
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


@pytest.mark.parametrize("language", ["fr", "en"])
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
        *(text for each in ground.help["en"] for text in (each.who, each.what, " ".join(each.contact.split()))),
        PRIVACY,
        "version 12 of 22 November 2026, 13:00 UTC+01:00",
    ]
    positions = [shown.find(text) for text in wanted]
    assert -1 not in positions, wanted[positions.index(-1)]


@pytest.mark.parametrize("language", ["fr", "en"])
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
    assert outline(answer(Visit(TERRORISM))).links[:2] == ["?lang=fr", "?lang=en"]
    links = outline(answer(Visit("127.0.0.1", preview="terrorism"))).links
    assert "?preview=terrorism&lang=en" in links


def test_what_the_list_says_is_text_and_never_markup() -> None:
    title = {"fr": "<script>alert(1)</script>", "en": "<b>"}
    index = Index.load(compiled(replace(blocklist(), title=title)))  # type: ignore[arg-type]
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
        assert "time runs 3600 times faster" in text_of(answer(visit, renderer=renderer))
        assert "faster" not in text_of(answer(visit))


def test_a_fault_is_answered_calmly_and_without_detail() -> None:
    shown = Renderer().fault()
    assert (shown.status, shown.headers["Retry-After"]) == (503, "60")
    assert "This page cannot be shown at the moment." in shown.body.decode()
